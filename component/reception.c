#include "config.h"

#include "component/reception.h"

#include "protocol/deadlines.h"
#include "protocol/jid.h"
#include "protocol/limits.h"
#include "protocol/stanza.h"
#include "protocol/token.h"
#include "component/about.h"
#include "component/administration.h"
#include "component/services/echo.h"
#include "component/services/relay.h"

/* How long an answer may take. */
#define REQUEST_AGE (120 * ENJ_SECOND)

/* A handler and what it works with, counted: it may be replaced while it runs. */
typedef struct
{
  EnjHandler handler;
  gpointer user_data;
  GDestroyNotify destroy;
} Program;

typedef struct
{
  EnjReception *reception;
  char *domain;
  gboolean answers_about;
  gboolean is_hosted;
  EnjEcho *echo;
  EnjRelay *relay;
  Program *program; /* NULL where none is registered */
} Desk;

typedef struct
{
  GList link; /* in the order of the requests, which is that of their deadlines */
  char *id;
  char *peer; /* who is to answer, prepared */
  EnjAnswerHandler handler;
  gpointer user_data;
  gint64 due;
} Request;

struct EnjReception
{
  EnjBridge *bridge;
  EnjReceptionSend send;
  EnjReceptionHandOn hand_on; /* or NULL */
  gpointer user_data;
  EnjConfig *config;
  EnjAdministration *administration;
  gint64 started;       /* monotonic microseconds */
  GHashTable *desks;    /* domain to Desk */
  GHashTable *requests; /* id to Request, borrowed */
  GQueue order;         /* of the requests, which it owns */
  gboolean closed;
};

static void
send_from_desk (EnjStanza *stanza, gpointer user_data)
{
  Desk *desk = user_data;

  desk->reception->send (desk->domain, stanza, desk->reception->user_data);
}

/* ---- Desks ------------------------------------------------------------------ */

static void
program_clear (gpointer data)
{
  Program *program = data;

  if (program->destroy)
    program->destroy (program->user_data);
}

/* Takes @program; what stood there goes last, for its end is the program's code. */
static void
set_program (Desk *desk, Program *program)
{
  Program *old = desk->program;

  desk->program = program;
  if (old)
    g_rc_box_release_full (old, program_clear);
}

static void
desk_free (gpointer data)
{
  Desk *desk = data;

  set_program (desk, NULL);
  enj_echo_free (desk->echo);
  enj_relay_free (desk->relay);
  g_free (desk->domain);
  g_free (desk);
}

static void
request_free (Request *request)
{
  g_free (request->id);
  g_free (request->peer);
  g_free (request);
}

static void
furnish (Desk *desk, const EnjConfig *config, const EnjConfigComponent *component)
{
  g_clear_pointer (&desk->echo, enj_echo_free);
  g_clear_pointer (&desk->relay, enj_relay_free);
  desk->answers_about = component->about;
  desk->is_hosted = component->service == ENJ_SERVICE_HOSTED;
  switch (component->service)
    {
    case ENJ_SERVICE_RELAY:
      desk->relay = enj_relay_new (component->domain, config->realm,
                                   (const char *const *) component->relay_allow_local,
                                   (const char *const *) component->relay_allow_remote,
                                   send_from_desk, desk);
      break;
    case ENJ_SERVICE_ECHO:
      desk->echo = enj_echo_new (send_from_desk, desk);
      break;
    case ENJ_SERVICE_HOSTED:
    case ENJ_SERVICE_HANDLER:
      break;
    }
}

void
enj_reception_set_config (EnjReception *self, EnjConfig *config)
{
  EnjConfig *old = self->config;

  self->config = enj_config_ref (config);
  enj_config_unref (old);
  enj_commands_set_admins (enj_administration_get_commands (self->administration),
                           (const char *const *) config->control.admins);
  for (guint i = 0; i < config->components->len; i++)
    {
      const EnjConfigComponent *component = config->components->pdata[i];
      Desk *desk = g_hash_table_lookup (self->desks, component->domain);

      if (!desk)
        {
          desk = g_new0 (Desk, 1);
          desk->reception = self;
          desk->domain = g_strdup (component->domain);
          g_hash_table_insert (self->desks, desk->domain, desk);
        }
      furnish (desk, config, component);
    }
}

EnjReception *
enj_reception_new (EnjBridge *bridge, EnjSteward *steward, EnjConfig *config,
                   EnjReceptionSend send, gpointer user_data, gint64 now)
{
  EnjReception *self = g_new0 (EnjReception, 1);

  self->bridge = bridge;
  self->send = send;
  self->user_data = user_data;
  self->started = now;
  self->administration = enj_administration_new (steward, NULL);
  self->desks = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, desk_free);
  self->requests = g_hash_table_new (g_str_hash, g_str_equal);
  enj_reception_set_config (self, config);
  return self;
}

void
enj_reception_set_hand_on (EnjReception *self, EnjReceptionHandOn hand_on)
{
  self->hand_on = hand_on;
}

static void
end_request (EnjReception *self, Request *request, EnjStanza *answer)
{
  g_hash_table_remove (self->requests, request->id);
  g_queue_unlink (&self->order, &request->link);
  request->handler (self->bridge, answer, request->user_data);
  request_free (request);
}

void
enj_reception_free (EnjReception *self)
{
  if (!self)
    return;
  /* A program that asks again when it hears that nobody answered is not heard. */
  self->closed = TRUE;
  while (self->order.head)
    end_request (self, self->order.head->data, NULL);
  g_hash_table_unref (self->requests);
  g_hash_table_unref (self->desks);
  enj_administration_free (self->administration);
  enj_config_unref (self->config);
  g_free (self);
}

gboolean
enj_reception_register (EnjReception *self, const char *domain, EnjHandler handler,
                        gpointer user_data, GDestroyNotify destroy)
{
  Desk *desk = g_hash_table_lookup (self->desks, domain);
  Program *program;

  if (!desk)
    return FALSE;
  program = g_rc_box_new (Program);
  *program = (Program){ handler, user_data, destroy };
  set_program (desk, program);
  return TRUE;
}

void
enj_reception_unregister (EnjReception *self, const char *domain)
{
  Desk *desk = g_hash_table_lookup (self->desks, domain);

  if (desk)
    set_program (desk, NULL);
}

/* ---- Taking a stanza ----------------------------------------------------------- */

static gboolean
take_answer (EnjReception *self, EnjStanza *stanza)
{
  const char *type = enj_stanza_get_type (stanza);
  const char *id = enj_stanza_get_id (stanza);
  g_autofree char *peer = NULL;
  Request *request;

  if (enj_stanza_get_kind (stanza) != ENJ_STANZA_IQ || !id
      || (g_strcmp0 (type, "result") != 0 && g_strcmp0 (type, "error") != 0))
    return FALSE;
  request = g_hash_table_lookup (self->requests, id);
  if (!request || !enj_stanza_get_from (stanza))
    return FALSE;
  /* Whoever else knows the id cannot answer in the name of the one who was asked. */
  peer = enj_jid_prepare_new (enj_stanza_get_from (stanza), NULL);
  if (g_strcmp0 (request->peer, peer) != 0)
    return FALSE;
  end_request (self, request, stanza);
  return TRUE;
}

static gboolean
is_request_type (const char *type)
{
  return g_strcmp0 (type, "get") == 0 || g_strcmp0 (type, "set") == 0;
}

/* RFC 6120 8.2.3: every iq has an id, and one of four types, and a request one child. */
static gboolean
take_malformed (Desk *desk, EnjStanza *stanza)
{
  const char *type = enj_stanza_get_type (stanza);
  gboolean is_request = is_request_type (type);
  const char *fault = NULL;
  g_autoptr (EnjStanza) error = NULL;

  if (enj_stanza_get_kind (stanza) != ENJ_STANZA_IQ)
    return FALSE;
  if (!enj_stanza_get_id (stanza)
      || (!is_request && g_strcmp0 (type, "result") != 0 && g_strcmp0 (type, "error") != 0))
    fault = "an iq has an id and a type";
  else if (is_request && enj_element_get_n_children (enj_stanza_get_element (stanza)) != 1)
    fault = "a request has one element in it";
  if (!fault)
    return FALSE;
  error = enj_stanza_new_error (stanza, ENJ_STANZA_BAD_REQUEST, fault);
  if (error)
    send_from_desk (error, desk);
  return TRUE;
}

static gboolean
take_about (EnjReception *self, Desk *desk, EnjStanza *stanza, gint64 now)
{
  static const char *const relay_features[] = { "jid\\20escaping", NULL };
  static const EnjAbout program = { .category = "component", .type = "generic" };
  static const EnjAbout relay
    = { .category = "gateway", .type = "xmpp", .features = relay_features };
  static const EnjAbout echo = { .category = "client", .type = "bot" };
  EnjCommands *commands = enj_administration_get_commands (self->administration);
  EnjAbout about = desk->program ? program : desk->relay ? relay : desk->echo ? echo : program;
  g_autoptr (EnjStanza) reply = NULL;

  if (!desk->answers_about)
    return FALSE;
  about.name = PACKAGE_NAME;
  about.contact_admin = (const char *const *) self->config->control.contact_admin;
  about.contact_abuse = (const char *const *) self->config->control.contact_abuse;
  about.started = self->started;
  about.has_commands = enj_commands_has_admins (commands);
  /* Commands first: they have nodes of their own. */
  reply = enj_commands_new_reply (commands, stanza, now);
  if (!reply)
    reply = enj_about_new_reply (&about, stanza, now);
  if (reply)
    send_from_desk (reply, desk);
  return reply != NULL;
}

static void
refuse (Desk *desk, EnjStanza *stanza)
{
  g_autoptr (EnjStanza) error = NULL;

  /* RFC 6120 10.5.3.1: presence for nobody is not answered. */
  if (enj_stanza_get_kind (stanza) == ENJ_STANZA_PRESENCE)
    return;
  error = enj_stanza_new_error (stanza, ENJ_STANZA_SERVICE_UNAVAILABLE, NULL);
  if (error)
    send_from_desk (error, desk);
}

void
enj_reception_handle (EnjReception *self, const char *component, EnjStanza *stanza, gint64 now)
{
  Desk *desk = g_hash_table_lookup (self->desks, component);

  g_return_if_fail (desk);

  if (take_malformed (desk, stanza) || take_answer (self, stanza)
      || take_about (self, desk, stanza, now))
    return;
  if (desk->program)
    {
      /* It may unregister itself. */
      Program *program = g_rc_box_acquire (desk->program);

      program->handler (self->bridge, stanza, program->user_data);
      g_rc_box_release_full (program, program_clear);
    }
  else if (desk->relay)
    enj_relay_handle (desk->relay, stanza);
  else if (desk->echo)
    enj_echo_handle (desk->echo, stanza);
  else if (desk->is_hosted && self->hand_on)
    self->hand_on (desk->domain, stanza, self->user_data);
  else
    refuse (desk, stanza);
}

/* ---- Requests -------------------------------------------------------------------- */

static gboolean
is_request (EnjStanza *iq)
{
  return enj_stanza_get_kind (iq) == ENJ_STANZA_IQ && is_request_type (enj_stanza_get_type (iq))
         && enj_element_get_n_children (enj_stanza_get_element (iq)) == 1;
}

gboolean
enj_reception_request (EnjReception *self, const char *component, EnjStanza *iq,
                       EnjAnswerHandler handler, gpointer user_data, gint64 now)
{
  EnjStanzaHead head = *enj_stanza_get_head (iq);
  g_autofree char *peer = head.to ? enj_jid_prepare_new (head.to, NULL) : NULL;
  g_autoptr (EnjStanza) sent = NULL;
  char token[ENJ_TOKEN_SIZE];
  Request *request;

  g_return_val_if_fail (handler, FALSE);

  if (self->closed || !peer || !is_request (iq))
    return FALSE;
  head.id = enj_token_fill (token);
  sent = enj_stanza_new_headed (iq, &head);
  if (!sent)
    return FALSE;

  request = g_new0 (Request, 1);
  request->link.data = request;
  request->id = g_strdup (token);
  request->peer = g_steal_pointer (&peer);
  request->handler = handler;
  request->user_data = user_data;
  request->due = now + REQUEST_AGE;
  g_hash_table_insert (self->requests, request->id, request);
  g_queue_push_tail_link (&self->order, &request->link);
  self->send (component, sent, self->user_data);
  return TRUE;
}

guint
enj_reception_count_requests (const EnjReception *self)
{
  return g_hash_table_size (self->requests);
}

gint64
enj_reception_deadline (const EnjReception *self)
{
  const Request *first = self->order.head ? self->order.head->data : NULL;

  return first ? first->due : ENJ_NEVER;
}

void
enj_reception_tick (EnjReception *self, gint64 now)
{
  while (enj_reception_deadline (self) <= now)
    end_request (self, self->order.head->data, NULL);
}

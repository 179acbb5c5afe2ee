#include "config.h"

#include "component/commands.h"

#include <string.h>

#include "protocol/condition.h"
#include "protocol/form.h"
#include "protocol/jid.h"
#include "protocol/limits.h"
#include "protocol/log.h"
#include "protocol/ns.h"
#include "protocol/stanza.h"
#include "protocol/token.h"

#define SESSION_AGE (600 * ENJ_SECOND)

/* Of one who may give commands.  Who leaves more forms open hears so (XEP-0050 3.3). */
#define SESSIONS_EACH 8

/* Between a form and what comes back. */
typedef struct
{
  char id[ENJ_TOKEN_SIZE];
  const EnjCommand *command;
  char *requester; /* a prepared address */
  char *admin;     /* the same without its resource */
  gint64 due;
} Session;

struct EnjCommands
{
  const EnjCommand *table;
  guint n;
  gpointer data;
  GStrv admins;
  GPtrArray *sessions; /* few: SESSIONS_EACH for each of the admins */
};

/* Who asks what. */
typedef struct
{
  EnjStanza *stanza;
  const EnjElement *payload;
  const EnjCommand *command; /* NULL for the list, and for a node that is unknown */
  char *requester;
  char *admin; /* NULL for who may not */
  gint64 now;
} Request;

static void
session_free (gpointer data)
{
  Session *session = data;

  g_free (session->requester);
  g_free (session->admin);
  g_free (session);
}

static void
request_clear (Request *request)
{
  g_free (request->requester);
  g_free (request->admin);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Request, request_clear)

/* ---- Errors ------------------------------------------------------------------------- */

static EnjStanza *
refuse (const Request *request, EnjStanzaCondition condition)
{
  return enj_stanza_new_error (request->stanza, condition, NULL);
}

/* XEP-0050 4.4: a condition of its own beside the general one. */
static EnjStanza *
refuse_with (const Request *request, EnjStanzaCondition condition, const char *word,
             const char *text)
{
  EnjElementBuilder *builder = enj_element_builder_new (NULL, "error");
  g_autoptr (EnjElement) error = NULL;
  g_autoptr (EnjStanza) reply = NULL;
  EnjStanzaHead head;

  enj_element_builder_attribute (builder, NULL, "type", enj_stanza_condition_type (condition));
  enj_element_builder_start (builder, ENJ_NS_STANZA_ERRORS,
                             enj_stanza_condition_format (condition));
  enj_element_builder_end (builder);
  if (text)
    {
      enj_element_builder_start (builder, ENJ_NS_STANZA_ERRORS, "text");
      enj_element_builder_attribute (builder, ENJ_NS_XML, "lang", "en");
      enj_element_builder_text (builder, text);
      enj_element_builder_end (builder);
    }
  enj_element_builder_start (builder, ENJ_NS_COMMANDS, word);
  enj_element_builder_end (builder);
  error = enj_element_builder_end_new (builder);

  reply = enj_stanza_new_reply (request->stanza, error);
  if (!reply)
    return NULL;
  head = *enj_stanza_get_head (reply);
  head.type = "error";
  return enj_stanza_new_headed (reply, &head);
}

/* ---- Answers -------------------------------------------------------------------------- */

static EnjElementBuilder *
start_answer (const Request *request, const char *id, const char *status)
{
  EnjElementBuilder *builder = enj_element_builder_new (ENJ_NS_COMMANDS, "command");

  enj_element_builder_attribute (builder, NULL, "node", request->command->node);
  enj_element_builder_attribute (builder, NULL, "sessionid", id);
  enj_element_builder_attribute (builder, NULL, "status", status);
  enj_element_builder_attribute (builder, ENJ_NS_XML, "lang", "en");
  return builder;
}

static EnjStanza *
end_answer (const Request *request, EnjElementBuilder *builder)
{
  g_autoptr (EnjElement) payload = enj_element_builder_end_new (builder);

  return enj_stanza_new_reply (request->stanza, payload);
}

static void
add_note (EnjElementBuilder *builder, const char *type, const char *text)
{
  enj_element_builder_start (builder, ENJ_NS_COMMANDS, "note");
  enj_element_builder_attribute (builder, NULL, "type", type);
  enj_element_builder_text (builder, text);
  enj_element_builder_end (builder);
}

/* ---- Sessions --------------------------------------------------------------------------- */

static Session *
find_session (const EnjCommands *self, const char *id)
{
  for (guint i = 0; i < self->sessions->len; i++)
    {
      Session *session = self->sessions->pdata[i];

      if (strcmp (session->id, id) == 0)
        return session;
    }
  return NULL;
}

static void
forget_old (EnjCommands *self, gint64 now)
{
  for (guint i = self->sessions->len; i > 0; i--)
    if (((Session *) self->sessions->pdata[i - 1])->due <= now)
      g_ptr_array_remove_index_fast (self->sessions, i - 1);
}

static guint
count_sessions (const EnjCommands *self, const char *admin)
{
  guint n = 0;

  for (guint i = 0; i < self->sessions->len; i++)
    n += g_str_equal (((Session *) self->sessions->pdata[i])->admin, admin);
  return n;
}

static EnjStanza *
run (EnjCommands *self, const Request *request, const char *id, const EnjElement *form)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *kept = g_strdup (id); /* The session that it is of may end. */
  EnjElementBuilder *builder = start_answer (request, kept, "completed");
  g_autofree char *who = enj_log_quote (request->requester);
  Session *session;

  enj_log_message (NULL, "%s gives the command %s", who, request->command->node);
  if (!request->command->run (form, builder, request->now, self->data, &error))
    {
      enj_element_builder_free (builder);
      if (g_error_matches (error, ENJ_STANZA_ERROR, ENJ_STANZA_BAD_REQUEST))
        return refuse_with (request, ENJ_STANZA_BAD_REQUEST, "bad-payload", error->message);
      /* XEP-0050 3.6: completed is not succeeded. */
      builder = start_answer (request, kept, "completed");
      add_note (builder, "error", error->message);
    }
  session = find_session (self, kept);
  if (session)
    g_ptr_array_remove_fast (self->sessions, session);
  return end_answer (request, builder);
}

static EnjStanza *
open_session (EnjCommands *self, const Request *request)
{
  Session *session;
  EnjElementBuilder *builder;

  if (count_sessions (self, request->admin) >= SESSIONS_EACH)
    return enj_stanza_new_error (request->stanza, ENJ_STANZA_NOT_ALLOWED,
                                 "too many forms are open: cancel one, or wait ten minutes");
  session = g_new0 (Session, 1);
  enj_token_fill (session->id);
  session->command = request->command;
  session->requester = g_strdup (request->requester);
  session->admin = g_strdup (request->admin);
  session->due = request->now + SESSION_AGE;
  g_ptr_array_add (self->sessions, session);

  builder = start_answer (request, session->id, "executing");
  enj_element_builder_start (builder, NULL, "actions");
  enj_element_builder_attribute (builder, NULL, "execute", "complete");
  enj_element_builder_start (builder, NULL, "complete");
  enj_element_builder_end (builder);
  enj_element_builder_end (builder);
  request->command->ask (builder, self->data);
  return end_answer (request, builder);
}

static EnjStanza *
start (EnjCommands *self, const Request *request, const char *action)
{
  char id[ENJ_TOKEN_SIZE];

  if (strcmp (action, "execute") != 0)
    return refuse_with (request, ENJ_STANZA_BAD_REQUEST, "bad-action", NULL);
  if (request->command->ask)
    return open_session (self, request);
  return run (self, request, enj_token_fill (id), NULL);
}

static EnjStanza *
carry_on (EnjCommands *self, const Request *request, const char *id, const char *action)
{
  Session *session = find_session (self, id);
  const EnjElement *form;

  if (!session)
    return refuse_with (request, ENJ_STANZA_NOT_ALLOWED, "session-expired", NULL);
  /* XEP-0050 3.3: a session is between two. */
  if (session->command != request->command || !g_str_equal (session->requester, request->requester))
    return refuse_with (request, ENJ_STANZA_BAD_REQUEST, "bad-sessionid", NULL);
  if (strcmp (action, "cancel") == 0)
    {
      EnjElementBuilder *builder = start_answer (request, session->id, "canceled");

      g_ptr_array_remove_fast (self->sessions, session);
      return end_answer (request, builder);
    }
  /* There is one form: nothing before it, and nothing behind. */
  if (strcmp (action, "execute") != 0 && strcmp (action, "complete") != 0)
    return refuse_with (request, ENJ_STANZA_BAD_REQUEST, "bad-action", NULL);
  session->due = request->now + SESSION_AGE;
  form = enj_form_find (request->payload);
  if (!form)
    return refuse_with (request, ENJ_STANZA_BAD_REQUEST, "bad-payload", "the form is missing");
  return run (self, request, session->id, form);
}

static EnjStanza *
execute (EnjCommands *self, const Request *request)
{
  static const char *const actions[]
    = { "execute", "cancel", "prev", "next", "complete", NULL };
  const char *action = enj_element_get_attribute (request->payload, NULL, "action");
  const char *id = enj_element_get_attribute (request->payload, NULL, "sessionid");

  if (!request->admin)
    return refuse (request, ENJ_STANZA_FORBIDDEN);
  if (!request->command)
    return refuse (request, ENJ_STANZA_ITEM_NOT_FOUND);
  if (!action)
    action = "execute";
  if (!g_strv_contains (actions, action))
    return refuse_with (request, ENJ_STANZA_BAD_REQUEST, "malformed-action", NULL);
  return id ? carry_on (self, request, id, action) : start (self, request, action);
}

/* ---- Discovery ----------------------------------------------------------------------------- */

static void
add_feature (EnjElementBuilder *builder, const char *feature)
{
  enj_element_builder_start (builder, NULL, "feature");
  enj_element_builder_attribute (builder, NULL, "var", feature);
  enj_element_builder_end (builder);
}

static EnjElementBuilder *
start_query (const char *ns, const char *node)
{
  EnjElementBuilder *builder = enj_element_builder_new (ns, "query");

  enj_element_builder_attribute (builder, NULL, "node", node); /* XEP-0030 3.2 */
  return builder;
}

/* XEP-0050 2.2: of the list where @request has no command. */
static EnjStanza *
reply_info (const Request *request, const char *node)
{
  const EnjCommand *command = request->command;
  EnjElementBuilder *builder;

  if (command && !request->admin)
    return refuse (request, ENJ_STANZA_FORBIDDEN);
  builder = start_query (ENJ_NS_DISCO_INFO, node);
  enj_element_builder_start (builder, NULL, "identity");
  enj_element_builder_attribute (builder, NULL, "category", "automation");
  enj_element_builder_attribute (builder, NULL, "type", command ? "command-node" : "command-list");
  enj_element_builder_attribute (builder, NULL, "name", command ? command->name : "Commands");
  enj_element_builder_end (builder);
  add_feature (builder, ENJ_NS_COMMANDS);
  add_feature (builder, ENJ_NS_DATA);
  return end_answer (request, builder);
}

/* The list is not the same for everybody. */
static EnjStanza *
reply_items (const EnjCommands *self, const Request *request, const char *node)
{
  EnjElementBuilder *builder = start_query (ENJ_NS_DISCO_ITEMS, node);

  for (guint i = 0; request->admin && i < self->n; i++)
    {
      enj_element_builder_start (builder, NULL, "item");
      enj_element_builder_attribute (builder, NULL, "jid", enj_stanza_get_to (request->stanza));
      enj_element_builder_attribute (builder, NULL, "node", self->table[i].node);
      enj_element_builder_attribute (builder, NULL, "name", self->table[i].name);
      enj_element_builder_end (builder);
    }
  return end_answer (request, builder);
}

/* ---- Public -------------------------------------------------------------------------------- */

EnjCommands *
enj_commands_new (const EnjCommand *table, guint n, gpointer data)
{
  EnjCommands *self = g_new0 (EnjCommands, 1);

  self->table = table;
  self->n = n;
  self->data = data;
  self->admins = g_new0 (char *, 1);
  self->sessions = g_ptr_array_new_with_free_func (session_free);
  return self;
}

void
enj_commands_free (EnjCommands *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->sessions);
  g_strfreev (self->admins);
  g_free (self);
}

void
enj_commands_set_admins (EnjCommands *self, const char *const *admins)
{
  GStrv copy = g_strdupv ((char **) admins);

  g_strfreev (self->admins);
  self->admins = copy;
  for (guint i = self->sessions->len; i > 0; i--)
    if (!g_strv_contains (admins, ((Session *) self->sessions->pdata[i - 1])->admin))
      g_ptr_array_remove_index_fast (self->sessions, i - 1);
}

gboolean
enj_commands_has_admins (const EnjCommands *self)
{
  return self->admins[0] != NULL;
}

static const EnjCommand *
find_command (const EnjCommands *self, const char *node)
{
  for (guint i = 0; i < self->n; i++)
    if (g_strcmp0 (self->table[i].node, node) == 0)
      return &self->table[i];
  return NULL;
}

/* FALSE for who has no address. */
static gboolean
request_init (EnjCommands *self, Request *request, const char *node)
{
  const char *from = enj_stanza_get_from (request->stanza);
  g_autofree char *local = NULL;
  g_autofree char *domain = NULL;
  g_autofree char *bare = NULL;

  request->command = find_command (self, node);
  request->requester = from ? enj_jid_prepare_new (from, NULL) : NULL;
  if (!request->requester || !enj_jid_parse (from, &local, &domain, NULL, NULL))
    return FALSE;
  bare = enj_jid_new (local, domain, NULL);
  if (bare && g_strv_contains ((const char *const *) self->admins, bare))
    request->admin = g_steal_pointer (&bare);
  return TRUE;
}

EnjStanza *
enj_commands_new_reply (EnjCommands *self, EnjStanza *stanza, gint64 now)
{
  const char *to = enj_stanza_get_to (stanza);
  const char *type = enj_stanza_get_type (stanza);
  g_auto (Request) request = { .stanza = stanza, .now = now };
  const char *node;

  if (!enj_commands_has_admins (self) || enj_stanza_get_kind (stanza) != ENJ_STANZA_IQ || !to
      || strpbrk (to, "@/"))
    return NULL;
  request.payload = enj_element_get_child (enj_stanza_get_element (stanza), 0);
  if (!request.payload)
    return NULL;
  node = enj_element_get_attribute (request.payload, NULL, "node");
  if (!request_init (self, &request, node))
    return NULL;
  forget_old (self, now);

  if (g_strcmp0 (type, "set") == 0
      && enj_element_is (request.payload, ENJ_NS_COMMANDS, "command"))
    return execute (self, &request);
  if (g_strcmp0 (type, "get") != 0 || !node)
    return NULL;
  if (enj_element_is (request.payload, ENJ_NS_DISCO_INFO, "query")
      && (request.command || strcmp (node, ENJ_NS_COMMANDS) == 0))
    return reply_info (&request, node);
  if (enj_element_is (request.payload, ENJ_NS_DISCO_ITEMS, "query")
      && strcmp (node, ENJ_NS_COMMANDS) == 0)
    return reply_items (self, &request, node);
  return NULL;
}

void
enj_commands_add_note (EnjElementBuilder *builder, const char *text)
{
  add_note (builder, "info", text);
}

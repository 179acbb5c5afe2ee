#include "config.h"

#include "tests/world/world.h"

#include <string.h>

#include "protocol/budget.h"
#include "protocol/law.h"
#include "tests/support/stanzas.h"
#include "tests/world/names.h"
#include "tests/world/settings.h"
#include "tests/world/wires.h"

/* How long a machine may keep a token that is complete. */
#define PATIENCE (100 * 1000)

#define START (1000 * ENJ_SECOND)

typedef struct
{
  EnjWorldServer *server;
  EnjExchangeEventType type;
  guint64 id;
  guint ticket;
  char *name;
  EnjAddress address;
} Wish;

struct EnjWorld
{
  gint64 now;
  gsize held; /* of the budget, before us */
  GPtrArray *servers;
  EnjWorldWires *wires;
  GPtrArray *wishes;
  EnjWorldNames *names;
  gboolean holds_lookups;
  gboolean holds_dials;
};

/* ---- Life --------------------------------------------------------------------- */

static void
server_free (gpointer data)
{
  EnjWorldServer *server = data;

  enj_exchange_free (server->exchange);
  g_ptr_array_unref (server->inbox);
  g_ptr_array_unref (server->asked);
  g_string_free (server->sources, TRUE);
  g_string_free (server->events, TRUE);
  g_free (server->domain);
  g_free (server);
}

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  g_free (wish->name);
  g_free (wish);
}

/* law.h: whatever has happened, each stanza is somewhere. */
void
enj_world_check_law (const EnjWorld *self)
{
  for (guint i = 0; i < self->servers->len; i++)
    {
      const EnjWorldServer *server = self->servers->pdata[i];
      const EnjCounters *counters = enj_exchange_get_counters (server->exchange);
      guint64 owned = enj_exchange_count_owned (server->exchange);

      if (enj_law_weigh (counters, owned) != 0)
        {
          g_autofree char *line = enj_law_format (counters, owned);

          g_error ("%s: %" G_GINT64_FORMAT " stanzas are not accounted for: %s", server->domain,
                   enj_law_weigh (counters, owned), line);
        }
    }
}

EnjWorld *
enj_world_new (void)
{
  EnjWorld *self = g_new0 (EnjWorld, 1);

  self->now = START;
  self->held = enj_budget_get_held ();
  self->servers = g_ptr_array_new_with_free_func (server_free);
  self->wires = enj_world_wires_new ();
  self->wishes = g_ptr_array_new_with_free_func (wish_free);
  self->names = enj_world_names_new ();
  return self;
}

void
enj_world_free (EnjWorld *self)
{
  enj_world_check_law (self);
  g_ptr_array_unref (self->servers);
  enj_world_wires_free (self->wires);
  g_ptr_array_unref (self->wishes);
  enj_world_names_free (self->names);
  g_assert_cmpuint (enj_budget_get_held (), ==, self->held);
  g_free (self);
}

gint64
enj_world_now (const EnjWorld *self)
{
  return self->now;
}

EnjWorldServer *
enj_world_add (EnjWorld *self, const char *domain, EnjEncryption encryption,
               const EnjLimits *limits)
{
  const EnjLimits usual = enj_limits_default ();
  g_autoptr (EnjSettings) settings
    = enj_world_settings_new (domain, encryption, limits ? limits : &usual);
  EnjWorldServer *server = g_new0 (EnjWorldServer, 1);

  server->world = self;
  server->domain = g_strdup (domain);
  server->exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  server->address = (EnjAddress){ .bytes = { 192, 0, 2, (guint8) (self->servers->len + 1) },
                                  .length = 4,
                                  .port = 5269 };
  server->inbox = g_ptr_array_new_with_free_func (g_free);
  server->asked = g_ptr_array_new_with_free_func (g_free);
  server->sources = g_string_new (NULL);
  server->events = g_string_new (NULL);
  g_ptr_array_add (self->servers, server);
  return server;
}

/* ---- Names ---------------------------------------------------------------------- */

void
enj_world_add_srv (EnjWorld *self, const char *domain, guint16 priority, const char *target)
{
  enj_world_names_add_srv (self->names, domain, priority, target);
}

void
enj_world_add_address (EnjWorld *self, const char *name, const EnjAddress *address)
{
  enj_world_names_add_address (self->names, name, address);
}

void
enj_world_set_result (EnjWorld *self, const char *name, guint result)
{
  enj_world_names_set_result (self->names, name, result);
}

/* ---- Connections ------------------------------------------------------------------ */

static void
connect_to (EnjWorld *self, EnjWorldServer *server, EnjSession *session, EnjWorldServer *other)
{
  if (other->is_puppet)
    enj_world_wires_connect (self->wires, server, session, other, NULL,
                             enj_world_wires_add_puppet (self->wires));
  else
    enj_world_wires_connect (self->wires, server, session, other,
                             enj_exchange_accept (other->exchange, &server->address, FALSE,
                                                  self->now),
                             NULL);
}

static void
dial (EnjWorld *self, const Wish *wish)
{
  if (wish->server->is_scarce)
    {
      enj_exchange_dial_failed (wish->server->exchange, wish->id, wish->ticket, ENJ_TARGETS_SCARCE,
                                self->now);
      return;
    }
  for (guint i = 0; i < self->servers->len; i++)
    {
      EnjWorldServer *other = self->servers->pdata[i];
      EnjSession *session;

      if (!enj_address_equal (&other->address, &wish->address) || other->is_away)
        continue;
      if (other->is_silent)
        return;
      session = enj_exchange_dialled (wish->server->exchange, wish->id, wish->ticket, self->now);
      if (session)
        connect_to (self, wish->server, session, other);
      return;
    }
  enj_exchange_dial_failed (wish->server->exchange, wish->id, wish->ticket, "connection refused",
                            self->now);
}

/* ---- Events ------------------------------------------------------------------------ */

static void
note (EnjWorldServer *server, const char *what, const EnjExchangeEvent *event)
{
  g_string_append_printf (server->events, "%s%s%s ", what,
                          !event->remote    ? ""
                          : event->outgoing ? ">"
                                            : "<",
                          event->remote ? event->remote : "");
}

static void
wish_for (EnjWorldServer *server, EnjExchangeEvent *event)
{
  Wish *wish = g_new0 (Wish, 1);

  wish->server = server;
  wish->type = event->type;
  wish->id = event->id;
  wish->ticket = event->ticket;
  wish->name = g_steal_pointer (&event->name);
  wish->address = event->address;
  if (wish->name)
    {
      g_ptr_array_add (server->asked, g_strdup (wish->name));
      g_string_append_printf (server->sources, "%s ", event->source);
    }
  g_ptr_array_add (server->world->wishes, wish);
}

static void
serve (EnjWorldServer *server, const char *domain, EnjStanza *stanza)
{
  g_autofree char *text = enj_test_stanza_text_new (stanza);
  g_autoptr (EnjStanza) answer = NULL;

  if (!strstr (text, "<ping xmlns='urn:xmpp:ping'/>") || strchr (enj_stanza_get_from (stanza), '@'))
    {
      g_ptr_array_add (server->inbox, g_steal_pointer (&text));
      return;
    }
  if (server->is_mute)
    return;
  answer = enj_stanza_new_reply (stanza, NULL);
  g_assert_true (enj_exchange_send (server->exchange, domain, answer, server->world->now));
}

static gboolean
take_event (EnjWorldServer *server)
{
  EnjExchangeEvent event;

  if (server->is_busy || !enj_exchange_next (server->exchange, &event, server->world->now))
    return FALSE;
  switch (event.type)
    {
    case ENJ_EXCHANGE_LOOKUP_TLSA:
      g_assert_not_reached (); /* Nothing is secure in these worlds. */
    case ENJ_EXCHANGE_LOOKUP_SRV:
    case ENJ_EXCHANGE_LOOKUP_ADDRESSES:
    case ENJ_EXCHANGE_DIAL:
      wish_for (server, &event);
      break;
    case ENJ_EXCHANGE_DELIVER:
      if (g_str_has_prefix (event.local, "hosted."))
        enj_exchange_hand_on (server->exchange, event.local, event.stanza, server->world->now);
      else
        serve (server, event.local, event.stanza);
      break;
    case ENJ_EXCHANGE_HOSTED_UP:
      note (server, "hosted-up", &event);
      break;
    case ENJ_EXCHANGE_HOSTED_DOWN:
      note (server, "hosted-down", &event);
      break;
    case ENJ_EXCHANGE_LINK_UP:
      note (server, "link-up", &event);
      break;
    case ENJ_EXCHANGE_LINK_DOWN:
      note (server, event.was_up ? "link-down" : "link-refused", &event);
      break;
    case ENJ_EXCHANGE_STREAM_UP:
      note (server, "up", &event);
      break;
    case ENJ_EXCHANGE_STREAM_DOWN:
      note (server, "down", &event);
      break;
    }
  enj_exchange_event_clear (&event);
  return TRUE;
}

static gboolean
is_held (const EnjWorld *self, const Wish *wish)
{
  return wish->type == ENJ_EXCHANGE_DIAL ? self->holds_dials : self->holds_lookups;
}

static gboolean
fulfil (EnjWorld *self, guint index)
{
  Wish *wish = self->wishes->pdata[index];

  if (is_held (self, wish))
    return FALSE;
  g_ptr_array_steal_index (self->wishes, index);
  if (wish->type == ENJ_EXCHANGE_DIAL)
    dial (self, wish);
  else
    enj_world_names_answer (self->names, wish->server->exchange, wish->id, wish->ticket,
                            wish->name, wish->type == ENJ_EXCHANGE_LOOKUP_SRV, self->now);
  wish_free (wish);
  return TRUE;
}

/* ---- Going on ------------------------------------------------------------------------ */

static gboolean
do_all (EnjWorld *self)
{
  gboolean done = FALSE;

  for (guint i = 0; i < self->servers->len; i++)
    while (take_event (self->servers->pdata[i]))
      done = TRUE;
  for (guint i = 0; i < self->wishes->len; i++)
    if (fulfil (self, i))
      return TRUE;
  for (guint i = 0; i < enj_world_wires_count (self->wires); i++)
    for (guint to = 0; to < 2; to++)
      done |= enj_world_wires_move (self->wires, i, to, G_MAXSIZE, self->now);
  for (guint i = 0; i < enj_world_wires_count (self->wires); i++)
    if (enj_world_wires_reap (self->wires, i, self->now))
      return TRUE;
  return done;
}

static gint64
get_deadline (const EnjWorld *self)
{
  gint64 due = enj_world_wires_deadline (self->wires);

  for (guint i = 0; i < self->servers->len; i++)
    {
      const EnjWorldServer *server = self->servers->pdata[i];

      if (!server->is_busy)
        due = MIN (due, enj_exchange_deadline (server->exchange));
    }
  return due;
}

static void
tick (EnjWorld *self)
{
  enj_world_wires_tick (self->wires, self->now);
  for (guint i = 0; i < self->servers->len; i++)
    enj_exchange_tick (((EnjWorldServer *) self->servers->pdata[i])->exchange, self->now);
}

static void
run_until (EnjWorld *self, gint64 end)
{
  for (guint turns = 0;; turns++)
    {
      gint64 due;

      g_assert_cmpuint (turns, <, 1000000);
      if (do_all (self))
        continue;
      enj_world_check_law (self);
      due = get_deadline (self);
      if (due > end)
        break;
      self->now = MAX (self->now, due);
      tick (self);
    }
}

void
enj_world_run (EnjWorld *self)
{
  run_until (self, self->now + PATIENCE);
}

void
enj_world_wait (EnjWorld *self, gint64 time)
{
  gint64 end = self->now + time;

  run_until (self, end);
  self->now = MAX (self->now, end);
  tick (self);
  run_until (self, self->now + PATIENCE);
}

gboolean
enj_world_step (EnjWorld *self, GRand *chance)
{
  guint n = self->servers->len + self->wishes->len + 3 * enj_world_wires_count (self->wires);
  guint first = (guint) g_rand_int_range (chance, 0, (gint32) n);

  for (guint i = 0; i < n; i++)
    {
      guint what = (first + i) % n;
      gsize size = (gsize) g_rand_int_range (chance, 1, 400);

      if (what < self->servers->len)
        {
          if (take_event (self->servers->pdata[what]))
            return TRUE;
          continue;
        }
      what -= self->servers->len;
      if (what < self->wishes->len)
        {
          if (fulfil (self, what))
            return TRUE;
          continue;
        }
      what -= self->wishes->len;
      if (what % 3 == 2
            ? enj_world_wires_reap (self->wires, what / 3, self->now)
            : enj_world_wires_move (self->wires, what / 3, what % 3, size, self->now))
        return TRUE;
    }
  return FALSE;
}

/* ---- For tests ------------------------------------------------------------------------- */

gboolean
enj_world_send (EnjWorldServer *server, const char *xml)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjStanza) stanza = enj_stanza_parse (xml, -1, &error);
  g_autofree char *also = g_strconcat ("also.", server->domain, NULL);

  g_assert_no_error (error);
  return enj_exchange_send (server->exchange, server->domain, stanza, server->world->now)
         || enj_exchange_send (server->exchange, also, stanza, server->world->now);
}

void
enj_world_hold (EnjWorld *self, gboolean lookups, gboolean dials)
{
  self->holds_lookups = lookups;
  self->holds_dials = dials;
}

EnjPuppet *
enj_world_attach (EnjWorldServer *server)
{
  EnjWorld *self = server->world;
  g_autofree char *home = g_strconcat ("home.", server->domain, NULL);
  EnjSession *session
    = enj_exchange_attach (server->exchange, server->domain, home, ENJ_WORLD_SECRET, self->now);
  EnjPuppet *puppet;

  g_assert_nonnull (session);
  puppet = enj_world_wires_add_puppet (self->wires);
  puppet->is_link = TRUE;
  enj_world_wires_connect (self->wires, server, session, NULL, NULL, puppet);
  return puppet;
}

EnjPuppet *
enj_world_host (EnjWorldServer *server)
{
  EnjWorld *self = server->world;
  EnjSession *session = enj_exchange_accept_hosted (server->exchange, ENJ_WORLD_PORT,
                                                    &(EnjAddress){ 0 }, FALSE, self->now);
  EnjPuppet *puppet;

  if (!session)
    return NULL;
  puppet = enj_world_wires_add_puppet (self->wires);
  puppet->is_link = TRUE;
  enj_world_wires_connect (self->wires, server, session, NULL, NULL, puppet);
  return puppet;
}

EnjPuppet *
enj_world_get_puppet (EnjWorld *self)
{
  return enj_world_wires_get_puppet (self->wires);
}

void
enj_world_say (EnjWorld *self, EnjPuppet *puppet, const char *xml)
{
  g_assert_false (puppet->is_gone);
  g_assert_true (enj_bytes_append (&puppet->says, xml, strlen (xml)));
  enj_world_run (self);
}

void
enj_world_hang_up (EnjWorld *self, EnjPuppet *puppet)
{
  enj_world_wires_hang_up (self->wires, puppet, self->now);
  enj_world_run (self);
}

void
enj_world_cut (EnjWorld *self, EnjWorldServer *a, EnjWorldServer *b)
{
  enj_world_wires_cut (self->wires, a, b, self->now);
}

void
enj_world_freeze (EnjWorld *self, gboolean frozen)
{
  enj_world_wires_freeze (self->wires, frozen);
}

guint
enj_world_count_wires (const EnjWorld *self)
{
  return enj_world_wires_count (self->wires);
}

void
enj_world_restart (EnjWorldServer *server, EnjEncryption encryption)
{
  EnjWorld *self = server->world;
  const EnjLimits usual = enj_limits_default ();
  g_autoptr (EnjSettings) settings = enj_world_settings_new (server->domain, encryption, &usual);

  enj_world_cut (self, server, NULL);
  for (guint i = self->wishes->len; i > 0; i--)
    if (((const Wish *) self->wishes->pdata[i - 1])->server == server)
      g_ptr_array_remove_index (self->wishes, i - 1);
  enj_exchange_free (server->exchange);
  server->exchange = enj_exchange_new (settings, (EnjWake){ 0 });
}

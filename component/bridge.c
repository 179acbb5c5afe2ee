#include "config.h"

#include "protocol/enjamb.h"

#include <string.h>

#include "protocol/farewell.h"
#include "protocol/jid.h"
#include "protocol/wall.h"
#include "component/gate.h"
#include "component/hosting.h"
#include "component/journal.h"
#include "component/reception.h"
#include "component/reload.h"
#include "component/setup.h"
#include "component/steward.h"
#include "component/survey.h"
#include "component/tenure.h"

/* More would keep the sockets waiting. */
#define EVENTS_A_TURN 1000

struct EnjBridge
{
  EnjConfig *config;
  EnjDialbackKey *key; /* made at start, for as long as we live */
  EnjExchange *exchange;
  EnjReception *reception;
  EnjEventHandler event_handler;
  gpointer event_data;
  GDestroyNotify event_destroy;

  /* From attach_context() on. */
  EnjLoop *loop;
  EnjWatch *timer;
  EnjDeferred thinking;
  EnjResolver *resolver;
  EnjGateway *gateway;
  EnjHosting *hosting;
  EnjGate *gate;
  EnjUplinks *uplinks;
  EnjSteward *steward; /* for as long as we live */
  EnjFarewell *farewell;
  EnjTenure *tenure; /* of run(): other programs have descriptors, a manager and a heap */
  gboolean busy;     /* the program may be inside one of its functions */
  gboolean running;
  gboolean stopped;
};

static gint64
now_of (const EnjBridge *self)
{
  return self->loop ? enj_loop_now (self->loop) : g_get_monotonic_time ();
}

/* ---- Events of the exchange ------------------------------------------------------ */

static void
tell (EnjBridge *self, EnjEventType type, const EnjExchangeEvent *event, const char *how)
{
  EnjEvent told = { .type = type,
                    .local = event->local,
                    .remote = event->remote,
                    .authentication = how,
                    .reason = event->error ? event->error->message : NULL,
                    .outgoing = event->outgoing };

  if (self->event_handler)
    self->event_handler (self, &told, self->event_data);
}

static void
report_survey (EnjBridge *self, EnjStanza *answer, gpointer user_data)
{
  (void) user_data;
  if (answer)
    enj_survey_report (self->config->realm, enj_stanza_get_to (answer), answer);
}

/* Waiting in the place of a stand-by is being ready too: it may be for ever. */
static void
tell_tenure (EnjBridge *self)
{
  if (self->tenure && enj_gate_get_state (self->gate) != ENJ_STANDBY_UNDECIDED)
    enj_tenure_settle (self->tenure);
}

static void
handle_link (EnjBridge *self, const EnjExchangeEvent *event, gint64 now)
{
  enj_uplinks_handle (self->uplinks, event, now);
  if (event->type == ENJ_EXCHANGE_LINK_UP)
    enj_gate_link_up (self->gate, event->local);
  else
    enj_gate_link_down (self->gate, event->local, event->error, event->was_up);
  if (self->tenure)
    enj_tenure_set_links (self->tenure, enj_uplinks_count_up (self->uplinks),
                          enj_uplinks_count (self->uplinks));
  tell_tenure (self);
}

static void
handle_link_up (EnjBridge *self, const EnjExchangeEvent *event, gint64 now)
{
  const EnjConfigComponent *component = enj_config_find_component (self->config, event->local);
  g_autofree char *parent = enj_setup_parent_new (component);
  g_autoptr (EnjStanza) question = enj_survey_new_question (event->local, parent);

  handle_link (self, event, now);
  /* A parent that local-domains leaves out would be asked over the world. */
  if (enj_realm_is_local_to (self->config->realm, event->local, parent))
    enj_reception_request (self->reception, event->local, question, report_survey, NULL, now);
  tell (self, ENJ_EVENT_LINK_UP, event, "handshake");
}

static void
tell_hosted_down (const EnjExchangeEvent *event)
{
  g_autofree char *reason = event->error ? enj_log_quote (event->error->message) : NULL;

  enj_log_message (NULL, "%s: component away: %s", event->local,
                   reason ? reason : "closed in order");
}

static void
handle_event (EnjBridge *self, EnjExchangeEvent *event, gint64 now)
{
  switch (event->type)
    {
    case ENJ_EXCHANGE_LOOKUP_SRV:
    case ENJ_EXCHANGE_LOOKUP_ADDRESSES:
    case ENJ_EXCHANGE_LOOKUP_TLSA:
    case ENJ_EXCHANGE_DIAL:
      enj_gateway_fulfil (self->gateway, event, now);
      break;
    case ENJ_EXCHANGE_DELIVER:
      enj_reception_handle (self->reception, event->local, event->stanza, now);
      break;
    case ENJ_EXCHANGE_LINK_UP:
      handle_link_up (self, event, now);
      break;
    case ENJ_EXCHANGE_LINK_DOWN:
      handle_link (self, event, now);
      if (event->was_up)
        tell (self, ENJ_EVENT_LINK_DOWN, event, NULL);
      break;
    case ENJ_EXCHANGE_HOSTED_UP:
      break; /* Its session has told of it. */
    case ENJ_EXCHANGE_HOSTED_DOWN:
      tell_hosted_down (event);
      break;
    case ENJ_EXCHANGE_STREAM_UP:
      tell (self, ENJ_EVENT_STREAM_UP, event, enj_proof_format (event->proof));
      break;
    case ENJ_EXCHANGE_STREAM_DOWN:
      tell (self, ENJ_EVENT_STREAM_DOWN, event, NULL);
      break;
    }
}

static void
finish (EnjBridge *self)
{
  self->stopped = TRUE;
  if (self->tenure)
    enj_tenure_quit (self->tenure);
}

/* At the end of a turn, at depth one: whatever has happened, happens here. */
static void
think (gpointer data)
{
  EnjBridge *self = data;
  gint64 now = enj_loop_now (self->loop);
  gint64 due;
  EnjExchangeEvent event;
  guint n = 0;

  self->busy = TRUE;
  for (; n < EVENTS_A_TURN && enj_exchange_next (self->exchange, &event, now); n++)
    {
      handle_event (self, &event, now);
      enj_exchange_event_clear (&event);
    }
  self->busy = FALSE;
  if (n == EVENTS_A_TURN)
    enj_loop_defer (self->loop, &self->thinking); /* The next turn reads first. */
  if (self->farewell && !self->stopped && enj_farewell_advance (self->farewell, now))
    finish (self);

  due = MIN (enj_exchange_deadline (self->exchange), enj_reception_deadline (self->reception));
  if (self->farewell)
    due = MIN (due, enj_farewell_deadline (self->farewell));
  enj_watch_set_deadline (self->timer, due);
}

static void
handle_timer (guint32 events, gint64 now, gpointer data)
{
  EnjBridge *self = data;

  (void) events;
  self->busy = TRUE;
  enj_exchange_tick (self->exchange, now);
  enj_reception_tick (self->reception, now);
  self->busy = FALSE;
  enj_loop_defer (self->loop, &self->thinking);
}

static void
wake (gpointer data)
{
  EnjBridge *self = data;

  if (self->loop)
    enj_loop_defer (self->loop, &self->thinking);
}

static void
send_from_reception (const char *component, EnjStanza *stanza, gpointer user_data)
{
  EnjBridge *self = user_data;

  if (!enj_exchange_send (self->exchange, component, stanza, now_of (self)))
    enj_log_info (NULL, "%s: a service sent a stanza that is not from there", component);
}

static void
hand_on_from_reception (const char *component, EnjStanza *stanza, gpointer user_data)
{
  EnjBridge *self = user_data;

  enj_exchange_hand_on (self->exchange, component, stanza, now_of (self));
}

/* ---- Life --------------------------------------------------------------------------- */

static gint64
real_seconds (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

/* The steward tells the log. */
static gboolean
reload_for_steward (gpointer data, GError **error)
{
  EnjBridge *self = data;
  gboolean done;

  if (self->tenure)
    enj_tenure_begin_reload (self->tenure);
  done = enj_bridge_reload (self, error);
  if (self->tenure)
    enj_tenure_end_reload (self->tenure);
  return done;
}

static EnjBridge *
bridge_new (EnjConfig *config, GError **error)
{
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjSettings) settings = NULL;
  EnjBridge *self;

  enj_wall_set (real_seconds);
  settings = enj_setup_new (config, key, error);
  if (!settings)
    return NULL;
  self = g_new0 (EnjBridge, 1);
  self->config = enj_config_ref (config);
  self->key = g_steal_pointer (&key);
  self->exchange = enj_exchange_new (settings, (EnjWake){ wake, self });
  self->steward
    = enj_steward_new (self->exchange, config, settings,
                       &(EnjStewardBridge){ reload_for_steward, self }, now_of (self));
  self->reception = enj_reception_new (self, self->steward, config, send_from_reception, self,
                                       now_of (self));
  enj_reception_set_hand_on (self->reception, hand_on_from_reception);
  self->thinking = (EnjDeferred){ .func = think, .data = self, .rank = ENJ_LOOP_THINK };
  return self;
}

EnjBridge *
enj_bridge_new (EnjConfig *config)
{
  g_autoptr (GError) error = NULL;
  EnjBridge *self = bridge_new (config, &error);

  if (!self)
    enj_log_warning (NULL, "%s", error->message);
  return self;
}

EnjBridge *
enj_bridge_new_from_file (const char *path, GError **error)
{
  g_autoptr (EnjConfig) config = enj_config_new_from_file (path, error);

  return config ? bridge_new (config, error) : NULL;
}

/* What attach_context() has made, in reverse. */
static void
detach (EnjBridge *self)
{
  if (!self->loop)
    return;
  enj_deferred_clear (&self->thinking);
  enj_steward_set_uplinks (self->steward, NULL);
  enj_steward_set_gate (self->steward, NULL);
  g_clear_pointer (&self->uplinks, enj_uplinks_free);
  g_clear_pointer (&self->gate, enj_gate_free);
  g_clear_pointer (&self->hosting, enj_hosting_free);
  g_clear_pointer (&self->gateway, enj_gateway_free);
  g_clear_pointer (&self->resolver, enj_resolver_free);
  if (self->tenure)
    enj_tenure_leave (self->tenure);
  g_clear_pointer (&self->timer, enj_watch_free);
  g_clear_pointer (&self->loop, enj_loop_free);
}

void
enj_bridge_free (EnjBridge *self)
{
  if (!self)
    return;
  g_return_if_fail (!self->busy && !self->running);

  /* The program hears of its requests while there still is a bridge to call. */
  enj_reception_free (self->reception);
  detach (self);
  enj_tenure_free (self->tenure);
  enj_steward_free (self->steward);
  enj_farewell_free (self->farewell);
  enj_exchange_free (self->exchange);
  if (self->event_destroy)
    self->event_destroy (self->event_data);
  enj_dialback_key_unref (self->key);
  enj_config_unref (self->config);
  g_free (self);
}

static void
handle_missed (const char *domain, gpointer data)
{
  EnjBridge *self = data;

  enj_gate_link_missed (self->gate, domain);
  tell_tenure (self);
}

static gboolean
start (EnjBridge *self, GError **error)
{
  EnjStore *store = self->tenure ? enj_tenure_get_store (self->tenure) : NULL;
  EnjSuccession *succession = self->tenure ? enj_tenure_get_succession (self->tenure) : NULL;

  self->timer = enj_loop_watch (self->loop, -1, 0, handle_timer, self, error);
  if (!self->timer)
    return FALSE;
  self->resolver = enj_resolver_new (self->loop, self->config, error);
  if (!self->resolver)
    return FALSE;
  self->gateway
    = enj_gateway_new (self->loop, self->resolver, self->exchange, self->config, store, error);
  if (!self->gateway)
    return FALSE;
  self->hosting = enj_hosting_new (self->loop, self->exchange, self->config, error);
  if (!self->hosting)
    return FALSE;
  self->gate = enj_gate_new (self->loop, self->gateway, self->hosting, self->exchange,
                             self->config, error);
  if (!self->gate)
    return FALSE;
  enj_steward_set_gate (self->steward, self->gate);
  self->uplinks = enj_uplinks_new (self->loop, self->resolver, self->exchange, succession,
                                   self->config, error);
  if (!self->uplinks)
    return FALSE;
  enj_steward_set_uplinks (self->steward, self->uplinks);
  enj_uplinks_set_missed (self->uplinks, handle_missed, self);
  if (succession)
    {
      enj_succession_carry_on (succession, self->config, now_of (self));
      enj_store_discard (store);
    }
  return TRUE;
}

gboolean
enj_bridge_attach_context (EnjBridge *self, GMainContext *context, GError **error)
{
  g_return_val_if_fail (!self->loop, FALSE);

  self->loop = enj_loop_new (context, error);
  if (!self->loop)
    return FALSE;
  if (!start (self, error))
    {
      detach (self);
      return FALSE;
    }
  enj_loop_defer (self->loop, &self->thinking);
  return TRUE;
}

/* ---- Running ------------------------------------------------------------------------- */

static void
order_stop (gpointer data)
{
  enj_bridge_stop (data);
}

static gboolean
order_hand_over (gpointer data)
{
  EnjBridge *self = data;

  if (self->farewell)
    return FALSE;
  enj_log_message (NULL, "handing over");
  enj_gate_close (self->gate);
  self->farewell = enj_farewell_new_handing_over (self->exchange, now_of (self));
  enj_loop_defer (self->loop, &self->thinking);
  return TRUE;
}

int
enj_bridge_run (EnjBridge *self)
{
  const EnjTenureOrders orders = { order_stop, order_hand_over, self };
  g_autoptr (GError) error = NULL;
  int status;

  g_return_val_if_fail (!self->loop || self->stopped, 1);

  if (self->stopped)
    return 0;
  if (!self->tenure)
    self->tenure = enj_tenure_new (self->steward, self->reception, &orders);
  if (!enj_bridge_attach_context (self, NULL, &error)
      || !enj_tenure_enter (self->tenure, self->loop, &error))
    {
      enj_log_warning (NULL, "%s", error->message);
      return 1;
    }
  enj_tenure_set_links (self->tenure, 0, enj_uplinks_count (self->uplinks));
  tell_tenure (self);
  self->running = TRUE;
  status = enj_tenure_run (self->tenure);
  self->running = FALSE;
  return status;
}

void
enj_bridge_stop (EnjBridge *self)
{
  gint64 now = now_of (self);

  if (!self->loop || self->stopped)
    {
      finish (self);
      return;
    }
  if (self->farewell)
    {
      enj_log_message (NULL, "stopping at once");
      enj_farewell_hurry (self->farewell, now);
    }
  else
    {
      enj_log_message (NULL, "stopping");
      if (self->tenure)
        enj_tenure_stopping (self->tenure);
      enj_gate_close (self->gate);
      enj_uplinks_stop (self->uplinks);
      self->farewell = enj_farewell_new (self->exchange, now);
    }
  enj_loop_defer (self->loop, &self->thinking);
}

/* ---- Configuration --------------------------------------------------------------------- */

gboolean
enj_bridge_reload (EnjBridge *self, GError **error)
{
  g_autoptr (EnjConfig) config = enj_config_new_from_file (self->config->path, error);
  g_autoptr (EnjSettings) settings = NULL;

  if (!config || !enj_reload_is_possible (self->config, config, error))
    return FALSE;
  settings = enj_setup_new (config, self->key, error);
  if (!settings)
    return FALSE;

  enj_steward_set_config (self->steward, config, settings, now_of (self));
  enj_reception_set_config (self->reception, config);
  if (self->loop)
    {
      enj_gateway_set_limits (self->gateway, &config->limits);
      enj_resolver_set_limits (self->resolver, &config->limits);
      enj_uplinks_set_limits (self->uplinks, &config->limits);
    }
  if (self->tenure)
    enj_tenure_settings_changed (self->tenure);
  enj_journal_set_level (config->log_level);
  enj_config_unref (self->config);
  self->config = g_steal_pointer (&config);
  return TRUE;
}

/* ---- Handlers and stanzas ---------------------------------------------------------------- */

gboolean
enj_bridge_register (EnjBridge *self, const char *domain, EnjHandler handler, gpointer user_data,
                     GDestroyNotify destroy)
{
  g_autofree char *canonical = enj_jid_domain_new (domain, NULL);

  if (canonical
      && enj_reception_register (self->reception, canonical, handler, user_data, destroy))
    return TRUE;
  enj_log_warning (NULL, "%s has no [component] group, nothing will come for it", domain);
  if (destroy)
    destroy (user_data);
  return FALSE;
}

void
enj_bridge_unregister (EnjBridge *self, const char *domain)
{
  g_autofree char *canonical = enj_jid_domain_new (domain, NULL);

  if (canonical)
    enj_reception_unregister (self->reception, canonical);
}

void
enj_bridge_set_event_handler (EnjBridge *self, EnjEventHandler handler, gpointer user_data,
                              GDestroyNotify destroy)
{
  if (self->event_destroy)
    self->event_destroy (self->event_data);
  self->event_handler = handler;
  self->event_data = user_data;
  self->event_destroy = destroy;
}

/* The component that @stanza is from; NULL where it is none of ours. */
static const EnjConfigComponent *
find_sender (EnjBridge *self, const EnjStanza *stanza)
{
  g_autofree char *domain = NULL;

  if (!enj_stanza_get_from (stanza)
      || !enj_jid_parse (enj_stanza_get_from (stanza), NULL, &domain, NULL, NULL))
    return NULL;
  return enj_config_find_component (self->config, domain);
}

gboolean
enj_bridge_send (EnjBridge *self, EnjStanza *stanza)
{
  const EnjConfigComponent *sender = find_sender (self, stanza);

  wake (self); /* Outside of a turn, there is one deadline more to look at. */
  return sender && enj_exchange_send (self->exchange, sender->domain, stanza, now_of (self));
}

gboolean
enj_bridge_request (EnjBridge *self, EnjStanza *iq, EnjAnswerHandler handler, gpointer user_data)
{
  const EnjConfigComponent *sender = find_sender (self, iq);

  wake (self); /* As above. */
  return sender
         && enj_reception_request (self->reception, sender->domain, iq, handler, user_data,
                                   now_of (self));
}

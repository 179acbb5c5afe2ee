#include "config.h"

#include "component/gate.h"

/* How often a port is tried that somebody else has. */
#define RETRY G_TIME_SPAN_SECOND

struct EnjGate
{
  EnjLoop *loop;
  EnjGateway *gateway;
  EnjHosting *hosting;
  EnjExchange *exchange;
  EnjStandby *standby;
  EnjStandbyState state; /* as of the last look at it */
  EnjWatch *timer;
  gboolean has_warned;
  gboolean is_closed;
};

/* One kind also where the other is to be waited for. */
static gboolean
listen_at_all (EnjGate *self, GError **error)
{
  gboolean done = enj_hosting_listen (self->hosting, error);

  return enj_gateway_listen (self->gateway, done ? error : NULL) && done;
}

static void
try_to_listen (EnjGate *self)
{
  g_autoptr (GError) error = NULL;

  if (listen_at_all (self, &error))
    {
      self->has_warned = FALSE;
      return;
    }
  if (!self->has_warned)
    enj_log_warning (NULL, "%s; trying again by itself", error->message);
  self->has_warned = TRUE;
  enj_watch_set_deadline (self->timer, enj_loop_now (self->loop) + RETRY);
}

static void
handle_timer (guint32 events, gint64 now, gpointer data)
{
  EnjGate *self = data;

  (void) events;
  (void) now;
  if (!self->is_closed && self->state == ENJ_STANDBY_SERVING)
    try_to_listen (self);
}

static void
look (EnjGate *self)
{
  EnjStandbyState before = self->state;

  self->state = enj_standby_get_state (self->standby);
  if (self->state == before || self->is_closed)
    return;

  switch (self->state)
    {
    case ENJ_STANDBY_UNDECIDED:
      break;
    case ENJ_STANDBY_SERVING:
      if (before == ENJ_STANDBY_WAITING)
        enj_log_message (NULL, "standing by no longer: other servers may connect");
      enj_exchange_serve (self->exchange, enj_loop_now (self->loop));
      try_to_listen (self);
      break;
    case ENJ_STANDBY_WAITING:
      enj_log_message (NULL, "standing by: another connection has the link, and other servers "
                             "are not to find this instance");
      enj_gateway_give_ports_up (self->gateway);
      enj_hosting_stop_listening (self->hosting);
      enj_exchange_stand_by (self->exchange, enj_loop_now (self->loop));
      break;
    }
}

void
enj_gate_link_missed (EnjGate *self, const char *domain)
{
  enj_standby_note_missed (self->standby, domain);
  look (self);
}

void
enj_gate_link_up (EnjGate *self, const char *domain)
{
  enj_standby_note_up (self->standby, domain);
  look (self);
}

void
enj_gate_link_down (EnjGate *self, const char *domain, const GError *error, gboolean was_up)
{
  enj_standby_note_down (self->standby, domain, error, was_up, enj_loop_now (self->loop));
  look (self);
}

EnjStandbyState
enj_gate_get_state (const EnjGate *self)
{
  return self->state;
}

const EnjStandby *
enj_gate_get_standby (const EnjGate *self)
{
  return self->standby;
}

void
enj_gate_close (EnjGate *self)
{
  self->is_closed = TRUE;
  enj_gateway_stop_listening (self->gateway);
  enj_hosting_stop_listening (self->hosting);
}

static gboolean
may_listen (const EnjGate *self, const EnjConfig *config, GError **error)
{
  const gboolean is_shared = config->federation.dialback_secret != NULL;

  return enj_gateway_may_listen (self->gateway, is_shared, error)
         && enj_hosting_may_listen (self->hosting, is_shared, error);
}

static gboolean
begin (EnjGate *self, const EnjConfig *config, GError **error)
{
  gboolean is_due;

  for (guint i = 0; i < config->components->len; i++)
    {
      const EnjConfigComponent *component = config->components->pdata[i];

      enj_standby_add (self->standby, component->domain, component->server != NULL);
    }
  if (enj_gateway_was_listening (self->gateway))
    enj_standby_serve (self->standby);

  self->state = enj_standby_get_state (self->standby);
  is_due = self->state == ENJ_STANDBY_SERVING;
  if (is_due && listen_at_all (self, NULL))
    return TRUE;
  if (!may_listen (self, config, error))
    return FALSE;
  if (is_due)
    try_to_listen (self);
  return TRUE;
}

EnjGate *
enj_gate_new (EnjLoop *loop, EnjGateway *gateway, EnjHosting *hosting, EnjExchange *exchange,
              const EnjConfig *config, GError **error)
{
  EnjGate *self = g_new0 (EnjGate, 1);

  self->loop = loop;
  self->gateway = gateway;
  self->hosting = hosting;
  self->exchange = exchange;
  self->standby = enj_standby_new ();
  self->timer = enj_loop_watch (loop, -1, 0, handle_timer, self, error);
  if (!self->timer || !begin (self, config, error))
    g_clear_pointer (&self, enj_gate_free);
  return self;
}

void
enj_gate_free (EnjGate *self)
{
  if (!self)
    return;
  enj_watch_free (self->timer);
  enj_standby_free (self->standby);
  g_free (self);
}

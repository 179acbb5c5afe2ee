#include "config.h"

#include "protocol/carrier.h"

#include "protocol/ns.h"

void
enj_carrier_fail (EnjCarrier *self, EnjStreamCondition condition, const char *why)
{
  enj_session_fail (&self->session, g_error_new_literal (ENJ_STREAM_ERROR, condition, why));
}

/* Wraps around where the parser was given more than stood there: that is no matter. */
void
enj_carrier_push (EnjCarrier *self, EnjCarrierEventType type, EnjStanza *stanza, guint64 end)
{
  EnjCarrierEvent *event = g_new (EnjCarrierEvent, 1);

  *event = (EnjCarrierEvent){ .type = type,
                              .stanza = stanza,
                              .header = self->header_end,
                              .end = self->before + end };
  g_queue_push_tail (&self->received, event);
  enj_wake (self->session.wake);
}

void
enj_carrier_handle_event (EnjSession *session, EnjStreamEvent *event)
{
  EnjCarrier *self = (EnjCarrier *) session;
  const EnjCarrierClass *klass = (const EnjCarrierClass *) session->klass;

  if (event->type == ENJ_STREAM_OPENED)
    {
      self->header_end = event->end;
      klass->opened (self);
    }
  else if (event->type == ENJ_STREAM_STANZA)
    klass->stanza (self, &event->stanza, event->end);
  else if (session->state == ENJ_SESSION_OPEN)
    klass->element (self, event->element, event->end);
}

gboolean
enj_carrier_next (EnjCarrier *self, EnjCarrierEvent *event)
{
  g_autofree EnjCarrierEvent *first = g_queue_pop_head (&self->received);

  if (first)
    *event = *first;
  return first != NULL;
}

/* ---- Proofs --------------------------------------------------------------------- */

void
enj_carrier_come_up (EnjCarrier *self, const char *prover)
{
  const EnjLimits *limits = &self->session.settings->limits;

  g_return_if_fail (!self->proving);

  self->state = ENJ_CARRIER_STATE_UP;
  self->session.standing.milestones.at[ENJ_MILESTONE_AUTHENTICATED] = self->session.now;
  self->prover = g_strdup (prover);
  self->proving
    = enj_proving_new (&self->session, self->counters, self->domain, self->prover);
  enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION, 0);
  enj_session_wait (&self->session, ENJ_WAIT_QUIET, limits->keepalive);
  enj_stream_raise_limits (self->session.stream, limits->stanza_size_link);
}

/* Behind our end tag nobody answers: what was sent is proved before it. */
static void
leave_if_done (EnjCarrier *self)
{
  if (self->state == ENJ_CARRIER_STATE_LEAVING && enj_proving_is_done (self->proving))
    enj_session_close (&self->session);
}

gboolean
enj_carrier_prove (EnjCarrier *self, const EnjStanza *stanza)
{
  if (!self->proving || !enj_proving_handle (self->proving, stanza))
    return FALSE;
  leave_if_done (self);
  return TRUE;
}

static void
handle_quiet (EnjCarrier *self)
{
  EnjSession *session = &self->session;
  gint64 keepalive = (gint64) session->settings->limits.keepalive * ENJ_SECOND;

  if (session->now - session->heard >= keepalive)
    enj_proving_ask (self->proving);
  enj_session_wait (session, ENJ_WAIT_QUIET, session->settings->limits.keepalive);
}

gboolean
enj_carrier_handle_due (EnjCarrier *self, EnjWait which)
{
  if (which == ENJ_WAIT_QUIET)
    handle_quiet (self);
  else if (which == ENJ_WAIT_ACK || which == ENJ_WAIT_ANSWER)
    {
      enj_proving_tick (self->proving, self->session.now);
      leave_if_done (self);
    }
  else if (self->state == ENJ_CARRIER_STATE_LEAVING)
    enj_session_close (&self->session);
  else
    return FALSE;
  return TRUE;
}

void
enj_carrier_handle_left (EnjSession *session, EnjStanza *stanza)
{
  enj_proving_note_sent (((EnjCarrier *) session)->proving, stanza);
}

EnjStanza *
enj_carrier_steal_unproven (EnjCarrier *self, gint64 *left)
{
  return self->proving ? enj_proving_steal (self->proving, left) : NULL;
}

guint
enj_carrier_count_unproven (const EnjCarrier *self)
{
  return self->proving ? enj_proving_count (self->proving) : 0;
}

guint
enj_carrier_handle_count (const EnjSession *session)
{
  return enj_carrier_count_unproven ((const EnjCarrier *) session);
}

/* ---- Sending ---------------------------------------------------------------------- */

gboolean
enj_carrier_may_send (const EnjCarrier *self, const EnjStanza *stanza)
{
  const EnjCarrierClass *klass = (const EnjCarrierClass *) self->session.klass;

  return klass->suits (self, stanza)
         && enj_stanza_get_size (stanza) <= self->session.settings->limits.stanza_size_link;
}

/* Nobody could be told that an error or a result was not sent. */
static gboolean
is_open_for (const EnjCarrier *self, const EnjStanza *stanza)
{
  return enj_carrier_is_up (self)
         || (enj_carrier_is_leaving (self) && !enj_stanza_is_answerable (stanza));
}

gboolean
enj_carrier_send (EnjCarrier *self, EnjStanza *stanza, gint64 now)
{
  const EnjCarrierClass *klass = (const EnjCarrierClass *) self->session.klass;

  g_return_val_if_fail (klass->suits (self, stanza), FALSE);

  /* One that has waited may be larger than a limit that came meanwhile. */
  if (!is_open_for (self, stanza) || !enj_carrier_may_send (self, stanza))
    return FALSE;
  self->session.now = now;
  if (enj_session_send (&self->session, stanza) != ENJ_SEND_DONE)
    return FALSE;
  self->counters->written_link++;
  return TRUE;
}

/* ---- Life --------------------------------------------------------------------------- */

void
enj_carrier_init (EnjCarrier *self, const EnjCarrierClass *klass, const char *kind,
                  const char *domain, EnjSettings *settings, EnjCounters *counters, EnjWake wake,
                  gint64 now)
{
  enj_session_init (&self->session, &klass->session, kind, ENJ_NS_COMPONENT, settings, wake, now);
  self->counters = counters;
  self->domain = g_strdup (domain);
  self->session.log.local = self->domain;
}

static void
event_free (gpointer data)
{
  EnjCarrierEvent *event = data;

  enj_stanza_unref (event->stanza);
  g_free (event);
}

void
enj_carrier_clear (EnjCarrier *self)
{
  g_queue_clear_full (&self->received, event_free);
  enj_session_clear (&self->session);
  enj_proving_free (self->proving);
  g_free (self->domain);
  g_free (self->prover);
}

void
enj_carrier_free (EnjCarrier *self)
{
  if (self)
    ((const EnjCarrierClass *) self->session.klass)->free (self);
}

gboolean
enj_carrier_is_up (const EnjCarrier *self)
{
  return self->state == ENJ_CARRIER_STATE_UP && enj_session_is_open (&self->session);
}

gboolean
enj_carrier_is_leaving (const EnjCarrier *self)
{
  return self->state == ENJ_CARRIER_STATE_LEAVING && enj_session_is_open (&self->session);
}

gboolean
enj_carrier_was_up (const EnjCarrier *self)
{
  return self->state != ENJ_CARRIER_STATE_OPENING;
}

void
enj_carrier_close (EnjCarrier *self, gint64 now)
{
  self->session.now = now;
  if (!enj_carrier_is_up (self) || enj_proving_is_done (self->proving))
    {
      enj_session_close (&self->session);
      return;
    }
  self->state = ENJ_CARRIER_STATE_LEAVING;
  enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION,
                    self->session.settings->limits.close_timeout);
  enj_proving_hurry (self->proving);
  enj_wake (self->session.output); /* Whoever drives us looks at the deadlines then. */
}

#include "config.h"

#include "protocol/lane.h"

#include "protocol/ns.h"

void
enj_lane_fail (EnjLane *self, EnjStreamCondition condition, const char *why)
{
  enj_session_fail (&self->session, g_error_new_literal (ENJ_STREAM_ERROR, (int) condition, why));
}

gboolean
enj_lane_next (EnjLane *self, EnjNews *news)
{
  return enj_news_queue_pop (&self->news, news);
}

/* ---- What comes ----------------------------------------------------------- */

void
enj_lane_start_receiving (EnjLane *self)
{
  self->receiving = enj_receiving_new (&self->session, self->counters, &self->news);
}

void
enj_lane_answer (EnjLane *self, const char *local, const char *remote, EnjDialbackType type,
                 EnjStanzaCondition condition, EnjProof proof, gint64 now)
{
  if (self->receiving)
    enj_receiving_answer (self->receiving, local, remote, type, condition, proof, now);
}

static void
handle_stanza (EnjLane *self, EnjStanza *stanza)
{
  EnjStanza *admitted = NULL;

  if (!self->receiving)
    {
      /* RFC 6120 4.3.5: nobody has proved anything to us here. */
      enj_lane_fail (self, ENJ_STREAM_NOT_AUTHORIZED,
                     "stanza on a stream that only we may send on");
      return;
    }
  if (!enj_management_is_past (self->management))
    admitted = enj_receiving_pass_new (self->receiving, stanza);
  if (!admitted)
    return;
  enj_management_note_received (self->management, admitted);
  enj_news_queue_push (&self->news, ENJ_NEWS_STANZA, NULL, NULL)->stanza = admitted;
}

/* What waits to be written is answers, or many: a peer that does not read them gets no more.  By
 * <a/> alone it tells that it reads. */
static gboolean
is_swamped (EnjSession *session)
{
  return session->state == ENJ_SESSION_OPEN && !enj_session_has_room (session)
         && (!enj_departures_count (&session->unsent) || enj_stream_is_swamped (session->stream));
}

void
enj_lane_handle_event (EnjSession *session, EnjStreamEvent *event)
{
  EnjLane *self = (EnjLane *) session;
  const EnjLaneClass *klass = (const EnjLaneClass *) session->klass;

  if (event->type == ENJ_STREAM_OPENED)
    klass->opened (self);
  else if (event->type == ENJ_STREAM_STANZA)
    handle_stanza (self, event->stanza);
  else if (!enj_element_is (event->element, ENJ_NS_SM, "a") && is_swamped (session))
    enj_lane_fail (self, ENJ_STREAM_RESOURCE_CONSTRAINT, "answers are not read");
  else if (!enj_management_handle (self->management, event->element)
           && session->state == ENJ_SESSION_OPEN)
    klass->element (self, event->element);
}

/* ---- What leaves ---------------------------------------------------------- */

void
enj_lane_handle_left (EnjSession *session, EnjStanza *stanza)
{
  EnjLane *self = (EnjLane *) session;

  if (!enj_management_note_sent (self->management, stanza))
    enj_sounding_note_sent (self->sounding, stanza);
}

void
enj_lane_handle_closing (EnjSession *session)
{
  enj_management_note_closing (((EnjLane *) session)->management);
}

gboolean
enj_lane_handle_quiet (EnjSession *session)
{
  return enj_management_probe (((EnjLane *) session)->management);
}

gboolean
enj_lane_handle_due (EnjLane *self, EnjWait which)
{
  if (which == ENJ_WAIT_ACK)
    enj_management_tick (self->management, self->session.now);
  else if (which == ENJ_WAIT_PROOF)
    enj_sounding_tick (self->sounding, self->session.now);
  else
    return FALSE;
  return TRUE;
}

guint
enj_lane_count_unproven (const EnjSession *session)
{
  const EnjLane *self = (const EnjLane *) session;

  return enj_management_count_unconfirmed (self->management)
         + enj_sounding_count (self->sounding);
}

guint
enj_lane_count_owned (const EnjLane *self)
{
  return enj_departures_count (&self->session.unsent) + enj_lane_count_unproven (&self->session);
}

EnjStanza *
enj_lane_steal_unconfirmed (EnjLane *self, gint64 *left)
{
  EnjStanza *stanza = enj_management_steal_unconfirmed (self->management, left);

  return stanza ? stanza : enj_sounding_steal (self->sounding, left);
}

/* ---- Life ----------------------------------------------------------------- */

void
enj_lane_init (EnjLane *self, const EnjLaneClass *klass, const char *kind, EnjSettings *settings,
               EnjCounters *counters, EnjWake wake, gint64 now)
{
  enj_session_init (&self->session, &klass->session, kind, ENJ_NS_SERVER, settings, wake, now);
  self->counters = counters;
  enj_news_queue_init (&self->news, wake);
  self->management = enj_management_new (&self->session, counters);
  self->sounding = enj_sounding_new (&self->session, counters);
}

void
enj_lane_handle_over (EnjSession *session)
{
  g_autofree char *reason = session->reason ? enj_log_quote (session->reason->message) : NULL;

  enj_log_info (&session->log, "closed: %s", reason ? reason : "in order");
  enj_sounding_note_over (((EnjLane *) session)->sounding);
}

void
enj_lane_clear (EnjLane *self)
{
  enj_receiving_free (self->receiving);
  enj_management_free (self->management);
  enj_sounding_free (self->sounding);
  enj_news_queue_clear (&self->news);
  enj_session_clear (&self->session);
}

#include "config.h"

#include "protocol/outbound.h"

#include <string.h>

#include "protocol/initiating.h"
#include "protocol/negotiating.h"
#include "protocol/stream-error.h"

/* How long a stream stays on which the peer has refused us, in seconds. */
#define LINGER 60

struct EnjOutbound
{
  EnjLane lane; /* must be first; it receives with bidi, once it is ready */
  EnjNegotiating *negotiating;
  EnjInitiating *initiating;
  char *local; /* of our header */
  char *remote;
  gboolean is_ready; /* told */
  gboolean has_answer; /* to a pair or a question */
  gint64 leave_at;   /* nobody is left that it is of use to; ENJ_NEVER */
};

/* ---- Pairs that are up ---------------------------------------------------- */

/* XEP-0288 2.2: the inverse of a pair that the peer has accepted.  Who it is was enough
 * before bidi was asked for; another domain of the peer's has it before itself. */
static void
admit_inverse (EnjOutbound *self, const char *local, const char *remote)
{
  const EnjAssurance *assurance = enj_negotiating_get_assurance (self->negotiating);
  EnjProof proof = enj_assurance_get_proof (assurance, remote);
  const char *why;

  if (self->lane.receiving && enj_assurance_is_enough (assurance, remote, &why))
    enj_receiving_admit_inverse (self->lane.receiving, local, remote,
                                 proof == ENJ_PROOF_NONE ? ENJ_PROOF_DIALBACK : proof);
}

/* How both sides have proved themselves. */
static void
note_up (EnjOutbound *self, const char *local, const char *remote, EnjProof proof)
{
  const EnjAssurance *assurance = enj_negotiating_get_assurance (self->negotiating);
  EnjProof theirs = enj_assurance_get_proof (assurance, remote);
  EnjSession *session = &self->lane.session;
  g_autofree char *how = enj_tls_describe (session->tls);
  EnjStanding *standing = &session->standing;

  standing->own_proof = enj_proof_format (proof);
  standing->peer_proof = enj_proof_format_peer (theirs);
  if (enj_standing_add_pair (standing, &session->log, local, remote, how,
                             enj_proof_format (proof), enj_proof_describe_peer (theirs),
                             session->now))
    {
      enj_pace_note (&self->lane.counters->pace_out, &standing->milestones);
      enj_tally_note_up (&self->lane.counters->tally.out, enj_tls_find_version (session->tls),
                         proof, standing->has_bidi);
    }
}

static void
handle_up (EnjOutbound *self, const char *local, const char *remote, EnjProof proof)
{
  EnjSession *session = &self->lane.session;

  note_up (self, local, remote, proof);
  enj_stream_raise_limits (session->stream, session->settings->limits.stanza_size);
  enj_session_settle_in (session);
  admit_inverse (self, local, remote);
}

static void
start_receiving (EnjOutbound *self)
{
  EnjLane *lane = &self->lane;

  if (lane->receiving || !enj_negotiating_has_bidi (self->negotiating))
    return;
  lane->session.standing.has_bidi = TRUE;
  enj_lane_start_receiving (lane);
  enj_receiving_set_stream_id (lane->receiving, enj_stream_get_header (lane->session.stream)->id);
  enj_receiving_set_evidence (lane->receiving, enj_outbound_get_evidence (self));
}

/* After anything that may have brought the negotiation to its end. */
static void
check_ready (EnjOutbound *self)
{
  if (self->is_ready || !enj_negotiating_is_ready (self->negotiating))
    return;
  self->is_ready = TRUE;
  enj_initiating_set_stream_id (self->initiating,
                                enj_stream_get_header (self->lane.session.stream)->id);
  enj_news_queue_push (&self->lane.news, ENJ_NEWS_READY, NULL, NULL);
  start_receiving (self);
  if (!enj_negotiating_is_external (self->negotiating))
    return;
  /* XEP-0198 5: behind authentication; dialback has no features of its own to offer it in. */
  if (enj_negotiating_get_features (self->negotiating) & ENJ_FEATURE_SM)
    enj_management_enable (self->lane.management);
  enj_initiating_accept (self->initiating, self->local, self->remote, ENJ_PROOF_EXTERNAL);
  handle_up (self, self->local, self->remote, ENJ_PROOF_EXTERNAL);
}

/* ---- Dialback ------------------------------------------------------------ */

static gboolean
is_of_use (const EnjOutbound *self)
{
  return enj_initiating_count_pairs (self->initiating) > 0
         || enj_initiating_count_questions (self->initiating) > 0;
}

/* The answer that is due first; with nobody left to wait for one, the end. */
static void
await_answer (EnjOutbound *self)
{
  gint64 due = enj_initiating_deadline (self->initiating);

  self->lane.session.due[ENJ_WAIT_ANSWER] = MIN (due, self->leave_at);
}

static void
handle_answer (EnjOutbound *self, const EnjDialback *answer)
{
  gboolean was_up = enj_initiating_is_up (self->initiating, answer->to, answer->from);
  gboolean was_of_use = enj_initiating_count_pairs (self->initiating) > 0;

  self->has_answer = TRUE;
  enj_initiating_handle (self->initiating, answer);
  if (!was_up && enj_initiating_is_up (self->initiating, answer->to, answer->from))
    handle_up (self, answer->to, answer->from, ENJ_PROOF_DIALBACK);
  else if (enj_initiating_is_spoiled (self->initiating)
           || (was_of_use && enj_initiating_count_pairs (self->initiating) == 0))
    /* XEP-0220 2.1.1: an error leaves the stream open, and another try to us. */
    self->leave_at = self->lane.session.now + LINGER * ENJ_SECOND;
  await_answer (self);
}

static void
handle_dialback (EnjOutbound *self, const EnjDialback *dialback)
{
  if (dialback->type != ENJ_DIALBACK_REQUEST)
    handle_answer (self, dialback);
  else if (self->lane.receiving)
    enj_receiving_handle (self->lane.receiving, dialback);
  else if (dialback->from && dialback->to)
    enj_initiating_refuse (self->initiating, dialback);
  else
    handle_answer (self, dialback);
}

/* ---- Events of the session ------------------------------------------------ */

static void
handle_opened (EnjLane *lane)
{
  EnjOutbound *self = (EnjOutbound *) lane;

  enj_negotiating_opened (self->negotiating);
  check_ready (self);
}

static void
handle_element (EnjLane *lane, const EnjElement *element)
{
  EnjOutbound *self = (EnjOutbound *) lane;
  EnjDialback dialback;

  if (enj_negotiating_handle (self->negotiating, element))
    {
      check_ready (self);
    }
  else if (self->is_ready && enj_dialback_parse (element, &dialback))
    {
      handle_dialback (self, &dialback);
      enj_dialback_clear (&dialback);
    }
  else
    {
      enj_lane_fail (lane, ENJ_STREAM_UNSUPPORTED_STANZA_TYPE,
                     "element that is not understood here");
    }
}

static void
handle_secured (EnjSession *session)
{
  enj_negotiating_secured (((EnjOutbound *) session)->negotiating);
}

static void
handle_no_answer (EnjOutbound *self)
{
  EnjSession *session = &self->lane.session;

  if (self->leave_at <= session->now)
    {
      enj_session_close (session);
    }
  else if (enj_initiating_count_up (self->initiating) > 0)
    {
      enj_initiating_tick (self->initiating, session->now);
      await_answer (self);
    }
  else
    {
      enj_lane_fail (&self->lane, ENJ_STREAM_CONNECTION_TIMEOUT,
                     "peer has not answered our dialback");
    }
}

static void
handle_due (EnjSession *session, EnjWait which)
{
  EnjLane *lane = (EnjLane *) session;

  if (enj_lane_handle_due (lane, which))
    return;
  if (which == ENJ_WAIT_ANSWER)
    handle_no_answer ((EnjOutbound *) lane);
  else
    enj_lane_fail (lane, ENJ_STREAM_CONNECTION_TIMEOUT,
                   "peer has not negotiated the stream in time");
}

static void
open_for_error (EnjSession *session)
{
  enj_negotiating_send_header (((EnjOutbound *) session)->negotiating);
}

/* RFC 6120 4.9.3.19: to be followed only where we know who says so. */
static void
handle_told (EnjSession *session, const EnjElement *error)
{
  EnjOutbound *self = (EnjOutbound *) session;
  const EnjAssurance *assurance = enj_negotiating_get_assurance (self->negotiating);
  g_autofree char *host = NULL;
  guint16 port;
  EnjNews *news;

  if (enj_assurance_get_proof (assurance, self->remote) == ENJ_PROOF_NONE
      || !enj_stream_error_find_other_host (error, &host, &port))
    return;
  news = enj_news_queue_push (&self->lane.news, ENJ_NEWS_MOVED, self->local, self->remote);
  news->host = g_steal_pointer (&host);
  news->port = port;
}

static const EnjLaneClass outbound_class = {
  .session = { .event = enj_lane_handle_event,
               .secured = handle_secured,
               .due = handle_due,
               .open = open_for_error,
               .over = enj_lane_handle_over,
               .told = handle_told,
               .left = enj_lane_handle_left,
               .closing = enj_lane_handle_closing,
               .quiet = enj_lane_handle_quiet,
               .count_unproven = enj_lane_count_unproven },
  .opened = handle_opened,
  .element = handle_element,
};

/* ---- Public --------------------------------------------------------------- */

EnjOutbound *
enj_outbound_new (const char *local, const char *remote, EnjTarget *target, EnjSettings *settings,
                  EnjCounters *counters, EnjWake wake, gint64 now)
{
  EnjOutbound *self = g_new0 (EnjOutbound, 1);
  EnjSession *session = &self->lane.session;

  enj_lane_init (&self->lane, &outbound_class, "out", settings, counters, wake, now);
  self->local = g_strdup (local);
  self->remote = g_strdup (remote);
  session->log.local = self->local;
  session->log.remote = self->remote;
  self->leave_at = ENJ_NEVER;
  self->negotiating = enj_negotiating_new (session, self->local, self->remote, target);
  self->initiating = enj_initiating_new (session, counters, &self->lane.news);
  counters->streams_out++;
  enj_negotiating_start (self->negotiating);
  return self;
}

void
enj_outbound_free (EnjOutbound *self)
{
  if (!self)
    return;
  enj_initiating_free (self->initiating);
  enj_negotiating_free (self->negotiating);
  enj_lane_clear (&self->lane);
  g_free (self->local);
  g_free (self->remote);
  g_free (self);
}

EnjLane *
enj_outbound_get_lane (EnjOutbound *self)
{
  return &self->lane;
}

EnjSession *
enj_outbound_get_session (EnjOutbound *self)
{
  return &self->lane.session;
}

/* Is what we know of the peer enough for all that we talk to here? */
static gboolean
is_enough (const EnjOutbound *self)
{
  const EnjAssurance *assurance = enj_negotiating_get_assurance (self->negotiating);
  const char *remote;
  const char *why;

  for (guint i = 0; (remote = enj_initiating_get_remote (self->initiating, i)); i++)
    if (!enj_assurance_is_enough (assurance, remote, &why))
      return FALSE;
  return enj_assurance_is_enough (assurance, self->remote, &why);
}

gboolean
enj_outbound_set_settings (EnjOutbound *self, EnjSettings *settings, gint64 now)
{
  EnjSession *session = &self->lane.session;
  EnjEvidence *evidence = enj_outbound_get_evidence (self);
  gboolean was_believed = evidence && enj_evidence_is_believed (evidence);

  if (!enj_session_is_open (session))
    return TRUE;
  session->now = now;
  enj_settings_unref (session->settings);
  session->settings = enj_settings_ref (settings);
  enj_negotiating_set_settings (self->negotiating, settings);
  /* Before that the negotiation itself asks for it. */
  if ((evidence || enj_negotiating_is_settled (self->negotiating)) && !is_enough (self))
    {
      if (was_believed && !enj_evidence_is_believed (evidence))
        enj_lane_fail (&self->lane, ENJ_STREAM_RESET,
                       "the peer's certificate is not believed any more");
      else
        enj_session_close (session);
    }
  else if (self->lane.receiving)
    enj_receiving_check (self->lane.receiving, settings);
  return enj_session_is_open (session);
}

void
enj_outbound_avoid_external (EnjOutbound *self)
{
  enj_negotiating_avoid_external (self->negotiating);
}

gboolean
enj_outbound_is_shunned (const EnjOutbound *self)
{
  return enj_session_is_over (&self->lane.session)
         && enj_negotiating_was_refused (self->negotiating)
         && enj_negotiating_is_ready (self->negotiating) && !self->has_answer;
}

gboolean
enj_outbound_is_ready (const EnjOutbound *self)
{
  return self->is_ready && enj_session_is_open (&self->lane.session);
}

gboolean
enj_outbound_may_carry (const EnjOutbound *self, const char *local, const char *remote)
{
  const char *why;

  if (!enj_outbound_is_ready (self))
    return FALSE;
  if (enj_initiating_has (self->initiating, local, remote))
    return TRUE;
  if (enj_initiating_is_spoiled (self->initiating)
      || !enj_negotiating_speaks_dialback (self->negotiating)
      || enj_initiating_count_pairs (self->initiating)
           >= self->lane.session.settings->limits.pairs_per_stream)
    return FALSE;
  /* XEP-0220 2.6.1: other senders without further ado. */
  if (strcmp (remote, self->remote) == 0)
    return TRUE;
  return (enj_negotiating_get_features (self->negotiating) & ENJ_FEATURE_DIALBACK_ERRORS)
         && enj_assurance_is_enough (enj_negotiating_get_assurance (self->negotiating), remote,
                                     &why);
}

void
enj_outbound_authorise (EnjOutbound *self, const char *local, const char *remote, gint64 now)
{
  self->lane.session.now = now;
  if (!enj_outbound_is_ready (self) || enj_initiating_is_spoiled (self->initiating))
    return;
  self->leave_at = ENJ_NEVER;
  if (enj_negotiating_request_bidi (self->negotiating))
    start_receiving (self);
  enj_initiating_authorise (self->initiating, local, remote);
  await_answer (self);
}

void
enj_outbound_verify (EnjOutbound *self, const char *local, const char *remote, const char *id,
                     const char *key, gint64 now)
{
  self->lane.session.now = now;
  g_return_if_fail (self->is_ready);
  enj_initiating_verify (self->initiating, local, remote, id, key);
}

void
enj_outbound_forget (EnjOutbound *self, const char *local, const char *remote, const char *id)
{
  enj_initiating_forget (self->initiating, local, remote, id);
}

gboolean
enj_outbound_is_up (const EnjOutbound *self, const char *local, const char *remote)
{
  return enj_initiating_is_up (self->initiating, local, remote)
         && enj_session_is_open (&self->lane.session);
}

EnjEvidence *
enj_outbound_get_evidence (const EnjOutbound *self)
{
  return enj_assurance_get_evidence (enj_negotiating_get_assurance (self->negotiating));
}

gboolean
enj_outbound_has_bidi (const EnjOutbound *self)
{
  return self->lane.receiving != NULL;
}

gboolean
enj_outbound_is_settled (const EnjOutbound *self)
{
  return enj_negotiating_is_settled (self->negotiating);
}

gboolean
enj_outbound_is_breach (const EnjOutbound *self)
{
  return enj_negotiating_is_breach (self->negotiating);
}

gboolean
enj_outbound_is_idle (const EnjOutbound *self)
{
  return !is_of_use (self) && self->leave_at == ENJ_NEVER
         && !(self->lane.receiving && enj_receiving_is_asking (self->lane.receiving));
}

EnjSend
enj_outbound_send (EnjOutbound *self, EnjStanza *stanza, gint64 now)
{
  EnjSession *session = &self->lane.session;
  EnjSend sent;

  if (!enj_session_is_open (session))
    return ENJ_SEND_FULL;
  session->now = now;
  sent = enj_session_send (session, stanza);
  self->lane.counters->written_peer += sent == ENJ_SEND_DONE;
  return sent;
}

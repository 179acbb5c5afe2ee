#include "config.h"

#include "protocol/outbound.h"

#include <string.h>

#include "protocol/initiating.h"
#include "protocol/management.h"
#include "protocol/negotiating.h"
#include "protocol/ns.h"
#include "protocol/receiving.h"
#include "protocol/sounding.h"
#include "protocol/stream-error.h"

/* How long a stream stays on which the peer has refused us, in seconds. */
#define LINGER 60

struct EnjOutbound
{
  EnjSession session; /* must be first */
  EnjNewsQueue news;
  EnjNegotiating *negotiating;
  EnjInitiating *initiating;
  EnjReceiving *receiving; /* with bidi, once it is ready */
  EnjManagement *management;
  EnjSounding *sounding;
  EnjCounters *counters;
  char *local; /* of our header */
  char *remote;
  gboolean is_ready; /* told */
  gboolean has_answer; /* to a pair or a question */
  gint64 leave_at;   /* nobody is left that it is of use to; ENJ_NEVER */
};

static void
fail (EnjOutbound *self, EnjStreamCondition condition, const char *why)
{
  enj_session_fail (&self->session, g_error_new_literal (ENJ_STREAM_ERROR, (int) condition, why));
}

/* ---- Pairs that are up ---------------------------------------------------- */

/* XEP-0288 2.2: the inverse of a pair that the peer has accepted.  Who it is was enough
 * before bidi was asked for; another domain of the peer's has it before itself. */
static void
admit_inverse (EnjOutbound *self, const char *local, const char *remote)
{
  const EnjAssurance *assurance = enj_negotiating_get_assurance (self->negotiating);
  EnjProof proof = enj_assurance_get_proof (assurance, remote);
  const char *why;

  if (self->receiving && enj_assurance_is_enough (assurance, remote, &why))
    enj_receiving_admit_inverse (self->receiving, local, remote,
                                 proof == ENJ_PROOF_NONE ? ENJ_PROOF_DIALBACK : proof);
}

/* How both sides have proved themselves. */
static void
note_up (EnjOutbound *self, const char *local, const char *remote, EnjProof proof)
{
  const EnjAssurance *assurance = enj_negotiating_get_assurance (self->negotiating);
  EnjProof theirs = enj_assurance_get_proof (assurance, remote);
  g_autofree char *how = enj_tls_describe (self->session.tls);
  EnjStanding *standing = &self->session.standing;

  standing->own_proof = enj_proof_format (proof);
  standing->peer_proof = enj_proof_format_peer (theirs);
  if (enj_standing_add_pair (standing, &self->session.log, local, remote, how,
                             enj_proof_format (proof), enj_proof_describe_peer (theirs),
                             self->session.now))
    {
      enj_pace_note (&self->counters->pace_out, &standing->milestones);
      enj_tally_note_up (&self->counters->tally.out, enj_tls_find_version (self->session.tls),
                         proof, standing->has_bidi);
    }
}

static void
handle_up (EnjOutbound *self, const char *local, const char *remote, EnjProof proof)
{
  note_up (self, local, remote, proof);
  enj_stream_raise_limits (self->session.stream, self->session.settings->limits.stanza_size);
  enj_session_settle_in (&self->session);
  admit_inverse (self, local, remote);
}

static void
start_receiving (EnjOutbound *self)
{
  const EnjAssurance *assurance = enj_negotiating_get_assurance (self->negotiating);

  if (self->receiving || !enj_negotiating_has_bidi (self->negotiating))
    return;
  self->session.standing.has_bidi = TRUE;
  self->receiving = enj_receiving_new (&self->session, self->counters, &self->news);
  enj_receiving_set_stream_id (self->receiving,
                               enj_stream_get_header (self->session.stream)->id);
  enj_receiving_set_evidence (self->receiving, enj_assurance_get_evidence (assurance));
}

/* After anything that may have brought the negotiation to its end. */
static void
check_ready (EnjOutbound *self)
{
  if (self->is_ready || !enj_negotiating_is_ready (self->negotiating))
    return;
  self->is_ready = TRUE;
  enj_initiating_set_stream_id (self->initiating,
                                enj_stream_get_header (self->session.stream)->id);
  enj_news_queue_push (&self->news, ENJ_NEWS_READY, NULL, NULL);
  start_receiving (self);
  if (!enj_negotiating_is_external (self->negotiating))
    return;
  /* XEP-0198 5: behind authentication; dialback has no features of its own to offer it in. */
  if (enj_negotiating_get_features (self->negotiating) & ENJ_FEATURE_SM)
    enj_management_enable (self->management);
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

  self->session.due[ENJ_WAIT_ANSWER] = MIN (due, self->leave_at);
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
    self->leave_at = self->session.now + LINGER * ENJ_SECOND;
  await_answer (self);
}

static void
handle_dialback (EnjOutbound *self, const EnjDialback *dialback)
{
  if (dialback->type != ENJ_DIALBACK_REQUEST)
    handle_answer (self, dialback);
  else if (self->receiving)
    enj_receiving_handle (self->receiving, dialback);
  else if (dialback->from && dialback->to)
    enj_initiating_refuse (self->initiating, dialback);
  else
    handle_answer (self, dialback);
}

/* ---- Events of the session ------------------------------------------------ */

static void
handle_element (EnjOutbound *self, const EnjElement *element)
{
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
  else if (!enj_management_handle (self->management, element))
    {
      fail (self, ENJ_STREAM_UNSUPPORTED_STANZA_TYPE, "element that is not understood here");
    }
}

static void
handle_stanza (EnjOutbound *self, EnjStanza *stanza)
{
  EnjStanza *admitted = NULL;

  if (!self->receiving)
    {
      /* RFC 6120 4.3.5: nobody has proved anything to us here. */
      fail (self, ENJ_STREAM_NOT_AUTHORIZED, "stanza on a stream that only we may send on");
      return;
    }
  if (!enj_management_is_past (self->management))
    admitted = enj_receiving_pass_new (self->receiving, stanza);
  if (!admitted)
    return;
  enj_management_note_received (self->management, admitted);
  enj_news_queue_push (&self->news, ENJ_NEWS_STANZA, NULL, NULL)->stanza = admitted;
}

/* What waits for the peer to read is what it made us say, or much of it: by <a/> it reads. */
static gboolean
is_swamped (EnjSession *session)
{
  return session->state == ENJ_SESSION_OPEN && !enj_session_has_room (session)
         && (!enj_departures_count (&session->unsent) || enj_stream_is_swamped (session->stream));
}

static void
handle_event (EnjSession *session, EnjStreamEvent *event)
{
  EnjOutbound *self = (EnjOutbound *) session;

  if (event->type == ENJ_STREAM_OPENED)
    {
      enj_negotiating_opened (self->negotiating);
      check_ready (self);
    }
  else if (event->type == ENJ_STREAM_STANZA)
    handle_stanza (self, event->stanza);
  else if (!enj_element_is (event->element, ENJ_NS_SM, "a") && is_swamped (session))
    fail (self, ENJ_STREAM_RESOURCE_CONSTRAINT, "answers are not read");
  else if (session->state == ENJ_SESSION_OPEN)
    handle_element (self, event->element);
  else
    /* What the peer has handled in the meantime. */
    (void) enj_management_handle (self->management, event->element);
}

static void
handle_secured (EnjSession *session)
{
  enj_negotiating_secured (((EnjOutbound *) session)->negotiating);
}

static void
handle_no_answer (EnjOutbound *self)
{
  EnjSession *session = &self->session;

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
      enj_session_fail (session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_CONNECTION_TIMEOUT,
                                              "peer has not answered our dialback"));
    }
}

static void
handle_due (EnjSession *session, EnjWait which)
{
  if (which == ENJ_WAIT_ACK)
    {
      enj_management_tick (((EnjOutbound *) session)->management, session->now);
      return;
    }
  if (which == ENJ_WAIT_PROOF)
    {
      enj_sounding_tick (((EnjOutbound *) session)->sounding, session->now);
      return;
    }
  if (which == ENJ_WAIT_ANSWER)
    {
      handle_no_answer ((EnjOutbound *) session);
      return;
    }
  enj_session_fail (session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_CONNECTION_TIMEOUT,
                                          "peer has not negotiated the stream in time"));
}

static void
handle_over (EnjSession *session)
{
  g_autofree char *reason = session->reason ? enj_log_quote (session->reason->message) : NULL;

  enj_log_info (&session->log, "closed: %s", reason ? reason : "in order");
  enj_sounding_note_over (((EnjOutbound *) session)->sounding);
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
  news = enj_news_queue_push (&self->news, ENJ_NEWS_MOVED, self->local, self->remote);
  news->host = g_steal_pointer (&host);
  news->port = port;
}

static void
handle_left (EnjSession *session, EnjStanza *stanza)
{
  EnjOutbound *self = (EnjOutbound *) session;

  if (!enj_management_note_sent (self->management, stanza))
    enj_sounding_note_sent (self->sounding, stanza);
}

static void
handle_closing (EnjSession *session)
{
  enj_management_note_closing (((EnjOutbound *) session)->management);
}

static gboolean
handle_quiet (EnjSession *session)
{
  return enj_management_probe (((EnjOutbound *) session)->management);
}

static guint
count_unproven (const EnjSession *session)
{
  const EnjOutbound *self = (const EnjOutbound *) session;

  return enj_management_count_unconfirmed (self->management)
         + enj_sounding_count (self->sounding);
}

static const EnjSessionClass outbound_class = {
  .event = handle_event,
  .secured = handle_secured,
  .due = handle_due,
  .open = open_for_error,
  .over = handle_over,
  .told = handle_told,
  .left = handle_left,
  .closing = handle_closing,
  .quiet = handle_quiet,
  .count_unproven = count_unproven,
};

/* ---- Public --------------------------------------------------------------- */

EnjOutbound *
enj_outbound_new (const char *local, const char *remote, EnjTarget *target, EnjSettings *settings,
                  EnjCounters *counters, EnjWake wake, gint64 now)
{
  EnjOutbound *self = g_new0 (EnjOutbound, 1);

  enj_session_init (&self->session, &outbound_class, "out", ENJ_NS_SERVER, settings, wake, now);
  self->counters = counters;
  self->local = g_strdup (local);
  self->remote = g_strdup (remote);
  self->session.log.local = self->local;
  self->session.log.remote = self->remote;
  self->leave_at = ENJ_NEVER;
  enj_news_queue_init (&self->news, wake);
  self->negotiating = enj_negotiating_new (&self->session, self->local, self->remote, target);
  self->initiating = enj_initiating_new (&self->session, counters, &self->news);
  self->management = enj_management_new (&self->session, counters);
  self->sounding = enj_sounding_new (&self->session, counters);
  counters->streams_out++;
  enj_negotiating_start (self->negotiating);
  return self;
}

void
enj_outbound_free (EnjOutbound *self)
{
  if (!self)
    return;
  enj_receiving_free (self->receiving);
  enj_initiating_free (self->initiating);
  enj_management_free (self->management);
  enj_sounding_free (self->sounding);
  enj_negotiating_free (self->negotiating);
  enj_news_queue_clear (&self->news);
  enj_session_clear (&self->session);
  g_free (self->local);
  g_free (self->remote);
  g_free (self);
}

EnjSession *
enj_outbound_get_session (EnjOutbound *self)
{
  return &self->session;
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
  EnjSession *session = &self->session;
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
        fail (self, ENJ_STREAM_RESET, "the peer's certificate is not believed any more");
      else
        enj_session_close (session);
    }
  else if (self->receiving)
    enj_receiving_check (self->receiving, settings);
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
  return enj_session_is_over (&self->session) && enj_negotiating_was_refused (self->negotiating)
         && enj_negotiating_is_ready (self->negotiating) && !self->has_answer;
}

gboolean
enj_outbound_next (EnjOutbound *self, EnjNews *news)
{
  return enj_news_queue_pop (&self->news, news);
}

gboolean
enj_outbound_is_ready (const EnjOutbound *self)
{
  return self->is_ready && enj_session_is_open (&self->session);
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
           >= self->session.settings->limits.pairs_per_stream)
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
  self->session.now = now;
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
  self->session.now = now;
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
         && enj_session_is_open (&self->session);
}

EnjStanza *
enj_outbound_steal_unconfirmed (EnjOutbound *self, gint64 *left)
{
  EnjStanza *stanza = enj_management_steal_unconfirmed (self->management, left);

  return stanza ? stanza : enj_sounding_steal (self->sounding, left);
}

guint
enj_outbound_count_owned (const EnjOutbound *self)
{
  return enj_departures_count (&self->session.unsent) + count_unproven (&self->session);
}

void
enj_outbound_answer (EnjOutbound *self, const char *local, const char *remote,
                     EnjDialbackType type, EnjStanzaCondition condition, EnjProof proof,
                     gint64 now)
{
  if (self->receiving)
    enj_receiving_answer (self->receiving, local, remote, type, condition, proof, now);
}

EnjEvidence *
enj_outbound_get_evidence (const EnjOutbound *self)
{
  return enj_assurance_get_evidence (enj_negotiating_get_assurance (self->negotiating));
}

gboolean
enj_outbound_has_bidi (const EnjOutbound *self)
{
  return self->receiving != NULL;
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
         && !(self->receiving && enj_receiving_is_asking (self->receiving));
}

EnjSend
enj_outbound_send (EnjOutbound *self, EnjStanza *stanza, gint64 now)
{
  EnjSend sent;

  if (!enj_session_is_open (&self->session))
    return ENJ_SEND_FULL;
  self->session.now = now;
  sent = enj_session_send (&self->session, stanza);
  self->counters->written_peer += sent == ENJ_SEND_DONE;
  return sent;
}

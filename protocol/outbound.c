#include "config.h"

#include "protocol/outbound.h"

#include <string.h>

#include "protocol/admission.h"
#include "protocol/features.h"
#include "protocol/initiating.h"
#include "protocol/jid.h"
#include "protocol/ns.h"

/* How long a stream stays on which the peer has refused us, in seconds. */
#define LINGER 60

typedef enum
{
  STATE_HEADER,   /* ours is sent */
  STATE_FEATURES, /* the peer's header has come */
  STATE_STARTTLS, /* <starttls/> is sent */
  STATE_TLS,      /* the handshake is under way */
  STATE_READY,
  N_STATES
} State;

#define TO(name) (1u << STATE_##name)

/* From top to bottom is the happy path. */
static const struct
{
  const char *name;
  guint next;
} states[N_STATES] = {
  [STATE_HEADER] = { "header", TO (FEATURES) | TO (STARTTLS) | TO (READY) },
  [STATE_FEATURES] = { "features", TO (STARTTLS) | TO (READY) },
  [STATE_STARTTLS] = { "starttls", TO (TLS) },
  [STATE_TLS] = { "tls", TO (HEADER) },
  [STATE_READY] = { "ready", 0 },
};

struct EnjOutbound
{
  EnjSession session; /* must be first */
  EnjNewsQueue news;
  EnjInitiating *initiating;
  EnjCounters *counters;
  State state;
  EnjFeatures features; /* of the newest that the peer has sent */
  char *local;          /* of our header */
  char *remote;
  gboolean breach;    /* it ended because the peer cannot do what policy asks */
  gint64 leave_at;    /* nobody is left that it is of use to; ENJ_NEVER */
};

static void
send_header (EnjOutbound *self)
{
  EnjHeader header = {
    .content_ns = ENJ_NS_SERVER,
    .from = self->local,
    .to = self->remote,
    .lang = "en",
    .has_version = TRUE,
    .major = 1,
    .has_dialback = TRUE,
  };

  (void) enj_stream_send_header (self->session.stream, &header); /* The queue is empty here. */
  self->session.header_sent = TRUE;
  enj_session_written (&self->session);
}

static void
enter (EnjOutbound *self, State next)
{
  const EnjLimits *limits = &self->session.settings->limits;

  g_return_if_fail (states[self->state].next & (1u << next));

  enj_log_debug (&self->session.log, "%s -> %s", states[self->state].name, states[next].name);
  self->state = next;

  switch (next)
    {
    case STATE_HEADER:
      enj_session_wait (&self->session, ENJ_WAIT_HEADER, limits->header_timeout);
      send_header (self);
      break;
    case STATE_STARTTLS:
      (void) enj_stream_send_text (self->session.stream, "<starttls xmlns='" ENJ_NS_TLS "'/>");
      enj_session_written (&self->session);
      break;
    case STATE_READY:
      enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION, 0);
      enj_news_queue_push (&self->news, ENJ_NEWS_READY, NULL, NULL);
      break;
    case STATE_FEATURES:
    case STATE_TLS:
    case N_STATES:
      break;
    }
}

static void
fail (EnjOutbound *self, EnjStreamCondition condition, const char *why)
{
  enj_session_fail (&self->session, g_error_new_literal (ENJ_STREAM_ERROR, condition, why));
}

/* ---- Negotiation --------------------------------------------------------- */

/* RFC 7590 3.1: where TLS is required it is asked for even if not offered. */
static gboolean
wants_tls (EnjOutbound *self, EnjFeatures features)
{
  if (self->session.tls)
    return FALSE;
  return (features & ENJ_FEATURE_STARTTLS)
         || enj_admission_needs_tls (self->session.settings, self->remote);
}

/* XEP-0220 2.4: the declaration alone would be enough of an offer. */
static gboolean
speaks_dialback (const EnjOutbound *self)
{
  return (self->features & ENJ_FEATURE_DIALBACK)
         || enj_stream_get_header (self->session.stream)->has_dialback;
}

static void
negotiate (EnjOutbound *self, EnjFeatures features)
{
  self->features = features;
  if (wants_tls (self, features))
    enter (self, STATE_STARTTLS);
  else if (features & ENJ_FEATURE_UNKNOWN_REQUIRED)
    fail (self, ENJ_STREAM_UNSUPPORTED_FEATURE, "peer requires a feature that is unknown here");
  else if (!speaks_dialback (self))
    fail (self, ENJ_STREAM_UNSUPPORTED_FEATURE, "peer offers no dialback");
  else
    enter (self, STATE_READY);
}

static void
handle_header (EnjOutbound *self)
{
  const EnjHeader *header = enj_stream_get_header (self->session.stream);

  if (self->state != STATE_HEADER)
    {
      fail (self, ENJ_STREAM_POLICY_VIOLATION, "unexpected stream header");
      return;
    }
  enj_session_wait (&self->session, ENJ_WAIT_HEADER, 0);
  enj_initiating_set_stream_id (self->initiating, header->id);
  if (!header->has_version || header->major < 1)
    /* RFC 6120 4.7.5: none or a lower version, so no features will come. */
    negotiate (self, 0);
  else
    enter (self, STATE_FEATURES);
}

static void
handle_features (EnjOutbound *self, const EnjElement *element)
{
  /* Features that come again change nothing that we rely on. */
  if (self->state == STATE_FEATURES)
    negotiate (self, enj_features_parse (element));
}

static void
handle_proceed (EnjOutbound *self)
{
  EnjSettings *settings = self->session.settings;
  g_autofree char *name = enj_jid_domain_new_ascii (self->remote);

  if (self->state != STATE_STARTTLS)
    {
      fail (self, ENJ_STREAM_POLICY_VIOLATION, "<proceed/> was not asked for");
      return;
    }
  enter (self, STATE_TLS);
  enj_session_start_tls (&self->session,
                         enj_tls_new_client (enj_settings_get_credentials (settings, self->local),
                                             name));
}

static void
handle_secured (EnjSession *session)
{
  EnjOutbound *self = (EnjOutbound *) session;

  /* RFC 6120 5.4.3.3: the old stream is void, its id too. */
  enj_initiating_set_stream_id (self->initiating, NULL);
  enter (self, STATE_HEADER);
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
handle_up (EnjOutbound *self, const char *remote, EnjProof proof)
{
  const EnjLimits *limits = &self->session.settings->limits;
  g_autofree char *how = enj_session_describe (&self->session);

  enj_log_info (&self->session.log, "stream up for %s, %s, %s", remote, how,
                enj_proof_format (proof));
  enj_stream_raise_limits (self->session.stream, limits->stanza_size);
  enj_session_settle_in (&self->session);
}

static void
handle_answer (EnjOutbound *self, const EnjDialback *answer)
{
  gboolean was_up = enj_initiating_is_up (self->initiating, answer->to, answer->from);
  gboolean was_of_use = enj_initiating_count_pairs (self->initiating) > 0;

  enj_initiating_handle (self->initiating, answer);
  if (!was_up && enj_initiating_is_up (self->initiating, answer->to, answer->from))
    handle_up (self, answer->from, ENJ_PROOF_DIALBACK);
  else if (was_of_use && enj_initiating_count_pairs (self->initiating) == 0)
    /* XEP-0220 2.1.1: an error leaves the stream open, and another try to us. */
    self->leave_at = self->session.now + LINGER * ENJ_SECOND;
  await_answer (self);
}

/* Without bidi nobody proves or asks anything on our stream. */
static void
refuse_request (EnjOutbound *self, const EnjDialback *request)
{
  EnjDialback refusal = { .kind = request->kind,
                          .type = ENJ_DIALBACK_ERROR,
                          .from = request->to,
                          .to = request->from,
                          .id = request->id,
                          .condition = ENJ_STANZA_NOT_ACCEPTABLE };

  (void) enj_dialback_format (&refusal, enj_stream_output (self->session.stream));
  enj_session_written (&self->session);
}

static void
handle_dialback (EnjOutbound *self, const EnjDialback *dialback)
{
  if (dialback->type == ENJ_DIALBACK_REQUEST && dialback->from && dialback->to
      && enj_session_has_room (&self->session))
    refuse_request (self, dialback);
  else
    handle_answer (self, dialback);
}

/* ---- Events of the session ------------------------------------------------ */

static void
handle_element (EnjOutbound *self, const EnjElement *element)
{
  EnjDialback dialback;

  if (enj_element_is (element, ENJ_NS_STREAM, "features"))
    {
      handle_features (self, element);
    }
  else if (enj_element_is (element, ENJ_NS_TLS, "proceed"))
    {
      handle_proceed (self);
    }
  else if (enj_element_is (element, ENJ_NS_TLS, "failure"))
    {
      self->breach = TRUE;
      enj_session_drop (&self->session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED,
                                                     "peer cannot do TLS"));
    }
  else if (self->state == STATE_READY && enj_dialback_parse (element, &dialback))
    {
      handle_dialback (self, &dialback);
      enj_dialback_clear (&dialback);
    }
  else
    {
      fail (self, ENJ_STREAM_UNSUPPORTED_STANZA_TYPE, "element that is not understood here");
    }
}

static void
handle_event (EnjSession *session, EnjStreamEvent *event)
{
  EnjOutbound *self = (EnjOutbound *) session;

  if (event->type == ENJ_STREAM_OPENED)
    handle_header (self);
  else if (event->type == ENJ_STREAM_STANZA)
    /* RFC 6120 4.3.5: nobody has proved anything to us here. */
    fail (self, ENJ_STREAM_NOT_AUTHORIZED, "stanza on a stream that only we may send on");
  else if (session->state == ENJ_SESSION_OPEN)
    handle_element (self, event->element);
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
}

static void
open_for_error (EnjSession *session)
{
  send_header ((EnjOutbound *) session);
}

static const EnjSessionClass outbound_class = {
  .event = handle_event,
  .secured = handle_secured,
  .due = handle_due,
  .open = open_for_error,
  .over = handle_over,
};

/* ---- Public --------------------------------------------------------------- */

EnjOutbound *
enj_outbound_new (const char *local, const char *remote, EnjSettings *settings,
                  EnjCounters *counters, EnjWake wake, gint64 now)
{
  EnjOutbound *self = g_new0 (EnjOutbound, 1);
  const EnjLimits *limits = &settings->limits;

  enj_session_init (&self->session, &outbound_class, "out", ENJ_NS_SERVER, settings, wake, now);
  self->counters = counters;
  self->local = g_strdup (local);
  self->remote = g_strdup (remote);
  self->session.log.local = self->local;
  self->session.log.remote = self->remote;
  self->leave_at = ENJ_NEVER;
  enj_news_queue_init (&self->news, wake);
  self->initiating = enj_initiating_new (&self->session, counters, &self->news);
  counters->streams_out++;
  enj_session_wait (&self->session, ENJ_WAIT_HEADER, limits->header_timeout);
  enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION, limits->negotiation_timeout);
  send_header (self);
  return self;
}

void
enj_outbound_free (EnjOutbound *self)
{
  if (!self)
    return;
  enj_initiating_free (self->initiating);
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

gboolean
enj_outbound_next (EnjOutbound *self, EnjNews *news)
{
  return enj_news_queue_pop (&self->news, news);
}

gboolean
enj_outbound_is_ready (const EnjOutbound *self)
{
  return self->state == STATE_READY && enj_session_is_open (&self->session);
}

gboolean
enj_outbound_may_carry (const EnjOutbound *self, const char *local, const char *remote)
{
  const EnjSettings *settings = self->session.settings;

  if (!enj_outbound_is_ready (self))
    return FALSE;
  if (enj_initiating_has (self->initiating, local, remote))
    return TRUE;
  if (enj_initiating_is_spoiled (self->initiating) || !speaks_dialback (self)
      || enj_initiating_count_pairs (self->initiating) >= settings->limits.pairs_per_stream)
    return FALSE;
  /* XEP-0220 2.6.1: other senders without further ado. */
  if (strcmp (remote, self->remote) == 0)
    return TRUE;
  return (self->features & ENJ_FEATURE_DIALBACK_ERRORS)
         && (enj_session_is_encrypted (&self->session)
             || !enj_admission_needs_tls (settings, remote));
}

void
enj_outbound_authorise (EnjOutbound *self, const char *local, const char *remote, gint64 now)
{
  self->session.now = now;
  if (!enj_outbound_is_ready (self))
    return;
  self->leave_at = ENJ_NEVER;
  enj_initiating_authorise (self->initiating, local, remote);
  await_answer (self);
}

void
enj_outbound_verify (EnjOutbound *self, const char *local, const char *remote, const char *id,
                     const char *key, gint64 now)
{
  self->session.now = now;
  g_return_if_fail (self->state == STATE_READY);
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

gboolean
enj_outbound_is_breach (const EnjOutbound *self)
{
  const EnjSession *session = &self->session;
  gboolean is_lost
    = g_error_matches (session->reason, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED)
      || g_error_matches (session->reason, ENJ_STREAM_ERROR, ENJ_STREAM_CONNECTION_TIMEOUT);

  if (self->state == STATE_TLS)
    return session->tls && enj_tls_has_failed (session->tls);
  return self->breach || (self->state == STATE_STARTTLS && !is_lost);
}

gboolean
enj_outbound_is_idle (const EnjOutbound *self)
{
  return !is_of_use (self) && self->leave_at == ENJ_NEVER;
}

gboolean
enj_outbound_send (EnjOutbound *self, EnjStanza *stanza, gint64 now)
{
  self->session.now = now;
  if (!enj_session_is_open (&self->session)
      || enj_session_send (&self->session, stanza) != ENJ_SEND_DONE)
    return FALSE;
  self->counters->written_peer++;
  return TRUE;
}

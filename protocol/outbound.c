#include "config.h"

#include "protocol/outbound.h"

#include <string.h>

#include "protocol/admission.h"
#include "protocol/features.h"
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

typedef enum
{
  PROOF_NONE,
  PROOF_ASKED,
  PROOF_VALID
} Proof;

struct EnjOutbound
{
  EnjSession session; /* must be first */
  EnjCounters *counters;
  State state;
  Proof proof; /* what the peer thinks of us */
  char *local;
  char *remote;
  gboolean refused;      /* the peer said no once */
  gboolean breach;       /* it ended because the peer cannot do what policy asks */
  char *stream_id;       /* of the newest header of the peer (D05) */
  GHashTable *questions; /* set of ids asked on this stream */
  GQueue events;         /* of EnjOutboundEvent */
};

static void
push_event (EnjOutbound *self, EnjOutboundEventType type, const EnjDialback *answer)
{
  EnjOutboundEvent *event = g_new0 (EnjOutboundEvent, 1);

  event->type = type;
  if (answer)
    {
      event->id = g_strdup (answer->id);
      event->answer = answer->type;
      event->condition = answer->condition;
    }
  g_queue_push_tail (&self->events, event);
  enj_wake (self->session.wake);
}

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
      push_event (self, ENJ_OUTBOUND_READY, NULL);
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

static void
negotiate (EnjOutbound *self, EnjFeatures features)
{
  const EnjHeader *header = enj_stream_get_header (self->session.stream);

  if (wants_tls (self, features))
    enter (self, STATE_STARTTLS);
  else if (features & ENJ_FEATURE_UNKNOWN_REQUIRED)
    fail (self, ENJ_STREAM_UNSUPPORTED_FEATURE, "peer requires a feature that is unknown here");
  else if (!(features & ENJ_FEATURE_DIALBACK) && !header->has_dialback)
    /* XEP-0220 2.4: the declaration alone would be enough of an offer. */
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
  g_free (self->stream_id);
  self->stream_id = g_strdup (header->id);
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
  g_clear_pointer (&self->stream_id, g_free);
  enter (self, STATE_HEADER);
}

/* ---- Dialback ------------------------------------------------------------ */

static void
send_dialback (EnjOutbound *self, const EnjDialback *dialback)
{
  (void) enj_dialback_format (dialback, enj_stream_output (self->session.stream));
  enj_session_written (&self->session);
}

void
enj_outbound_authorise (EnjOutbound *self, gint64 now)
{
  char key[ENJ_DIALBACK_KEY_SIZE];
  EnjDialback request = { .kind = ENJ_DIALBACK_RESULT,
                          .type = ENJ_DIALBACK_REQUEST,
                          .from = self->local,
                          .to = self->remote,
                          .key = key };

  self->session.now = now;
  if (self->state != STATE_READY || self->proof != PROOF_NONE)
    return;
  if (!self->stream_id || !*self->stream_id)
    {
      fail (self, ENJ_STREAM_BAD_FORMAT, "stream header without an id, dialback needs one");
      return;
    }
  enj_dialback_key_compute (self->session.settings->dialback_key, self->remote, self->local,
                            self->stream_id, key);
  self->proof = PROOF_ASKED;
  enj_session_wait (&self->session, ENJ_WAIT_ANSWER,
                    self->session.settings->limits.negotiation_timeout);
  send_dialback (self, &request);
}

void
enj_outbound_verify (EnjOutbound *self, const char *id, const char *key, gint64 now)
{
  EnjDialback request = { .kind = ENJ_DIALBACK_VERIFY,
                          .type = ENJ_DIALBACK_REQUEST,
                          .from = self->local,
                          .to = self->remote,
                          .id = (char *) id,
                          .key = (char *) key };

  self->session.now = now;
  g_return_if_fail (self->state == STATE_READY);
  g_hash_table_add (self->questions, g_strdup (id));
  send_dialback (self, &request);
}

/* What comes too late is not an answer to the same question put again. */
void
enj_outbound_forget (EnjOutbound *self, const char *id)
{
  g_hash_table_remove (self->questions, id);
}

/* The peer's verdict on us. */
static void
handle_result (EnjOutbound *self, const EnjDialback *answer)
{
  const EnjLimits *limits = &self->session.settings->limits;
  g_autofree char *how = NULL;

  enj_session_wait (&self->session, ENJ_WAIT_ANSWER, 0);
  if (answer->type == ENJ_DIALBACK_VALID)
    {
      how = enj_session_describe (&self->session);
      self->proof = PROOF_VALID;
      enj_log_info (&self->session.log, "stream up, %s, dialback", how);
      enj_stream_raise_limits (self->session.stream, limits->stanza_size);
      enj_session_wait (&self->session, ENJ_WAIT_QUIET, limits->keepalive);
      push_event (self, ENJ_OUTBOUND_UP, NULL);
      return;
    }
  /* XEP-0220 2.1.1: an error leaves the stream open, and another try to us. */
  self->proof = PROOF_NONE;
  self->refused = TRUE;
  enj_session_wait (&self->session, ENJ_WAIT_ANSWER, LINGER);
  push_event (self, ENJ_OUTBOUND_REFUSED, answer);
}

static void
handle_dialback (EnjOutbound *self, const EnjDialback *answer)
{
  gboolean is_ours = g_strcmp0 (answer->from, self->remote) == 0
                     && g_strcmp0 (answer->to, self->local) == 0
                     && answer->type != ENJ_DIALBACK_UNKNOWN;

  /* XEP-0220 3.1: only what was asked on this stream, of this peer, once. */
  if (is_ours && answer->type != ENJ_DIALBACK_REQUEST && answer->kind == ENJ_DIALBACK_RESULT
      && self->proof == PROOF_ASKED)
    {
      handle_result (self, answer);
    }
  else if (is_ours && answer->type != ENJ_DIALBACK_REQUEST && answer->kind == ENJ_DIALBACK_VERIFY
           && answer->id && g_hash_table_remove (self->questions, answer->id))
    {
      push_event (self, ENJ_OUTBOUND_ANSWER, answer);
    }
  else if (answer->type == ENJ_DIALBACK_REQUEST && answer->from && answer->to
           && enj_session_has_room (&self->session))
    {
      /* Without bidi nobody proves or asks anything on our stream. */
      EnjDialback refusal = { .kind = answer->kind,
                              .type = ENJ_DIALBACK_ERROR,
                              .from = answer->to,
                              .to = answer->from,
                              .id = answer->id,
                              .condition = ENJ_STANZA_NOT_ACCEPTABLE };

      send_dialback (self, &refusal);
    }
  else
    {
      self->counters->unsolicited++;
      enj_log_info (&self->session.log, "unsolicited dialback answer ignored");
    }
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
handle_due (EnjSession *session, EnjWait which)
{
  if (which == ENJ_WAIT_QUIET)
    {
      /* RFC 6120 4.6.3: white space keeps the connection alive. */
      (void) enj_stream_send_text (session->stream, " ");
      enj_session_written (session);
      enj_session_wait (session, ENJ_WAIT_QUIET, session->settings->limits.keepalive);
      return;
    }
  if (which == ENJ_WAIT_ANSWER && ((EnjOutbound *) session)->proof != PROOF_ASKED)
    {
      enj_session_close (session);
      return;
    }
  enj_session_fail (session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_CONNECTION_TIMEOUT,
                                          which == ENJ_WAIT_ANSWER
                                            ? "peer has not answered our dialback"
                                            : "peer has not negotiated the stream in time"));
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
  self->questions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  counters->streams_out++;
  enj_session_wait (&self->session, ENJ_WAIT_HEADER, limits->header_timeout);
  enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION, limits->negotiation_timeout);
  send_header (self);
  return self;
}

void
enj_outbound_event_clear (EnjOutboundEvent *event)
{
  g_clear_pointer (&event->id, g_free);
}

static void
free_event (gpointer data)
{
  enj_outbound_event_clear (data);
  g_free (data);
}

void
enj_outbound_free (EnjOutbound *self)
{
  if (!self)
    return;
  g_queue_clear_full (&self->events, free_event);
  g_hash_table_unref (self->questions);
  enj_session_clear (&self->session);
  g_free (self->local);
  g_free (self->remote);
  g_free (self->stream_id);
  g_free (self);
}

EnjSession *
enj_outbound_get_session (EnjOutbound *self)
{
  return &self->session;
}

gboolean
enj_outbound_next (EnjOutbound *self, EnjOutboundEvent *event)
{
  EnjOutboundEvent *first = g_queue_pop_head (&self->events);

  if (!first)
    return FALSE;
  *event = *first;
  g_free (first);
  return TRUE;
}

gboolean
enj_outbound_is_ready (const EnjOutbound *self)
{
  return self->state == STATE_READY && enj_session_is_open (&self->session);
}

gboolean
enj_outbound_is_up (const EnjOutbound *self)
{
  return self->proof == PROOF_VALID && enj_session_is_open (&self->session);
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
  return self->proof == PROOF_NONE && !self->refused
         && g_hash_table_size (self->questions) == 0;
}

gboolean
enj_outbound_send (EnjOutbound *self, EnjStanza *stanza, gint64 now)
{
  if (!enj_outbound_is_up (self))
    return FALSE;
  self->session.now = now;
  if (!enj_session_send (&self->session, stanza))
    return FALSE;
  self->counters->written_peer++;
  enj_session_wait (&self->session, ENJ_WAIT_QUIET, self->session.settings->limits.keepalive);
  return TRUE;
}

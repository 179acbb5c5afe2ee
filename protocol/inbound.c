#include "config.h"

#include "protocol/inbound.h"

#include <string.h>

#include "protocol/admission.h"
#include "protocol/features.h"
#include "protocol/jid.h"
#include "protocol/ns.h"
#include "protocol/pairs.h"
#include "protocol/token.h"

/* After so many senders that were not what they said, the stream ends. */
#define MAX_FAILURES 10

/* No server's key is longer than 128 bytes; it is kept, and sent on to others. */
#define MAX_KEY 1024

/* RFC 6120 6.4.5: two to five. */
#define MAX_AUTHS 3

struct EnjInbound
{
  EnjSession session; /* must be first */
  EnjCounters *counters;
  EnjPairs *pairs;
  GQueue events;  /* of EnjInboundEvent */
  GQueue waiting; /* of EnjInboundEvent: questions for when fewer are open */
  guint asked;    /* questions that are open */
  char *local;   /* the domain that the header asked for */
  char *remote;  /* the domain that it claims, or NULL */
  char id[ENJ_TOKEN_SIZE];
  guint failures;
  guint auths;
};

static EnjInboundEvent *
event_new (EnjInbound *self, EnjInboundEventType type, EnjStanza *stanza, const EnjDialback *ask)
{
  EnjInboundEvent *event = g_new0 (EnjInboundEvent, 1);

  event->type = type;
  event->stanza = stanza;
  if (ask)
    {
      event->from = g_strdup (ask->from);
      event->to = g_strdup (ask->to);
      event->key = g_strdup (ask->key);
      event->stream_id = g_strdup (self->id);
    }
  return event;
}

static void
push_event (EnjInbound *self, EnjInboundEvent *event)
{
  g_queue_push_tail (&self->events, event);
  enj_wake (self->session.wake);
}

/* ---- Header and features ---------------------------------------------- */

/* RFC 6120 4.7.5: the lower one of both versions. */
static gboolean
is_modern (const EnjHeader *peer)
{
  return peer->has_version && peer->major >= 1;
}

static void
send_header (EnjInbound *self, gboolean is_refused)
{
  const EnjHeader *peer = enj_stream_get_header (self->session.stream);
  gboolean is_old = !is_refused && !is_modern (peer);
  EnjHeader header = {
    .content_ns = ENJ_NS_SERVER,
    .from = self->local,
    .to = self->remote,
    .id = enj_token_fill (self->id),
    .lang = "en",
    /* RFC 6120 4.7.5: no version in answer to none; but one where no header came. */
    .has_version = (is_refused && !peer->content_ns) || peer->has_version,
    .major = is_old ? peer->major : 1,
    .minor = is_old ? peer->minor : 0,
    .has_dialback = TRUE,
  };

  (void) enj_stream_send_header (self->session.stream, &header); /* The queue is empty here. */
  self->session.header_sent = TRUE;
  enj_session_written (&self->session);
}

/* RFC 6120 4.9.1.3: an answer, an error too, comes from one of our own domains. */
static void
ensure_local (EnjInbound *self)
{
  if (!self->local)
    self->local = g_strdup (enj_realm_get_component (self->session.settings->realm, 0));
  self->session.log.local = self->local;
  self->session.log.remote = self->remote;
}

static void
open_for_error (EnjSession *session)
{
  EnjInbound *self = (EnjInbound *) session;

  ensure_local (self);
  send_header (self, TRUE);
}

static void
send_features (EnjInbound *self)
{
  EnjFeatures features = ENJ_FEATURE_DIALBACK | ENJ_FEATURE_DIALBACK_ERRORS;

  if (!self->session.tls)
    {
      /* RFC 6120 5.3.1: where TLS is required, nothing else is offered. */
      if (enj_admission_needs_tls (self->session.settings, self->remote))
        features = ENJ_FEATURE_STARTTLS | ENJ_FEATURE_STARTTLS_REQUIRED;
      else if (enj_settings_get_credentials (self->session.settings, self->local))
        features |= ENJ_FEATURE_STARTTLS;
    }
  (void) enj_features_format (features, enj_stream_output (self->session.stream));
  enj_session_written (&self->session);
}

static void
handle_header (EnjInbound *self)
{
  const EnjHeader *header = enj_stream_get_header (self->session.stream);
  GError *error = NULL;

  enj_session_wait (&self->session, ENJ_WAIT_HEADER, 0);
  /* RFC 6120 5.4.3.3: what an earlier stream said is void. */
  g_clear_pointer (&self->local, g_free);
  g_clear_pointer (&self->remote, g_free);
  (void) enj_admission_header (self->session.settings, header, &self->remote, &self->local, &error);
  ensure_local (self);
  if (error)
    {
      enj_session_fail (&self->session, error);
      return;
    }

  send_header (self, FALSE);
  if (is_modern (header))
    send_features (self);
}

/* ---- STARTTLS and SASL -------------------------------------------------- */

static EnjCredentials *
choose_credentials (const char *server_name, gpointer user_data)
{
  const EnjInbound *self = user_data;
  g_autofree char *domain = enj_jid_domain_new (server_name, NULL);

  return domain ? enj_settings_get_credentials (self->session.settings, domain) : NULL;
}

static void
handle_starttls (EnjInbound *self)
{
  EnjSession *session = &self->session;
  EnjCredentials *credentials = enj_settings_get_credentials (session->settings, self->local);

  if (session->tls || !credentials || enj_pairs_count (self->pairs, ENJ_PAIR_PENDING) > 0)
    {
      /* RFC 6120 5.4.2.2: failure, end of the stream, end of the connection.  An answer that is
       * still to come for the old stream must not be taken for one to the new (5.4.3.3). */
      (void) enj_stream_send_text (session->stream, "<failure xmlns='" ENJ_NS_TLS "'/>");
      enj_session_written (session);
      enj_session_close (session);
      return;
    }

  (void) enj_stream_send_text (session->stream, "<proceed xmlns='" ENJ_NS_TLS "'/>");
  enj_session_written (session);
  enj_session_start_tls (session, enj_tls_new_server (credentials, choose_credentials, self));
}

static void
handle_secured (EnjSession *session)
{
  EnjInbound *self = (EnjInbound *) session;
  g_autofree char *how = enj_session_describe (session);

  g_clear_pointer (&self->pairs, enj_pairs_free);
  self->pairs = enj_pairs_new ();
  /* Who had proved himself in clear has it before him again. */
  enj_session_wait (session, ENJ_WAIT_QUIET, 0);
  if (session->due[ENJ_WAIT_NEGOTIATION] == ENJ_NEVER)
    enj_session_wait (session, ENJ_WAIT_NEGOTIATION, session->settings->limits.negotiation_timeout);
  enj_log_info (&session->log, "encrypted: %s", how);
  enj_session_wait (session, ENJ_WAIT_HEADER, session->settings->limits.header_timeout);
}

/* EXTERNAL is not offered, so every attempt fails, in the words of 6.5. */
static void
handle_auth (EnjInbound *self)
{
  EnjSession *session = &self->session;
  g_autofree char *failure
    = g_strdup_printf ("<failure xmlns='" ENJ_NS_SASL "'><%s/></failure>",
                       session->tls ? "invalid-mechanism" : "encryption-required");

  (void) enj_stream_send_text (session->stream, failure);
  enj_session_written (session);
  if (++self->auths >= MAX_AUTHS)
    enj_session_fail (session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                                            "%u attempts to authenticate", self->auths));
}

/* ---- Dialback ----------------------------------------------------------- */

static void
send_dialback (EnjInbound *self, const EnjDialback *answer)
{
  (void) enj_dialback_format (answer, enj_stream_output (self->session.stream));
  enj_session_written (&self->session);
}

static void
send_verdict (EnjInbound *self, const char *from, const char *to, EnjDialbackType type)
{
  EnjDialback answer = { .kind = ENJ_DIALBACK_RESULT, .type = type, .from = (char *) to,
                         .to = (char *) from };

  send_dialback (self, &answer);
}

static void
send_dialback_error (EnjInbound *self, const EnjDialback *request, EnjStanzaCondition condition)
{
  EnjDialback answer = { .kind = request->kind, .type = ENJ_DIALBACK_ERROR, .from = request->to,
                         .to = request->from, .id = request->id, .condition = condition };

  send_dialback (self, &answer);
}

static void
count_failure (EnjInbound *self)
{
  self->counters->pairs_failed++;
  if (++self->failures >= MAX_FAILURES)
    enj_session_fail (&self->session,
                      g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                                   "%u dialbacks failed on this stream", self->failures));
}

/* Each question makes us look up and connect: only so many at once. */
static void
ask (EnjInbound *self)
{
  while (self->waiting.length > 0
         && self->asked < self->session.settings->limits.dialbacks_per_stream)
    {
      self->asked++;
      push_event (self, g_queue_pop_head (&self->waiting));
    }
}

/* XEP-0220 2.2.1: a peer asks to be verified for a pair. */
static void
handle_request (EnjInbound *self, const EnjDialback *request)
{
  g_autoptr (GError) error = NULL;

  if (!enj_admission_pair (self->session.settings, request->from, request->to,
                           enj_session_is_encrypted (&self->session), &error))
    {
      enj_log_info (&self->session.log, "dialback refused: %s", error->message);
      send_dialback_error (self, request, (EnjStanzaCondition) error->code);
      count_failure (self);
      return;
    }

  switch (enj_pairs_get (self->pairs, request->from, request->to))
    {
    case ENJ_PAIR_VALID:
      send_verdict (self, request->from, request->to, ENJ_DIALBACK_VALID);
      return;
    case ENJ_PAIR_PENDING:
      return; /* The answer to the first request is the answer to this one. */
    case ENJ_PAIR_NONE:
      break;
    }

  if (strlen (request->key) > MAX_KEY
      || enj_pairs_count (self->pairs, ENJ_PAIR_PENDING)
             + enj_pairs_count (self->pairs, ENJ_PAIR_VALID)
           >= self->session.settings->limits.pairs_per_stream)
    {
      send_dialback_error (self, request, ENJ_STANZA_RESOURCE_CONSTRAINT);
      count_failure (self);
      return;
    }
  enj_pairs_set (self->pairs, request->from, request->to, ENJ_PAIR_PENDING);
  g_queue_push_tail (&self->waiting, event_new (self, ENJ_INBOUND_QUESTION, NULL, request));
  ask (self);
}

/* XEP-0220 2.2.2: a receiving server asks whether a key is ours.  Needs no
 * state, and no authentication of this stream (D43, D44). */
static void
handle_verify (EnjInbound *self, const EnjDialback *request)
{
  EnjSettings *settings = self->session.settings;
  gboolean ours = enj_realm_classify (settings->realm, request->to) == ENJ_REALM_OURS;
  gboolean valid = enj_dialback_key_check (settings->dialback_key, request->from, request->to,
                                           request->id, request->key);
  EnjDialback answer = { .kind = ENJ_DIALBACK_VERIFY,
                         .type = valid ? ENJ_DIALBACK_VALID : ENJ_DIALBACK_INVALID,
                         .from = request->to, .to = request->from, .id = request->id };

  if (!ours)
    send_dialback_error (self, request, ENJ_STANZA_ITEM_NOT_FOUND);
  else if (!self->session.tls && enj_admission_needs_tls (settings, request->from))
    send_dialback_error (self, request, ENJ_STANZA_POLICY_VIOLATION);
  else
    send_dialback (self, &answer);
}

static void
handle_dialback (EnjInbound *self, const EnjDialback *dialback)
{
  gboolean is_verify = dialback->kind == ENJ_DIALBACK_VERIFY;

  if (!dialback->from || !dialback->to
      || (is_verify && dialback->type == ENJ_DIALBACK_REQUEST && !dialback->id))
    {
      enj_session_fail (&self->session,
                        g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_IMPROPER_ADDRESSING,
                                     "dialback needs a domain in 'from' and 'to'%s",
                                     is_verify ? ", and an id" : ""));
    }
  else if (dialback->type != ENJ_DIALBACK_REQUEST)
    {
      /* XEP-0220 3.1: nothing is ever asked on this stream. */
      self->counters->unsolicited++;
      enj_log_info (&self->session.log, "unsolicited dialback answer ignored");
    }
  else if (is_verify)
    {
      handle_verify (self, dialback);
    }
  else
    {
      handle_request (self, dialback);
    }
}

static void
accept_pair (EnjInbound *self, const char *from, const char *to)
{
  EnjDialback pair = { .from = (char *) from, .to = (char *) to };
  g_autofree char *how = enj_session_describe (&self->session);

  enj_pairs_set (self->pairs, from, to, ENJ_PAIR_VALID);
  enj_log_info (&self->session.log, "stream up for %s, %s, dialback", from, how);
  self->counters->pairs_verified++;
  enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION, 0);
  enj_session_wait (&self->session, ENJ_WAIT_QUIET, self->session.settings->limits.keepalive);
  enj_stream_raise_limits (self->session.stream, self->session.settings->limits.stanza_size);
  send_verdict (self, from, to, ENJ_DIALBACK_VALID);
  push_event (self, event_new (self, ENJ_INBOUND_UP, NULL, &pair));
}

static void
reject_pair (EnjInbound *self, const char *from, const char *to, EnjDialbackType type,
             EnjStanzaCondition condition)
{
  EnjDialback request = { .kind = ENJ_DIALBACK_RESULT, .from = (char *) from, .to = (char *) to };

  enj_pairs_set (self->pairs, from, to, ENJ_PAIR_NONE);
  if (type == ENJ_DIALBACK_INVALID && enj_pairs_count (self->pairs, ENJ_PAIR_VALID) == 0)
    {
      /* XEP-0220 2.2.1: the only pair is a lie. */
      self->counters->pairs_failed++;
      enj_log_info (&self->session.log, "%s is not who it says: key invalid", from);
      send_verdict (self, from, to, ENJ_DIALBACK_INVALID);
      enj_session_close (&self->session);
      return;
    }
  send_dialback_error (self, &request,
                       type == ENJ_DIALBACK_INVALID ? ENJ_STANZA_FORBIDDEN : condition);
  count_failure (self);
}

void
enj_inbound_answer (EnjInbound *self, const char *from, const char *to, EnjDialbackType type,
                    EnjStanzaCondition condition, gint64 now)
{
  self->session.now = now;
  if (enj_pairs_get (self->pairs, from, to) != ENJ_PAIR_PENDING
      || !enj_session_is_open (&self->session))
    return;
  self->asked--;
  if (type == ENJ_DIALBACK_VALID)
    accept_pair (self, from, to);
  else
    reject_pair (self, from, to, type, condition);
  if (enj_session_is_open (&self->session))
    ask (self);
}

/* ---- Events of the session ---------------------------------------------- */

static void
handle_stanza (EnjInbound *self, EnjStanza *stanza)
{
  GError *error = NULL;
  EnjStanza *admitted
    = enj_admission_stanza_new (self->session.settings, self->pairs,
                                enj_session_is_encrypted (&self->session), stanza, &error);

  if (!admitted)
    {
      self->counters->refused++;
      enj_session_fail (&self->session, error);
      return;
    }
  push_event (self, event_new (self, ENJ_INBOUND_STANZA, admitted, NULL));
}

static void
handle_element (EnjInbound *self, const EnjElement *element)
{
  EnjDialback dialback;

  if (!enj_session_has_room (&self->session))
    {
      /* All that waits here is answers: a peer that does not read them gets no more. */
      enj_session_fail (&self->session,
                        g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_RESOURCE_CONSTRAINT,
                                     "answers are not read"));
    }
  else if (enj_dialback_parse (element, &dialback))
    {
      handle_dialback (self, &dialback);
      enj_dialback_clear (&dialback);
    }
  else if (enj_element_is (element, ENJ_NS_TLS, "starttls"))
    {
      handle_starttls (self);
    }
  else if (enj_element_is (element, ENJ_NS_SASL, "auth"))
    {
      handle_auth (self);
    }
  else
    {
      g_autofree char *name = enj_log_quote (enj_element_get_name (element));

      enj_session_fail (&self->session,
                        g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_UNSUPPORTED_STANZA_TYPE,
                                     "<%s/> is not understood here", name));
    }
}

static void
handle_event (EnjSession *session, EnjStreamEvent *event)
{
  EnjInbound *self = (EnjInbound *) session;

  if (event->type == ENJ_STREAM_OPENED)
    handle_header (self);
  else if (event->type == ENJ_STREAM_STANZA)
    handle_stanza (self, event->stanza);
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
  enj_session_fail (session,
                    g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                                 which == ENJ_WAIT_HEADER ? "no stream header in time"
                                                          : "not authenticated in time"));
}

static void
handle_over (EnjSession *session)
{
  g_autofree char *reason = session->reason ? enj_log_quote (session->reason->message) : NULL;

  enj_log_info (&session->log, "closed: %s", reason ? reason : "in order");
}

static const EnjSessionClass inbound_class = {
  .event = handle_event,
  .secured = handle_secured,
  .due = handle_due,
  .open = open_for_error,
  .over = handle_over,
};

/* ---- Public --------------------------------------------------------------- */

EnjInbound *
enj_inbound_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake, gint64 now)
{
  EnjInbound *self = g_new0 (EnjInbound, 1);

  enj_session_init (&self->session, &inbound_class, "in", ENJ_NS_SERVER, settings, wake, now);
  self->counters = counters;
  self->pairs = enj_pairs_new ();
  counters->streams_in++;
  enj_session_wait (&self->session, ENJ_WAIT_HEADER, settings->limits.header_timeout);
  enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION, settings->limits.negotiation_timeout);
  return self;
}

void
enj_inbound_event_clear (EnjInboundEvent *event)
{
  enj_stanza_unref (event->stanza);
  g_free (event->from);
  g_free (event->to);
  g_free (event->key);
  g_free (event->stream_id);
  *event = (EnjInboundEvent){ 0 };
}

static void
free_event (gpointer data)
{
  enj_inbound_event_clear (data);
  g_free (data);
}

void
enj_inbound_free (EnjInbound *self)
{
  if (!self)
    return;
  g_queue_clear_full (&self->events, free_event);
  g_queue_clear_full (&self->waiting, free_event);
  g_clear_pointer (&self->pairs, enj_pairs_free);
  enj_session_clear (&self->session);
  g_free (self->local);
  g_free (self->remote);
  g_free (self);
}

EnjSession *
enj_inbound_get_session (EnjInbound *self)
{
  return &self->session;
}

gboolean
enj_inbound_next (EnjInbound *self, EnjInboundEvent *event)
{
  EnjInboundEvent *first = g_queue_pop_head (&self->events);

  if (!first)
    return FALSE;
  *event = *first;
  g_free (first);
  return TRUE;
}

gboolean
enj_inbound_has_pair (const EnjInbound *self, const char *from, const char *to)
{
  return enj_pairs_get (self->pairs, from, to) == ENJ_PAIR_VALID;
}

void
enj_inbound_set_settings (EnjInbound *self, EnjSettings *settings, gint64 now)
{
  const char *from, *to;
  EnjPairState state;

  self->session.now = now;
  enj_settings_unref (self->session.settings);
  self->session.settings = enj_settings_ref (settings);
  for (guint i = 0; enj_pairs_get_nth (self->pairs, i, &from, &to, &state); i++)
    if (!enj_policy_find (settings->policy, from)->allow
        || enj_realm_classify (settings->realm, from) != ENJ_REALM_REMOTE)
      {
        enj_session_fail (&self->session,
                          g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                                       "communication with %s is not enabled", from));
        return;
      }
}

#include "config.h"

#include "protocol/negotiating.h"

#include "protocol/jid.h"
#include "protocol/ns.h"
#include "protocol/sasl.h"

typedef enum
{
  STATE_START,
  STATE_TLS,      /* the handshake is under way */
  STATE_HEADER,   /* ours is sent */
  STATE_FEATURES, /* the peer's header has come */
  STATE_STARTTLS, /* <starttls/> is sent */
  STATE_SASL,     /* <auth/> is sent */
  STATE_READY,
  N_STATES
} State;

#define TO(name) (1u << STATE_##name)

static const struct
{
  const char *name;
  guint next;
} states[N_STATES] = {
  [STATE_START] = { "start", TO (TLS) | TO (HEADER) },
  [STATE_TLS] = { "tls", TO (HEADER) },
  [STATE_HEADER] = { "header", TO (FEATURES) | TO (STARTTLS) | TO (READY) },
  [STATE_FEATURES] = { "features", TO (STARTTLS) | TO (SASL) | TO (READY) },
  [STATE_STARTTLS] = { "starttls", TO (TLS) },
  [STATE_SASL] = { "sasl", TO (HEADER) | TO (READY) },
  [STATE_READY] = { "ready", 0 },
};

struct EnjNegotiating
{
  EnjSession *session;
  EnjAssurance *assurance;
  const char *local; /* of our header */
  const char *remote;
  gboolean direct_tls;
  State state;
  EnjFeatures features; /* of the newest that the peer has sent */
  gboolean is_breach;
  gboolean is_settled;
  gboolean has_bidi;
  gboolean is_external; /* SASL has succeeded */
  gboolean was_refused; /* it has failed */
  gboolean avoids_external;
  gboolean was_challenged;
};

static void
fail (EnjNegotiating *self, EnjStreamCondition condition, const char *why)
{
  enj_session_fail (self->session, g_error_new_literal (ENJ_STREAM_ERROR, (int) condition, why));
}

static void
send_text (EnjNegotiating *self, const char *xml)
{
  (void) enj_stream_send_text (self->session->stream, xml);
  enj_session_written (self->session);
}

void
enj_negotiating_send_header (EnjNegotiating *self)
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

  (void) enj_stream_send_header (self->session->stream, &header); /* The queue is empty here. */
  self->session->header_sent = TRUE;
  enj_session_written (self->session);
}

static void
start_tls (EnjNegotiating *self)
{
  EnjCredentials *own
    = enj_settings_get_credentials (self->session->settings, self->local);
  g_autofree char *name = enj_jid_domain_new_ascii (self->remote);
  EnjTls *tls = enj_tls_new_client (own, name);

  if (self->direct_tls)
    enj_tls_set_direct (tls);
  enj_session_start_tls (self->session, tls);
}

/* RFC 6120 6.3.8, XEP-0178 3: we want to be what `from` of our header says. */
static void
send_sasl (EnjNegotiating *self, EnjSaslKind kind)
{
  EnjSasl sasl = { .kind = kind, .text = (char *) self->local };

  if (kind == ENJ_SASL_AUTH)
    sasl.mechanism = (char *) "EXTERNAL";
  (void) enj_sasl_format (&sasl, enj_stream_output (self->session->stream));
  enj_session_written (self->session);
}

static void
enter (EnjNegotiating *self, State next)
{
  const EnjLimits *limits = &self->session->settings->limits;

  g_return_if_fail (states[self->state].next & (1u << next));

  enj_log_debug (&self->session->log, "%s -> %s", states[self->state].name, states[next].name);
  self->state = next;

  switch (next)
    {
    case STATE_TLS:
      start_tls (self);
      break;
    case STATE_HEADER:
      enj_session_wait (self->session, ENJ_WAIT_HEADER, limits->header_timeout);
      enj_negotiating_send_header (self);
      break;
    case STATE_STARTTLS:
      send_text (self, "<starttls xmlns='" ENJ_NS_TLS "'/>");
      break;
    case STATE_SASL:
      send_sasl (self, ENJ_SASL_AUTH);
      break;
    case STATE_READY:
      enj_session_wait (self->session, ENJ_WAIT_NEGOTIATION, 0);
      break;
    case STATE_START:
    case STATE_FEATURES:
    case N_STATES:
      break;
    }
}

/* ---- What comes next -------------------------------------------------------- */

/* RFC 7590 3.1: where TLS is required it is asked for even if not offered. */
static gboolean
wants_tls (const EnjNegotiating *self)
{
  if (self->session->tls)
    return FALSE;
  return (self->features & ENJ_FEATURE_STARTTLS)
         || enj_assurance_needs_tls (self->assurance, self->remote);
}

gboolean
enj_negotiating_speaks_dialback (const EnjNegotiating *self)
{
  /* XEP-0220 2.4: the declaration alone would be enough of an offer. */
  return (self->features & ENJ_FEATURE_DIALBACK)
         || enj_stream_get_header (self->session->stream)->has_dialback;
}

/* Only behind TLS (E04), and once (E13). */
static gboolean
wants_external (const EnjNegotiating *self)
{
  return (self->features & ENJ_FEATURE_EXTERNAL) && enj_session_is_encrypted (self->session)
         && !self->is_external && !self->was_refused
         && !(self->avoids_external && enj_negotiating_speaks_dialback (self))
         && enj_settings_get_credentials (self->session->settings, self->local);
}

gboolean
enj_negotiating_request_bidi (EnjNegotiating *self)
{
  const EnjLimits *limits = &self->session->settings->limits;
  EnjStreamLimits ours = { .max_bytes = limits->stanza_size,
                           .idle_seconds = limits->idle_timeout };
  const char *why;

  /* XEP-0288 2.1: where TLS is to come, nothing before it. */
  if (self->has_bidi || self->is_external || !(self->features & ENJ_FEATURE_BIDI)
      || !enj_session_is_encrypted (self->session)
      || !enj_assurance_is_enough (self->assurance, self->remote, &why))
    return self->has_bidi;
  self->has_bidi = TRUE;
  send_text (self, "<bidi xmlns='" ENJ_NS_BIDI "'>");
  /* XEP-0478 3.2: we have no features to say it in. */
  (void) enj_stream_limits_format (&ours, enj_stream_output (self->session->stream));
  send_text (self, "</bidi>");
  return TRUE;
}

static void
negotiate (EnjNegotiating *self)
{
  if (wants_tls (self))
    {
      enter (self, STATE_STARTTLS);
      return;
    }
  self->is_settled = TRUE;
  if (wants_external (self))
    {
      (void) enj_negotiating_request_bidi (self);
      enter (self, STATE_SASL);
    }
  else if (self->features & ENJ_FEATURE_UNKNOWN_REQUIRED)
    fail (self, ENJ_STREAM_UNSUPPORTED_FEATURE, "peer requires a feature that is unknown here");
  else if (!self->is_external && !enj_negotiating_speaks_dialback (self))
    fail (self, ENJ_STREAM_UNSUPPORTED_FEATURE, "peer offers no dialback");
  else
    enter (self, STATE_READY);
}

/* ---- Headers and TLS ---------------------------------------------------------- */

/* RFC 6120 13.7.2: who has proved who he is must not say that he is somebody else. */
static gboolean
is_consistent (const EnjNegotiating *self, const EnjHeader *header)
{
  g_autofree char *from = NULL;

  if (!header->from || enj_assurance_get_proof (self->assurance, self->remote) == ENJ_PROOF_NONE)
    return TRUE;
  from = enj_jid_domain_new (header->from, NULL);
  return g_strcmp0 (from, self->remote) == 0;
}

void
enj_negotiating_opened (EnjNegotiating *self)
{
  const EnjHeader *header = enj_stream_get_header (self->session->stream);

  if (self->state != STATE_HEADER)
    {
      fail (self, ENJ_STREAM_POLICY_VIOLATION, "unexpected stream header");
      return;
    }
  enj_session_wait (self->session, ENJ_WAIT_HEADER, 0);
  if (!is_consistent (self, header))
    {
      fail (self, ENJ_STREAM_INVALID_FROM, "the header is of another domain than the certificate");
      return;
    }
  /* RFC 6120 5.4.3.3, 6.4.6: what was said on the stream before is void. */
  self->features = 0;
  self->session->peer_limits = (EnjStreamLimits){ 0 };
  if (!header->has_version || header->major < 1)
    /* RFC 6120 4.7.5: none or a lower version, so no features will come. */
    negotiate (self);
  else
    enter (self, STATE_FEATURES);
}

void
enj_negotiating_secured (EnjNegotiating *self)
{
  EnjSession *session = self->session;
  EnjEvidence *evidence = enj_evidence_new (session->tls, session->settings->trust);
  const char *fingerprint = enj_evidence_get_fingerprint (evidence);
  g_autofree char *how = enj_tls_describe (session->tls);
  const char *why;

  enj_log_info (&session->log, "encrypted: %s, certificate %s", how,
                fingerprint ? fingerprint : "none");
  enj_assurance_take_evidence (self->assurance, evidence);
  if (!enj_assurance_is_enough (self->assurance, self->remote, &why))
    {
      /* XEP-0178 3: before a word is said to it. */
      self->is_breach = TRUE;
      enj_session_drop (session,
                        g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED,
                                     "the certificate does not prove %s: %s", self->remote, why));
      return;
    }
  /* RFC 7671 5.1: by DANE a certificate may prove whatever its dates say. */
  if (enj_proof_needs_trust (enj_assurance_get_proof (self->assurance, self->remote)))
    enj_session_expire_at (session, enj_evidence_get_expiry (evidence));
  enter (self, STATE_HEADER);
}

static void
handle_features (EnjNegotiating *self, const EnjElement *element)
{
  /* Features that come again change nothing that we rely on. */
  if (self->state != STATE_FEATURES)
    return;
  self->features = enj_features_parse (element);
  self->session->peer_limits = enj_stream_limits_parse (element);
  negotiate (self);
}

static void
handle_proceed (EnjNegotiating *self)
{
  if (self->state == STATE_STARTTLS)
    enter (self, STATE_TLS);
  else
    fail (self, ENJ_STREAM_POLICY_VIOLATION, "<proceed/> was not asked for");
}

/* ---- SASL ---------------------------------------------------------------------- */

static void
handle_challenge (EnjNegotiating *self)
{
  if (self->was_challenged)
    {
      /* RFC 6120 6.4.5: EXTERNAL has nothing more to say. */
      fail (self, ENJ_STREAM_POLICY_VIOLATION, "peer challenges without end");
      return;
    }
  self->was_challenged = TRUE;
  send_sasl (self, ENJ_SASL_RESPONSE);
}

static void
handle_sasl (EnjNegotiating *self, const EnjSasl *sasl)
{
  if (self->state != STATE_SASL)
    {
      fail (self, ENJ_STREAM_UNSUPPORTED_STANZA_TYPE, "SASL was not asked for");
      return;
    }
  switch (sasl->kind)
    {
    case ENJ_SASL_CHALLENGE:
      handle_challenge (self);
      break;
    case ENJ_SASL_SUCCESS:
      /* RFC 6120 6.4.6: a new stream, with an id and features of its own. */
      self->is_external = TRUE;
      if (enj_session_restart (self->session))
        enter (self, STATE_HEADER);
      break;
    case ENJ_SASL_FAILURE:
      /* The same stream goes on, with its id, by dialback where that is spoken (E10). */
      enj_log_info (&self->session->log, "EXTERNAL refused: %s",
                    enj_sasl_condition_format (sasl->condition));
      self->was_refused = TRUE;
      negotiate (self);
      break;
    case ENJ_SASL_AUTH:
    case ENJ_SASL_RESPONSE:
    case ENJ_SASL_ABORT:
      fail (self, ENJ_STREAM_UNSUPPORTED_STANZA_TYPE, "SASL goes the other way here");
      break;
    }
}

gboolean
enj_negotiating_handle (EnjNegotiating *self, const EnjElement *element)
{
  EnjSasl sasl;

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
      self->is_breach = TRUE;
      enj_session_drop (self->session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED,
                                                    "peer cannot do TLS"));
    }
  else if (enj_sasl_parse (element, &sasl))
    {
      handle_sasl (self, &sasl);
      enj_sasl_clear (&sasl);
    }
  else
    {
      return FALSE;
    }
  return TRUE;
}

/* ---- Life ----------------------------------------------------------------------- */

EnjNegotiating *
enj_negotiating_new (EnjSession *session, const char *local, const char *remote,
                     EnjTarget *target)
{
  EnjNegotiating *self = g_new0 (EnjNegotiating, 1);

  self->session = session;
  self->assurance = enj_assurance_new (remote, target, session->settings);
  self->local = local;
  self->remote = remote;
  self->direct_tls = target && target->direct_tls;
  session->log.source = target ? target->source : NULL; /* the assurance has a reference */
  session->standing.direct_tls = self->direct_tls;
  if (target)
    session->standing.address = target->address;
  return self;
}

void
enj_negotiating_free (EnjNegotiating *self)
{
  if (!self)
    return;
  enj_assurance_free (self->assurance);
  g_free (self);
}

void
enj_negotiating_start (EnjNegotiating *self)
{
  EnjSession *session = self->session;

  enj_session_wait (session, ENJ_WAIT_NEGOTIATION, session->settings->limits.negotiation_timeout);
  /* XEP-0368 3: not a byte in clear where TLS comes first. */
  enter (self, self->direct_tls ? STATE_TLS : STATE_HEADER);
}

void
enj_negotiating_set_settings (EnjNegotiating *self, EnjSettings *settings)
{
  enj_assurance_set_settings (self->assurance, settings);
}

gboolean
enj_negotiating_is_ready (const EnjNegotiating *self)
{
  return self->state == STATE_READY;
}

gboolean
enj_negotiating_is_external (const EnjNegotiating *self)
{
  return self->state == STATE_READY && self->is_external;
}

void
enj_negotiating_avoid_external (EnjNegotiating *self)
{
  self->avoids_external = TRUE;
}

gboolean
enj_negotiating_was_refused (const EnjNegotiating *self)
{
  return self->was_refused;
}

EnjFeatures
enj_negotiating_get_features (const EnjNegotiating *self)
{
  return self->features;
}

gboolean
enj_negotiating_has_bidi (const EnjNegotiating *self)
{
  return self->has_bidi;
}

const EnjAssurance *
enj_negotiating_get_assurance (const EnjNegotiating *self)
{
  return self->assurance;
}

gboolean
enj_negotiating_is_settled (const EnjNegotiating *self)
{
  return self->is_settled;
}

gboolean
enj_negotiating_is_breach (const EnjNegotiating *self)
{
  const EnjSession *session = self->session;
  gboolean is_lost
    = g_error_matches (session->reason, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED)
      || g_error_matches (session->reason, ENJ_STREAM_ERROR, ENJ_STREAM_CONNECTION_TIMEOUT);

  if (self->is_breach)
    return TRUE;
  if (self->state == STATE_TLS)
    return session->tls && enj_tls_has_failed (session->tls);
  return self->state == STATE_STARTTLS && !is_lost;
}

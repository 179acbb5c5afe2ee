#include "config.h"

#include "protocol/inbound.h"

#include <string.h>

#include "protocol/acceptor.h"
#include "protocol/admission.h"
#include "protocol/features.h"
#include "protocol/jid.h"
#include "protocol/ns.h"
#include "protocol/token.h"

struct EnjInbound
{
  EnjLane lane; /* must be first */
  EnjAcceptor *acceptor;
  EnjEvidence *evidence; /* NULL in clear */
  char *local;  /* the domain that the header asked for */
  char *remote; /* the domain that it claims, or NULL */
  EnjFeatures offered; /* on the stream that is now open */
  gboolean is_proved;  /* @remote, by EXTERNAL, for @local */
  gboolean is_late;    /* for bidi: a proof is under way */
  gboolean has_bidi;
  gboolean was_full; /* somebody waits for room */
};

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
  EnjSession *session = &self->lane.session;
  const EnjHeader *peer = enj_stream_get_header (session->stream);
  gboolean is_old = !is_refused && !is_modern (peer);
  char id[ENJ_TOKEN_SIZE];
  EnjHeader header = {
    .content_ns = ENJ_NS_SERVER,
    .from = self->local,
    .to = self->remote,
    .id = enj_token_fill (id),
    .lang = "en",
    /* RFC 6120 4.7.5: no version in answer to none; but one where no header came. */
    .has_version = (is_refused && !peer->content_ns) || peer->has_version,
    .major = is_old ? peer->major : 1,
    .minor = is_old ? peer->minor : 0,
    .has_dialback = TRUE,
  };

  (void) enj_stream_send_header (session->stream, &header); /* The queue is empty here. */
  session->header_sent = TRUE;
  enj_receiving_set_stream_id (self->lane.receiving, id);
  enj_session_written (session);
}

/* RFC 6120 4.9.1.3: an answer, an error too, comes from one of our own domains. */
static void
ensure_local (EnjInbound *self)
{
  if (!self->local)
    self->local = g_strdup (enj_realm_get_component (self->lane.session.settings->realm, 0));
  self->lane.session.log.local = self->local;
  self->lane.session.log.remote = self->remote;
}

static void
open_for_error (EnjSession *session)
{
  EnjInbound *self = (EnjInbound *) session;

  ensure_local (self);
  send_header (self, TRUE);
}

/* EXTERNAL proves the pair of the header, which must have both domains. */
static gboolean
may_prove (EnjInbound *self)
{
  const EnjHeader *header = enj_stream_get_header (self->lane.session.stream);
  gboolean is_complete = header->to && *header->to && self->remote && !self->is_proved;

  return enj_acceptor_expect (self->acceptor, is_complete ? self->evidence : NULL, self->remote);
}

static EnjFeatures
choose_features (EnjInbound *self)
{
  const EnjSession *session = &self->lane.session;
  EnjFeatures features = ENJ_FEATURE_DIALBACK | ENJ_FEATURE_DIALBACK_ERRORS;

  if (!session->tls)
    {
      /* RFC 6120 5.3.1: where TLS is required, nothing else is offered. */
      if (enj_admission_needs_tls (session->settings, self->remote))
        return ENJ_FEATURE_STARTTLS | ENJ_FEATURE_STARTTLS_REQUIRED;
      if (enj_settings_get_credentials (session->settings, self->local))
        features |= ENJ_FEATURE_STARTTLS;
    }
  if (may_prove (self))
    features |= ENJ_FEATURE_EXTERNAL;
  return features | (self->is_proved ? ENJ_FEATURE_SM : ENJ_FEATURE_BIDI);
}

static void
send_features (EnjInbound *self)
{
  EnjSession *session = &self->lane.session;
  const EnjLimits *limits = &session->settings->limits;
  /* What stanzas have to keep to.  Those before a proof are for no stanza (L02), and behind
   * dialback no features come that could raise them. */
  const EnjStreamLimits announced = { .max_bytes = limits->stanza_size,
                                      .idle_seconds = limits->idle_timeout };

  self->offered = choose_features (self);
  if (self->offered & ENJ_FEATURE_SM)
    enj_management_allow (self->lane.management);
  (void) enj_features_format (self->offered,
                              self->offered & ENJ_FEATURE_STARTTLS_REQUIRED ? NULL : &announced,
                              enj_stream_output (session->stream));
  enj_session_written (session);
}

/* RFC 6120 4.9.3.9: who has proved himself stays who he was, for whom he was. */
static gboolean
check_unchanged (const EnjInbound *self, const char *remote, const char *local, GError **error)
{
  if (strcmp (remote, self->remote) != 0)
    g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_INVALID_FROM,
                 "%s has proved itself, and comes back as %s", self->remote, remote);
  else if (strcmp (local, self->local) != 0)
    g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_NOT_AUTHORIZED,
                 "%s has proved itself to %s, and asks for %s", self->remote, self->local, local);
  else
    return TRUE;
  return FALSE;
}

static void
take_header (EnjInbound *self, GError **error)
{
  g_autofree char *remote = NULL;
  g_autofree char *local = NULL;
  const EnjSession *session = &self->lane.session;
  EnjHeader header = *enj_stream_get_header (session->stream);

  if (self->is_proved)
    {
      /* What the new header does not say is as before, and may have been denied since. */
      if (!header.from || !*header.from)
        header.from = self->remote;
      if (!header.to || !*header.to)
        header.to = self->local;
      if (enj_admission_header (session->settings, &header, &remote, &local, error))
        (void) check_unchanged (self, remote, local, error);
      return;
    }
  (void) enj_admission_header (session->settings, &header, &remote, &local, error);
  /* RFC 6120 5.4.3.3: what an earlier stream said is void. */
  g_free (self->local);
  g_free (self->remote);
  self->local = g_steal_pointer (&local);
  self->remote = g_steal_pointer (&remote);
  ensure_local (self);
}

static void
handle_header (EnjLane *lane)
{
  EnjInbound *self = (EnjInbound *) lane;
  GError *error = NULL;

  enj_session_wait (&lane->session, ENJ_WAIT_HEADER, 0);
  take_header (self, &error);
  if (error)
    {
      enj_session_fail (&lane->session, error);
      return;
    }

  send_header (self, FALSE);
  if (is_modern (enj_stream_get_header (lane->session.stream)))
    send_features (self);
  if (self->is_proved)
    enj_receiving_admit (lane->receiving, self->local, self->remote, ENJ_PROOF_EXTERNAL);
}

/* ---- STARTTLS and SASL -------------------------------------------------- */

static EnjCredentials *
choose_credentials (const char *server_name, gpointer user_data)
{
  const EnjInbound *self = user_data;

  return enj_settings_choose_credentials (self->lane.session.settings, server_name);
}

static void
handle_starttls (EnjInbound *self)
{
  EnjSession *session = &self->lane.session;
  EnjCredentials *credentials = enj_settings_get_credentials (session->settings, self->local);

  if (session->tls || !credentials || enj_receiving_is_asking (self->lane.receiving)
      || (self->has_bidi && self->is_late))
    {
      /* RFC 6120 5.4.2.2: failure, end of the stream, end of the connection.  An answer that is
       * still to come for the old stream must not be taken for one to the new (5.4.3.3), nor is
       * what we send by bidi on its way to be lost: that was to come behind TLS (XEP-0288 2.1). */
      (void) enj_stream_send_text (session->stream, "<failure xmlns='" ENJ_NS_TLS "'/>");
      enj_session_written (session);
      enj_session_close (session);
      return;
    }

  (void) enj_stream_send_text (session->stream, "<proceed xmlns='" ENJ_NS_TLS "'/>");
  enj_session_written (session);
  enj_session_start_tls (session, enj_tls_new_server (credentials, choose_credentials, self));
}

/* XEP-0368: TLS first.  Where no name is sent (SNI), any certificate of ours must do. */
static void
start_direct_tls (EnjInbound *self)
{
  EnjSession *session = &self->lane.session;
  EnjCredentials *credentials = NULL;
  const char *domain;
  const EnjRealm *realm = session->settings->realm;

  for (guint i = 0; !credentials && (domain = enj_realm_get_component (realm, i)); i++)
    credentials = enj_settings_get_credentials (session->settings, domain);
  if (!credentials)
    {
      enj_session_drop (session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED,
                                              "no certificate for direct TLS"));
      return;
    }
  enj_session_wait (session, ENJ_WAIT_HEADER, 0);
  enj_session_start_tls (session, enj_tls_new_server (credentials, choose_credentials, self));
}

static void
handle_secured (EnjSession *session)
{
  EnjInbound *self = (EnjInbound *) session;
  g_autofree char *how = enj_tls_describe (session->tls);
  const char *fingerprint;

  enj_receiving_reset (self->lane.receiving);
  self->offered = 0;
  self->is_late = self->has_bidi = FALSE;
  session->peer_limits = (EnjStreamLimits){ 0 };
  g_clear_pointer (&self->evidence, enj_evidence_unref);
  self->evidence = enj_evidence_new (session->tls, session->settings->trust);
  enj_receiving_set_evidence (self->lane.receiving, self->evidence);
  /* Who had proved himself in clear has it before him again. */
  if (session->due[ENJ_WAIT_NEGOTIATION] == ENJ_NEVER)
    enj_session_wait (session, ENJ_WAIT_NEGOTIATION, session->settings->limits.negotiation_timeout);
  fingerprint = enj_evidence_get_fingerprint (self->evidence);
  enj_log_info (&session->log, "encrypted: %s, certificate %s", how,
                fingerprint ? fingerprint : "none");
  enj_session_wait (session, ENJ_WAIT_HEADER, session->settings->limits.header_timeout);
}

/* FALSE where the element is none of SASL. */
static gboolean
handle_sasl (EnjInbound *self, const EnjElement *element)
{
  EnjSession *session = &self->lane.session;

  switch (enj_acceptor_handle (self->acceptor, element))
    {
    case ENJ_ACCEPTOR_NOTHING:
      return FALSE;
    case ENJ_ACCEPTOR_GOES_ON:
      break;
    case ENJ_ACCEPTOR_FAILED:
      enj_receiving_distrust (self->lane.receiving, self->remote);
      enj_receiving_distrust (self->lane.receiving, enj_acceptor_get_claimed (self->acceptor));
      break;
    case ENJ_ACCEPTOR_SUCCEEDED:
      self->is_proved = self->is_late = TRUE;
      if (enj_session_restart (session))
        enj_session_wait (session, ENJ_WAIT_HEADER, session->settings->limits.header_timeout);
      break;
    }
  return TRUE;
}

/* ---- Dialback ----------------------------------------------------------- */

static void
handle_dialback (EnjInbound *self, const EnjDialback *dialback)
{
  if (dialback->type == ENJ_DIALBACK_REQUEST)
    {
      /* An answer that comes later must not fall into a restart by SASL. */
      if (dialback->kind == ENJ_DIALBACK_RESULT)
        {
          (void) enj_acceptor_expect (self->acceptor, NULL, NULL);
          self->is_late = TRUE;
        }
      enj_receiving_handle (self->lane.receiving, dialback);
      return;
    }
  /* XEP-0220 3.1: nothing is ever asked on this stream. */
  self->lane.counters->unsolicited++;
  enj_log_info (&self->lane.session.log, "unsolicited dialback answer ignored");
}

/* ---- Bidi ------------------------------------------------------------------- */

/* XEP-0288 2.2: before any proof, and never before the TLS that is to come (2.1).  There is no
 * answer.  FALSE where it was not offered. */
static gboolean
handle_bidi (EnjInbound *self, const EnjElement *element)
{
  if (!enj_element_is (element, ENJ_NS_BIDI, "bidi") || !(self->offered & ENJ_FEATURE_BIDI))
    return FALSE;
  if (self->is_late)
    {
      enj_log_info (&self->lane.session.log, "bidi comes behind a proof, and is ignored");
      return TRUE;
    }
  self->has_bidi = self->lane.session.standing.has_bidi = TRUE;
  self->lane.session.peer_limits = enj_stream_limits_parse (element);
  return TRUE;
}

gboolean
enj_inbound_may_send (const EnjInbound *self, const char *local, const char *remote)
{
  return self->has_bidi && self->lane.session.header_sent
         && enj_session_is_open (&self->lane.session)
         && enj_receiving_has_pair (self->lane.receiving, local, remote);
}

EnjSend
enj_inbound_send (EnjInbound *self, EnjStanza *stanza, gint64 now)
{
  EnjSession *session = &self->lane.session;
  EnjSend result;

  session->now = now;
  result = enj_session_send (session, stanza);
  self->lane.counters->written_peer += result == ENJ_SEND_DONE;
  self->was_full |= result == ENJ_SEND_FULL;
  return result;
}

gboolean
enj_inbound_take_room (EnjInbound *self)
{
  EnjSession *session = &self->lane.session;

  if (!self->was_full || !enj_session_is_open (session) || session->held
      || !enj_session_has_room (session))
    return FALSE;
  self->was_full = FALSE;
  return TRUE;
}

/* ---- Events of the session ---------------------------------------------- */

static void
handle_element (EnjLane *lane, const EnjElement *element)
{
  EnjInbound *self = (EnjInbound *) lane;
  EnjDialback dialback;

  if (enj_dialback_parse (element, &dialback))
    {
      handle_dialback (self, &dialback);
      enj_dialback_clear (&dialback);
    }
  else if (enj_element_is (element, ENJ_NS_TLS, "starttls"))
    {
      handle_starttls (self);
    }
  else if (!handle_sasl (self, element) && !handle_bidi (self, element))
    {
      g_autofree char *name = enj_log_quote (enj_element_get_name (element));

      enj_session_fail (&lane->session,
                        g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_UNSUPPORTED_STANZA_TYPE,
                                     "<%s/> is not understood here", name));
    }
}

static void
handle_due (EnjSession *session, EnjWait which)
{
  EnjLane *lane = (EnjLane *) session;

  if (!enj_lane_handle_due (lane, which))
    enj_lane_fail (lane, ENJ_STREAM_POLICY_VIOLATION,
                   which == ENJ_WAIT_HEADER ? "no stream header in time"
                                            : "not authenticated in time");
}

static const EnjLaneClass inbound_class = {
  .session = { .event = enj_lane_handle_event,
               .secured = handle_secured,
               .due = handle_due,
               .open = open_for_error,
               .over = enj_lane_handle_over,
               .left = enj_lane_handle_left,
               .closing = enj_lane_handle_closing,
               .quiet = enj_lane_handle_quiet,
               .count_unproven = enj_lane_count_unproven },
  .opened = handle_header,
  .element = handle_element,
};

/* ---- Public --------------------------------------------------------------- */

EnjInbound *
enj_inbound_new (gboolean direct_tls, EnjSettings *settings, EnjCounters *counters, EnjWake wake,
                 gint64 now)
{
  EnjInbound *self = g_new0 (EnjInbound, 1);
  EnjSession *session = &self->lane.session;

  enj_lane_init (&self->lane, &inbound_class, "in", settings, counters, wake, now);
  enj_lane_start_receiving (&self->lane);
  self->acceptor = enj_acceptor_new (session);
  counters->streams_in++;
  enj_session_wait (session, ENJ_WAIT_HEADER, settings->limits.header_timeout);
  enj_session_wait (session, ENJ_WAIT_NEGOTIATION, settings->limits.negotiation_timeout);
  if (direct_tls)
    start_direct_tls (self);
  return self;
}

void
enj_inbound_free (EnjInbound *self)
{
  if (!self)
    return;
  enj_acceptor_free (self->acceptor);
  enj_evidence_unref (self->evidence);
  enj_lane_clear (&self->lane);
  g_free (self->local);
  g_free (self->remote);
  g_free (self);
}

EnjLane *
enj_inbound_get_lane (EnjInbound *self)
{
  return &self->lane;
}

EnjSession *
enj_inbound_get_session (EnjInbound *self)
{
  return &self->lane.session;
}

gboolean
enj_inbound_has_pair (const EnjInbound *self, const char *local, const char *remote)
{
  return enj_receiving_has_pair (self->lane.receiving, local, remote);
}

void
enj_inbound_set_settings (EnjInbound *self, EnjSettings *settings, gint64 now)
{
  EnjSession *session = &self->lane.session;

  session->now = now;
  enj_settings_unref (session->settings);
  session->settings = enj_settings_ref (settings);
  if (self->evidence)
    enj_evidence_set_trust (self->evidence, settings->trust);
  /* RFC 6120 13.7.2.3; before the stream is opened again there is no pair of it yet. */
  if (self->is_proved && !enj_evidence_is_believed (self->evidence))
    enj_session_fail (session,
                      g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_RESET,
                                   "the certificate of %s is not believed any more", self->remote));
  else
    enj_receiving_check (self->lane.receiving, settings);
}

#include "config.h"

#include "protocol/inbound.h"

#include <string.h>

#include "protocol/acceptor.h"
#include "protocol/admission.h"
#include "protocol/features.h"
#include "protocol/jid.h"
#include "protocol/management.h"
#include "protocol/ns.h"
#include "protocol/receiving.h"
#include "protocol/sounding.h"
#include "protocol/token.h"

struct EnjInbound
{
  EnjSession session; /* must be first */
  EnjCounters *counters;
  EnjReceiving *receiving;
  EnjAcceptor *acceptor;
  EnjNewsQueue news;
  EnjEvidence *evidence; /* NULL in clear */
  char *local;  /* the domain that the header asked for */
  char *remote; /* the domain that it claims, or NULL */
  EnjManagement *management;
  EnjSounding *sounding;
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
  const EnjHeader *peer = enj_stream_get_header (self->session.stream);
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

  (void) enj_stream_send_header (self->session.stream, &header); /* The queue is empty here. */
  self->session.header_sent = TRUE;
  enj_receiving_set_stream_id (self->receiving, id);
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

/* EXTERNAL proves the pair of the header, which must have both domains. */
static gboolean
may_prove (EnjInbound *self)
{
  const EnjHeader *header = enj_stream_get_header (self->session.stream);
  gboolean is_complete = header->to && *header->to && self->remote && !self->is_proved;

  return enj_acceptor_expect (self->acceptor, is_complete ? self->evidence : NULL, self->remote);
}

static EnjFeatures
choose_features (EnjInbound *self)
{
  EnjFeatures features = ENJ_FEATURE_DIALBACK | ENJ_FEATURE_DIALBACK_ERRORS;

  if (!self->session.tls)
    {
      /* RFC 6120 5.3.1: where TLS is required, nothing else is offered. */
      if (enj_admission_needs_tls (self->session.settings, self->remote))
        return ENJ_FEATURE_STARTTLS | ENJ_FEATURE_STARTTLS_REQUIRED;
      if (enj_settings_get_credentials (self->session.settings, self->local))
        features |= ENJ_FEATURE_STARTTLS;
    }
  if (may_prove (self))
    features |= ENJ_FEATURE_EXTERNAL;
  return features | (self->is_proved ? ENJ_FEATURE_SM : ENJ_FEATURE_BIDI);
}

static void
send_features (EnjInbound *self)
{
  const EnjLimits *limits = &self->session.settings->limits;
  /* What stanzas have to keep to.  Those before a proof are for no stanza (L02), and behind
   * dialback no features come that could raise them. */
  const EnjStreamLimits announced = { .max_bytes = limits->stanza_size,
                                      .idle_seconds = limits->idle_timeout };

  self->offered = choose_features (self);
  if (self->offered & ENJ_FEATURE_SM)
    enj_management_allow (self->management);
  (void) enj_features_format (self->offered,
                              self->offered & ENJ_FEATURE_STARTTLS_REQUIRED ? NULL : &announced,
                              enj_stream_output (self->session.stream));
  enj_session_written (&self->session);
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
  EnjHeader header = *enj_stream_get_header (self->session.stream);

  if (self->is_proved)
    {
      /* What the new header does not say is as before, and may have been denied since. */
      if (!header.from || !*header.from)
        header.from = self->remote;
      if (!header.to || !*header.to)
        header.to = self->local;
      if (enj_admission_header (self->session.settings, &header, &remote, &local, error))
        (void) check_unchanged (self, remote, local, error);
      return;
    }
  (void) enj_admission_header (self->session.settings, &header, &remote, &local, error);
  /* RFC 6120 5.4.3.3: what an earlier stream said is void. */
  g_free (self->local);
  g_free (self->remote);
  self->local = g_steal_pointer (&local);
  self->remote = g_steal_pointer (&remote);
  ensure_local (self);
}

static void
handle_header (EnjInbound *self)
{
  GError *error = NULL;

  enj_session_wait (&self->session, ENJ_WAIT_HEADER, 0);
  take_header (self, &error);
  if (error)
    {
      enj_session_fail (&self->session, error);
      return;
    }

  send_header (self, FALSE);
  if (is_modern (enj_stream_get_header (self->session.stream)))
    send_features (self);
  if (self->is_proved)
    enj_receiving_admit (self->receiving, self->local, self->remote, ENJ_PROOF_EXTERNAL);
}

/* ---- STARTTLS and SASL -------------------------------------------------- */

static EnjCredentials *
choose_credentials (const char *server_name, gpointer user_data)
{
  const EnjInbound *self = user_data;

  return enj_settings_choose_credentials (self->session.settings, server_name);
}

static void
handle_starttls (EnjInbound *self)
{
  EnjSession *session = &self->session;
  EnjCredentials *credentials = enj_settings_get_credentials (session->settings, self->local);

  if (session->tls || !credentials || enj_receiving_is_asking (self->receiving)
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
  EnjSession *session = &self->session;
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

  enj_receiving_reset (self->receiving);
  self->offered = 0;
  self->is_late = self->has_bidi = FALSE;
  session->peer_limits = (EnjStreamLimits){ 0 };
  g_clear_pointer (&self->evidence, enj_evidence_unref);
  self->evidence = enj_evidence_new (session->tls, session->settings->trust);
  enj_receiving_set_evidence (self->receiving, self->evidence);
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
  EnjSession *session = &self->session;

  switch (enj_acceptor_handle (self->acceptor, element))
    {
    case ENJ_ACCEPTOR_NOTHING:
      return FALSE;
    case ENJ_ACCEPTOR_GOES_ON:
      break;
    case ENJ_ACCEPTOR_FAILED:
      enj_receiving_distrust (self->receiving, self->remote);
      enj_receiving_distrust (self->receiving, enj_acceptor_get_claimed (self->acceptor));
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
      enj_receiving_handle (self->receiving, dialback);
      return;
    }
  /* XEP-0220 3.1: nothing is ever asked on this stream. */
  self->counters->unsolicited++;
  enj_log_info (&self->session.log, "unsolicited dialback answer ignored");
}

void
enj_inbound_answer (EnjInbound *self, const char *local, const char *remote, EnjDialbackType type,
                    EnjStanzaCondition condition, EnjProof proof, gint64 now)
{
  enj_receiving_answer (self->receiving, local, remote, type, condition, proof, now);
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
      enj_log_info (&self->session.log, "bidi comes behind a proof, and is ignored");
      return TRUE;
    }
  self->has_bidi = self->session.standing.has_bidi = TRUE;
  self->session.peer_limits = enj_stream_limits_parse (element);
  return TRUE;
}

gboolean
enj_inbound_may_send (const EnjInbound *self, const char *local, const char *remote)
{
  return self->has_bidi && self->session.header_sent && enj_session_is_open (&self->session)
         && enj_receiving_has_pair (self->receiving, local, remote);
}

EnjSend
enj_inbound_send (EnjInbound *self, EnjStanza *stanza, gint64 now)
{
  EnjSend result;

  self->session.now = now;
  result = enj_session_send (&self->session, stanza);
  self->counters->written_peer += result == ENJ_SEND_DONE;
  self->was_full |= result == ENJ_SEND_FULL;
  return result;
}

gboolean
enj_inbound_take_room (EnjInbound *self)
{
  if (!self->was_full || !enj_session_is_open (&self->session) || self->session.held
      || !enj_session_has_room (&self->session))
    return FALSE;
  self->was_full = FALSE;
  return TRUE;
}

EnjStanza *
enj_inbound_steal_unconfirmed (EnjInbound *self, gint64 *left)
{
  EnjStanza *stanza = enj_management_steal_unconfirmed (self->management, left);

  return stanza ? stanza : enj_sounding_steal (self->sounding, left);
}

static guint
count_unproven (const EnjSession *session)
{
  const EnjInbound *self = (const EnjInbound *) session;

  return enj_management_count_unconfirmed (self->management)
         + enj_sounding_count (self->sounding);
}

guint
enj_inbound_count_owned (const EnjInbound *self)
{
  return enj_departures_count (&self->session.unsent) + count_unproven (&self->session);
}

/* ---- Events of the session ---------------------------------------------- */

static void
handle_stanza (EnjInbound *self, EnjStanza *stanza)
{
  EnjStanza *admitted = NULL;

  if (!enj_management_is_past (self->management))
    admitted = enj_receiving_pass_new (self->receiving, stanza);
  if (!admitted)
    return;
  enj_management_note_received (self->management, admitted);
  enj_news_queue_push (&self->news, ENJ_NEWS_STANZA, NULL, NULL)->stanza = admitted;
}

static void
handle_element (EnjInbound *self, const EnjElement *element)
{
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

      enj_session_fail (&self->session,
                        g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_UNSUPPORTED_STANZA_TYPE,
                                     "<%s/> is not understood here", name));
    }
}

/* What waits to be written is answers, or many: a peer that does not read them gets no more.  By
 * <a/> alone it tells that it reads. */
static gboolean
is_swamped (EnjSession *session)
{
  return session->state == ENJ_SESSION_OPEN && !enj_session_has_room (session)
         && (!enj_departures_count (&session->unsent) || enj_stream_is_swamped (session->stream));
}

static void
handle_event (EnjSession *session, EnjStreamEvent *event)
{
  EnjInbound *self = (EnjInbound *) session;

  if (event->type == ENJ_STREAM_OPENED)
    handle_header (self);
  else if (event->type == ENJ_STREAM_STANZA)
    handle_stanza (self, event->stanza);
  else if (!enj_element_is (event->element, ENJ_NS_SM, "a") && is_swamped (session))
    enj_session_fail (session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_RESOURCE_CONSTRAINT,
                                            "answers are not read"));
  else if (!enj_management_handle (self->management, event->element)
           && session->state == ENJ_SESSION_OPEN)
    handle_element (self, event->element);
}

static void
handle_due (EnjSession *session, EnjWait which)
{
  if (which == ENJ_WAIT_ACK)
    {
      enj_management_tick (((EnjInbound *) session)->management, session->now);
      return;
    }
  if (which == ENJ_WAIT_PROOF)
    {
      enj_sounding_tick (((EnjInbound *) session)->sounding, session->now);
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
  enj_sounding_note_over (((EnjInbound *) session)->sounding);
}

static void
handle_left (EnjSession *session, EnjStanza *stanza)
{
  EnjInbound *self = (EnjInbound *) session;

  if (!enj_management_note_sent (self->management, stanza))
    enj_sounding_note_sent (self->sounding, stanza);
}

static void
handle_closing (EnjSession *session)
{
  enj_management_note_closing (((EnjInbound *) session)->management);
}

static gboolean
handle_quiet (EnjSession *session)
{
  return enj_management_probe (((EnjInbound *) session)->management);
}

static const EnjSessionClass inbound_class = {
  .event = handle_event,
  .secured = handle_secured,
  .due = handle_due,
  .open = open_for_error,
  .over = handle_over,
  .left = handle_left,
  .closing = handle_closing,
  .quiet = handle_quiet,
  .count_unproven = count_unproven,
};

/* ---- Public --------------------------------------------------------------- */

EnjInbound *
enj_inbound_new (gboolean direct_tls, EnjSettings *settings, EnjCounters *counters, EnjWake wake,
                 gint64 now)
{
  EnjInbound *self = g_new0 (EnjInbound, 1);

  enj_session_init (&self->session, &inbound_class, "in", ENJ_NS_SERVER, settings, wake, now);
  self->counters = counters;
  enj_news_queue_init (&self->news, wake);
  self->receiving = enj_receiving_new (&self->session, counters, &self->news);
  self->acceptor = enj_acceptor_new (&self->session);
  self->management = enj_management_new (&self->session, counters);
  self->sounding = enj_sounding_new (&self->session, counters);
  counters->streams_in++;
  enj_session_wait (&self->session, ENJ_WAIT_HEADER, settings->limits.header_timeout);
  enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION, settings->limits.negotiation_timeout);
  if (direct_tls)
    start_direct_tls (self);
  return self;
}

void
enj_inbound_free (EnjInbound *self)
{
  if (!self)
    return;
  enj_receiving_free (self->receiving);
  enj_acceptor_free (self->acceptor);
  enj_management_free (self->management);
  enj_sounding_free (self->sounding);
  enj_evidence_unref (self->evidence);
  enj_news_queue_clear (&self->news);
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
enj_inbound_next (EnjInbound *self, EnjNews *news)
{
  return enj_news_queue_pop (&self->news, news);
}

gboolean
enj_inbound_has_pair (const EnjInbound *self, const char *local, const char *remote)
{
  return enj_receiving_has_pair (self->receiving, local, remote);
}

void
enj_inbound_set_settings (EnjInbound *self, EnjSettings *settings, gint64 now)
{
  self->session.now = now;
  enj_settings_unref (self->session.settings);
  self->session.settings = enj_settings_ref (settings);
  if (self->evidence)
    enj_evidence_set_trust (self->evidence, settings->trust);
  /* RFC 6120 13.7.2.3; before the stream is opened again there is no pair of it yet. */
  if (self->is_proved && !enj_evidence_is_believed (self->evidence))
    enj_session_fail (&self->session,
                      g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_RESET,
                                   "the certificate of %s is not believed any more", self->remote));
  else
    enj_receiving_check (self->receiving, settings);
}

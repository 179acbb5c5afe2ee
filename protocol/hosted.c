#include "config.h"

#include "protocol/hosted.h"

#include <string.h>

#include "protocol/handshake.h"
#include "protocol/jid.h"
#include "protocol/ns.h"
#include "protocol/token.h"

struct EnjHosted
{
  EnjCarrier carrier; /* must be first */
  char *port;
  char id[ENJ_TOKEN_SIZE]; /* of our header; "" before it */
  gboolean has_proved;
  gboolean is_decided;
};

static void
fail (EnjHosted *self, EnjStreamCondition condition, const char *why)
{
  enj_carrier_fail (&self->carrier, condition, why);
}

/* ---- Header ------------------------------------------------------------------------ */

static void
send_header (EnjHosted *self)
{
  EnjSession *session = &self->carrier.session;
  /* XEP-0114 3: `from` is the component.  No version, not even in answer to one: that would
   * promise features (RFC 6120 4.3.2), and components wait for the handshake. */
  EnjHeader header = { .content_ns = ENJ_NS_COMPONENT,
                       .from = self->carrier.domain,
                       .id = enj_token_fill (self->id) };

  (void) enj_stream_send_header (session->stream, &header); /* The queue is empty here. */
  session->header_sent = TRUE;
  enj_session_written (session);
}

/* XEP-0114 3: an error on the header stands behind a whole header of ours. */
static void
open_for_error (EnjSession *session)
{
  send_header ((EnjHosted *) session);
}

static EnjTerms *
find_terms (const EnjHosted *self, const char *domain)
{
  EnjTerms *terms = enj_settings_get_terms (self->carrier.session.settings, domain);

  return terms && enj_terms_has_port (terms, self->port) ? terms : NULL;
}

static void
handle_header (EnjCarrier *carrier)
{
  EnjHosted *self = (EnjHosted *) carrier;
  const char *to = enj_stream_get_header (carrier->session.stream)->to;
  g_autofree char *domain = to && *to ? enj_jid_domain_new (to, NULL) : NULL;

  enj_session_wait (&carrier->session, ENJ_WAIT_HEADER, 0);
  if (!to || !*to)
    {
      fail (self, ENJ_STREAM_IMPROPER_ADDRESSING, "the header names no component in 'to'");
      return;
    }
  if (!domain || !find_terms (self, domain))
    {
      fail (self, ENJ_STREAM_HOST_UNKNOWN, "no such component is served here");
      return;
    }
  carrier->domain = g_steal_pointer (&domain);
  carrier->session.log.local = carrier->domain;
  send_header (self);
}

/* ---- Handshake ---------------------------------------------------------------------- */

static void
handle_handshake (EnjHosted *self, const EnjElement *element, guint64 end)
{
  EnjCarrier *carrier = &self->carrier;
  EnjTerms *terms = find_terms (self, carrier->domain);
  const char *proof = enj_element_get_text (element);

  if (!terms || !enj_handshake_check (self->id, enj_terms_get_secret (terms), proof))
    {
      enj_log_message (&carrier->session.log, "component refused: it does not have our secret");
      fail (self, ENJ_STREAM_NOT_AUTHORIZED, "the secret is not the one of this component");
      return;
    }
  self->has_proved = TRUE;
  /* What it says before we have decided waits behind that, in its place. */
  enj_stream_raise_limits (carrier->session.stream,
                           carrier->session.settings->limits.stanza_size_link);
  enj_carrier_push (carrier, ENJ_CARRIER_UP, NULL, end);
}

const char *
enj_hosted_get_wish (const EnjHosted *self)
{
  const EnjSession *session = &self->carrier.session;

  /* One that has failed or was cut meanwhile wants nothing any more; one that has left in order
   * may have had something to say. */
  return self->has_proved && !self->is_decided && !session->reason && !session->cut
           ? self->carrier.domain
           : NULL;
}

void
enj_hosted_admit (EnjHosted *self, gint64 now)
{
  EnjSession *session = &self->carrier.session;

  g_return_if_fail (enj_hosted_get_wish (self));

  self->is_decided = TRUE;
  session->now = now;
  enj_carrier_come_up (&self->carrier, self->carrier.domain);
  enj_proving_set_patient (self->carrier.proving);
  enj_log_message (&session->log, "component connected");
  if (!enj_session_is_open (session))
    return; /* It has left again, behind what it had to say. */
  (void) enj_stream_send_text (session->stream, "<handshake/>"); /* The queue is all but empty. */
  enj_session_written (session);
  /* At once: who does not answer is known before much is written. */
  enj_proving_ask (self->carrier.proving);
}

void
enj_hosted_refuse (EnjHosted *self, gint64 now)
{
  EnjCarrierEvent event;

  g_return_if_fail (enj_hosted_get_wish (self));

  self->is_decided = TRUE;
  self->carrier.session.now = now;
  while (enj_carrier_next (&self->carrier, &event))
    enj_stanza_unref (event.stanza);
  enj_log_message (&self->carrier.session.log,
                   "component refused: another connection has its domain");
  fail (self, ENJ_STREAM_CONFLICT, "another connection serves this component");
}

/* ---- Stanzas --------------------------------------------------------------------------- */

/* Is it within the component's domain, however that is spelt? */
static gboolean
is_from_component (const EnjHosted *self, const char *from)
{
  char buffer[ENJ_JID_DOMAIN_SIZE];
  gsize len = 0;
  const char *domain = enj_jid_find_domain (from, &len);
  const char *own = self->carrier.domain;

  if (strlen (own) == len && memcmp (domain, own, len) == 0)
    return TRUE;
  return g_strcmp0 (enj_jid_fill_domain (from, buffer), own) == 0;
}

/* Without `from` it is the component's own; servers have always taken that.  NULL when memory
 * cannot be had. */
static EnjStanza *
address_new (const EnjHosted *self, EnjStanza *stanza)
{
  EnjStanzaHead head = *enj_stanza_get_head (stanza);

  if (head.from && *head.from)
    return enj_stanza_ref (stanza);
  head.from = self->carrier.domain;
  return enj_stanza_new_headed (stanza, &head);
}

static void
handle_stanza (EnjCarrier *carrier, EnjStanza **stanza, guint64 end)
{
  EnjHosted *self = (EnjHosted *) carrier;
  g_autoptr (EnjStanza) addressed = NULL;

  if (!self->has_proved)
    {
      fail (self, ENJ_STREAM_NOT_AUTHORIZED, "stanza before the handshake");
      return;
    }
  addressed = address_new (self, *stanza);
  if (!addressed)
    fail (self, ENJ_STREAM_RESOURCE_CONSTRAINT, "no memory for a stanza at the moment");
  else if (!is_from_component (self, enj_stanza_get_from (addressed)))
    fail (self, ENJ_STREAM_INVALID_FROM, "stanza that is not from this component");
  else if (!enj_carrier_prove (carrier, addressed))
    enj_carrier_push (carrier, ENJ_CARRIER_STANZA, g_steal_pointer (&addressed), end);
}

/* ---- Events of the session -------------------------------------------------------------- */

static void
handle_element (EnjCarrier *carrier, const EnjElement *element, guint64 end)
{
  EnjHosted *self = (EnjHosted *) carrier;

  if (enj_handshake_is (element) && !self->has_proved)
    handle_handshake (self, element, end);
  else
    fail (self, ENJ_STREAM_UNSUPPORTED_STANZA_TYPE, "element that is not understood here");
}

static void
handle_due (EnjSession *session, EnjWait which)
{
  EnjHosted *self = (EnjHosted *) session;

  if (!enj_carrier_handle_due (&self->carrier, which))
    fail (self, ENJ_STREAM_CONNECTION_TIMEOUT, "no handshake in time");
}

static void
handle_secured (EnjSession *session)
{
  g_autofree char *how = enj_tls_describe (session->tls);

  enj_log_info (&session->log, "encrypted: %s", how);
  enj_session_wait (session, ENJ_WAIT_NEGOTIATION,
                    session->settings->limits.link_handshake_timeout);
}

static void
handle_over (EnjSession *session)
{
  g_autofree char *reason = session->reason ? enj_log_quote (session->reason->message) : NULL;

  enj_log_info (&session->log, "closed: %s", reason ? reason : "in order");
}

static gboolean
suits (const EnjCarrier *carrier, const EnjStanza *stanza)
{
  (void) carrier; /* Whoever chose the component has looked at `to`. */
  return enj_stanza_get_from (stanza) && enj_stanza_get_to (stanza);
}

static void
hosted_free (EnjCarrier *carrier)
{
  EnjHosted *self = (EnjHosted *) carrier;

  enj_carrier_clear (carrier);
  g_free (self->port);
  g_free (self);
}

static const EnjCarrierClass hosted_class = {
  .session = { .event = enj_carrier_handle_event,
               .secured = handle_secured,
               .due = handle_due,
               .open = open_for_error,
               .over = handle_over,
               .left = enj_carrier_handle_left,
               .count_unproven = enj_carrier_handle_count },
  .opened = handle_header,
  .stanza = handle_stanza,
  .element = handle_element,
  .suits = suits,
  .free = hosted_free,
};

/* ---- Life --------------------------------------------------------------------------------- */

static EnjCredentials *
choose_credentials (const char *server_name, gpointer user_data)
{
  const EnjHosted *self = user_data;

  return enj_settings_choose_credentials (self->carrier.session.settings, server_name);
}

/* Where no name is sent (SNI), the certificate of a component that is served here. */
static EnjCredentials *
find_credentials (const EnjHosted *self)
{
  const EnjSettings *settings = self->carrier.session.settings;
  EnjCredentials *credentials = NULL;
  const char *domain;

  for (guint i = 0; !credentials && (domain = enj_realm_get_component (settings->realm, i)); i++)
    if (find_terms (self, domain))
      credentials = enj_settings_get_credentials (settings, domain);
  return credentials;
}

static void
start_tls (EnjHosted *self)
{
  EnjSession *session = &self->carrier.session;
  EnjCredentials *credentials = find_credentials (self);

  if (credentials)
    enj_session_start_tls (session, enj_tls_new_server (credentials, choose_credentials, self));
  else
    enj_session_drop (session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED,
                                            "no certificate for direct TLS"));
}

EnjHosted *
enj_hosted_new (const char *port, gboolean direct_tls, EnjSettings *settings,
                EnjCounters *counters, EnjWake wake, gint64 now)
{
  EnjHosted *self = g_new0 (EnjHosted, 1);

  enj_carrier_init (&self->carrier, &hosted_class, "hosted", NULL, settings, counters, wake, now);
  self->port = g_strdup (port);
  self->carrier.session.standing.peer_proof = "secret";
  self->carrier.session.standing.direct_tls = direct_tls;
  if (direct_tls)
    start_tls (self);
  else
    enj_session_wait (&self->carrier.session, ENJ_WAIT_NEGOTIATION,
                      settings->limits.link_handshake_timeout);
  return self;
}

EnjCarrier *
enj_hosted_get_carrier (EnjHosted *self)
{
  return &self->carrier;
}

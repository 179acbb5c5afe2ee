#include "config.h"

#include "component/visit.h"

#include <string.h>

#include "protocol/features.h"
#include "protocol/jid.h"
#include "protocol/ns.h"
#include "protocol/session.h"
#include "component/reach.h"
#include "component/wire.h"

/* Beyond the deadlines of the session, in seconds. */
#define PATIENCE 60

/* The conversation. */
typedef struct
{
  EnjSession session; /* must be first */
  EnjVisit *visit;
  const char *domain;
} Guest;

/* ---- The conversation -------------------------------------------------------------- */

static void
send_header (EnjSession *session)
{
  const EnjHeader header = { .content_ns = ENJ_NS_SERVER,
                             .to = ((Guest *) session)->domain,
                             .lang = "en",
                             .has_version = TRUE,
                             .major = 1 };

  (void) enj_stream_send_header (session->stream, &header); /* The queue is empty here. */
  session->header_sent = TRUE;
  enj_session_wait (session, ENJ_WAIT_HEADER, session->settings->limits.header_timeout);
  enj_session_written (session);
}

static EnjTls *
tls_new (const Guest *self)
{
  g_autofree char *name = enj_jid_domain_new_ascii (self->domain);

  return enj_tls_new_client (NULL, name);
}

static void
handle_secured (EnjSession *session)
{
  EnjVisit *visit = ((Guest *) session)->visit;
  const gnutls_datum_t *leaf = enj_tls_get_peer_certificate (session->tls);

  visit->tls = enj_tls_describe (session->tls);
  if (leaf)
    visit->certificate = g_bytes_new (leaf->data, leaf->size);
  send_header (session);
}

static void
handle_features (Guest *self, const EnjElement *features)
{
  EnjSession *session = &self->session;

  if (self->visit->tls)
    enj_session_close (session);
  else if (enj_features_parse (features) & ENJ_FEATURE_STARTTLS)
    {
      (void) enj_stream_send_text (session->stream, "<starttls xmlns='" ENJ_NS_TLS "'/>");
      enj_session_written (session);
    }
  else
    enj_session_fail (session,
                      g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                                           "STARTTLS is not offered"));
}

static void
handle_event (EnjSession *session, EnjStreamEvent *event)
{
  if (event->type != ENJ_STREAM_ELEMENT || !enj_session_is_open (session))
    return;
  enj_session_wait (session, ENJ_WAIT_HEADER, 0);
  if (enj_element_is (event->element, ENJ_NS_STREAM, "features"))
    handle_features ((Guest *) session, event->element);
  else if (enj_element_is (event->element, ENJ_NS_TLS, "proceed") && !session->tls)
    enj_session_start_tls (session, tls_new ((Guest *) session));
  else
    enj_session_fail (session,
                      g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_UNSUPPORTED_STANZA_TYPE,
                                           "it answers with what is not understood here"));
}

static void
handle_due (EnjSession *session, EnjWait which)
{
  (void) which; /* One was armed, or none. */
  enj_session_drop (session,
                    g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_CONNECTION_TIMEOUT,
                                         "no answer in time"));
}

static void
handle_over (EnjSession *session)
{
  Guest *self = (Guest *) session;

  if (session->reason)
    self->visit->error = g_error_copy (session->reason);
  else if (!self->visit->tls)
    self->visit->error = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED,
                                              "it has ended the stream without a word");
}

static const EnjSessionClass guest_class = {
  .event = handle_event,
  .secured = handle_secured,
  .due = handle_due,
  .open = send_header,
  .over = handle_over,
};

/* ---- The connection ---------------------------------------------------------------- */

static void
note_closed (EnjWire *wire, gpointer data)
{
  gboolean *is_closed = data;

  (void) wire; /* There is but one. */
  *is_closed = TRUE;
}

/* Takes @fd. */
static void
converse (EnjVisit *self, EnjErrand *errand, EnjSettings *settings, int fd, const char *domain,
          gboolean direct_tls)
{
  EnjLoop *loop = enj_errand_get_loop (errand);
  Guest guest = { .visit = self, .domain = domain };
  gboolean is_closed = FALSE;
  EnjWire *wire;

  enj_session_init (&guest.session, &guest_class, "visit", ENJ_NS_SERVER, settings,
                    (EnjWake){ NULL, NULL }, enj_loop_now (loop));
  wire = enj_wire_new (loop, fd, &guest.session, TRUE, note_closed, &is_closed, &self->error);
  if (wire && direct_tls)
    {
      EnjTls *tls = tls_new (&guest);

      enj_tls_set_direct (tls);
      enj_session_start_tls (&guest.session, tls);
    }
  else if (wire)
    send_header (&guest.session);
  if (wire)
    (void) enj_errand_wait (errand, &is_closed, PATIENCE); /* Each step has its own deadline. */
  enj_wire_free (wire);
  enj_session_clear (&guest.session);
}

void
enj_visit_make (EnjVisit *self, EnjErrand *errand, EnjSettings *settings,
                const EnjAddress *address, const char *domain, gboolean direct_tls)
{
  int fd;

  *self = (EnjVisit){ 0 };
  fd = enj_reach_dial (errand, address, settings->limits.connect_timeout, &self->error);
  self->is_reached = fd >= 0;
  if (self->is_reached)
    converse (self, errand, settings, fd, domain, direct_tls);
}

void
enj_visit_clear (EnjVisit *self)
{
  g_free (self->tls);
  if (self->certificate)
    g_bytes_unref (self->certificate);
  g_clear_error (&self->error);
}

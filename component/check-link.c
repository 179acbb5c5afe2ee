#include "config.h"

#include "component/check-link.h"

#include "protocol/link.h"
#include "component/reach.h"
#include "component/setup.h"
#include "component/wire.h"

/* Beyond the deadlines of the link itself, in seconds. */
#define PATIENCE 60

typedef struct
{
  EnjErrand *errand;
  EnjCarrier *link;
  EnjWire *wire;
  gboolean has_news;
  gboolean is_closed;
  gboolean is_up;
} Login;

static void
note_news (gpointer data)
{
  Login *self = data;

  self->has_news = TRUE;
}

static void
note_closed (EnjWire *wire, gpointer data)
{
  Login *self = data;

  (void) wire; /* There is but one. */
  self->is_closed = TRUE;
  self->has_news = TRUE;
}

/* The server delivers to whom it has taken, and nobody is here for it: as while no enjamb is
 * there, the sender may try again.  What comes when we have left is the server's to answer. */
static void
answer (Login *self, EnjStanza *stanza)
{
  g_autoptr (EnjStanza) error
    = enj_stanza_new_error (stanza, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, NULL);

  if (error) /* Errors and results have no answer (RFC 6120 8.3.1, 8.2.3). */
    (void) enj_carrier_send (self->link, error,
                             enj_loop_now (enj_errand_get_loop (self->errand)));
}

/* What has come: the server has taken us where UP is among it. */
static void
fetch (Login *self)
{
  EnjCarrierEvent event;

  self->has_news = FALSE;
  while (enj_carrier_next (self->link, &event))
    {
      self->is_up = self->is_up || event.type == ENJ_CARRIER_UP;
      if (event.stanza)
        answer (self, event.stanza);
      enj_stanza_unref (event.stanza);
    }
}

static void
close_link (Login *self)
{
  enj_carrier_close (self->link, enj_loop_now (enj_errand_get_loop (self->errand)));
  while (!self->is_closed)
    {
      if (!enj_errand_wait (self->errand, &self->has_news, PATIENCE))
        break;
      fetch (self);
    }
}

/* Why not, or NULL where the server has taken us.  Takes @fd. */
static GError *
log_in_new (EnjErrand *errand, int fd, EnjSettings *settings,
            const EnjConfigComponent *component)
{
  Login self = { .errand = errand };
  EnjCounters counters = { 0 };
  EnjLoop *loop = enj_errand_get_loop (errand);
  g_autofree char *parent = enj_setup_parent_new (component);
  GError *error = NULL;

  self.link = enj_link_new (component->domain, parent, component->secret, settings, &counters,
                            (EnjWake){ note_news, &self }, enj_loop_now (loop));
  self.wire = enj_wire_new (loop, fd, &self.link->session, TRUE, note_closed, &self, &error);
  while (self.wire && !self.is_up && !self.is_closed
         && enj_errand_wait (errand, &self.has_news, PATIENCE))
    fetch (&self);
  if (self.is_up)
    close_link (&self);
  else if (!error && self.link->session.reason)
    error = g_error_copy (self.link->session.reason);
  else if (!error)
    error = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED,
                                 "it has closed the connection without a word");
  enj_wire_free (self.wire);
  enj_carrier_free (self.link);
  return error;
}

/* What the server says, in words that say what to do. */
static void
tell_refusal (const GError *error, const EnjConfigComponent *component, EnjFindings *findings)
{
  const char *host = component->server->host;
  guint port = component->server->port;

  if (g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_NOT_AUTHORIZED))
    enj_findings_add (findings, ENJ_FINDING_PROBLEM,
                      "the server at %s:%u refuses our secret: component_secret there and secret "
                      "here must be the same",
                      host, port);
  else if (g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN))
    enj_findings_add (findings, ENJ_FINDING_PROBLEM,
                      "the server at %s:%u knows no component %s: add the block that 'enjambctl "
                      "prosody' prints to its configuration, and restart it",
                      host, port, component->domain);
  else if (g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_CONFLICT))
    enj_findings_add (findings, ENJ_FINDING_NOTE,
                      "the server at %s:%u takes our secret, but has this component already: "
                      "another enjamb, or a connection that died unnoticed",
                      host, port);
  else if (g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_INVALID_NAMESPACE))
    enj_findings_add (findings, ENJ_FINDING_PROBLEM,
                      "port %u of %s is not for components: give the port of component_ports in "
                      "'server', 5347 by default",
                      port, host);
  else
    enj_findings_add (findings, ENJ_FINDING_PROBLEM,
                      "the server at %s:%u does not take the link: %s; is it its port for "
                      "components?",
                      host, port, error->message);
}

EnjCheckLogin
enj_check_link_judge (EnjErrand *errand, EnjResolver *resolver, EnjSettings *settings,
                      const EnjConfigComponent *component, EnjFindings *findings)
{
  const EnjListen *server = component->server;
  g_autoptr (GError) error = NULL;
  int fd = enj_reach_connect (errand, resolver, server->host, server->port,
                              settings->limits.connect_timeout, &error);

  if (fd < 0)
    {
      enj_findings_add (findings, ENJ_FINDING_PROBLEM,
                        "cannot reach the server at %s:%u: %s; start it, or mend 'server' (it "
                        "opens that port only when a Component is configured)",
                        server->host, server->port, error->message);
      return ENJ_CHECK_LOGIN_REFUSED;
    }
  error = log_in_new (errand, fd, settings, component);
  if (error)
    {
      tell_refusal (error, component, findings);
      return g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_CONFLICT)
               ? ENJ_CHECK_LOGIN_OCCUPIED
               : ENJ_CHECK_LOGIN_REFUSED;
    }
  enj_findings_add (findings, ENJ_FINDING_OK, "the server at %s:%u takes our secret",
                    server->host, server->port);
  return ENJ_CHECK_LOGIN_TAKEN;
}

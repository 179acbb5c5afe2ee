#include "config.h"

#include "component/check-listener.h"

#include <string.h>

#include "protocol/condition.h"
#include "component/visit.h"

/* One that came too soon after others of the same address is turned away without a word. */
#define PAUSE 2 /* seconds */

typedef struct
{
  EnjErrand *errand;
  EnjSettings *settings;
  const char *domain;
  const EnjCredentials *credentials;
  const char *excuse;
  EnjFindings *findings;
} Case;

#define PROBLEM(self, ...) enj_findings_add ((self)->findings, ENJ_FINDING_PROBLEM, __VA_ARGS__)
#define NOTE(self, ...) enj_findings_add ((self)->findings, ENJ_FINDING_NOTE, __VA_ARGS__)

/* Where one connects for a listener that takes all addresses. */
static void
choose_address (const EnjListen *listen, EnjAddress *address)
{
  static const guint8 any[16];

  (void) enj_address_parse (address, listen->host, listen->port); /* It was checked. */
  if (memcmp (address->bytes, any, address->length) == 0)
    (void) enj_address_parse (address, address->length == 16 ? "::1" : "127.0.0.1",
                              listen->port); /* Literals. */
}

static void
make_visit (const Case *self, const EnjAddress *address, gboolean direct_tls, EnjVisit *visit)
{
  static const gboolean never = FALSE;

  enj_visit_make (visit, self->errand, self->settings, address, self->domain, direct_tls);
  if (!visit->is_reached || !visit->error
      || !g_error_matches (visit->error, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED))
    return;
  (void) enj_errand_wait (self->errand, &never, PAUSE); /* It never comes. */
  enj_visit_clear (visit);
  enj_visit_make (visit, self->errand, self->settings, address, self->domain, direct_tls);
}

static gboolean
is_of_files (const Case *self, const EnjVisit *visit)
{
  gnutls_datum_t leaf;

  /* Without a pair in the files the daemon has made one of its own, which we do not know. */
  if (!self->credentials)
    return TRUE;
  return visit->certificate
         && gnutls_certificate_get_crt_raw (enj_credentials_get (self->credentials), 0, 0, &leaf)
              >= 0
         && g_bytes_get_size (visit->certificate) == leaf.size
         && memcmp (g_bytes_get_data (visit->certificate, NULL), leaf.data, leaf.size) == 0;
}

static void
tell_unreached (const Case *self, const char *place, const EnjVisit *visit)
{
  if (self->excuse)
    NOTE (self, "nothing answers at %s: %s; %s", place, visit->error->message, self->excuse);
  else
    PROBLEM (self, "nothing answers at %s: %s; look into the log of enjamb", place,
             visit->error->message);
}

static void
tell_error (const Case *self, const char *place, const GError *error)
{
  if (g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN))
    PROBLEM (self,
             "who listens at %s does not serve %s: another server has taken that port, or enjamb "
             "runs with another configuration; see 'ss -ltnp'",
             place, self->domain);
  else
    PROBLEM (self, "who listens at %s does not answer as it should: %s; see 'ss -ltnp' for who "
                   "that is",
             place, error->message);
}

static void
judge_port (const Case *self, const EnjListen *listen, gboolean direct_tls)
{
  EnjAddress address;
  char place[ENJ_ADDRESS_STRING];
  g_auto (EnjVisit) visit = { 0 };

  choose_address (listen, &address);
  make_visit (self, &address, direct_tls, &visit);
  /* Where there is no IPv6, "::" is 0.0.0.0. */
  if (!visit.is_reached && strcmp (listen->host, "::") == 0)
    {
      enj_visit_clear (&visit);
      (void) enj_address_parse (&address, "127.0.0.1", listen->port); /* A literal. */
      make_visit (self, &address, direct_tls, &visit);
    }
  (void) enj_address_format (&address, place);
  if (!visit.is_reached)
    tell_unreached (self, place, &visit);
  else if (visit.error)
    tell_error (self, place, visit.error);
  else if (!is_of_files (self, &visit))
    PROBLEM (self,
             "at %s enjamb shows another certificate than that in the files: reload it "
             "('enjambctl reload')",
             place);
  else
    enj_findings_add (self->findings, ENJ_FINDING_OK, "%s answers: %s%s, with the certificate %s",
                      place, direct_tls ? "direct TLS, " : "", visit.tls,
                      self->credentials ? "of the files" : "that enjamb has made");
}

void
enj_check_listener_judge (EnjErrand *errand, EnjSettings *settings,
                          const EnjConfigFederation *federation, const char *domain,
                          const EnjCredentials *credentials, const char *excuse,
                          EnjFindings *findings)
{
  const Case self = { errand, settings, domain, credentials, excuse, findings };

  for (guint i = 0; i < federation->listen->len; i++)
    judge_port (&self, federation->listen->pdata[i], FALSE);
  for (guint i = 0; i < federation->listen_tls->len; i++)
    judge_port (&self, federation->listen_tls->pdata[i], TRUE);
}

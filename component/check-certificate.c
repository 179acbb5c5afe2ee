#include "config.h"

#include "component/check-certificate.h"

#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "protocol/identity.h"
#include "protocol/log.h"
#include "component/certificates.h"
#include "component/expiry.h"

#define TTL 3600

/* SHA-256 of the public key, which RFC 7671 5.1 recommends: usage 3, selector 1, matching 1. */
#define HASH_SIZE 32

typedef struct
{
  const EnjConfigFederation *federation;
  const char *domain;
  EnjFindings *findings;
  EnjTrust *trust;
  gint64 wall;
  gnutls_datum_t der[ENJ_CHAIN_MAX];
  guint n;
  EnjChain chain;
  char hash[2 * HASH_SIZE + 1];
} Case;

#define PROBLEM(self, ...) enj_findings_add ((self)->findings, ENJ_FINDING_PROBLEM, __VA_ARGS__)
#define NOTE(self, ...) enj_findings_add ((self)->findings, ENJ_FINDING_NOTE, __VA_ARGS__)
#define OK(self, ...) enj_findings_add ((self)->findings, ENJ_FINDING_OK, __VA_ARGS__)

static char *
format_day_new (gint64 wall)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (wall);

  return time ? g_date_time_format (time, "%Y-%m-%d") : g_strdup ("a day beyond all calendars");
}

/* ---- The certificate by itself ------------------------------------------------------ */

static char *
format_names_new (gnutls_x509_crt_t leaf)
{
  GString *names = g_string_new (NULL);
  char name[1024];
  size_t size = sizeof name;
  int type;

  for (guint i = 0;
       (type = gnutls_x509_crt_get_subject_alt_name (leaf, i, name, &size, NULL)) >= 0; i++)
    {
      if (type == GNUTLS_SAN_DNSNAME)
        {
          g_autofree char *text = g_strndup (name, size);
          g_autofree char *quoted = enj_log_quote (text);

          g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", quoted);
        }
      size = sizeof name;
    }
  if (names->len == 0)
    g_string_append (names, "nothing");
  return g_string_free (names, FALSE);
}

static void
judge_name (const Case *self)
{
  gnutls_x509_crt_t leaf = self->chain.list[0];
  gnutls_datum_t names = enj_identity_read (leaf);
  g_autofree char *text = format_names_new (leaf);

  if (!enj_identity_names (&names, self->domain))
    PROBLEM (self,
             "the certificate is for %s, not for %s: get one that has this name among its "
             "alternative names (the common name does not count)",
             text, self->domain);
  else
    OK (self, "the certificate is for %s, and its key fits", text);
  gnutls_free (names.data);
  if (!enj_identity_fits (leaf))
    PROBLEM (self, "the certificate is not for servers: its extended key usage lacks serverAuth");
}

static void
judge_dates (const Case *self)
{
  gint64 end = gnutls_x509_crt_get_expiration_time (self->chain.list[0]);
  g_autofree char *day = format_day_new (end);

  if (end < self->wall)
    PROBLEM (self, "it has expired, on %s: renew it, then reload enjamb", day);
  else if (enj_expiry_is_near (end, self->wall))
    PROBLEM (self, "it expires soon, on %s: renew it, then reload enjamb", day);
  else if (gnutls_x509_crt_get_activation_time (self->chain.list[0]) > self->wall)
    PROBLEM (self, "it is not valid yet: look at the clock of this machine");
  else
    OK (self, "it is valid until %s", day);
}

static void
judge_chain (const Case *self)
{
  const char *why = enj_trust_check (self->trust, &self->chain);
  char issuer[512] = "";
  size_t size = sizeof issuer;
  g_autofree char *quoted = NULL;

  /* What is too long for a person to read is not named. */
  (void) gnutls_x509_crt_get_issuer_dn (self->chain.list[self->chain.n - 1], issuer, &size);
  quoted = enj_log_quote (issuer);
  if (!why)
    OK (self, "its chain leads to an authority that is trusted (%s)", quoted);
  /* Many that sign their own make it the certificate of an authority. */
  else if (gnutls_x509_crt_check_issuer (self->chain.list[0], self->chain.list[0]))
    PROBLEM (self, "it is self-signed: servers that do not accept dialback refuse it; get one "
                   "from an authority");
  else if (strcmp (why, "authority not trusted") == 0)
    PROBLEM (self,
             "nobody can tell who stands behind it: %s, which signed the last of the %u "
             "certificate%s in the file, is not trusted here; put the whole chain into the file "
             "(fullchain.pem), or the authority into 'trust' where it is your own",
             quoted, self->chain.n, self->chain.n == 1 ? "" : "s");
  else if (strcmp (why, "expired") != 0 && strcmp (why, "not yet valid") != 0)
    PROBLEM (self, "others do not believe it: %s", why);
}

/* ---- TLSA --------------------------------------------------------------------------- */

static void
fill_hash (Case *self)
{
  gnutls_pubkey_t key;
  gnutls_datum_t der = { NULL, 0 };
  guint8 hash[HASH_SIZE];

  if (gnutls_pubkey_init (&key) < 0)
    g_error ("no memory for a key");
  if (gnutls_pubkey_import_x509 (key, self->chain.list[0], 0) >= 0
      && gnutls_pubkey_export2 (key, GNUTLS_X509_FMT_DER, &der) >= 0
      && gnutls_hash_fast (GNUTLS_DIG_SHA256, der.data, der.size, hash) >= 0)
    for (guint i = 0; i < HASH_SIZE; i++)
      g_snprintf (self->hash + 2 * i, 3, "%02x", hash[i]);
  gnutls_free (der.data);
  gnutls_pubkey_deinit (key);
}

static void
add_record (const Case *self, const char *host, guint16 port)
{
  enj_findings_add_record (self->findings, "_%u._tcp.%s. %d IN TLSA 3 1 1 %s", port, host, TTL,
                           self->hash);
}

/* There are some: what they do for our certificate. */
static void
judge_fit (const Case *self, const EnjZoneServer *server, const char *name)
{
  const EnjTlsaRecord *records = (const EnjTlsaRecord *) (gpointer) server->records->data;
  g_autoptr (EnjDane) dane = enj_dane_new (records, server->records->len);
  EnjFindingLevel fault = server->is_secure ? ENJ_FINDING_PROBLEM : ENJ_FINDING_NOTE;

  if (dane
      && enj_dane_get_fit (dane, self->der, self->n, self->domain, server->host, self->trust)
           != ENJ_DANE_FITS_NOT)
    {
      OK (self, "the TLSA record at %s fits%s", name,
          server->is_secure ? "" : ", but nobody believes it, for the zone is not signed");
      return;
    }
  if (dane)
    enj_findings_add (self->findings, fault,
                      "the TLSA records at %s are of another certificate%s; add", name,
                      server->is_secure ? ": servers that know DANE refuse ours"
                                        : ", and count only where the zone is signed");
  else
    /* RFC 7671 4.1: to others it is as if there were none. */
    enj_findings_add (self->findings, fault,
                      "the TLSA records at %s cannot be used (usage, selector, matching type or "
                      "length are wrong), and count for nothing; put in their place",
                      name);
  add_record (self, server->host, server->port);
}

static void
judge_records (const Case *self, const EnjZoneServer *server)
{
  g_autofree char *name = g_strdup_printf ("_%u._tcp.%s", server->port, server->host);

  if (server->certified == ENJ_LOOKUP_FORGED)
    PROBLEM (self, "DNSSEC finds the answer for %s to be forged: sign the zone anew", name);
  else if (server->certified == ENJ_LOOKUP_FAILED || server->certified == ENJ_LOOKUP_REFUSED)
    PROBLEM (self,
             "no answer for TLSA at %s, for which servers that know DANE do not connect: look at "
             "the name servers",
             name);
  else if (server->certified != ENJ_LOOKUP_FOUND)
    {
      NOTE (self, server->is_secure
                    ? "there is no TLSA record at %s; this one lets servers that know DANE "
                      "believe the certificate"
                    : "there is no TLSA record at %s; once the zone is signed (DNSSEC), publish",
            name);
      add_record (self, server->host, server->port);
    }
  else
    judge_fit (self, server, name);
}

/* Each port once: @told has those before. */
static void
add_records (const Case *self, const char *host, const GPtrArray *listens, GHashTable *told)
{
  for (guint i = 0; i < listens->len; i++)
    {
      guint16 port = ((const EnjListen *) listens->pdata[i])->port;

      if (g_hash_table_add (told, GUINT_TO_POINTER (port)))
        add_record (self, host, port);
    }
}

static void
judge_dns (const Case *self, const EnjZone *zone)
{
  g_autoptr (GHashTable) told = g_hash_table_new (NULL, NULL);
  gboolean is_told = FALSE;

  for (guint i = 0; zone && i < zone->servers->len; i++)
    {
      const EnjZoneServer *server = zone->servers->pdata[i];

      if (server->found != ENJ_LOOKUP_FOUND)
        continue;
      judge_records (self, server);
      is_told = TRUE;
    }
  if (is_told || !zone)
    return;
  NOTE (self, "what the DNS will say of it, where the zone is signed (DNSSEC)");
  add_records (self, zone->name, self->federation->listen, told);
  add_records (self, zone->name, self->federation->listen_tls, told);
}

/* ---- All ---------------------------------------------------------------------------- */

static gboolean
read_chain (Case *self, const EnjCredentials *credentials)
{
  while (self->n < ENJ_CHAIN_MAX
         && gnutls_certificate_get_crt_raw (enj_credentials_get (credentials), 0, self->n,
                                            &self->der[self->n])
              >= 0)
    self->n++;
  enj_chain_read (&self->chain, self->der, self->n);
  if (self->chain.why)
    PROBLEM (self, "others cannot read it: %s", self->chain.why);
  return !self->chain.why;
}

EnjCredentials *
enj_check_certificate_judge_new (const EnjConfigFederation *federation, const char *domain,
                                 const EnjZone *zone, EnjTrust *trust, gint64 wall,
                                 EnjFindings *findings)
{
  Case self = { .federation = federation,
                .domain = domain,
                .findings = findings,
                .trust = trust,
                .wall = wall };
  g_autoptr (GError) error = NULL;
  EnjCredentials *credentials
    = enj_certificates_find_new (federation->certificates, domain, &error);

  enj_findings_turn_to (findings, "certs", domain);
  if (error)
    PROBLEM (&self, "%s", error->message);
  else if (!credentials)
    PROBLEM (&self,
             "there is no certificate in %s, and enjamb shows one that it has signed itself, which "
             "is for dialback only: put %s.crt and %s.key there",
             federation->certificates, domain, domain);
  else if (read_chain (&self, credentials))
    {
      judge_name (&self);
      judge_dates (&self);
      judge_chain (&self);
      fill_hash (&self);
      judge_dns (&self, zone);
      enj_chain_clear (&self.chain);
    }
  return credentials;
}

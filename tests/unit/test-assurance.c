#include "config.h"

#include "protocol/assurance.h"

#include <string.h>

#include <gnutls/crypto.h>

#include "protocol/wall.h"
#include "tests/support/authority.h"
#include "tests/support/meeting.h"
#include "tests/support/proves.h"
#include "tests/support/settings.h"

/* proven.test has to show a certificate, secret.test has to use TLS. */
static EnjSettings *settings;
static EnjTestAuthority *root;
static EnjTrust *trust;
static EnjCredentials *ours;

typedef enum
{
  DNS_DEMANDED, /* TLS is to be had, and no word of DNSSEC */
  DNS_NOTHING, /* no word of DNSSEC */
  DNS_SECURE,  /* that the host is the right one */
  DNS_RIGHT,   /* and its very certificate */
  DNS_LIMITED, /* and that, as long as an authority is believed that has signed it */
  DNS_WRONG    /* or another one */
} Dns;

static EnjDane *
dane_new (EnjCredentials *shown, Dns dns)
{
  guint8 data[3 + 32] = { dns == DNS_LIMITED ? 1 : 3, 0, 1 };
  const EnjTlsaRecord record = { data, sizeof data };
  gnutls_datum_t der;

  g_assert_cmpint (gnutls_certificate_get_crt_raw (enj_credentials_get (shown), 0, 0, &der), ==,
                   0);
  g_assert_cmpint (gnutls_hash_fast (GNUTLS_DIG_SHA256, der.data, der.size, data + 3), ==, 0);
  if (dns == DNS_WRONG)
    data[3] ^= 1;
  return enj_dane_new (&record, 1);
}

static EnjTarget *
target_new (Dns dns, EnjCredentials *shown)
{
  const EnjAddress address = { .length = 4, .port = 5269 };
  g_autoptr (EnjDane) dane = dns >= DNS_RIGHT ? dane_new (shown, dns) : NULL;
  EnjTarget *target;

  target = enj_target_new (&address, "host.test", FALSE, dns >= DNS_SECURE, dane);
  target->needs_tls = dns == DNS_DEMANDED;
  return target;
}

static EnjCredentials *
show (const char *names)
{
  const EnjTestLeaf leaf = { .names = names };

  return enj_test_authority_issue (root, &leaf);
}

/* A certificate of those names at the target of @domain, for @remote. */
static void
check (const char *names, Dns dns, const char *domain, const char *remote, EnjProof proof,
       const char *why)
{
  g_autoptr (EnjCredentials) shown = show (names);
  g_autoptr (EnjTarget) target = target_new (dns, shown);
  g_autoptr (EnjAssurance) assurance = enj_assurance_new (domain, target, settings);
  const char *reason = NULL;

  enj_assurance_take_evidence (assurance, enj_test_meet_new (shown, ours, trust));
  g_assert_cmpint (enj_assurance_get_proof (assurance, remote), ==, proof);
  g_assert_cmpint (enj_assurance_is_enough (assurance, remote, &reason), ==, !why);
  if (why)
    g_assert_cmpstr (reason, ==, why);
}

static void
test_certificates (void)
{
  enj_test_proves ("E05 E19");
  check ("dns:proven.test", DNS_NOTHING, "proven.test", "proven.test", ENJ_PROOF_CERTIFICATE,
         NULL);
  check ("dns:x.test", DNS_NOTHING, "proven.test", "proven.test", ENJ_PROOF_NONE, "another name");
  check ("dns:x.test", DNS_NOTHING, "any.test", "any.test", ENJ_PROOF_NONE, NULL);
}

static void
test_host (void)
{
  enj_test_proves ("A07 A08 E19");
  check ("dns:host.test", DNS_SECURE, "proven.test", "proven.test", ENJ_PROOF_CERTIFICATE, NULL);
  check ("dns:host.test", DNS_NOTHING, "proven.test", "proven.test", ENJ_PROOF_NONE,
         "another name");
}

/* What the DNS says of a server is about the domain that was looked up. */
static void
test_further_domain (void)
{
  enj_test_proves ("D56 A08");
  check ("dns:host.test", DNS_SECURE, "any.test", "proven.test", ENJ_PROOF_NONE, "another name");
  check ("dns:host.test", DNS_RIGHT, "any.test", "proven.test", ENJ_PROOF_NONE, "another name");
  check ("dns:proven.test", DNS_RIGHT, "any.test", "proven.test", ENJ_PROOF_CERTIFICATE, NULL);
}

/* Records that do not fit are not made up for by an authority, nor by what policy allows. */
static void
test_dane (void)
{
  enj_test_proves ("A05 A06 A11");
  check ("dns:x.test", DNS_RIGHT, "proven.test", "proven.test", ENJ_PROOF_DANE, NULL);
  check ("dns:x.test", DNS_RIGHT, "any.test", "any.test", ENJ_PROOF_DANE, NULL);
  check ("dns:host.test", DNS_LIMITED, "proven.test", "proven.test", ENJ_PROOF_DANE_TRUSTED, NULL);
  check ("dns:x.test", DNS_LIMITED, "proven.test", "proven.test", ENJ_PROOF_NONE,
         "no TLSA record fits");
  check ("dns:any.test", DNS_WRONG, "any.test", "any.test", ENJ_PROOF_NONE, "no TLSA record fits");
  check ("dns:proven.test", DNS_WRONG, "proven.test", "proven.test", ENJ_PROOF_NONE,
         "no TLSA record fits");
}

static void
check_clear (Dns dns, const char *remote, gboolean needs_tls, gboolean is_enough)
{
  g_autoptr (EnjTarget) target = target_new (dns, ours);
  g_autoptr (EnjAssurance) assurance = enj_assurance_new (remote, target, settings);
  const char *why = NULL;

  g_assert_cmpint (enj_assurance_needs_tls (assurance, remote), ==, needs_tls);
  g_assert_cmpint (enj_assurance_get_proof (assurance, remote), ==, ENJ_PROOF_NONE);
  g_assert_cmpint (enj_assurance_is_enough (assurance, remote, &why), ==, is_enough);
  if (!is_enough)
    g_assert_cmpstr (why, ==, "no TLS");
}

/* Usable records make TLS a must, whatever policy says. */
static void
test_clear (void)
{
  enj_test_proves ("A03 E05 X06");
  check_clear (DNS_NOTHING, "any.test", FALSE, TRUE);
  check_clear (DNS_SECURE, "any.test", FALSE, TRUE);
  check_clear (DNS_RIGHT, "any.test", TRUE, FALSE);
  check_clear (DNS_DEMANDED, "any.test", TRUE, FALSE);
  check_clear (DNS_NOTHING, "secret.test", TRUE, FALSE);
  check_clear (DNS_NOTHING, "proven.test", TRUE, FALSE);
}

static void
test_no_target (void)
{
  g_autoptr (EnjCredentials) shown = show ("dns:proven.test");
  g_autoptr (EnjAssurance) assurance = enj_assurance_new ("proven.test", NULL, settings);

  g_assert_null (enj_assurance_get_evidence (assurance));
  enj_assurance_take_evidence (assurance, enj_test_meet_new (shown, ours, trust));
  g_assert_nonnull (enj_assurance_get_evidence (assurance));
  g_assert_cmpint (enj_assurance_get_proof (assurance, "proven.test"), ==, ENJ_PROOF_CERTIFICATE);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  enj_wall_set (enj_test_wall);
  settings = enj_test_settings_new ();
  root = enj_test_authority_new ("root", NULL);
  trust = enj_test_authority_trust_new (root);
  ours = show ("dns:b.example");
  g_test_add_func ("/assurance/by-certificate", test_certificates);
  g_test_add_func ("/assurance/a-secure-host-is-one-more-name", test_host);
  g_test_add_func ("/assurance/the-dns-spoke-of-one-domain", test_further_domain);
  g_test_add_func ("/assurance/records-that-do-not-fit-are-not-made-up-for", test_dane);
  g_test_add_func ("/assurance/records-make-tls-a-must", test_clear);
  g_test_add_func ("/assurance/without-a-target", test_no_target);
  status = g_test_run ();
  enj_credentials_unref (ours);
  enj_trust_unref (trust);
  enj_test_authority_free (root);
  enj_settings_unref (settings);
  return status;
}

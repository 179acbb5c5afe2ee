#include "config.h"

#include "protocol/evidence.h"

#include <string.h>

#include <gnutls/crypto.h>

#include "protocol/wall.h"
#include "tests/support/authority.h"
#include "tests/support/meeting.h"
#include "tests/support/proves.h"

static EnjTestAuthority *root;
static EnjTestAuthority *stranger;
static EnjTrust *trust;
static EnjCredentials *ours;

/* What a server sees of a client that has @own, which may be NULL. */
static EnjEvidence *
meet (EnjCredentials *own, EnjTrust *believed)
{
  return enj_test_meet_new (own, ours, believed);
}

static void
test_proves (void)
{
  const EnjTestLeaf right = { .names = "dns:a.example xmpp:c.example" };
  const EnjTestLeaf other = { .names = "dns:b.example", .common_name = "a.example" };
  const EnjTestLeaf signing = { .names = "dns:a.example", .purposes = GNUTLS_KP_CODE_SIGNING };
  const EnjTestLeaf server = { .names = "dns:a.example", .purposes = GNUTLS_KP_TLS_WWW_SERVER };
  const EnjTestLeaf old = { .names = "dns:a.example", .end = ENJ_TEST_WALL - 1 };
  g_autoptr (EnjTestAuthority) limited
    = enj_test_authority_new_limited ("limited", root, "a.example");
  const struct
  {
    EnjTestAuthority *signer;
    const EnjTestLeaf *leaf;
    const char *domain;
    const char *why;
  } cases[] = {
    { root, &right, "a.example", NULL },
    { root, &right, "c.example", NULL },
    { root, &right, "b.example", "another name" },
    { root, &other, "a.example", "another name" },
    { root, &signing, "a.example", "not for servers" },
    { root, &server, "a.example", NULL },
    { root, &old, "a.example", "expired" },
    { limited, &right, "a.example", NULL },
    { limited, &right, "c.example", "authority not allowed that name" },
    { stranger, &right, "a.example", "authority not trusted" },
    { NULL, &right, "a.example", "self-signed" },
  };

  enj_test_proves ("E18 E20");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjCredentials) own = enj_test_authority_issue (cases[i].signer, cases[i].leaf);
      g_autoptr (EnjEvidence) evidence = meet (own, trust);
      const char *why = "?";

      g_assert_cmpint (enj_evidence_proves (evidence, cases[i].domain, &why), ==, !cases[i].why);
      g_assert_cmpstr (why, ==, cases[i].why);
      g_assert_cmpint (enj_evidence_proves (evidence, cases[i].domain, NULL), ==, !cases[i].why);
    }
}

/* An authority that is believed and that nobody has sent has limits too, whatever is sent in
 * its stead. */
static void
test_limits_not_sent (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example xmpp:c.example" };
  g_autoptr (EnjTestAuthority) limited
    = enj_test_authority_new_limited ("limited", NULL, "a.example");
  g_autoptr (EnjTestAuthority) below = enj_test_authority_new ("below", limited);
  g_autoptr (EnjTrust) believed = enj_test_authority_trust_new (limited);
  EnjTestAuthority *signers[] = { limited, below };

  enj_test_proves ("E15");
  for (guint i = 0; i < G_N_ELEMENTS (signers); i++)
    {
      g_autoptr (EnjCredentials) own = enj_test_authority_issue (signers[i], &leaf);
      g_autoptr (EnjEvidence) evidence = meet (own, believed);
      const char *why = NULL;

      g_assert_true (enj_evidence_proves (evidence, "a.example", NULL));
      g_assert_false (enj_evidence_proves (evidence, "c.example", &why));
      g_assert_cmpstr (why, ==, "authority not allowed that name");
    }
}

/* The limits are those of whom is believed now. */
static void
test_limits_of_now (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example xmpp:c.example" };
  g_autoptr (EnjTestAuthority) limited
    = enj_test_authority_new_limited ("limited", NULL, "a.example");
  g_autoptr (EnjTestAuthority) below = enj_test_authority_new ("below", limited);
  g_autoptr (EnjTrust) free_one = enj_test_authority_trust_new (below);
  g_autoptr (EnjTrust) limited_one = enj_test_authority_trust_new (limited);
  g_autoptr (EnjCredentials) own = enj_test_authority_issue (below, &leaf);
  g_autoptr (EnjEvidence) evidence = meet (own, free_one);

  g_assert_true (enj_evidence_proves (evidence, "c.example", NULL));
  enj_evidence_set_trust (evidence, limited_one);
  g_assert_false (enj_evidence_proves (evidence, "c.example", NULL));
}

static void
test_nothing_shown (void)
{
  g_autoptr (EnjEvidence) evidence = meet (NULL, trust);
  const guint8 data[] = { 3, 0, 0, 1 };
  const EnjTlsaRecord record = { data, sizeof data };
  g_autoptr (EnjDane) dane = enj_dane_new (&record, 1);
  const char *why = NULL;

  g_assert_false (enj_evidence_proves (evidence, "a.example", &why));
  g_assert_cmpstr (why, ==, "no certificate");
  g_assert_cmpint (enj_evidence_get_expiry (evidence), ==, 0);
  g_assert_null (enj_evidence_get_fingerprint (evidence));
  g_assert_false (enj_evidence_get_fit (evidence, dane, "a.example", NULL));
}

static void
test_nobody_believed (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_autoptr (EnjCredentials) own = enj_test_authority_issue (root, &leaf);
  g_autoptr (EnjEvidence) evidence = meet (own, NULL);
  const char *why = NULL;

  g_assert_false (enj_evidence_proves (evidence, "a.example", &why));
  g_assert_cmpstr (why, ==, "no authority is trusted");
}

/* A reload: what was shown before is judged by whom is believed now. */
static void
test_other_trust (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_autoptr (EnjCredentials) own = enj_test_authority_issue (root, &leaf);
  g_autoptr (EnjTrust) other = enj_test_authority_trust_new (stranger);
  g_autoptr (EnjEvidence) evidence = meet (own, trust);
  g_autoptr (EnjEvidence) nothing = meet (NULL, trust);
  const char *why = NULL;

  g_assert_true (enj_evidence_is_believed (evidence));
  g_assert_true (enj_evidence_proves (evidence, "a.example", NULL));
  enj_evidence_set_trust (evidence, other);
  g_assert_false (enj_evidence_is_believed (evidence));
  g_assert_false (enj_evidence_proves (evidence, "a.example", &why));
  g_assert_cmpstr (why, ==, "authority not trusted");
  enj_evidence_set_trust (evidence, NULL);
  g_assert_false (enj_evidence_proves (evidence, "a.example", &why));
  g_assert_cmpstr (why, ==, "no authority is trusted");
  enj_evidence_set_trust (evidence, trust);
  g_assert_true (enj_evidence_proves (evidence, "a.example", NULL));
  enj_evidence_set_trust (nothing, other);
  g_assert_false (enj_evidence_is_believed (nothing));
}

/* It outlives the stream, and all that it was made of. */
static void
test_facts (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example", .end = ENJ_TEST_WALL + 77 };
  EnjTrust *believed = enj_test_authority_trust_new (root);
  EnjCredentials *own = enj_test_authority_issue (root, &leaf);
  g_autoptr (EnjEvidence) evidence = meet (own, believed);
  g_autoptr (EnjEvidence) again = enj_evidence_ref (evidence);
  gnutls_datum_t der;
  guint8 digest[32];
  g_autoptr (GString) hex = g_string_new ("");

  g_assert_cmpint (gnutls_certificate_get_crt_raw (enj_credentials_get (own), 0, 0, &der), ==, 0);
  g_assert_cmpint (gnutls_hash_fast (GNUTLS_DIG_SHA256, der.data, der.size, digest), ==, 0);
  for (guint i = 0; i < sizeof digest; i++)
    g_string_append_printf (hex, "%02x", digest[i]);
  enj_credentials_unref (own);
  enj_trust_unref (believed);
  g_assert_cmpint (enj_evidence_get_expiry (again), ==, ENJ_TEST_WALL + 77);
  g_assert_cmpstr (enj_evidence_get_fingerprint (again), ==, hex->str);
  g_assert_true (enj_evidence_proves (again, "a.example", NULL));
  g_assert_false (enj_evidence_proves (again, "b.example", NULL));
  g_assert_true (enj_evidence_proves (again, "a.example", NULL));
}

/* The record of the certificate itself will do, whoever has signed it and for whom. */
static void
test_fits (void)
{
  const EnjTestLeaf leaf = { .names = "dns:b.example" };
  g_autoptr (EnjCredentials) own = enj_test_authority_issue (NULL, &leaf);
  g_autoptr (EnjEvidence) evidence = meet (own, trust);
  gnutls_datum_t der;
  guint8 data[3 + 32] = { 3, 0, 1 };
  const EnjTlsaRecord record = { data, sizeof data };
  EnjDane *dane;

  enj_test_proves ("A05");
  g_assert_cmpint (gnutls_certificate_get_crt_raw (enj_credentials_get (own), 0, 0, &der), ==, 0);
  g_assert_cmpint (gnutls_hash_fast (GNUTLS_DIG_SHA256, der.data, der.size, data + 3), ==, 0);
  dane = enj_dane_new (&record, 1);
  g_assert_false (enj_evidence_proves (evidence, "a.example", NULL));
  g_assert_true (enj_evidence_get_fit (evidence, dane, "a.example", NULL));
  enj_dane_unref (dane);
  data[5] ^= 1;
  dane = enj_dane_new (&record, 1);
  g_assert_false (enj_evidence_get_fit (evidence, dane, "a.example", NULL));
  enj_dane_unref (dane);
}

int
main (int argc, char **argv)
{
  const EnjTestLeaf us = { .names = "dns:b.example" };
  int status;

  g_test_init (&argc, &argv, NULL);
  enj_wall_set (enj_test_wall);
  root = enj_test_authority_new ("root", NULL);
  stranger = enj_test_authority_new ("stranger", NULL);
  trust = enj_test_authority_trust_new (root);
  ours = enj_test_authority_issue (root, &us);
  g_test_add_func ("/evidence/proves-by-authority-purpose-and-name", test_proves);
  g_test_add_func ("/evidence/heeds-the-limits-of-who-is-not-sent", test_limits_not_sent);
  g_test_add_func ("/evidence/heeds-the-limits-of-now", test_limits_of_now);
  g_test_add_func ("/evidence/can-be-nothing", test_nothing_shown);
  g_test_add_func ("/evidence/proves-nothing-where-nobody-is-believed", test_nobody_believed);
  g_test_add_func ("/evidence/is-judged-by-the-trust-of-now", test_other_trust);
  g_test_add_func ("/evidence/keeps-what-it-has-seen", test_facts);
  g_test_add_func ("/evidence/fits-what-the-dns-says", test_fits);
  status = g_test_run ();
  enj_credentials_unref (ours);
  enj_trust_unref (trust);
  enj_test_authority_free (root);
  enj_test_authority_free (stranger);
  return status;
}

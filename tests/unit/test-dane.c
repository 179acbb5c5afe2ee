#include "config.h"

#include "protocol/dane.h"

#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "protocol/wall.h"
#include "tests/support/authority.h"
#include "tests/support/proves.h"

static EnjTestAuthority *root;
static EnjTestAuthority *middle;
static EnjTestAuthority *stranger;
static EnjTrust *trust;

static gnutls_datum_t
get_key (const gnutls_datum_t *der)
{
  gnutls_x509_crt_t crt;
  gnutls_pubkey_t key;
  gnutls_datum_t info;

  g_assert_cmpint (gnutls_x509_crt_init (&crt), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_import (crt, der, GNUTLS_X509_FMT_DER), ==, 0);
  g_assert_cmpint (gnutls_pubkey_init (&key), ==, 0);
  g_assert_cmpint (gnutls_pubkey_import_x509 (key, crt, 0), ==, 0);
  g_assert_cmpint (gnutls_pubkey_export2 (key, GNUTLS_X509_FMT_DER, &info), ==, 0);
  gnutls_pubkey_deinit (key);
  gnutls_x509_crt_deinit (crt);
  return info;
}

/* The record that @der deserves (RFC 6698 2.1). */
static GByteArray *
record_new (guint8 usage, guint8 selector, guint8 matching, const gnutls_datum_t *der)
{
  const guint8 head[] = { usage, selector, matching };
  GByteArray *record = g_byte_array_new ();
  gnutls_datum_t key = selector == 1 ? get_key (der) : (gnutls_datum_t){ NULL, 0 };
  const gnutls_datum_t *data = selector == 1 ? &key : der;
  guint8 digest[64];

  g_byte_array_append (record, head, sizeof head);
  if (matching == 0)
    {
      g_byte_array_append (record, data->data, data->size);
    }
  else
    {
      g_assert_cmpint (gnutls_hash_fast (matching == 1 ? GNUTLS_DIG_SHA256 : GNUTLS_DIG_SHA512,
                                         data->data, data->size, digest),
                       ==, 0);
      g_byte_array_append (record, digest, matching == 1 ? 32 : 64);
    }
  gnutls_free (key.data);
  return record;
}

static EnjDane *
dane_new (const GByteArray *record)
{
  const EnjTlsaRecord one = { record->data, record->len };

  return enj_dane_new (&one, 1);
}

/* How does a record of @usage for the certificate at @index of the chain fit? */
static EnjDaneFit
fits (guint8 usage, guint index, const EnjTestChain *chain, const char *domain, const char *host,
      EnjTrust *believed)
{
  g_autoptr (GByteArray) record = record_new (usage, 1, 1, &chain->der[index]);
  g_autoptr (EnjDane) dane = dane_new (record);

  return enj_dane_get_fit (dane, chain->der, chain->n, domain, host, believed);
}

static void
issue (EnjTestAuthority *signer, const EnjTestLeaf *leaf, EnjTestChain *chain)
{
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;

  enj_test_authority_issue_pem (signer, leaf, &certificate, &key);
  enj_test_chain_fill (chain, certificate);
}

static void
test_selectors (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_auto (EnjTestChain) chain = { .n = 0 };
  g_auto (EnjTestChain) other = { .n = 0 };

  enj_test_proves ("A05");
  issue (stranger, &leaf, &chain);
  issue (stranger, &leaf, &other);
  for (guint8 selector = 0; selector <= 1; selector++)
    for (guint8 matching = 0; matching <= 2; matching++)
      {
        g_autoptr (GByteArray) record = record_new (3, selector, matching, &chain.der[0]);
        g_autoptr (EnjDane) dane = dane_new (record);

        g_assert_true (enj_dane_get_fit (dane, chain.der, chain.n, NULL, NULL, NULL));
        g_assert_false (enj_dane_get_fit (dane, other.der, other.n, NULL, NULL, NULL));
        g_assert_false (enj_dane_get_fit (dane, chain.der, 0, NULL, NULL, NULL));
      }
}

static void
test_own_certificate (void)
{
  const EnjTestLeaf old = { .names = "dns:b.example",
                            .end = ENJ_TEST_WALL - 1,
                            .purposes = GNUTLS_KP_CODE_SIGNING };
  g_auto (EnjTestChain) chain = { .n = 0 };

  enj_test_proves ("A05");
  issue (NULL, &old, &chain);
  g_assert_true (fits (3, 0, &chain, "a.example", "host.example", NULL));
  g_assert_false (fits (1, 0, &chain, "b.example", NULL, trust));
}

static void
test_authority (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  const EnjTestLeaf old = { .names = "dns:a.example", .end = ENJ_TEST_WALL - 1 };
  const EnjTestLeaf signing = { .names = "dns:a.example", .purposes = GNUTLS_KP_CODE_SIGNING };
  g_autoptr (EnjTestAuthority) below = enj_test_authority_new ("below", middle);
  g_auto (EnjTestChain) chain = { .n = 0 };
  g_auto (EnjTestChain) expired = { .n = 0 };
  g_auto (EnjTestChain) wrong = { .n = 0 };

  enj_test_proves ("A06");
  issue (below, &leaf, &chain);
  issue (below, &old, &expired);
  issue (below, &signing, &wrong);
  g_assert_cmpuint (chain.n, ==, 3);
  for (guint i = 1; i <= 2; i++)
    {
      g_assert_true (fits (2, i, &chain, "a.example", NULL, NULL));
      g_assert_true (fits (2, i, &chain, "b.example", "a.example", NULL));
      g_assert_false (fits (2, i, &chain, "b.example", "host.example", NULL));
      g_assert_false (fits (2, i, &chain, NULL, NULL, NULL));
      g_assert_false (fits (2, i, &expired, "a.example", NULL, NULL));
      g_assert_false (fits (2, i, &wrong, "a.example", NULL, NULL));
    }
  /* The certificate of the server is no authority. */
  g_assert_false (fits (2, 0, &chain, "a.example", NULL, NULL));
}

/* One of the authorities may certify b.example only, and gives out an address of another. */
static void
test_limited_authority (void)
{
  const EnjTestLeaf leaf = { .names = "dns:b.example xmpp:a.example" };
  g_autoptr (EnjTestAuthority) limited
    = enj_test_authority_new_limited ("limited", middle, "b.example");
  g_auto (EnjTestChain) chain = { .n = 0 };

  enj_test_proves ("A06");
  issue (limited, &leaf, &chain);
  g_assert_true (fits (2, 2, &chain, "b.example", NULL, NULL));
  g_assert_false (fits (2, 2, &chain, "a.example", NULL, NULL));
}

/* An authority that is believed and not sent has limits as well; what needs no belief in anybody
 * does not ask it. */
static void
test_limits_not_sent (void)
{
  const EnjTestLeaf leaf = { .names = "dns:b.example xmpp:a.example" };
  g_autoptr (EnjTestAuthority) limited
    = enj_test_authority_new_limited ("limited", NULL, "b.example");
  g_autoptr (EnjTestAuthority) below = enj_test_authority_new ("below", limited);
  g_autoptr (EnjTrust) believed = enj_test_authority_trust_new (limited);
  g_auto (EnjTestChain) chain = { .n = 0 };

  enj_test_proves ("A06");
  issue (below, &leaf, &chain);
  for (guint8 usage = 0; usage <= 2; usage++)
    {
      guint index = usage != 1;
      EnjDaneFit right = usage == 2 ? ENJ_DANE_FITS : ENJ_DANE_FITS_TRUSTED;
      EnjDaneFit wrong = usage == 2 ? ENJ_DANE_FITS : ENJ_DANE_FITS_NOT;

      g_assert_cmpint (fits (usage, index, &chain, "b.example", NULL, believed), ==, right);
      g_assert_cmpint (fits (usage, index, &chain, "a.example", NULL, believed), ==, wrong);
      g_assert_cmpint (fits (usage, index, &chain, NULL, "a.example", believed), ==, wrong);
    }
}

/* An authority that the peer just puts behind a chain of its own. */
static void
test_authority_of_others (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_autoptr (EnjTestAuthority) evil = enj_test_authority_new ("evil", stranger);
  g_auto (EnjTestChain) chain = { .n = 0 };
  g_auto (EnjTestChain) good = { .n = 0 };
  EnjTestChain mixed;

  enj_test_proves ("A06");
  issue (evil, &leaf, &chain);
  issue (middle, &leaf, &good);
  mixed = (EnjTestChain){ { chain.der[0], chain.der[1], good.der[1] }, 3 };
  g_assert_true (fits (2, 1, &mixed, "a.example", NULL, NULL));
  g_assert_false (fits (2, 2, &mixed, "a.example", NULL, NULL));
  g_assert_false (fits (0, 2, &mixed, "a.example", NULL, trust));
}

static void
test_constraints (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_auto (EnjTestChain) good = { .n = 0 };
  g_auto (EnjTestChain) bad = { .n = 0 };
  g_autoptr (EnjTestAuthority) evil = enj_test_authority_new ("evil", stranger);

  enj_test_proves ("A06");
  issue (middle, &leaf, &good);
  issue (evil, &leaf, &bad);
  for (guint8 usage = 0; usage <= 1; usage++)
    {
      guint index = 1 - usage;

      g_assert_cmpint (fits (usage, index, &good, "a.example", NULL, trust), ==,
                       ENJ_DANE_FITS_TRUSTED);
      g_assert_cmpint (fits (usage, index, &good, NULL, "a.example", trust), ==,
                       ENJ_DANE_FITS_TRUSTED);
      g_assert_false (fits (usage, index, &good, "b.example", "c.example", trust));
      g_assert_false (fits (usage, index, &good, "a.example", NULL, NULL));
      g_assert_false (fits (usage, index, &bad, "a.example", NULL, trust));
      g_assert_false (fits (usage, 1 - index, &good, "a.example", NULL, trust));
    }
}

static void
test_any_record (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_auto (EnjTestChain) chain = { .n = 0 };
  g_auto (EnjTestChain) other = { .n = 0 };
  g_autoptr (GByteArray) first = NULL, second = NULL;
  EnjTlsaRecord both[2];
  g_autoptr (EnjDane) dane = NULL;

  enj_test_proves ("A05");
  issue (stranger, &leaf, &chain);
  issue (stranger, &leaf, &other);
  first = record_new (3, 1, 1, &other.der[0]);
  second = record_new (3, 0, 2, &chain.der[0]);
  both[0] = (EnjTlsaRecord){ first->data, first->len };
  both[1] = (EnjTlsaRecord){ second->data, second->len };
  dane = enj_dane_new (both, 2);
  g_assert_true (enj_dane_get_fit (dane, chain.der, chain.n, NULL, NULL, NULL));
  g_assert_true (enj_dane_get_fit (dane, other.der, other.n, NULL, NULL, NULL));
}

/* Where one record needs no belief and another does, none is needed. */
static void
test_best_record (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_auto (EnjTestChain) chain = { .n = 0 };

  enj_test_proves ("A05");
  issue (middle, &leaf, &chain);
  for (guint8 usage = 2; usage <= 3; usage++)
    {
      g_autoptr (GByteArray) first = record_new (1, 1, 1, &chain.der[0]);
      g_autoptr (GByteArray) second = record_new (usage, 1, 1, &chain.der[usage == 2]);
      const EnjTlsaRecord both[] = { { first->data, first->len }, { second->data, second->len } };
      g_autoptr (EnjDane) dane = enj_dane_new (both, G_N_ELEMENTS (both));

      g_assert_cmpint (enj_dane_get_fit (dane, chain.der, chain.n, "a.example", NULL, trust), ==,
                       ENJ_DANE_FITS);
    }
}

static void
test_unusable (void)
{
  static const struct
  {
    guint8 head[3];
    gsize len;
  } cases[] = {
    { { 4, 0, 1 }, 32 },   { { 255, 0, 1 }, 32 }, { { 3, 2, 1 }, 32 },  { { 3, 255, 1 }, 32 },
    { { 3, 0, 3 }, 32 },   { { 3, 0, 255 }, 32 }, { { 3, 0, 1 }, 31 },  { { 3, 0, 1 }, 33 },
    { { 3, 0, 1 }, 0 },    { { 3, 1, 2 }, 32 },   { { 3, 1, 2 }, 65 },  { { 3, 1, 0 }, 0 },
  };
  const guint8 good[3 + 32] = { 3, 1, 1 };
  EnjTlsaRecord records[2];
  g_autoptr (EnjDane) dane = NULL;

  g_assert_null (enj_dane_new (NULL, 0));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize len = sizeof cases[i].head + cases[i].len;
      g_autofree guint8 *data = g_malloc0 (len);

      memcpy (data, cases[i].head, sizeof cases[i].head);
      records[0] = (EnjTlsaRecord){ data, len };
      g_assert_null (enj_dane_new (records, 1));
    }
  records[0] = (EnjTlsaRecord){ good, 2 };
  records[1] = (EnjTlsaRecord){ good, sizeof good };
  g_assert_null (enj_dane_new (records, 1));
  dane = enj_dane_new (records, 2);
  g_assert_nonnull (dane);
}

/* More records than anybody has are cut off, and no harm done. */
static void
test_many (void)
{
  const guint8 data[] = { 3, 0, 0, 'x' };
  EnjTlsaRecord records[1000];
  g_autoptr (EnjDane) dane = NULL;
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_auto (EnjTestChain) chain = { .n = 0 };

  for (guint i = 0; i < G_N_ELEMENTS (records); i++)
    records[i] = (EnjTlsaRecord){ data, sizeof data };
  dane = enj_dane_new (records, G_N_ELEMENTS (records));
  issue (root, &leaf, &chain);
  g_assert_false (enj_dane_get_fit (dane, chain.der, chain.n, "a.example", NULL, trust));
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  enj_wall_set (enj_test_wall);
  root = enj_test_authority_new ("root", NULL);
  middle = enj_test_authority_new ("middle", root);
  stranger = enj_test_authority_new ("stranger", NULL);
  trust = enj_test_authority_trust_new (root);
  g_test_add_func ("/dane/compares-all-forms", test_selectors);
  g_test_add_func ("/dane/the-certificate-itself-settles-all", test_own_certificate);
  g_test_add_func ("/dane/an-authority-needs-the-name", test_authority);
  g_test_add_func ("/dane/an-authority-keeps-to-its-limits", test_limited_authority);
  g_test_add_func ("/dane/an-authority-that-is-not-sent-has-limits", test_limits_not_sent);
  g_test_add_func ("/dane/an-authority-must-have-signed", test_authority_of_others);
  g_test_add_func ("/dane/constraints-need-pkix-too", test_constraints);
  g_test_add_func ("/dane/any-record-will-do", test_any_record);
  g_test_add_func ("/dane/the-best-record-counts", test_best_record);
  g_test_add_func ("/dane/what-cannot-be-used-is-not-there", test_unusable);
  g_test_add_func ("/dane/bears-many-records", test_many);
  status = g_test_run ();
  enj_trust_unref (trust);
  enj_test_authority_free (middle);
  enj_test_authority_free (root);
  enj_test_authority_free (stranger);
  return status;
}

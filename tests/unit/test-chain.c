#include "config.h"

#include "protocol/chain.h"

#include <string.h>

#include <gnutls/abstract.h>

#include "tests/support/authority.h"

static void
test_read (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example", .end = ENJ_TEST_WALL + 77 };
  g_autoptr (EnjTestAuthority) root = enj_test_authority_new ("root", NULL);
  g_autoptr (EnjTestAuthority) below = enj_test_authority_new ("below", root);
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_auto (EnjTestChain) sent = { .n = 0 };
  g_auto (EnjChain) chain;

  enj_test_authority_issue_pem (below, &leaf, &certificate, &key);
  enj_test_chain_fill (&sent, certificate);
  enj_chain_read (&chain, sent.der, sent.n);
  g_assert_null (chain.why);
  g_assert_cmpuint (chain.n, ==, 2);
  g_assert_cmpint (gnutls_x509_crt_get_expiration_time (chain.list[0]), ==, ENJ_TEST_WALL + 77);
  g_assert_cmpint (gnutls_x509_crt_get_ca_status (chain.list[1], NULL), ==, 1);
}

static void
test_refused (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_auto (EnjTestChain) sent = { .n = 0 };
  gnutls_datum_t many[ENJ_CHAIN_MAX + 1];
  g_auto (EnjChain) none, most, more, cut;

  enj_test_authority_issue_pem (NULL, &leaf, &certificate, &key);
  enj_test_chain_fill (&sent, certificate);
  for (guint i = 0; i < G_N_ELEMENTS (many); i++)
    many[i] = sent.der[0];

  enj_chain_read (&none, many, 0);
  g_assert_cmpstr (none.why, ==, "no certificate");
  enj_chain_read (&most, many, ENJ_CHAIN_MAX);
  g_assert_cmpuint (most.n, ==, ENJ_CHAIN_MAX);
  enj_chain_read (&more, many, ENJ_CHAIN_MAX + 1);
  g_assert_cmpstr (more.why, ==, "chain too long");
  g_assert_cmpuint (more.n, ==, 0);
  many[2].size--;
  enj_chain_read (&cut, many, ENJ_CHAIN_MAX);
  g_assert_cmpstr (cut.why, ==, "unreadable certificate");
  g_assert_cmpuint (cut.n, ==, 0);
}

/* A certificate, signed by somebody, for an RSA key whose numbers have so many bytes. */
static gnutls_datum_t
rsa_new (guint modulus_len, guint exponent_len)
{
  g_autofree guint8 *ones = g_malloc (MAX (modulus_len, exponent_len));
  const gnutls_datum_t modulus = { ones, modulus_len };
  const gnutls_datum_t exponent = { ones, exponent_len };
  gnutls_x509_privkey_t signer;
  gnutls_pubkey_t key;
  gnutls_x509_crt_t crt, issuer;
  gnutls_datum_t der;

  memset (ones, 0xff, MAX (modulus_len, exponent_len));
  g_assert_cmpint (gnutls_x509_privkey_init (&signer), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_generate (
                       signer, GNUTLS_PK_ECDSA,
                       GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0), ==, 0);
  g_assert_cmpint (gnutls_pubkey_init (&key), ==, 0);
  g_assert_cmpint (gnutls_pubkey_import_rsa_raw (key, &modulus, &exponent), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_init (&crt), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_version (crt, 3), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_serial (crt, "1", 1), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_activation_time (crt, ENJ_TEST_WALL), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_expiration_time (crt, ENJ_TEST_WALL + 1), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_pubkey (crt, key), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_init (&issuer), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_key (issuer, signer), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_sign2 (crt, issuer, signer, GNUTLS_DIG_SHA256, 0), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_DER, &der), ==, 0);
  gnutls_x509_crt_deinit (issuer);
  gnutls_x509_crt_deinit (crt);
  gnutls_pubkey_deinit (key);
  gnutls_x509_privkey_deinit (signer);
  return der;
}

static void
test_slow_keys (void)
{
  static const struct
  {
    guint modulus;
    guint exponent;
    gboolean is_quick;
  } cases[] = {
    { 256, 3, TRUE }, { 1025, 8, TRUE }, { 1026, 3, FALSE }, { 256, 9, FALSE }, { 30000, 3, FALSE }
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gnutls_datum_t der = rsa_new (cases[i].modulus, cases[i].exponent);
      g_auto (EnjChain) chain;

      enj_chain_read (&chain, &der, 1);
      g_assert_cmpstr (chain.why, ==, cases[i].is_quick ? NULL : "key too long");
      gnutls_free (der.data);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/chain/is-read-from-the-leaf-on", test_read);
  g_test_add_func ("/chain/keeps-keys-away-that-take-long", test_slow_keys);
  g_test_add_func ("/chain/is-nothing-where-it-cannot-be-read", test_refused);
  return g_test_run ();
}

#include "config.h"

#include "protocol/chain.h"

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/chain/is-read-from-the-leaf-on", test_read);
  g_test_add_func ("/chain/is-nothing-where-it-cannot-be-read", test_refused);
  return g_test_run ();
}

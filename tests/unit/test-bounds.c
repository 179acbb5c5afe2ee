#include "config.h"

#include "protocol/bounds.h"

#include "tests/support/authority.h"
#include "tests/support/proves.h"

static EnjTestAuthority *root;
static EnjTestAuthority *limited; /* to what is below b.example */

/* As a peer sends what @signer has signed, but only so many of it. */
static void
send (EnjTestAuthority *signer, guint n, EnjChain *chain)
{
  const EnjTestLeaf leaf = { .names = "dns:b.example" };
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_auto (EnjTestChain) sent = { .n = 0 };

  enj_test_authority_issue_pem (signer, &leaf, &certificate, &key);
  enj_test_chain_fill (&sent, certificate);
  g_assert_cmpuint (sent.n, >=, n);
  enj_chain_read (chain, sent.der, n);
}

static void
test_sent (void)
{
  static const struct
  {
    const char *domain;
    gboolean expected;
  } cases[] = {
    { "a.b.example", TRUE },
    { "b.example", TRUE },
    { "a.example", FALSE },
    { "bb.example", FALSE },
    { "bücher.example", FALSE },
    { "bücher.b.example", TRUE },
  };
  g_autoptr (EnjTestAuthority) below = enj_test_authority_new ("below", limited);
  g_auto (EnjChain) chain;
  g_autoptr (EnjBounds) bounds = NULL;

  enj_test_proves ("E15");
  send (below, 3, &chain);
  bounds = enj_bounds_new (&chain, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (enj_bounds_allow (bounds, cases[i].domain), ==, cases[i].expected);
}

static void
test_none (void)
{
  g_autoptr (EnjTestAuthority) below = enj_test_authority_new ("below", root);
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (root);
  g_auto (EnjChain) chain;

  send (below, 2, &chain);
  g_assert_null (enj_bounds_new (&chain, trust));
  g_assert_true (enj_bounds_allow (NULL, "a.example"));
}

/* Who is believed and not sent is asked, from wherever in the chain he can be reached. */
static void
test_not_sent (void)
{
  g_autoptr (EnjTestAuthority) anchor
    = enj_test_authority_new_limited ("anchor", NULL, "b.example");
  g_autoptr (EnjTestAuthority) below = enj_test_authority_new ("below", anchor);
  g_autoptr (EnjTestAuthority) lowest = enj_test_authority_new ("lowest", below);
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (anchor);
  g_autoptr (EnjTrust) other = enj_test_authority_trust_new (root);

  enj_test_proves ("E15");
  for (guint n = 2; n <= 3; n++)
    {
      g_auto (EnjChain) chain;
      g_autoptr (EnjBounds) bounds = NULL;

      send (lowest, n, &chain);
      g_assert_null (enj_bounds_new (&chain, NULL));
      g_assert_null (enj_bounds_new (&chain, other));
      bounds = enj_bounds_new (&chain, trust);
      /* The link between the two is not there with 2. */
      g_assert_cmpint (enj_bounds_allow (bounds, "a.example"), ==, n == 2);
      g_assert_true (enj_bounds_allow (bounds, "b.example"));
    }
}

/* What one of them allows the other need not. */
static void
test_several (void)
{
  g_autoptr (EnjTestAuthority) stricter
    = enj_test_authority_new_limited ("stricter", limited, "a.b.example");
  g_autoptr (EnjTestAuthority) wider
    = enj_test_authority_new_limited ("wider", limited, "example");
  EnjTestAuthority *signers[] = { stricter, wider };

  for (guint i = 0; i < G_N_ELEMENTS (signers); i++)
    {
      g_auto (EnjChain) chain;
      g_autoptr (EnjBounds) bounds = NULL;

      send (signers[i], 3, &chain);
      bounds = enj_bounds_new (&chain, NULL);
      g_assert_true (enj_bounds_allow (bounds, "a.b.example"));
      g_assert_cmpint (enj_bounds_allow (bounds, "b.b.example"), ==, i == 1);
      g_assert_false (enj_bounds_allow (bounds, "a.example"));
    }
}

/* What says nothing that can be understood allows nothing. */
static void
test_unreadable (void)
{
  const guint8 nonsense[] = { 0x30, 0x05, 0xa0, 0x03, 0x01 };
  g_auto (EnjChain) chain;
  g_autoptr (EnjBounds) bounds = NULL;

  send (limited, 2, &chain);
  g_assert_cmpint (gnutls_x509_crt_set_extension_by_oid (chain.list[1], "2.5.29.30", nonsense,
                                                         sizeof nonsense, 1),
                   ==, 0);
  bounds = enj_bounds_new (&chain, NULL);
  g_assert_false (enj_bounds_allow (bounds, "b.example"));
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  root = enj_test_authority_new ("root", NULL);
  limited = enj_test_authority_new_limited ("limited", root, "b.example");
  g_test_add_func ("/bounds/hold-an-authority-that-is-sent", test_sent);
  g_test_add_func ("/bounds/are-nothing-where-there-are-no-limits", test_none);
  g_test_add_func ("/bounds/hold-an-authority-that-is-not-sent", test_not_sent);
  g_test_add_func ("/bounds/are-those-of-all", test_several);
  g_test_add_func ("/bounds/allow-nothing-where-they-cannot-be-read", test_unreadable);
  status = g_test_run ();
  enj_test_authority_free (limited);
  enj_test_authority_free (root);
  return status;
}

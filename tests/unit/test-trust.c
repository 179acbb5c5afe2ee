#include "config.h"

#include "protocol/trust.h"

#include <string.h>

#include "protocol/wall.h"
#include "tests/support/authority.h"
#include "tests/support/proves.h"

static EnjTestAuthority *root;
static EnjTestAuthority *middle;
static EnjTestAuthority *stranger;

static const char *
check_pem (EnjTrust *trust, const char *pem)
{
  g_auto (EnjTestChain) chain = { .n = 0 };

  enj_test_chain_fill (&chain, pem);
  return enj_test_chain_check (&chain, trust);
}

static const char *
check_leaf (EnjTrust *trust, EnjTestAuthority *signer, const EnjTestLeaf *leaf)
{
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;

  enj_test_authority_issue_pem (signer, leaf, &certificate, &key);
  return check_pem (trust, certificate);
}

static void
test_chains (void)
{
  const EnjTestLeaf plain = { .names = "dns:a.example" };
  const EnjTestLeaf authority = { .names = "dns:a.example", .is_ca = TRUE };
  const EnjTestLeaf old = { .names = "dns:a.example", .end = ENJ_TEST_WALL - 1 };
  const EnjTestLeaf early = { .names = "dns:a.example", .start = ENJ_TEST_WALL + 1 };
  /* A purpose that no server has: others judge that. */
  const EnjTestLeaf purpose = { .names = "dns:a.example", .purposes = GNUTLS_KP_CODE_SIGNING };
  const struct
  {
    EnjTestAuthority *signer;
    const EnjTestLeaf *leaf;
    const char *why;
  } cases[] = {
    { root, &plain, NULL },
    { middle, &plain, NULL },
    { middle, &purpose, NULL },
    { stranger, &plain, "authority not trusted" },
    { NULL, &plain, "self-signed" },
    { root, &authority, "the certificate of an authority" },
    { NULL, &authority, "the certificate of an authority" },
    { root, &old, "expired" },
    { middle, &early, "not yet valid" },
  };
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (root);

  enj_test_proves ("E20");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (check_leaf (trust, cases[i].signer, cases[i].leaf), ==, cases[i].why);
}

static void
test_time_passes (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example", .end = ENJ_TEST_WALL + 1000 * ENJ_TEST_DAY };
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (root);
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;

  enj_test_authority_issue_pem (middle, &leaf, &certificate, &key);
  g_assert_null (check_pem (trust, certificate));
  enj_test_wall_move (ENJ_TEST_WALL + 400 * ENJ_TEST_DAY);
  g_assert_nonnull (check_pem (trust, certificate));
  enj_test_wall_move (ENJ_TEST_WALL - 400 * ENJ_TEST_DAY);
  g_assert_cmpstr (check_pem (trust, certificate), ==, "not yet valid");
  enj_test_wall_move (ENJ_TEST_WALL);
}

/* A server's own certificate among the anchors is believed, for the operator says so. */
static void
test_leaf_as_anchor (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_autoptr (EnjTrust) trust = enj_trust_new ();
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;

  enj_test_authority_issue_pem (NULL, &leaf, &certificate, &key);
  g_assert_cmpstr (check_pem (trust, certificate), ==, "self-signed");
  g_assert_true (enj_trust_add_anchors (trust, certificate, strlen (certificate), NULL));
  g_assert_null (check_pem (trust, certificate));
}

/* Wherever it stands in what the peer sends. */
static void
test_anchor_within (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_autoptr (EnjTestAuthority) below = enj_test_authority_new ("below", middle);
  EnjTestAuthority *anchors[] = { below, middle, root };

  for (guint i = 0; i < G_N_ELEMENTS (anchors); i++)
    {
      g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (anchors[i]);

      g_assert_cmpstr (check_leaf (trust, below, &leaf), ==, NULL);
    }
}

static void
test_bad_chains (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (root);
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_auto (EnjTestChain) chain = { .n = 0 };
  EnjTestChain shorter, wrong;

  enj_test_authority_issue_pem (middle, &leaf, &certificate, &key);
  enj_test_chain_fill (&chain, certificate);
  g_assert_cmpuint (chain.n, ==, 2);
  g_assert_null (enj_test_chain_check (&chain, trust));

  shorter = (EnjTestChain){ { chain.der[0] }, 0 };
  g_assert_cmpstr (enj_test_chain_check (&shorter, trust), ==, "no certificate");
  shorter.n = 1;
  g_assert_cmpstr (enj_test_chain_check (&shorter, trust), ==, "authority not trusted");
  shorter.der[0].size--;
  g_assert_cmpstr (enj_test_chain_check (&shorter, trust), ==, "unreadable certificate");

  /* The signature of the leaf is spoilt. */
  wrong = chain;
  wrong.der[0].data[wrong.der[0].size - 1] ^= 1;
  g_assert_nonnull (enj_test_chain_check (&wrong, trust));
}

/* Whoever stands above: asked for, not sent; no further than there is somebody. */
static void
test_issuers (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  const char *pem = enj_test_authority_get_pem (middle);
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (root);
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  gnutls_x509_crt_t crt, above;

  g_assert_true (enj_trust_add_anchors (trust, pem, strlen (pem), NULL));
  enj_test_authority_issue_pem (middle, &leaf, &certificate, &key);
  crt = enj_test_leaf_new (certificate);
  above = enj_trust_get_issuer (trust, crt);
  g_assert_nonnull (above);
  above = enj_trust_get_issuer (trust, above);
  g_assert_nonnull (above);
  g_assert_null (enj_trust_get_issuer (trust, above));
  gnutls_x509_crt_deinit (crt);

  crt = enj_test_leaf_new (enj_test_authority_get_pem (stranger));
  g_assert_null (enj_trust_get_issuer (trust, crt));
  gnutls_x509_crt_deinit (crt);
}

static void
test_nobody (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_autoptr (EnjTrust) trust = enj_trust_new ();

  g_assert_cmpstr (check_leaf (trust, root, &leaf), ==, "authority not trusted");
}

static void
test_revoked (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_autoptr (EnjTestAuthority) other = enj_test_authority_new ("other", NULL);
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (other);
  g_autofree char *bad = NULL, *bad_key = NULL, *good = NULL, *good_key = NULL;
  g_autofree char *crl = NULL;
  g_autoptr (GError) error = NULL;

  enj_test_proves ("E22");
  enj_test_authority_issue_pem (other, &leaf, &bad, &bad_key);
  enj_test_authority_issue_pem (other, &leaf, &good, &good_key);
  g_assert_null (check_pem (trust, bad));
  g_assert_cmpint (enj_trust_get_next_update (trust), ==, G_MAXINT64);
  crl = enj_test_authority_revoke (other, bad);
  enj_trust_add_crls (trust, crl, strlen (crl), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (check_pem (trust, bad), ==, "revoked");
  g_assert_null (check_pem (trust, good));

  g_assert_cmpint (enj_trust_get_next_update (trust), ==, ENJ_TEST_WALL + 30 * ENJ_TEST_DAY);
  /* What it says stays true when it is old. */
  enj_test_wall_move (ENJ_TEST_WALL + 60 * ENJ_TEST_DAY);
  g_assert_cmpstr (check_pem (trust, bad), ==, "revoked");
  g_assert_null (check_pem (trust, good));
  enj_test_wall_move (ENJ_TEST_WALL);
}

/* An authority that has been revoked takes down what it signed. */
static void
test_revoked_authority (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_autoptr (EnjTestAuthority) top = enj_test_authority_new ("top", NULL);
  g_autoptr (EnjTestAuthority) below = enj_test_authority_new ("below", top);
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (top);
  g_autofree char *crl = enj_test_authority_revoke (top, enj_test_authority_get_pem (below));

  enj_test_proves ("E22");
  g_assert_null (check_leaf (trust, below, &leaf));
  g_assert_true (enj_trust_add_crls (trust, crl, strlen (crl), NULL));
  g_assert_cmpstr (check_leaf (trust, below, &leaf), ==, "revoked");
}

/* Of the same name, but with a key of its own; age is no excuse. */
static void
test_forged_list (void)
{
  g_autoptr (EnjTestAuthority) forger = enj_test_authority_new ("root", NULL);
  g_autofree char *forged = enj_test_authority_revoke (forger, NULL);
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (root);

  enj_test_proves ("E22");
  g_assert_false (enj_trust_add_crls (trust, forged, strlen (forged), NULL));
  enj_test_wall_move (ENJ_TEST_WALL + 31 * ENJ_TEST_DAY);
  g_assert_false (enj_trust_add_crls (trust, forged, strlen (forged), NULL));
  enj_test_wall_move (ENJ_TEST_WALL);
}

static void
test_refused_texts (void)
{
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (root);
  g_autofree char *foreign = enj_test_authority_revoke (stranger, NULL);
  g_autofree char *ours = enj_test_authority_revoke (root, NULL);
  g_autofree char *both = g_strconcat (ours, foreign, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (enj_trust_add_anchors (trust, "nonsense", 8, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  g_clear_error (&error);
  g_assert_false (enj_trust_add_anchors (trust, ours, strlen (ours), &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  g_clear_error (&error);
  g_assert_false (enj_trust_add_crls (trust, "nonsense", 8, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  g_clear_error (&error);
  g_assert_false (enj_trust_add_crls (trust, foreign, strlen (foreign), &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  g_assert_cmpstr (error->message, ==, "signed by no authority that is trusted");
  g_assert_false (enj_trust_add_crls (trust, both, strlen (both), NULL));
  g_assert_true (enj_trust_add_crls (trust, ours, strlen (ours), NULL));
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
  g_test_add_func ("/trust/judges-chains", test_chains);
  g_test_add_func ("/trust/goes-by-the-time-on-the-wall", test_time_passes);
  g_test_add_func ("/trust/believes-a-server-that-is-listed", test_leaf_as_anchor);
  g_test_add_func ("/trust/finds-an-anchor-within-the-chain", test_anchor_within);
  g_test_add_func ("/trust/refuses-broken-chains", test_bad_chains);
  g_test_add_func ("/trust/knows-who-stands-above", test_issuers);
  g_test_add_func ("/trust/believes-nobody-by-itself", test_nobody);
  g_test_add_func ("/trust/knows-what-is-revoked", test_revoked);
  g_test_add_func ("/trust/a-revoked-authority-proves-nothing", test_revoked_authority);
  g_test_add_func ("/trust/refuses-a-forged-list", test_forged_list);
  g_test_add_func ("/trust/refuses-texts-that-are-of-no-use", test_refused_texts);
  status = g_test_run ();
  enj_test_authority_free (middle);
  enj_test_authority_free (root);
  enj_test_authority_free (stranger);
  return status;
}

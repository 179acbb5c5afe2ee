#include "config.h"

#include "component/setup.h"

#include <string.h>
#include <sys/resource.h>

#include <glib/gstdio.h>

#include "protocol/wall.h"
#include "component/journal.h"
#include "tests/support/authority.h"
#include "tests/support/configs.h"
#include "tests/support/pem.h"
#include "tests/support/proves.h"

#define LINK "[component b.here.test]\nserver = 127.0.0.1:5347\nsecret = s\n"
#define ALONE "[federation]\nenabled = false\n"

static void
expect_self_signed (const char *domain)
{
  g_autofree char *line = g_strdup_printf ("no certificate for %s in *", domain);

  enj_journal_expect (G_LOG_LEVEL_WARNING, line);
}

static void
test_carries_all (void)
{
  g_autoptr (EnjConfig) config = enj_test_config_new (
    LINK "[component c.here.test]\nserver = none\n[federation]\nprivate-addresses = allow\n"
         "[limits]\nkeepalive = 77\n[peer a.test]\npolicy = deny\n");
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjSettings) settings = NULL;
  g_autoptr (GError) error = NULL;

  expect_self_signed ("b.here.test");
  expect_self_signed ("c.here.test");
  settings = enj_setup_new (config, key, &error);
  enj_journal_assert_expected ();
  g_assert_no_error (error);
  g_assert_true (settings->dialback_key == key);
  g_assert_false (settings->is_shared);
  g_assert_true (settings->realm == config->realm);
  g_assert_false (enj_policy_find (settings->policy, "a.test")->allow);
  g_assert_cmpuint (settings->limits.keepalive, ==, 77);
  g_assert_true (settings->federates);
  g_assert_true (settings->allow_private);
  g_assert_nonnull (enj_settings_get_credentials (settings, "b.here.test"));
  g_assert_nonnull (enj_settings_get_credentials (settings, "c.here.test"));
  g_assert_null (enj_settings_get_credentials (settings, "here.test"));
  g_assert_nonnull (settings->trust);
}

/* No warning of a certificate either: it would abort. */
static void
test_without_federation (void)
{
  g_autoptr (EnjConfig) config = enj_test_config_new (LINK ALONE);
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjSettings) settings = enj_setup_new (config, key, NULL);

  g_assert_false (settings->federates);
  g_assert_false (settings->allow_private);
  g_assert_null (settings->trust);
  g_assert_null (enj_settings_get_credentials (settings, "b.here.test"));
}

/* What is shared out of the connections is shared out of those that can be had. */
static void
test_few_descriptors (void)
{
  g_autoptr (EnjConfig) config = enj_test_config_new (LINK ALONE);
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjSettings) settings = NULL;
  struct rlimit saved;
  struct rlimit few;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  few = saved;
  few.rlim_cur = 100;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &few), ==, 0);
  settings = enj_setup_new (config, key, NULL);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  g_assert_cmpuint (settings->limits.connections, ==, 75);
  g_assert_cmpuint (settings->limits.unauthenticated, ==, config->limits.unauthenticated);
}

static char *folder;

static char *
put (const char *name, const char *text)
{
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static void
test_shared_key (void)
{
  g_autofree char *path = put ("shared", "shared secret\n");
  g_autofree char *text
    = g_strdup_printf (LINK ALONE "dialback-secret-file = %s\n", path);
  g_autoptr (EnjConfig) config = enj_test_config_new (text);
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjDialbackKey) shared = enj_dialback_key_new ("shared secret", 13);
  g_autoptr (EnjSettings) settings = enj_setup_new (config, key, NULL);
  char computed[2][ENJ_DIALBACK_KEY_SIZE];

  enj_dialback_key_compute (settings->dialback_key, "r.test", "b.here.test", "id", computed[0]);
  enj_dialback_key_compute (shared, "r.test", "b.here.test", "id", computed[1]);
  g_assert_cmpstr (computed[0], ==, computed[1]);
  g_assert_true (settings->is_shared);
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
test_certificates (void)
{
  g_autofree char *certificate = NULL;
  g_autofree char *key_pem = NULL;
  g_autofree char *text = g_strdup_printf (LINK "[federation]\ncertificates = %s\n", folder);
  g_autoptr (EnjConfig) config = enj_test_config_new (text);
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjSettings) settings = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *crt_path = NULL;
  g_autofree char *key_path = NULL;

  enj_test_pem_new (GNUTLS_PK_ECDSA, "b.here.test", g_get_real_time () / G_USEC_PER_SEC + 1000,
                    &certificate, &key_pem);
  crt_path = put ("b.here.test.crt", certificate);
  g_assert_null (enj_setup_new (config, key, &error));
  g_assert_nonnull (strstr (error->message, "b.here.test.key"));

  key_path = put ("b.here.test.key", key_pem);
  settings = enj_setup_new (config, key, NULL);
  g_assert_false (
    enj_credentials_is_self_signed (enj_settings_get_credentials (settings, "b.here.test")));
  g_assert_cmpint (g_remove (crt_path), ==, 0);
  g_assert_cmpint (g_remove (key_path), ==, 0);
}

/* What HUP does: the same file names, and other lists behind them. */
static void
test_revocation (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.test" };
  g_autoptr (EnjTestAuthority) root = enj_test_authority_new ("root", NULL);
  g_autofree char *certificate = NULL, *key_pem = NULL, *before = NULL, *after = NULL;
  g_autofree char *anchors = put ("root.pem", enj_test_authority_get_pem (root));
  g_autofree char *list = NULL, *again = NULL, *text = NULL;
  g_auto (EnjTestChain) chain = { .n = 0 };
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjConfig) config = NULL;

  enj_test_proves ("E22");
  enj_test_authority_issue_pem (root, &leaf, &certificate, &key_pem);
  enj_test_chain_fill (&chain, certificate);
  before = enj_test_authority_revoke (root, NULL);
  after = enj_test_authority_revoke (root, certificate);
  list = put ("list.pem", before);
  text = g_strdup_printf (LINK "[federation]\ntrust = %s\ncrl = %s; %s\n", anchors, list, list);
  config = enj_test_config_new (text);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (EnjSettings) settings = NULL;

      expect_self_signed ("b.here.test");
      settings = enj_setup_new (config, key, NULL);
      enj_journal_assert_expected ();
      g_assert_cmpstr (enj_test_chain_check (&chain, settings->trust), ==,
                       i == 0 ? NULL : "revoked");
      g_free (again);
      again = put ("list.pem", after);
    }
  g_assert_cmpint (g_remove (list), ==, 0);
  g_assert_null (enj_setup_new (config, key, NULL));
  g_assert_cmpint (g_remove (anchors), ==, 0);
}

static void
test_parent (void)
{
  static const struct
  {
    const char *local_domains;
    const char *parent;
  } cases[] = {
    { "", "here.test" },
    { "local-domains = a.test;b.test\n", "a.test" },
    { "local-domains = *.a.test;b.test\n", "b.test" },
    { "local-domains = *.test\n", "here.test" },
    { "local-domains = *.here.test\n", "here.test" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strconcat (LINK, cases[i].local_domains, ALONE, NULL);
      g_autoptr (EnjConfig) config = enj_test_config_new (text);
      g_autofree char *parent
        = enj_setup_parent_new (enj_config_find_component (config, "b.here.test"));

      g_assert_cmpstr (parent, ==, cases[i].parent);
    }
}

static void
test_hosted (void)
{
  g_autofree char *path = g_build_filename (folder, "hosted.secret", NULL);
  g_autofree char *text = NULL;
  g_autoptr (EnjConfig) config = NULL;
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjSettings) settings = NULL;
  EnjTerms *terms;

  g_assert_true (g_file_set_contents (path, "s3cr3t\n", -1, NULL));
  text = g_strdup_printf (LINK "service = hosted\nhosted-secret-file = %s\n"
                          "hosted-listen = tls://127.0.0.1:5349;/run/x\n"
                          "hosted-conflict = replace\n[federation]\nenabled = false\n", path);
  config = enj_test_config_new (text);
  expect_self_signed ("b.here.test");
  settings = enj_setup_new (config, key, NULL);
  enj_journal_assert_expected ();
  g_assert_nonnull (settings);
  terms = enj_settings_get_terms (settings, "b.here.test");
  g_assert_nonnull (terms);
  g_assert_cmpstr (enj_terms_get_secret (terms), ==, "s3cr3t");
  g_assert_true (enj_terms_has_port (terms, "tls://127.0.0.1:5349"));
  g_assert_true (enj_terms_has_port (terms, "/run/x"));
  g_assert_true (enj_terms_replaces (terms));
  /* TLS needs it, though no other server does. */
  g_assert_nonnull (enj_settings_get_credentials (settings, "b.here.test"));
  g_assert_cmpint (remove (path), ==, 0);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  enj_wall_set (enj_test_wall);
  folder = g_dir_make_tmp ("enjamb-setup-XXXXXX", NULL);
  g_assert_nonnull (folder);
  g_test_add_func ("/setup/carries-what-the-file-says", test_carries_all);
  g_test_add_func ("/setup/needs-no-certificate-without-federation", test_without_federation);
  g_test_add_func ("/setup/knows-how-many-connections-there-can-be", test_few_descriptors);
  g_test_add_func ("/setup/shared-secret-takes-the-place-of-the-key", test_shared_key);
  g_test_add_func ("/setup/loads-certificates-or-names-the-file", test_certificates);
  g_test_add_func ("/setup/reads-revocation-lists-each-time", test_revocation);
  g_test_add_func ("/setup/parent-is-a-name-behind-the-link", test_parent);
  g_test_add_func ("/setup/carries-the-terms-of-hosted-components", test_hosted);
  status = g_test_run ();
  (void) g_rmdir (folder);
  g_free (folder);
  return status;
}

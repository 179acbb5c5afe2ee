#include "config.h"

#include "component/authorities.h"

#include <string.h>

#include <glib/gstdio.h>

#include "protocol/wall.h"
#include "component/journal.h"
#include "tests/support/authority.h"
#include "tests/support/proves.h"

static const char *const nothing[] = { NULL };

static char *folder;
static EnjTestAuthority *root;
static EnjTestAuthority *stranger;

static char *
put (const char *name, const char *text)
{
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static const char *
check_leaf (EnjTrust *trust, EnjTestAuthority *signer)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_auto (EnjTestChain) chain = { .n = 0 };

  enj_test_authority_issue_pem (signer, &leaf, &certificate, &key);
  enj_test_chain_fill (&chain, certificate);
  return enj_test_chain_check (&chain, trust);
}

static void
test_file_alone (void)
{
  g_autofree char *path = put ("root.pem", enj_test_authority_get_pem (root));
  g_autoptr (EnjTrust) system = enj_authorities_new (NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjTrust) trust = NULL;

  enj_test_proves ("E26");
  g_assert_null (check_leaf (system, stranger));
  g_assert_nonnull (check_leaf (system, root));
  trust = enj_authorities_load_new (path, nothing, ENJ_TEST_WALL, &error);
  g_assert_no_error (error);
  g_assert_null (check_leaf (trust, root));
  g_assert_nonnull (check_leaf (trust, stranger));
}

static void
test_system_kept (void)
{
  g_autoptr (EnjTrust) first = enj_authorities_load_new (NULL, nothing, ENJ_TEST_WALL, NULL);
  g_autoptr (EnjTrust) second = enj_authorities_load_new (NULL, nothing, ENJ_TEST_WALL, NULL);

  g_assert_true (first == second);
  g_assert_null (check_leaf (first, stranger));
}

static void
test_no_system (void)
{
  g_autoptr (EnjTrust) trust = NULL;

  g_setenv ("SSL_CERT_FILE", "/nonexistent/bundle.pem", TRUE);
  enj_journal_expect (G_LOG_LEVEL_MESSAGE, "the system names no authorities*");
  trust = enj_authorities_new (NULL, NULL);
  enj_journal_assert_expected ();
  g_assert_nonnull (check_leaf (trust, stranger));
}

/* At each call anew: what a reload sees. */
static void
test_lists (void)
{
  const EnjTestLeaf leaf = { .names = "dns:a.example" };
  g_autofree char *path = put ("root.pem", enj_test_authority_get_pem (root));
  g_autofree char *before = enj_test_authority_revoke (root, NULL);
  g_autofree char *list = put ("list.pem", before);
  const char *const crls[] = { list, NULL };
  g_autofree char *certificate = NULL, *key = NULL, *after = NULL, *again = NULL;
  g_auto (EnjTestChain) chain = { .n = 0 };
  EnjTrust *trust;

  enj_test_proves ("E22");
  enj_test_authority_issue_pem (root, &leaf, &certificate, &key);
  enj_test_chain_fill (&chain, certificate);
  trust = enj_authorities_load_new (path, crls, ENJ_TEST_WALL, NULL);
  g_assert_null (enj_test_chain_check (&chain, trust));
  enj_trust_unref (trust);

  after = enj_test_authority_revoke (root, certificate);
  again = put ("list.pem", after);
  trust = enj_authorities_load_new (path, crls, ENJ_TEST_WALL, NULL);
  g_assert_cmpstr (enj_test_chain_check (&chain, trust), ==, "revoked");
  enj_trust_unref (trust);

  enj_journal_expect (G_LOG_LEVEL_WARNING, "*crl: a list should have been replaced by 2023-12-14*");
  enj_test_wall_move (ENJ_TEST_WALL + 31 * ENJ_TEST_DAY);
  trust = enj_authorities_load_new (path, crls, enj_test_wall (), NULL);
  enj_test_wall_move (ENJ_TEST_WALL);
  enj_journal_assert_expected ();
  g_assert_cmpstr (enj_test_chain_check (&chain, trust), ==, "revoked");
  enj_trust_unref (trust);
}

static void
test_faults (void)
{
  g_autofree char *path = put ("root.pem", enj_test_authority_get_pem (root));
  g_autofree char *foreign = enj_test_authority_revoke (stranger, NULL);
  g_autofree char *list = put ("foreign.pem", foreign);
  g_autofree char *junk = put ("junk.pem", "junk");
  const struct
  {
    const char *path;
    const char *crls[2];
    const char *message; /* behind the folder and a slash */
  } cases[] = {
    { junk, { NULL }, "junk.pem: holds no PEM certificates" },
    { folder, { NULL }, ": Is a directory" },
    { path, { junk, NULL }, "junk.pem: holds no PEM revocation lists" },
    { path, { list, NULL }, "foreign.pem: signed by no authority that is trusted" },
    { path, { "/nonexistent/list", NULL }, "/nonexistent/list: No such file or directory" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (enj_authorities_load_new (cases[i].path, cases[i].crls, 0, &error));
      g_assert_nonnull (error);
      g_assert_true (g_str_has_suffix (error->message, cases[i].message));
    }
}

static void
remove_all (void)
{
  static const char *const names[] = { "root.pem", "system.pem", "list.pem", "foreign.pem",
                                       "junk.pem" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      (void) g_remove (path); /* A test that failed has not made it. */
    }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
  g_autofree char *system = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  enj_wall_set (enj_test_wall);
  folder = g_dir_make_tmp ("enjamb-test-XXXXXX", NULL);
  root = enj_test_authority_new ("root", NULL);
  stranger = enj_test_authority_new ("stranger", NULL);
  system = put ("system.pem", enj_test_authority_get_pem (stranger));
  g_setenv ("SSL_CERT_FILE", system, TRUE);
  g_test_add_func ("/authorities/a-file-stands-alone", test_file_alone);
  g_test_add_func ("/authorities/those-of-the-system-are-read-once", test_system_kept);
  g_test_add_func ("/authorities/reads-revocation-lists-each-time", test_lists);
  g_test_add_func ("/authorities/names-the-file-that-is-wrong", test_faults);
  g_test_add_func ("/authorities/a-system-may-have-none", test_no_system);
  status = g_test_run ();
  enj_test_authority_free (root);
  enj_test_authority_free (stranger);
  remove_all ();
  g_free (folder);
  return status;
}

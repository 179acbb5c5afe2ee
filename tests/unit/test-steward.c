#include "config.h"

#include "component/steward.h"

#include <glib/gstdio.h>

#include "component/journal.h"
#include "tests/support/configs.h"
#include "tests/support/settings.h"

typedef struct
{
  EnjExchange *exchange;
  EnjSteward *steward;
  const char *fault; /* of a reload */
  guint reloads;
} Scene;

static gboolean
reload (gpointer data, GError **error)
{
  Scene *self = data;

  self->reloads++;
  if (!self->fault)
    return TRUE;
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, self->fault);
  return FALSE;
}

static void
scene_init (Scene *self)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (EnjCredentials) credentials
    = enj_credentials_new_self_signed ("b.here.test", 1000000000, NULL);
  g_autoptr (EnjConfig) config = enj_test_config_new ("[component b.here.test]\nserver = none\n");

  enj_settings_add_credentials (settings, "b.here.test", credentials);
  *self = (Scene){ .exchange = enj_exchange_new (settings, (EnjWake){ 0 }) };
  self->steward = enj_steward_new (self->exchange, config, settings,
                                   &(EnjStewardBridge){ reload, self }, 1000);
}

static void
scene_clear (Scene *self)
{
  enj_steward_free (self->steward);
  enj_exchange_free (self->exchange);
}

static void
test_status (void)
{
  Scene scene;
  g_autoptr (GVariant) status = NULL;
  g_autoptr (GVariant) counters = NULL;
  g_autoptr (GVariant) certificates = NULL;
  g_autoptr (GVariant) certificate = NULL;
  const char *text;
  gint64 uptime;
  gint64 expires;
  guint64 n;
  guint links;

  scene_init (&scene);
  status = g_variant_ref_sink (enj_steward_status (scene.steward, 6000));
  g_assert_true (g_variant_lookup (status, "version", "&s", &text));
  g_assert_cmpstr (text, ==, PACKAGE_VERSION);
  g_assert_true (g_variant_lookup (status, "uptime-us", "x", &uptime));
  g_assert_cmpint (uptime, ==, 5000);
  g_assert_true (g_variant_lookup (status, "links", "u", &links));
  g_assert_cmpuint (links, ==, 0);
  g_assert_true (g_variant_lookup (status, "waiting-for-components", "u", &links));
  g_assert_cmpuint (links, ==, 0);
  counters = g_variant_lookup_value (status, "counters", G_VARIANT_TYPE ("a{st}"));
  g_assert_true (g_variant_lookup (counters, "written-link", "t", &n));
  g_assert_cmpuint (n, ==, 0);

  certificates = g_variant_lookup_value (status, "certificates", G_VARIANT_TYPE ("aa{sv}"));
  g_assert_cmpuint (g_variant_n_children (certificates), ==, 1);
  certificate = g_variant_get_child_value (certificates, 0);
  g_assert_true (g_variant_lookup (certificate, "domain", "&s", &text));
  g_assert_cmpstr (text, ==, "b.here.test");
  g_assert_true (g_variant_lookup (certificate, "expires", "x", &expires));
  g_assert_cmpint (expires, ==,
                   enj_credentials_get_expiry (enj_settings_get_credentials (
                     enj_steward_get_settings (scene.steward), "b.here.test")));
  scene_clear (&scene);
}

static void
test_reload (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene);
  enj_journal_expect (G_LOG_LEVEL_MESSAGE, "reloaded *");
  g_assert_true (enj_steward_reload (scene.steward, NULL));
  enj_journal_assert_expected ();

  scene.fault = "one\ntwo";
  enj_journal_expect (G_LOG_LEVEL_WARNING, "nothing was reloaded: one");
  enj_journal_expect (G_LOG_LEVEL_WARNING, "nothing was reloaded: two");
  g_assert_false (enj_steward_reload (scene.steward, &error));
  enj_journal_assert_expected ();
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  g_assert_cmpstr (error->message, ==, "one\ntwo");
  g_assert_cmpuint (scene.reloads, ==, 2);
  scene_clear (&scene);
}

/* What was in force may end with who brings the new. */
static void
test_config (void)
{
  Scene scene;
  g_autoptr (EnjConfig) config = enj_test_config_new ("[component c.here.test]\nserver = none\n");
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  scene_init (&scene);
  enj_steward_set_config (scene.steward, config, settings, 0);
  enj_steward_set_config (scene.steward, config, settings, 0);
  g_assert_true (enj_steward_get_config (scene.steward) == config);
  g_assert_true (enj_steward_get_settings (scene.steward)->credentials == settings->credentials);
  scene_clear (&scene);
}

/* Which domains are allowed, and which are not, each with a blank before it. */
static void
assert_allowed (const Scene *scene, const char *expected)
{
  static const char *const domains[] = { "a.test", "x.a.test", "b.test", NULL };
  const EnjSettings *settings = enj_steward_get_settings (scene->steward);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; domains[i]; i++)
    g_string_append_printf (text, " %s%s", domains[i],
                            enj_policy_find (settings->policy, domains[i])->allow ? "" : "!");
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_block (void)
{
  Scene scene;
  g_autoptr (GVariant) status = NULL;
  g_autofree const char **blocked = NULL;
  g_autoptr (EnjConfig) config = enj_test_config_new (
    "[component c.here.test]\nserver = none\n[peer b.test]\npolicy = deny\n");
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  scene_init (&scene);
  enj_journal_expect (G_LOG_LEVEL_MESSAGE, "blocked a.test");
  g_assert_true (enj_steward_block (scene.steward, "A.test", 0, NULL));
  enj_journal_assert_expected ();
  assert_allowed (&scene, " a.test! x.a.test b.test");
  g_assert_true (enj_steward_block (scene.steward, "*.a.test", 0, NULL));
  assert_allowed (&scene, " a.test! x.a.test! b.test");
  enj_steward_set_config (scene.steward, config, settings, 0);
  assert_allowed (&scene, " a.test! x.a.test! b.test!");
  status = g_variant_ref_sink (enj_steward_status (scene.steward, 0));
  g_assert_true (g_variant_lookup (status, "blocked", "^a&s", &blocked));
  g_assert_cmpstr (blocked[0], ==, "*.a.test");
  g_assert_cmpstr (blocked[1], ==, "a.test");
  g_assert_null (blocked[2]);

  enj_journal_expect (G_LOG_LEVEL_MESSAGE, "unblocked a.test");
  g_assert_true (enj_steward_unblock (scene.steward, "a.test.", 0, NULL));
  enj_journal_assert_expected ();
  assert_allowed (&scene, " a.test x.a.test! b.test!");
  scene_clear (&scene);
}

static void
test_set_blocked (void)
{
  static const char *const some[] = { "B.test", "*.a.test", NULL };
  static const char *const faulty[] = { "c.test", "b.here.test", NULL };
  Scene scene;

  scene_init (&scene);
  g_assert_true (enj_steward_block (scene.steward, "a.test", 0, NULL));
  enj_journal_expect (G_LOG_LEVEL_MESSAGE, "2 domains are blocked");
  g_assert_true (enj_steward_set_blocked (scene.steward, some, 0, NULL));
  enj_journal_assert_expected ();
  assert_allowed (&scene, " a.test x.a.test! b.test!");
  g_assert_false (enj_steward_set_blocked (scene.steward, faulty, 0, NULL));
  g_assert_cmpstr (enj_steward_get_blocked (scene.steward)[0], ==, "*.a.test");
  scene_clear (&scene);
}

static void
test_not_blocked (void)
{
  static const struct
  {
    const char *domain;
    const char *why;
  } cases[] = {
    { "a b", "domain has*" },
    { "b.here.test", "b.here.test is not remote: it is a component or among local-domains" },
    { "twice.test", "twice.test is blocked already" },
  };
  g_autoptr (GError) error = NULL;
  Scene scene;

  scene_init (&scene);
  g_assert_true (enj_steward_block (scene.steward, "twice.test", 0, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_false (enj_steward_block (scene.steward, cases[i].domain, 0, &error));
      g_test_message ("%s", error->message);
      g_assert_true (g_pattern_match_simple (cases[i].why, error->message));
      g_clear_error (&error);
    }
  g_assert_false (enj_steward_unblock (scene.steward, "never.test", 0, &error));
  g_assert_cmpstr (error->message, ==, "never.test is not blocked");
  scene_clear (&scene);
}

static void
test_keeps_blocked (void)
{
  g_autofree char *folder = g_dir_make_tmp ("enjamb-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "blocked", NULL);
  Scene scene;

  g_assert_true (g_file_set_contents (path, "a.test\n", -1, NULL));
  scene_init (&scene);
  enj_steward_keep_blocked (scene.steward, folder, 0);
  assert_allowed (&scene, " a.test! x.a.test b.test");
  scene_clear (&scene);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/steward/tells-how-it-is", test_status);
  g_test_add_func ("/steward/tells-the-log-and-the-caller-of-a-reload", test_reload);
  g_test_add_func ("/steward/knows-what-is-in-force", test_config);
  g_test_add_func ("/steward/blocks-over-reloads", test_block);
  g_test_add_func ("/steward/blocks-all-or-nothing", test_set_blocked);
  g_test_add_func ("/steward/blocks-what-is-remote", test_not_blocked);
  g_test_add_func ("/steward/blocks-what-was-blocked", test_keeps_blocked);
  return g_test_run ();
}

#include "config.h"

#include "component/steward.h"

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
  enj_steward_set_config (scene.steward, config, settings);
  enj_steward_set_config (scene.steward, config, settings);
  g_assert_true (enj_steward_get_config (scene.steward) == config);
  g_assert_true (enj_steward_get_settings (scene.steward) == settings);
  scene_clear (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/steward/tells-how-it-is", test_status);
  g_test_add_func ("/steward/tells-the-log-and-the-caller-of-a-reload", test_reload);
  g_test_add_func ("/steward/knows-what-is-in-force", test_config);
  return g_test_run ();
}

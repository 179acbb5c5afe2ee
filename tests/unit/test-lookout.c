#include "config.h"

#include "component/lookout.h"

#include "component/httpd.h"
#include "tests/support/configs.h"
#include "tests/support/settings.h"

typedef struct
{
  EnjLoop *loop;
  EnjExchange *exchange;
  EnjSteward *steward;
} Scene;

static void
scene_init (Scene *self, const char *listen)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autofree char *text = g_strdup_printf ("[component b.here.test]\nserver = none\n"
                                           "[metrics]\nlisten = %s\n", listen);
  g_autoptr (EnjConfig) config = enj_test_config_new (text);
  const EnjStewardBridge bridge = { .data = self };

  self->loop = enj_loop_new (NULL, NULL);
  self->exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  self->steward = enj_steward_new (self->exchange, config, settings, &bridge, 0);
}

static void
scene_clear (Scene *self)
{
  enj_steward_free (self->steward);
  enj_exchange_free (self->exchange);
  enj_loop_free (self->loop);
}

/* 192.0.2.0/24 is for documentation (RFC 5737): no address of this machine. */
static void
names_what_cannot_be_had (void)
{
  g_autoptr (GError) error = NULL;
  Scene scene;

  scene_init (&scene, "192.0.2.1:9115");
  g_assert_null (enj_lookout_new (scene.loop, scene.steward, &error));
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (error->message, "[metrics] listen: "));
  if (enj_httpd_is_built ())
    g_assert_true (g_str_has_prefix (error->message, "[metrics] listen: 192.0.2.1:9115: "));
  scene_clear (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lookout/names-what-cannot-be-had", names_what_cannot_be_had);
  return g_test_run ();
}

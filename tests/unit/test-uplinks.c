#include "config.h"

#include "component/uplinks.h"

#include "component/journal.h"
#include "tests/support/configs.h"
#include "tests/support/settings.h"

#define TEXT                                                                       \
  "[component a.here.test]\nserver = 127.0.0.1:5347\nsecret = s\n"                 \
  "[component b.here.test]\nserver = 127.0.0.1:5347\nsecret = s\n"                 \
  "[component c.here.test]\nserver = none\n"

static void
test_counts (void)
{
  g_autoptr (EnjConfig) config = enj_test_config_new (TEXT);
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (GMainContext) context = g_main_context_new ();
  EnjLoop *loop = enj_loop_new (context, NULL);
  EnjResolver *resolver = enj_resolver_new (loop, config, NULL);
  EnjExchange *exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  EnjUplinks *uplinks = enj_uplinks_new (loop, resolver, exchange, NULL, config, NULL);
  EnjExchangeEvent up = { .type = ENJ_EXCHANGE_LINK_UP, .local = (char *) "b.here.test" };
  EnjExchangeEvent down = { .type = ENJ_EXCHANGE_LINK_DOWN,
                            .local = (char *) "b.here.test",
                            .was_up = TRUE };

  g_assert_cmpuint (enj_uplinks_count (uplinks), ==, 2);
  g_assert_nonnull (enj_uplinks_find (uplinks, "a.here.test"));
  g_assert_null (enj_uplinks_find (uplinks, "c.here.test"));
  g_assert_cmpuint (enj_uplinks_count_up (uplinks), ==, 0);

  enj_uplinks_handle (uplinks, &up, 0);
  g_assert_cmpuint (enj_uplinks_count_up (uplinks), ==, 1);
  enj_uplinks_handle (uplinks, &down, 0);
  g_assert_cmpuint (enj_uplinks_count_up (uplinks), ==, 0);
  down.was_up = FALSE;
  enj_uplinks_handle (uplinks, &down, 0);
  g_assert_cmpuint (enj_uplinks_count_up (uplinks), ==, 0);

  enj_uplinks_stop (uplinks);
  enj_uplinks_free (uplinks);
  enj_exchange_free (exchange);
  enj_resolver_free (resolver);
  enj_loop_free (loop);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/uplinks/count-those-that-are-up", test_counts);
  return g_test_run ();
}

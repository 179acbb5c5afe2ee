#include "config.h"

#include "component/expiry.h"

#include "protocol/wall.h"
#include "component/journal.h"
#include "tests/support/authority.h"
#include "tests/support/settings.h"

static GMainContext *context;
static EnjLoop *loop;
static gint64 time_now;

static gint64
get_time (void)
{
  return time_now;
}

static EnjSettings *
settings_new (gint64 a_end, gint64 b_end)
{
  EnjSettings *settings = enj_test_settings_new ();
  const EnjTestLeaf a = { .names = "dns:a.example", .end = a_end };
  const EnjTestLeaf b = { .names = "dns:b.example", .end = b_end };
  g_autoptr (EnjCredentials) first = enj_test_authority_issue (NULL, &a);
  g_autoptr (EnjCredentials) second = enj_test_authority_issue (NULL, &b);

  enj_settings_add_credentials (settings, "a.example", first);
  enj_settings_add_credentials (settings, "b.example", second);
  return settings;
}

static void
run (void)
{
  while (g_main_context_iteration (context, FALSE))
    continue;
  enj_journal_assert_expected ();
}

/* Both clocks go on. */
static void
pass (gint64 days)
{
  time_now += days * G_TIME_SPAN_DAY;
  enj_test_wall_move (enj_test_wall () + days * ENJ_TEST_DAY);
  run ();
}

static void
set_up (void)
{
  context = g_main_context_new ();
  loop = enj_loop_new (context, NULL);
  time_now = G_TIME_SPAN_DAY;
  enj_loop_set_clock (loop, get_time);
  enj_wall_set (enj_test_wall);
  enj_test_wall_move (ENJ_TEST_WALL);
}

static void
tear_down (void)
{
  enj_loop_free (loop);
  g_main_context_unref (context);
}

static void
test_daily (void)
{
  g_autoptr (EnjSettings) settings = NULL;
  g_autoptr (EnjExpiry) expiry = NULL;
  g_autoptr (GError) error = NULL;

  set_up ();
  settings = settings_new (ENJ_TEST_WALL + 16 * ENJ_TEST_DAY, 0);
  expiry = enj_expiry_new (loop, settings, &error);
  g_assert_no_error (error);
  run ();
  pass (1);
  pass (1);

  enj_journal_expect (G_LOG_LEVEL_WARNING,
                      "the certificate of a.example expires in 13 days, on 2023-11-30 22:13 UTC: "
                      "renew it, then reload enjamb");
  pass (1);
  enj_journal_expect (G_LOG_LEVEL_WARNING, "the certificate of a.example expires in 12 days, *");
  pass (1);
  time_now += G_TIME_SPAN_DAY - 1;
  run ();
  enj_journal_expect (G_LOG_LEVEL_WARNING, "the certificate of a.example expires in 12 days, *");
  time_now += 1;
  run ();
  enj_journal_expect (G_LOG_LEVEL_WARNING, "the certificate of a.example expires in 1 day, *");
  pass (11);
  enj_journal_expect (G_LOG_LEVEL_WARNING,
                      "the certificate of a.example has expired, on 2023-11-30 *");
  pass (1);
  g_clear_pointer (&expiry, enj_expiry_free);
  tear_down ();
}

static void
test_reload (void)
{
  g_autoptr (EnjSettings) settings = NULL;
  g_autoptr (EnjSettings) renewed = NULL;
  g_autoptr (EnjSettings) worse = NULL;
  g_autoptr (EnjExpiry) expiry = NULL;

  set_up ();
  settings = settings_new (ENJ_TEST_WALL + ENJ_TEST_DAY, ENJ_TEST_WALL + 14 * ENJ_TEST_DAY);
  expiry = enj_expiry_new (loop, settings, NULL);
  enj_journal_expect (G_LOG_LEVEL_WARNING, "the certificate of a.example expires in 1 day, *");
  run ();

  renewed = settings_new (0, 0);
  enj_expiry_set_settings (expiry, renewed);
  run ();
  pass (20);

  worse = settings_new (0, ENJ_TEST_WALL + 21 * ENJ_TEST_DAY);
  enj_expiry_set_settings (expiry, worse);
  enj_journal_expect (G_LOG_LEVEL_WARNING, "the certificate of b.example expires in 1 day, *");
  run ();
  g_clear_pointer (&expiry, enj_expiry_free);
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/expiry/warns-daily-from-fourteen-days-before", test_daily);
  g_test_add_func ("/expiry/a-reload-is-looked-at-at-once", test_reload);
  return g_test_run ();
}

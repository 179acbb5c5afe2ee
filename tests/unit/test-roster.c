#include "config.h"

#include "protocol/roster.h"

#include "tests/support/settings.h"

/* All of them at once, when the bridge ends: none is looked for, and none is forgotten. */
static void
test_marks (void)
{
  EnjSettings *settings = enj_test_settings_new ();
  EnjCounters counters = { 0 };
  EnjCalls *calls = enj_calls_new (settings, &counters, (EnjWake){ 0 });
  EnjFailures *failures = enj_failures_new ();
  EnjRoster *roster = enj_roster_new (settings, calls, failures);

  for (guint round = 0; round < 2; round++)
    for (guint i = 0; i < 100; i++)
      {
        g_autofree char *remote = g_strdup_printf ("d%u.example", i);

        enj_roster_mark (roster, remote);
      }
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *remote = g_strdup_printf ("d%u.example", i);
      g_autofree char *marked = enj_roster_steal_marked (roster);

      g_assert_cmpstr (marked, ==, remote);
      if (i % 2)
        enj_roster_mark (roster, marked);
    }
  for (guint i = 1; i < 60; i += 2)
    {
      g_autofree char *remote = g_strdup_printf ("d%u.example", i);
      g_autofree char *marked = enj_roster_steal_marked (roster);

      g_assert_cmpstr (marked, ==, remote);
    }
  enj_roster_free (roster);
  enj_failures_free (failures);
  enj_calls_free (calls);
  enj_settings_unref (settings);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/roster/looks-after-each-once-in-the-order-of-marks", test_marks);

  return g_test_run ();
}

#include "config.h"

#include "protocol/vitals.h"

#include "protocol/deadlines.h"
#include "tests/support/proves.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

static const EnjStreamLimits nothing_said;

static void
test_at_rest (void)
{
  EnjVitals vitals;

  enj_vitals_init (&vitals);
  g_assert_cmpint (enj_vitals_deadline (&vitals), ==, ENJ_NEVER);
  g_assert_cmpint (enj_vitals_next (&vitals, 1000000 * SECOND), ==, ENJ_VITAL_NONE);
}

static void
test_speaks (void)
{
  EnjVitals vitals;

  enj_vitals_init (&vitals);
  enj_vitals_start (&vitals, 300, 3600, &nothing_said, 0);
  vitals.said = 50 * SECOND;
  g_assert_cmpint (enj_vitals_next (&vitals, 300 * SECOND), ==, ENJ_VITAL_NONE);
  g_assert_cmpint (enj_vitals_deadline (&vitals), ==, 350 * SECOND);
  g_assert_cmpint (enj_vitals_next (&vitals, 350 * SECOND), ==, ENJ_VITAL_SPEAK);
  g_assert_cmpint (enj_vitals_next (&vitals, 350 * SECOND), ==, ENJ_VITAL_NONE);
  g_assert_cmpint (enj_vitals_deadline (&vitals), ==, 650 * SECOND);
}

/* What the peer says shortens the silence, never below what is sound. */
static void
test_peer_tires (void)
{
  static const struct
  {
    guint64 idle_seconds;
    gint64 due;
  } cases[] = { { 0, 300 }, { 601, 300 }, { 600, 300 }, { 90, 45 }, { 10, 5 }, { 1, 5 } };

  enj_test_proves ("L07");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const EnjStreamLimits peer = { .idle_seconds = cases[i].idle_seconds };
      EnjVitals vitals;

      enj_vitals_init (&vitals);
      enj_vitals_start (&vitals, 300, 3600, &peer, 0);
      g_assert_cmpint (enj_vitals_deadline (&vitals), ==, cases[i].due * SECOND);
    }
}

static void
test_idle (void)
{
  EnjVitals vitals;

  enj_vitals_init (&vitals);
  enj_vitals_start (&vitals, 86400, 3600, &nothing_said, 0);
  vitals.stirred = 100 * SECOND;
  g_assert_cmpint (enj_vitals_next (&vitals, 3600 * SECOND), ==, ENJ_VITAL_NONE);
  g_assert_cmpint (enj_vitals_deadline (&vitals), ==, 3700 * SECOND);
  g_assert_cmpint (enj_vitals_next (&vitals, 3700 * SECOND), ==, ENJ_VITAL_IDLE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vitals/at-rest", test_at_rest);
  g_test_add_func ("/vitals/speaks-when-quiet", test_speaks);
  g_test_add_func ("/vitals/speaks-before-the-peer-tires", test_peer_tires);
  g_test_add_func ("/vitals/ends-when-of-no-use", test_idle);
  return g_test_run ();
}

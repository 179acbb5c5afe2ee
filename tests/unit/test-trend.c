#include "config.h"

#include "component/trend.h"

static void
begins_empty (void)
{
  EnjTrend trend = { 0 };
  guint64 values[ENJ_TREND_SAMPLES];

  g_assert_cmpuint (enj_trend_list (&trend, values), ==, 0);
  g_assert_cmpuint (enj_trend_list_growth (&trend, values), ==, 0);
  enj_trend_add (&trend, 7);
  g_assert_cmpuint (enj_trend_list (&trend, values), ==, 1);
  g_assert_cmpuint (values[0], ==, 7);
  g_assert_cmpuint (enj_trend_list_growth (&trend, values), ==, 0);
}

static void
forgets_the_oldest (void)
{
  EnjTrend trend = { 0 };
  guint64 values[ENJ_TREND_SAMPLES];

  for (guint64 i = 0; i < ENJ_TREND_SAMPLES + 5; i++)
    enj_trend_add (&trend, i * i);
  g_assert_cmpuint (enj_trend_list (&trend, values), ==, ENJ_TREND_SAMPLES);
  g_assert_cmpuint (values[0], ==, 25);
  g_assert_cmpuint (values[ENJ_TREND_SAMPLES - 1], ==, 124 * 124);
  g_assert_cmpuint (enj_trend_list_growth (&trend, values), ==, ENJ_TREND_SAMPLES - 1);
  g_assert_cmpuint (values[0], ==, 36 - 25);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trend/begins-empty", begins_empty);
  g_test_add_func ("/trend/forgets-the-oldest", forgets_the_oldest);
  return g_test_run ();
}

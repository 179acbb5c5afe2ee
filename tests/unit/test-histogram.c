#include "config.h"

#include "protocol/histogram.h"

static void
counts_by_size (void)
{
  static const struct
  {
    gint64 duration;
    guint bucket;
  } cases[] = {
    { -5, 0 }, { 0, 0 }, { 100, 0 }, { 101, 1 }, { 1000, 3 },
    { 30000000, 16 }, { 30000001, 17 }, { G_MAXINT64, 17 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjHistogram histogram = { 0 };

      enj_histogram_observe (&histogram, cases[i].duration);
      g_test_message ("%" G_GINT64_FORMAT, cases[i].duration);
      g_assert_cmpuint (histogram.counts[cases[i].bucket], ==, 1);
      g_assert_cmpuint (enj_histogram_count (&histogram), ==, 1);
      g_assert_cmpuint (histogram.sum, ==, (guint64) MAX (cases[i].duration, 0));
    }
}

static void
adds_up (void)
{
  EnjHistogram histogram = { 0 };

  enj_histogram_observe (&histogram, 200);
  enj_histogram_observe (&histogram, 70000);
  enj_histogram_observe (&histogram, 80000);
  g_assert_cmpuint (enj_histogram_count (&histogram), ==, 3);
  g_assert_cmpuint (histogram.sum, ==, 150200);
  g_assert_cmpuint (histogram.counts[9], ==, 2);
}

static void
bounds_grow_to_the_end (void)
{
  for (guint i = 1; i < ENJ_HISTOGRAM_BUCKETS; i++)
    g_assert_cmpint (enj_histogram_get_bound (i - 1), <, enj_histogram_get_bound (i));
  g_assert_cmpint (enj_histogram_get_bound (ENJ_HISTOGRAM_BUCKETS - 1), ==, G_MAXINT64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/histogram/counts-by-size", counts_by_size);
  g_test_add_func ("/histogram/adds-up", adds_up);
  g_test_add_func ("/histogram/bounds-grow-to-the-end", bounds_grow_to_the_end);
  return g_test_run ();
}

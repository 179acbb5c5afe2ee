#include "config.h"

#include "protocol/rate.h"

#define START G_GINT64_CONSTANT (5000000000)

static void
test_burst (void)
{
  EnjRate rate;

  enj_rate_init (&rate, 10, 20, START);
  g_assert_true (enj_rate_take (&rate, 15, START));
  g_assert_true (enj_rate_take (&rate, 5, START));
  g_assert_cmpint (enj_rate_ready (&rate, START), <=, START);
  g_assert_false (enj_rate_take (&rate, 1, START));
}

static void
test_debt (void)
{
  EnjRate rate;
  gint64 ready;

  enj_rate_init (&rate, 10, 20, START);
  g_assert_false (enj_rate_take (&rate, 25, START));
  ready = enj_rate_ready (&rate, START);
  g_assert_cmpint (ready, ==, START + G_USEC_PER_SEC / 2);
  g_assert_cmpint (enj_rate_ready (&rate, START + 100), ==, ready);
  g_assert_cmpint (enj_rate_ready (&rate, ready - 1), ==, ready);
  g_assert_cmpint (enj_rate_ready (&rate, ready), <=, ready);
  g_assert_false (enj_rate_take (&rate, 1, ready));

  enj_rate_init (&rate, 3, 0, START);
  g_assert_false (enj_rate_take (&rate, 1, START));
  g_assert_cmpint (enj_rate_ready (&rate, START), ==, START + 333334);
}

static void
test_try (void)
{
  EnjRate rate;

  enj_rate_init (&rate, 10, 20, START);
  g_assert_true (enj_rate_is_full (&rate, START));
  g_assert_true (enj_rate_try (&rate, 15, START));
  g_assert_false (enj_rate_try (&rate, 6, START));
  g_assert_true (enj_rate_try (&rate, 5, START));
  g_assert_false (enj_rate_try (&rate, 1, START + G_USEC_PER_SEC / 10 - 1));
  g_assert_true (enj_rate_try (&rate, 1, START + G_USEC_PER_SEC / 10));
  g_assert_false (enj_rate_is_full (&rate, START + 2 * G_USEC_PER_SEC + G_USEC_PER_SEC / 10 - 1));
  g_assert_true (enj_rate_is_full (&rate, START + 2 * G_USEC_PER_SEC + G_USEC_PER_SEC / 10));

  enj_rate_init (&rate, 0, 0, START);
  g_assert_true (enj_rate_try (&rate, G_MAXUINT64, START));
  g_assert_true (enj_rate_is_full (&rate, START));
}

static void
test_refills_to_the_burst (void)
{
  EnjRate rate;

  enj_rate_init (&rate, 10, 20, START);
  g_assert_true (enj_rate_take (&rate, 20, START));
  g_assert_true (enj_rate_take (&rate, 5, START + G_USEC_PER_SEC / 2));
  g_assert_false (enj_rate_take (&rate, 21, START + 1000 * (gint64) G_USEC_PER_SEC));
}

/* However often it is asked: one second gives what the rate says, to the last token. */
static void
test_nothing_is_rounded_away (void)
{
  static const guint64 rates[] = { 1, 3, 7, 10, 999983, 1048576, 5000011 };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    {
      gint64 now = START;
      EnjRate rate;

      enj_rate_init (&rate, rates[i], rates[i], START);
      g_assert_true (enj_rate_take (&rate, rates[i], START));
      for (gint64 step = 1; now < START + G_USEC_PER_SEC; step = step % 97 + 1)
        {
          now = MIN (now + step, START + G_USEC_PER_SEC);
          (void) enj_rate_ready (&rate, now);
        }
      g_assert_true (enj_rate_take (&rate, rates[i], now));
      g_assert_false (enj_rate_take (&rate, 1, now));
    }
}

static void
test_no_limit (void)
{
  EnjRate rate;

  enj_rate_init (&rate, 0, 0, START);
  g_assert_true (enj_rate_take (&rate, G_MAXUINT64, START));
  g_assert_true (enj_rate_take (&rate, G_MAXUINT64, START));
  g_assert_cmpint (enj_rate_ready (&rate, START), <=, START);
}

static void
test_time_stands_still (void)
{
  EnjRate rate;

  enj_rate_init (&rate, 10, 10, START);
  g_assert_true (enj_rate_take (&rate, 10, START));
  g_assert_false (enj_rate_take (&rate, 1, START - G_USEC_PER_SEC));
  g_assert_cmpint (enj_rate_ready (&rate, START), ==, START + G_USEC_PER_SEC / 10);
}

static void
test_extremes (void)
{
  EnjRate rate;

  enj_rate_init (&rate, G_MAXUINT64, G_MAXUINT64, 0);
  g_assert_true (enj_rate_take (&rate, 1, 0));
  g_assert_true (enj_rate_take (&rate, 1, G_MAXINT64));
  g_assert_cmpint (enj_rate_ready (&rate, G_MAXINT64), ==, G_MAXINT64);

  enj_rate_init (&rate, 1, 1, 0);
  for (guint i = 0; i < 4; i++)
    g_assert_false (enj_rate_take (&rate, G_MAXUINT64, 0));
  g_assert_cmpint (enj_rate_ready (&rate, 0), >, G_MAXINT64 / 4);
  g_assert_false (enj_rate_take (&rate, 1, G_MAXINT64 / 4));
  g_assert_cmpint (enj_rate_ready (&rate, G_MAXINT64 - 1), <=, G_MAXINT64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rate/starts-full", test_burst);
  g_test_add_func ("/rate/tells-when-it-is-out-of-debt", test_debt);
  g_test_add_func ("/rate/takes-nothing-where-there-is-not-enough", test_try);
  g_test_add_func ("/rate/refills-to-the-burst-and-no-further", test_refills_to_the_burst);
  g_test_add_func ("/rate/rounds-nothing-away", test_nothing_is_rounded_away);
  g_test_add_func ("/rate/zero-is-no-limit", test_no_limit);
  g_test_add_func ("/rate/time-that-goes-back-stands-still", test_time_stands_still);
  g_test_add_func ("/rate/survives-the-ends-of-the-range", test_extremes);
  return g_test_run ();
}

#include "config.h"

#include "protocol/backoff.h"

#include "protocol/chance.h"
#include "tests/support/proves.h"

#define SECOND G_USEC_PER_SEC

static void
all_ones (guint8 *data, gsize len, gpointer user_data)
{
  for (gsize i = 0; i < len; i++)
    data[i] = *(const guint8 *) user_data;
}

static void
doubles_up_to_the_limit (void)
{
  static const int seconds[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
  EnjBackoff backoff;

  enj_backoff_init (&backoff, 60);
  for (guint i = 0; i < G_N_ELEMENTS (seconds); i++)
    {
      gint64 delay = enj_backoff_next (&backoff);

      g_assert_cmpint (delay, >=, MAX (SECOND, seconds[i] * SECOND / 2));
      g_assert_cmpint (delay, <=, seconds[i] * SECOND);
    }
}

static void
starts_anew_after_a_reset (void)
{
  EnjBackoff backoff;

  enj_backoff_init (&backoff, 60);
  for (guint i = 0; i < 10; i++)
    enj_backoff_next (&backoff);
  enj_backoff_reset (&backoff);
  g_assert_cmpint (enj_backoff_next (&backoff), ==, SECOND);
}

static void
depends_on_chance (void)
{
  guint8 low = 0;
  EnjBackoff backoff;
  gboolean differs = FALSE;

  enj_backoff_init (&backoff, 60);
  enj_chance_set_source (all_ones, &low);
  g_assert_cmpint (enj_backoff_longest (&backoff), ==, 30 * SECOND);
  enj_chance_set_source (NULL, NULL);
  for (guint i = 0; i < 100; i++)
    differs |= enj_backoff_longest (&backoff) != 30 * SECOND;
  g_assert_true (differs);
}

static void
never_waits_less_than_a_second (void)
{
  EnjBackoff backoff;

  enj_backoff_init (&backoff, 1);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpint (enj_backoff_next (&backoff), ==, SECOND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/backoff/doubles-up-to-the-limit", doubles_up_to_the_limit);
  g_test_add_func ("/backoff/starts-anew-after-a-reset", starts_anew_after_a_reset);
  g_test_add_func ("/backoff/depends-on-chance", depends_on_chance);
  g_test_add_func ("/backoff/never-waits-less-than-a-second", never_waits_less_than_a_second);
  return g_test_run ();
}

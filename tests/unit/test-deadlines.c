#include "config.h"

#include "protocol/deadlines.h"

static void
test_earliest (void)
{
  const gint64 due[] = { 30, ENJ_NEVER, 10, 20 };
  const gint64 idle[] = { ENJ_NEVER, ENJ_NEVER };

  g_assert_cmpint (enj_deadlines_earliest (due, G_N_ELEMENTS (due)), ==, 10);
  g_assert_cmpint (enj_deadlines_earliest (due, 1), ==, 30);
  g_assert_cmpint (enj_deadlines_earliest (idle, G_N_ELEMENTS (idle)), ==, ENJ_NEVER);
  g_assert_cmpint (enj_deadlines_earliest (NULL, 0), ==, ENJ_NEVER);
}

static void
test_oldest_first (void)
{
  gint64 due[] = { 30, 10, 40, 10 };
  static const guint expected[] = { 1, 3, 0 };
  guint which = 99;

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_true (enj_deadlines_next_due (due, G_N_ELEMENTS (due), 30, &which));
      g_assert_cmpuint (which, ==, expected[i]);
      g_assert_cmpint (due[which], ==, ENJ_NEVER);
    }

  g_assert_false (enj_deadlines_next_due (due, G_N_ELEMENTS (due), 30, &which));
  g_assert_cmpuint (which, ==, 0);
  g_assert_cmpint (due[2], ==, 40);
}

static void
test_due_at_its_moment (void)
{
  gint64 due[] = { 100 };
  guint which;

  g_assert_false (enj_deadlines_next_due (due, 1, 99, &which));
  g_assert_true (enj_deadlines_next_due (due, 1, 100, &which));
}

static void
test_never_is_never_due (void)
{
  gint64 due[] = { ENJ_NEVER };
  guint which;

  g_assert_false (enj_deadlines_next_due (due, 1, G_MAXINT64, &which));
  g_assert_false (enj_deadlines_next_due (NULL, 0, G_MAXINT64, &which));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deadlines/earliest-of-those-awaited", test_earliest);
  g_test_add_func ("/deadlines/oldest-first-lowest-index-among-equals", test_oldest_first);
  g_test_add_func ("/deadlines/due-at-its-moment-and-not-before", test_due_at_its_moment);
  g_test_add_func ("/deadlines/never-is-never-due", test_never_is_never_due);
  return g_test_run ();
}

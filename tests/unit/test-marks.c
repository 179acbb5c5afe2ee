#include "config.h"

#include "protocol/marks.h"

static void
assert_steals (EnjMarks *marks, const char *expected)
{
  g_autofree char *name = enj_marks_steal (marks);

  g_assert_cmpstr (name, ==, expected);
}

static void
test_order (void)
{
  EnjMarks marks = { 0 };

  assert_steals (&marks, NULL);
  enj_marks_add (&marks, "b");
  enj_marks_add (&marks, "a");
  enj_marks_add (&marks, "b");
  assert_steals (&marks, "b");
  enj_marks_add (&marks, "b");
  assert_steals (&marks, "a");
  assert_steals (&marks, "b");
  assert_steals (&marks, NULL);
  enj_marks_add (&marks, "left behind");
  enj_marks_clear (&marks);
  assert_steals (&marks, NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/marks/come-once-and-in-order", test_order);
  return g_test_run ();
}

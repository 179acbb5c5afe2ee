#include "config.h"

#include "protocol/names.h"

static void
test_set (void)
{
  EnjNames names = { NULL };

  g_assert_false (enj_names_has (&names, "a"));
  g_assert_false (enj_names_remove (&names, "a"));
  enj_names_add_take (&names, g_strdup ("a"));
  enj_names_add_take (&names, g_strdup ("a"));
  enj_names_add_take (&names, g_strdup ("b"));
  g_assert_cmpuint (enj_names_count (&names), ==, 2);
  g_assert_true (enj_names_has (&names, "a"));
  g_assert_false (enj_names_has (&names, "A"));
  g_assert_true (enj_names_remove (&names, "a"));
  g_assert_false (enj_names_remove (&names, "a"));
  g_assert_true (enj_names_has (&names, "b"));
  enj_names_clear (&names);
  g_assert_false (enj_names_has (&names, "b"));
  g_assert_cmpuint (enj_names_count (&names), ==, 0);
}

static void
test_nothing (void)
{
  EnjNames names = { NULL };

  enj_names_clear (&names);
  g_assert_null (names.set);
  enj_names_add_take (&names, g_strdup ("a"));
  g_assert_nonnull (names.set);
  g_assert_true (enj_names_remove (&names, "a"));
  g_assert_null (names.set);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/names/are-a-set", test_set);
  g_test_add_func ("/names/take-nothing-while-there-are-none", test_nothing);
  return g_test_run ();
}

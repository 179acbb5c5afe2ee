#include "config.h"

#include "protocol/memory.h"

static void
test_values (void)
{
  g_autoptr (EnjMemory) memory = enj_memory_new (10, g_free);

  g_assert_null (enj_memory_find (memory, "a"));
  enj_memory_put_take (memory, "a", g_strdup ("1"));
  enj_memory_put_take (memory, "b", g_strdup ("2"));
  enj_memory_put_take (memory, "a", g_strdup ("3"));
  g_assert_cmpuint (enj_memory_count (memory), ==, 2);
  g_assert_cmpstr (enj_memory_find (memory, "a"), ==, "3");
  g_assert_cmpstr (enj_memory_find (memory, "b"), ==, "2");
  enj_memory_forget (memory, "b");
  enj_memory_forget (memory, "c");
  g_assert_null (enj_memory_find (memory, "b"));
  enj_memory_forget_all (memory);
  g_assert_null (enj_memory_find (memory, "a"));
  g_assert_cmpuint (enj_memory_count (memory), ==, 0);
  enj_memory_put_take (memory, "a", g_strdup ("4"));
  g_assert_cmpstr (enj_memory_find (memory, "a"), ==, "4");
}

/* What was put again is as young as that. */
static void
test_bounded (void)
{
  g_autoptr (EnjMemory) memory = enj_memory_new (3, NULL);
  static const char *const names[] = { "a", "b", "c", "a", "d", "e" };
  static const char *const renewed[] = { "a", "z" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      enj_memory_put_take (memory, names[i], (gpointer) names[i]);
      g_assert_cmpuint (enj_memory_count (memory), <=, 3);
    }
  g_assert_cmpuint (enj_memory_count (memory), ==, 3);
  g_assert_cmpstr (enj_memory_find (memory, "a"), ==, "a");
  g_assert_cmpstr (enj_memory_find (memory, "d"), ==, "d");
  g_assert_cmpstr (enj_memory_find (memory, "e"), ==, "e");

  for (guint i = 0; i < G_N_ELEMENTS (renewed); i++)
    enj_memory_renew (memory, renewed[i]);
  enj_memory_put_take (memory, "f", (gpointer) "f");
  g_assert_null (enj_memory_find (memory, "d"));
  g_assert_cmpstr (enj_memory_find (memory, "a"), ==, "a");
  g_assert_cmpuint (enj_memory_count (memory), ==, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/memory/keeps-the-last-value-of-a-name", test_values);
  g_test_add_func ("/memory/forgets-the-oldest", test_bounded);
  return g_test_run ();
}

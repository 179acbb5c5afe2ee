#include "config.h"

#include "component/descriptors.h"

#include <sys/resource.h>

static void
set_limit (rlim_t soft)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = soft;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

static void
test_reserve (void)
{
  set_limit (1024);
  g_assert_cmpuint (enj_descriptors_allow (100), ==, 100);
  g_assert_cmpuint (enj_descriptors_allow (768), ==, 768);
  g_assert_cmpuint (enj_descriptors_allow (769), ==, 768);
  g_assert_cmpuint (enj_descriptors_allow (G_MAXUINT64), ==, 768);
  set_limit (256);
  g_assert_cmpuint (enj_descriptors_allow (8192), ==, 192);
}

static void
test_raise (void)
{
  struct rlimit limit;

  set_limit (256);
  enj_descriptors_raise ();
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  g_assert_cmpuint (limit.rlim_cur, ==, limit.rlim_max);
}

static void
test_last (void)
{
  set_limit (256);
  g_assert_false (enj_descriptors_is_one_of_last (3));
  g_assert_false (enj_descriptors_is_one_of_last (223));
  g_assert_true (enj_descriptors_is_one_of_last (224));
  g_assert_true (enj_descriptors_is_one_of_last (255));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/descriptors/some-are-kept-from-connections", test_reserve);
  g_test_add_func ("/descriptors/as-many-as-the-system-allows", test_raise);
  g_test_add_func ("/descriptors/the-last-are-known", test_last);
  return g_test_run ();
}

#include "config.h"

#include "component/thrift.h"

#include <malloc.h>

#include "protocol/limits.h"

static gint64 time_now = 1000 * ENJ_SECOND;
static guint n_trims;

static gint64
get_time (void)
{
  return time_now;
}

/* Stands before that of the C library. */
int
malloc_trim (size_t pad)
{
  g_assert_cmpuint (pad, ==, 0);
  n_trims++;
  return 1;
}

/* How often the heap was trimmed by then. */
static guint
trims_after (GMainContext *context, gint64 later)
{
  time_now += later;
  while (g_main_context_iteration (context, FALSE))
    continue;
  return n_trims;
}

static void
test_trims (void)
{
  GMainContext *context = g_main_context_new ();
  EnjLoop *loop = enj_loop_new (context, NULL);
  EnjCounters counters = { 0 };
  EnjThrift *thrift;

  enj_loop_set_clock (loop, get_time);
  thrift = enj_thrift_new (loop, &counters, NULL);
  g_assert_cmpuint (trims_after (context, 10 * ENJ_SECOND), ==, 0);
  counters.accepted++;
  g_assert_cmpuint (trims_after (context, 9 * ENJ_SECOND), ==, 0);
  g_assert_cmpuint (trims_after (context, ENJ_SECOND), ==, 1);
  g_assert_cmpuint (trims_after (context, 100 * ENJ_SECOND), ==, 1);
  counters.confirmed++;
  g_assert_cmpuint (trims_after (context, 10 * ENJ_SECOND), ==, 2);
  counters.confirmed++;
  enj_thrift_free (thrift);
  g_assert_cmpuint (trims_after (context, 10 * ENJ_SECOND), ==, 2);
  enj_loop_free (loop);
  g_main_context_unref (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/thrift/gives-back-when-anything-has-happened", test_trims);
  return g_test_run ();
}

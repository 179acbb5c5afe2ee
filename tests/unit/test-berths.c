#include "config.h"

#include "protocol/berths.h"

#include "protocol/deadlines.h"

#define NOW (1000 * ENJ_SECOND)
#define N 200

static EnjBerth *all[N];

static EnjBerths *
set_up (guint64 connections, guint64 in_all, guint64 per_source)
{
  EnjLimits limits = enj_limits_default ();

  limits.connections = connections;
  limits.unauthenticated = in_all;
  limits.unauthenticated_per_address = per_source;
  return enj_berths_new (&limits, (EnjWake){ 0 });
}

/* The index is the call, too. */
static void
ask (EnjBerths *self, guint first, guint n, const char *source)
{
  for (guint i = first; i < first + n; i++)
    all[i] = enj_berth_new (self, i, i + 1, source);
}

static guint
take_all (EnjBerths *self, gint64 now)
{
  guint64 call;
  guint ticket;
  guint n = 0;

  while (enj_berths_next (self, &call, &ticket, now))
    {
      g_assert_cmpuint (ticket, ==, call + 1);
      g_assert_false (enj_berth_is_waiting (all[call]));
      n++;
    }
  return n;
}

static void
leave (guint index)
{
  g_clear_pointer (&all[index], enj_berth_free);
}

static guint
find_taken (void)
{
  guint i = 0;

  while (!all[i] || enj_berth_is_waiting (all[i]))
    i++;
  return i;
}

static void
tear_down (EnjBerths *self)
{
  for (guint i = 0; i < N; i++)
    leave (i);
  enj_berths_free (self);
}

static void
test_per_source (void)
{
  EnjBerths *self = set_up (8192, 512, 8);

  ask (self, 0, 8, "192.0.2.1");
  g_assert_cmpuint (take_all (self, NOW), ==, 8);
  ask (self, 8, 8, "192.0.2.1");
  g_assert_cmpuint (take_all (self, NOW), ==, 0);
  ask (self, 16, 1, "2001:db8::/64");
  g_assert_cmpuint (take_all (self, NOW), ==, 1);
  leave (0);
  g_assert_cmpuint (take_all (self, NOW), ==, 1);
  tear_down (self);
}

/* Each connection to another address. */
static guint
count_in_all (guint64 connections, guint64 in_all)
{
  EnjBerths *self = set_up (connections, in_all, 8);
  guint n;

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *source = g_strdup_printf ("192.0.2.%u", i);

      ask (self, i, 1, source);
    }
  n = take_all (self, NOW);
  leave (find_taken ());
  g_assert_cmpuint (take_all (self, NOW), ==, n < 100 ? 1 : 0);
  tear_down (self);
  return n;
}

static void
test_in_all (void)
{
  g_assert_cmpuint (count_in_all (8192, 100), ==, 100);
  g_assert_cmpuint (count_in_all (8192, 99), ==, 99);
  g_assert_cmpuint (count_in_all (8192, 1), ==, 1);

  /* The other half is for those who come to us. */
  g_assert_cmpuint (count_in_all (200, 512), ==, 100);
  g_assert_cmpuint (count_in_all (198, 512), ==, 99);
  g_assert_cmpuint (count_in_all (1, 512), ==, 1);
}

/* A crowd with all places passes none on to itself while another waits. */
static void
test_turns (void)
{
  EnjBerths *self = set_up (8192, 2, 2);
  guint64 call;
  guint ticket;

  ask (self, 0, 100, "192.0.2.1");
  g_assert_cmpuint (take_all (self, NOW), ==, 2);
  ask (self, 100, 1, "192.0.2.2");
  leave (find_taken ());
  g_assert_true (enj_berths_next (self, &call, &ticket, NOW));
  g_assert_cmpuint (call, ==, 100);

  /* Of one address the newest. */
  leave (100);
  ask (self, 101, 1, "192.0.2.1");
  g_assert_true (enj_berths_next (self, &call, &ticket, NOW));
  g_assert_cmpuint (call, ==, 101);
  tear_down (self);
}

/* What nobody wants may still be under way, for as long as connecting takes. */
static void
test_abandoned (void)
{
  EnjBerths *self = set_up (8192, 1, 8);

  ask (self, 0, 1, "192.0.2.1");
  g_assert_cmpuint (take_all (self, NOW), ==, 1);
  ask (self, 1, 2, "192.0.2.1");
  enj_berth_abandon (g_steal_pointer (&all[0]));
  enj_berth_abandon (g_steal_pointer (&all[1]));
  g_assert_cmpuint (take_all (self, NOW), ==, 0);
  g_assert_cmpint (enj_berths_deadline (self), ==, NOW + 10 * ENJ_SECOND);
  enj_berths_tick (self, NOW + 10 * ENJ_SECOND - 1);
  g_assert_cmpuint (take_all (self, NOW), ==, 0);
  enj_berths_tick (self, NOW + 10 * ENJ_SECOND);
  g_assert_cmpuint (take_all (self, NOW), ==, 1);
  g_assert_cmpint (enj_berths_deadline (self), ==, ENJ_NEVER);
  enj_berth_abandon (g_steal_pointer (&all[2]));
  tear_down (self);
}

static void
test_put_off (void)
{
  EnjBerths *self = set_up (8192, 8, 8);

  ask (self, 0, 2, "192.0.2.1");
  g_assert_cmpuint (take_all (self, NOW), ==, 2);
  g_assert_cmpint (enj_berths_deadline (self), ==, ENJ_NEVER);
  enj_berth_put_off (all[0], NOW);
  g_assert_true (enj_berth_is_waiting (all[0]));
  g_assert_cmpint (enj_berths_deadline (self), ==, NOW + ENJ_SECOND);
  g_assert_cmpuint (take_all (self, NOW + ENJ_SECOND - 1), ==, 0);
  enj_berths_tick (self, NOW + ENJ_SECOND);
  g_assert_cmpuint (take_all (self, NOW + ENJ_SECOND), ==, 1);
  tear_down (self);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/berths/so-many-at-one-address", test_per_source);
  g_test_add_func ("/berths/so-many-in-all-and-half-of-the-connections", test_in_all);
  g_test_add_func ("/berths/who-has-none-comes-first", test_turns);
  g_test_add_func ("/berths/the-abandoned-may-be-under-way", test_abandoned);
  g_test_add_func ("/berths/what-is-put-off-comes-again", test_put_off);
  return g_test_run ();
}

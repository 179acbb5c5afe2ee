#include "config.h"

#include "protocol/turns.h"

#include <string.h>

#define N 2000

static EnjTurn turns[N];

static EnjTurns *
set_up (guint64 in_all, guint64 per_source)
{
  memset (turns, 0, sizeof turns);
  return enj_turns_new (in_all, per_source);
}

/* Nobody has to go for them. */
static void
wait_for (EnjTurns *self, guint first, guint n, const char *source)
{
  for (guint i = first; i < first + n; i++)
    g_assert_null (enj_turns_wait (self, &turns[i], source));
}

static guint
start_all (EnjTurns *self)
{
  guint n = 0;

  while (enj_turns_next (self))
    n++;
  return n;
}

static guint
slow_all_down (void)
{
  guint n = 0;

  for (guint i = 0; i < N; i++)
    if (turns[i].state == ENJ_TURN_RUNNING)
      {
        enj_turn_slow_down (&turns[i]);
        n++;
      }
  return n;
}

static void
tear_down (EnjTurns *self)
{
  for (guint i = 0; i < N; i++)
    enj_turn_leave (&turns[i]);
  enj_turns_free (self);
}

/* lookups-per-source, and no fifth. */
static void
test_per_source (void)
{
  EnjTurns *self = set_up (64, 4);

  wait_for (self, 0, 10, "192.0.2.1");
  g_assert_cmpuint (start_all (self), ==, 4);
  wait_for (self, 10, 3, "192.0.2.2");
  g_assert_cmpuint (start_all (self), ==, 3);
  enj_turn_leave (&turns[9]);
  g_assert_cmpuint (start_all (self), ==, 1);
  tear_down (self);
}

/* lookups: three quarters for one kind, and the last for the other. */
static void
test_shares (void)
{
  EnjTurns *self = set_up (64, 4);

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *source = g_strdup_printf ("192.0.2.%u", i);

      wait_for (self, i * 4, 4, source);
    }
  g_assert_cmpuint (start_all (self), ==, 48);
  wait_for (self, 100, 60, NULL);
  g_assert_cmpuint (start_all (self), ==, 16);
  tear_down (self);

  self = set_up (64, 4);
  wait_for (self, 0, 100, NULL);
  g_assert_cmpuint (start_all (self), ==, 48);
  wait_for (self, 100, 4, "192.0.2.1");
  g_assert_cmpuint (start_all (self), ==, 4);
  tear_down (self);

  /* Of so few nothing can be set aside. */
  self = set_up (1, 4);
  wait_for (self, 0, 2, NULL);
  g_assert_cmpuint (start_all (self), ==, 1);
  tear_down (self);
}

/* What is slow makes room, sixteen times over, and then for the other kind only. */
static void
test_slow (void)
{
  EnjTurns *self = set_up (4, 2);
  guint n = 0;

  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *source = g_strdup_printf ("192.0.2.%u", i);

      wait_for (self, i * 30, 30, source);
    }
  while (start_all (self) > 0)
    n += slow_all_down ();
  g_assert_cmpuint (n, ==, 3 * 16);
  wait_for (self, 1500, 1, NULL);
  g_assert_true (enj_turns_next (self) == &turns[1500]);
  enj_turn_slow_down (&turns[1500]);
  wait_for (self, 1501, 30, NULL);
  g_assert_cmpuint (start_all (self), ==, 3);
  tear_down (self);

  self = set_up (64, 2);
  wait_for (self, 0, 30, "192.0.2.1");
  for (n = 0; start_all (self) > 0;)
    {
      n += slow_all_down ();
      wait_for (self, 30 + 2 * n, 2, "192.0.2.1");
    }
  g_assert_cmpuint (n, ==, 2 * 16);
  tear_down (self);
}

/* By turns; of one source the newest. */
static void
test_order (void)
{
  EnjTurns *self = set_up (64, 4);

  wait_for (self, 0, 2, "a");
  wait_for (self, 2, 2, "b");
  wait_for (self, 4, 1, NULL);
  g_assert_true (enj_turns_next (self) == &turns[1]);
  g_assert_true (enj_turns_next (self) == &turns[3]);
  g_assert_true (enj_turns_next (self) == &turns[4]);
  g_assert_true (enj_turns_next (self) == &turns[0]);
  g_assert_true (enj_turns_next (self) == &turns[2]);
  g_assert_null (enj_turns_next (self));
  tear_down (self);
}

static void
test_waiting (void)
{
  EnjTurns *self = set_up (64, 4);

  wait_for (self, 0, 128, "192.0.2.1");
  g_assert_true (enj_turns_wait (self, &turns[128], "192.0.2.1") == &turns[0]);
  g_assert_cmpint (turns[0].state, ==, ENJ_TURN_OUTSIDE);
  g_assert_true (enj_turns_wait (self, &turns[0], "192.0.2.1") == &turns[1]);
  wait_for (self, 200, 48 * 32, NULL);
  g_assert_true (enj_turns_wait (self, &turns[1990], NULL) == &turns[200]);
  tear_down (self);
}

static void
start_slowly (EnjTurns *self)
{
  while (start_all (self) > 0)
    slow_all_down ();
}

/* A user has no more than he leaves to all others, of what is fast and of what is slow. */
static void
test_users (void)
{
  EnjTurns *self = set_up (64, 4);

  wait_for (self, 0, 1000, ENJ_TURNS_USER "a@here.example");
  g_assert_cmpuint (start_all (self), ==, 24);
  wait_for (self, 1000, 100, ENJ_TURNS_USER "b@here.example");
  g_assert_cmpuint (start_all (self), ==, 12);
  wait_for (self, 1100, 1, ENJ_TURNS_USER "c@here.example");
  g_assert_true (enj_turns_next (self) == &turns[1100]);
  wait_for (self, 1101, 20, "192.0.2.1");
  g_assert_cmpuint (start_all (self), ==, 4);
  wait_for (self, 1200, 48, NULL); /* what we ask for ourselves */
  g_assert_cmpuint (start_all (self), ==, 11);
  tear_down (self);

  self = set_up (64, 4);
  wait_for (self, 0, 1000, ENJ_TURNS_USER "a@here.example");
  start_slowly (self);
  g_assert_cmpint (turns[1000 - 24 * 16 - 1].state, ==, ENJ_TURN_WAITING);
  g_assert_cmpint (turns[1000 - 24 * 16].state, ==, ENJ_TURN_SLOW);
  wait_for (self, 1000, 1, ENJ_TURNS_USER "b@here.example");
  g_assert_true (enj_turns_next (self) == &turns[1000]);
  tear_down (self);
}

/* However much one floods, what others want waits, and runs when there is a place. */
static void
test_flood (void)
{
  EnjTurns *self = set_up (64, 4);
  guint oldest = 0;

  wait_for (self, 0, 48 * 32, ENJ_TURNS_USER "a@here.example");
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *user = g_strdup_printf (ENJ_TURNS_USER "%u@here.example", i % 20);

      g_assert_true (enj_turns_wait (self, &turns[1600 + i], user) == &turns[oldest++]);
    }
  g_assert_true (enj_turns_wait (self, &turns[1700], ENJ_TURNS_USER "a@here.example")
                 == &turns[oldest]);
  wait_for (self, 1800, 10, "192.0.2.1"); /* These have room of their own. */
  start_slowly (self);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpint (turns[1600 + i].state, ==, ENJ_TURN_SLOW);
  tear_down (self);
}

/* Where all have one, it is not the newcomer's that goes. */
static void
test_crowd (void)
{
  EnjTurns *self = set_up (1, 1);

  for (guint i = 0; i < 32; i++)
    {
      g_autofree char *user = g_strdup_printf (ENJ_TURNS_USER "%u@here.example", i);

      wait_for (self, i, 1, user);
    }
  g_assert_true (enj_turns_wait (self, &turns[32], ENJ_TURNS_USER "z@here.example")
                 == &turns[0]);
  enj_turn_leave (&turns[5]);
  wait_for (self, 33, 1, NULL);
  tear_down (self);
}

static void
test_limits (void)
{
  EnjTurns *self = set_up (4, 1);

  wait_for (self, 0, 10, "192.0.2.1");
  g_assert_cmpuint (start_all (self), ==, 1);
  enj_turns_set_limits (self, 8, 3);
  g_assert_cmpuint (start_all (self), ==, 2);
  enj_turns_set_limits (self, 8, 1);
  g_assert_cmpuint (start_all (self), ==, 0);
  tear_down (self);
  enj_turns_free (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/turns/so-many-of-one-source", test_per_source);
  g_test_add_func ("/turns/each-kind-has-its-share", test_shares);
  g_test_add_func ("/turns/what-is-slow-makes-room", test_slow);
  g_test_add_func ("/turns/sources-by-turns-and-of-each-the-newest", test_order);
  g_test_add_func ("/turns/so-many-wait", test_waiting);
  g_test_add_func ("/turns/a-user-leaves-half-to-others", test_users);
  g_test_add_func ("/turns/who-floods-drops-his-own", test_flood);
  g_test_add_func ("/turns/a-crowd-keeps-out-no-newcomer", test_crowd);
  g_test_add_func ("/turns/new-limits-count-from-now-on", test_limits);
  return g_test_run ();
}

#include "config.h"

#include "protocol/attempts.h"

#define NOW (1000 * ENJ_SECOND)
#define CALL 7

typedef struct
{
  EnjBerths *berths;
  EnjAttempts *attempts;
} Scene;

/* Attempts 1 to 3 at addresses of their own; two may be under way. */
static Scene
set_up (void)
{
  EnjLimits limits = enj_limits_default ();
  Scene scene;

  limits.unauthenticated = 2;
  scene.berths = enj_berths_new (&limits, (EnjWake){ 0 });
  scene.attempts = enj_attempts_new (scene.berths, CALL);
  for (guint i = 1; i <= 3; i++)
    {
      const EnjAddress address = { .bytes = { 192, 0, 2, (guint8) i }, .length = 4, .port = 5269 };
      g_autoptr (EnjTarget) target = enj_target_new (&address, "there.example", FALSE, FALSE, NULL);

      enj_attempts_add (scene.attempts, i, target);
    }
  return scene;
}

static guint
take (Scene *scene)
{
  guint64 call = 0;
  guint ticket = 0;

  if (!enj_berths_next (scene->berths, &call, &ticket, NOW))
    return 0;
  g_assert_cmpuint (call, ==, CALL);
  return ticket;
}

static void
tear_down (Scene *scene)
{
  enj_attempts_free (scene->attempts);
  enj_berths_free (scene->berths);
}

static void
test_lost (void)
{
  Scene scene = set_up ();
  guint first = take (&scene);

  g_assert_cmpuint (first, !=, 0);
  g_assert_cmpuint (take (&scene), !=, 0);
  g_assert_cmpuint (take (&scene), ==, 0);
  g_assert_true (enj_attempts_are_waiting (scene.attempts));
  g_assert_true (enj_attempts_lose (scene.attempts, first));
  g_assert_false (enj_attempts_lose (scene.attempts, first));
  g_assert_null (enj_attempts_find (scene.attempts, first));
  g_assert_cmpuint (take (&scene), !=, 0);
  g_assert_false (enj_attempts_are_waiting (scene.attempts));
  tear_down (&scene);
}

/* The others are closed at once; the winner keeps its place. */
static void
test_won (void)
{
  Scene scene = set_up ();
  guint first = take (&scene);
  EnjBerth *won;

  g_assert_cmpuint (take (&scene), !=, 0);
  won = enj_attempts_steal_won (scene.attempts, first);
  g_assert_null (enj_attempts_find (scene.attempts, first));
  g_assert_false (enj_attempts_are_waiting (scene.attempts));
  for (guint i = 4; i <= 5; i++)
    {
      const EnjAddress address = { .bytes = { 192, 0, 2, (guint8) i }, .length = 4, .port = 5269 };
      g_autoptr (EnjTarget) target = enj_target_new (&address, "there.example", FALSE, FALSE, NULL);

      enj_attempts_add (scene.attempts, i, target);
    }
  g_assert_cmpuint (take (&scene), !=, 0);
  g_assert_cmpuint (take (&scene), ==, 0);
  enj_berth_free (won);
  g_assert_cmpuint (take (&scene), !=, 0);
  tear_down (&scene);
}

static void
test_put_off (void)
{
  Scene scene = set_up ();
  guint first = take (&scene);

  enj_attempts_put_off (scene.attempts, first, NOW);
  enj_attempts_put_off (scene.attempts, first, NOW); /* It waits already. */
  enj_attempts_put_off (scene.attempts, 99, NOW);
  g_assert_nonnull (enj_attempts_find (scene.attempts, first));
  g_assert_cmpuint (take (&scene), ==, 0);
  tear_down (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/attempts/one-that-is-lost-gives-its-place", test_lost);
  g_test_add_func ("/attempts/one-that-has-won-keeps-its-place", test_won);
  g_test_add_func ("/attempts/one-without-room-waits-again", test_put_off);
  return g_test_run ();
}

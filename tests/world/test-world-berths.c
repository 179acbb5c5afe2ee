/* Room for our own attempts: so many at one address, so many in all, the others wait. */
#include "config.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define THERE "there.example"
#define N_NAMES 20

typedef struct
{
  EnjWorld *world;
  EnjWorldServer *here;
  EnjWorldServer *there;
  EnjWorldServer *pits[3]; /* take connections, and say nothing */
} Scene;

static Scene
set_up (guint64 connections, guint64 in_all, guint64 per_address)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  Scene scene = { .world = world };

  limits.connections = connections;
  limits.unauthenticated = in_all;
  limits.unauthenticated_per_address = per_address;
  scene.here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  scene.there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  enj_world_add_address (world, HERE, &scene.here->address);
  enj_world_add_address (world, THERE, &scene.there->address);
  for (guint i = 0; i < G_N_ELEMENTS (scene.pits); i++)
    {
      g_autofree char *domain = g_strdup_printf ("pit%u.example", i);

      scene.pits[i] = enj_world_add (world, domain, ENJ_ENCRYPTION_REQUIRED, NULL);
      scene.pits[i]->is_puppet = TRUE;
    }
  return scene;
}

static void
write_to (Scene *scene, const char *domain)
{
  g_autofree char *xml
    = g_strdup_printf ("<message from='a@" HERE "' to='b@%s'><body>x</body></message>", domain);

  g_assert_true (enj_world_send (scene->here, xml));
}

/* To so many names that lead to the pits, by turns to @n_pits of them. */
static void
write_to_pits (Scene *scene, guint n, guint n_pits)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *domain = g_strdup_printf ("name%u.example", i);

      enj_world_add_address (scene->world, domain, &scene->pits[i % n_pits]->address);
      write_to (scene, domain);
    }
  enj_world_run (scene->world);
}

static guint
count_asked (const Scene *scene, const char *domain)
{
  guint n = 0;

  for (guint i = 0; i < scene->here->asked->len; i++)
    n += g_str_has_suffix (scene->here->asked->pdata[i], domain);
  return n;
}

/* Both sides of the bounds: as many as may, and the others wait. */
static void
test_bounds (void)
{
  static const struct
  {
    guint connections;
    guint in_all;
    guint per_address;
    guint n_pits;
    guint most;
  } cases[] = {
    { 8192, 512, N_NAMES, 1, N_NAMES }, { 8192, 512, 3, 1, 3 }, { 8192, 512, 3, 3, 9 },
    { 8192, N_NAMES, N_NAMES, 3, N_NAMES }, { 8192, 5, 3, 3, 5 }, { 8, 512, 3, 3, 4 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Scene scene = set_up (cases[i].connections, cases[i].in_all, cases[i].per_address);

      write_to_pits (&scene, N_NAMES, cases[i].n_pits);
      g_assert_cmpuint (enj_world_count_wires (scene.world), ==, cases[i].most);
      g_assert_cmpuint (scene.here->inbox->len, ==, 0);

      /* One that is closed makes room for the next. */
      enj_world_hang_up (scene.world, enj_world_get_puppet (scene.world));
      enj_world_run (scene.world);
      g_assert_cmpuint (scene.here->inbox->len, ==, 1);
      g_assert_cmpuint (enj_world_count_wires (scene.world), ==, MIN (cases[i].most, N_NAMES - 1));
      enj_world_free (scene.world);
    }
}

/* A crowd at one address is nothing to the others. */
static void
test_others (void)
{
  Scene scene = set_up (8192, 512, 2);

  write_to_pits (&scene, N_NAMES, 1);
  write_to (&scene, THERE);
  enj_world_run (scene.world);
  g_assert_cmpuint (scene.there->inbox->len, ==, 1);
  enj_world_free (scene.world);
}

/* What is ready is an attempt no more. */
static void
test_ready (void)
{
  Scene scene = set_up (8192, 1, 1);
  guint n_wires;

  write_to (&scene, THERE);
  enj_world_run (scene.world);
  g_assert_cmpuint (scene.there->inbox->len, ==, 1);
  n_wires = enj_world_count_wires (scene.world);
  write_to_pits (&scene, N_NAMES, 1);
  g_assert_cmpuint (enj_world_count_wires (scene.world), ==, n_wires + 1);
  enj_world_free (scene.world);
}

/* Domains of one host take turns, and then share what the first has opened. */
static void
test_host (void)
{
  Scene scene = set_up (8192, 512, 1);

  for (guint i = 0; i < N_NAMES; i++)
    {
      g_autofree char *domain = g_strdup_printf ("host%u.example", i);

      enj_world_add_address (scene.world, domain, &scene.there->address);
      write_to (&scene, domain);
    }
  write_to (&scene, THERE);
  enj_world_run (scene.world);
  g_assert_cmpuint (scene.there->inbox->len, ==, 1);
  enj_world_wait (scene.world, 60 * ENJ_SECOND);
  g_assert_cmpuint (scene.here->inbox->len, ==, N_NAMES); /* None of them is served there. */
  enj_world_free (scene.world);
}

/* Who waited for room in vain hears that, and is not held to have failed: the next one is tried
 * for at once. */
static void
test_in_vain (void)
{
  Scene scene = set_up (8192, 1, 1);
  guint asked;

  enj_test_proves ("S26");
  write_to_pits (&scene, 1, 1);
  enj_world_wait (scene.world, 20 * ENJ_SECOND);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *domain = g_strdup_printf ("crowd%u.example", i);

      enj_world_add_address (scene.world, domain, &scene.pits[1]->address);
      write_to (&scene, domain);
    }
  enj_world_wait (scene.world, 60 * ENJ_SECOND + 1);
  g_assert_cmpuint (scene.here->inbox->len, ==, 11);
  for (guint i = 0; i < scene.here->inbox->len; i++)
    {
      g_assert_nonnull (strstr (scene.here->inbox->pdata[i], "<error type='wait'"));
      g_assert_nonnull (strstr (scene.here->inbox->pdata[i], "<remote-server-timeout "));
    }

  /* The oldest had no turn. */
  asked = count_asked (&scene, "crowd0.example");
  write_to (&scene, "crowd0.example");
  enj_world_run (scene.world);
  g_assert_cmpuint (count_asked (&scene, "crowd0.example"), >, asked);
  enj_world_free (scene.world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/berths/so-many-and-the-others-wait", test_bounds);
  g_test_add_func ("/world/berths/a-crowd-holds-up-nobody-else", test_others);
  g_test_add_func ("/world/berths/a-stream-that-is-ready-needs-no-place", test_ready);
  g_test_add_func ("/world/berths/domains-of-one-host-take-turns", test_host);
  g_test_add_func ("/world/berths/want-of-room-is-no-failure", test_in_vain);
  return g_test_run ();
}

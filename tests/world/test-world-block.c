/* A domain that an operator turns away while streams with it are up, and lets in again. */
#include "config.h"

#include <string.h>

#include "tests/world/settings.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define THERE "there.example"
#define OTHER "other.example"

#define MESSAGE(from, to) "<message from='a@" from "' to='b@" to "' id='1'><body>x</body></message>"

typedef struct
{
  EnjWorld *world;
  EnjWorldServer *here;
  EnjWorldServer *there;
  EnjWorldServer *other;
  EnjSettings *settings; /* of here, with nobody blocked */
} Scene;

static void
scene_init (Scene *self)
{
  const EnjLimits limits = enj_limits_default ();

  self->world = enj_world_new ();
  self->here = enj_world_add (self->world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  self->there = enj_world_add (self->world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  self->other = enj_world_add (self->world, OTHER, ENJ_ENCRYPTION_REQUIRED, NULL);
  enj_world_add_address (self->world, HERE, &self->here->address);
  enj_world_add_address (self->world, THERE, &self->there->address);
  enj_world_add_address (self->world, OTHER, &self->other->address);
  self->settings = enj_world_settings_new (HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
}

static void
scene_clear (Scene *self)
{
  enj_world_check_law (self->world);
  enj_world_free (self->world);
  enj_settings_unref (self->settings);
}

/* Here, from now on; NULL for nobody. */
static void
block (Scene *self, const char *pattern)
{
  const char *const patterns[] = { pattern, NULL };
  g_autoptr (EnjPolicy) policy = enj_policy_new_denying (self->settings->policy, patterns);
  g_autoptr (EnjSettings) covered = enj_settings_new_with_policy (self->settings, policy);

  enj_exchange_set_settings (self->here->exchange, covered, enj_world_now (self->world));
  enj_world_run (self->world);
}

static void
send_to (EnjWorldServer *server, const char *xml)
{
  g_assert_true (enj_world_send (server, xml));
  enj_world_run (server->world);
}

/* The newest of @n in the box of @server has @what in it. */
static void
assert_last (const EnjWorldServer *server, guint n, const char *what)
{
  g_assert_cmpuint (server->inbox->len, ==, n);
  g_assert_nonnull (strstr (server->inbox->pdata[n - 1], what));
}

static void
greet (Scene *self, guint n)
{
  send_to (self->here, MESSAGE (HERE, THERE));
  assert_last (self->there, n, "<body>x</body>");
  send_to (self->there, MESSAGE (THERE, HERE));
  assert_last (self->here, n, "<body>x</body>");
}

static void
test_streams_end (void)
{
  Scene scene;

  scene_init (&scene);
  greet (&scene, 1);
  send_to (scene.here, MESSAGE (HERE, OTHER));
  assert_last (scene.other, 1, "<body>x</body>");
  block (&scene, THERE);
  send_to (scene.here, MESSAGE (HERE, THERE));
  assert_last (scene.here, 2, "<not-allowed ");
  send_to (scene.there, MESSAGE (THERE, HERE));
  assert_last (scene.there, 2, "<error ");
  assert_last (scene.here, 2, "<not-allowed ");

  /* Nobody else notices. */
  send_to (scene.here, MESSAGE (HERE, OTHER));
  assert_last (scene.other, 2, "<body>x</body>");
  g_assert_null (strstr (scene.other->events->str, "down"));
  scene_clear (&scene);
}

static void
test_again (void)
{
  Scene scene;

  scene_init (&scene);
  greet (&scene, 1);
  block (&scene, THERE);
  block (&scene, NULL);
  greet (&scene, 2);
  scene_clear (&scene);
}

/* Stanzas that wait are told of at once, and the stream that was on its way is not wanted. */
static void
test_waiting (void)
{
  Scene scene;

  scene_init (&scene);
  enj_world_hold (scene.world, TRUE, TRUE);
  send_to (scene.here, MESSAGE (HERE, THERE));
  g_assert_cmpuint (scene.here->inbox->len, ==, 0);
  block (&scene, THERE);
  assert_last (scene.here, 1, "<not-allowed ");
  enj_world_hold (scene.world, FALSE, FALSE);
  enj_world_run (scene.world);
  g_assert_cmpuint (scene.there->inbox->len, ==, 0);
  g_assert_cmpuint (enj_world_count_wires (scene.world), ==, 0);
  scene_clear (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/block/streams-end-and-none-comes-up", test_streams_end);
  g_test_add_func ("/world/block/is-undone", test_again);
  g_test_add_func ("/world/block/sends-back-what-waits", test_waiting);
  return g_test_run ();
}

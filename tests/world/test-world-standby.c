/* Another instance has our place at the server: what waits goes back, and streams are closed. */
#include "config.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/world/linked.h"

#define HERE "here.example"
#define HOME "home.here.example"
#define THERE "there.example"

static void
test_what_waits_goes_back (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet;

  enj_test_proves ("C17");
  enj_linked_send (here, "b@" HOME, 1);
  enj_world_run (world);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  enj_exchange_stand_by (here->exchange, enj_world_now (world));
  enj_world_run (world);
  g_assert_cmpuint (enj_linked_count_inbox (here, 1, TRUE), ==, 1);
  g_assert_nonnull (strstr (here->inbox->pdata[0], "<remote-server-timeout "));
  /* And what comes by another way. */
  enj_linked_send (here, "b@" HOME, 2);
  enj_world_run (world);
  g_assert_cmpuint (enj_linked_count_inbox (here, 2, TRUE), ==, 1);

  /* With a link it is over. */
  puppet = enj_linked_new (here);
  enj_linked_send (here, "b@" HOME, 3);
  enj_world_run (world);
  enj_linked_assert_in_order (puppet->heard->str, 3, 3);
  enj_world_hang_up (world, puppet);
  enj_linked_send (here, "b@" HOME, 4);
  enj_world_wait (world, 30 * ENJ_SECOND);
  g_assert_cmpuint (enj_linked_count_inbox (here, 4, TRUE), ==, 0);
  enj_world_free (world);
}

static void
send (EnjWorldServer *server, const char *from, const char *to)
{
  g_autofree char *xml = g_strdup_printf ("<message from='a@%s' to='b@%s'/>", from, to);

  g_assert_true (enj_world_send (server, xml));
  enj_world_run (server->world);
}

/* Both ways, so that there is one of each kind. */
static void
test_streams_end_in_order (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_OPTIONAL, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_OPTIONAL, NULL);

  enj_world_add_address (world, HERE, &here->address);
  enj_world_add_address (world, THERE, &there->address);
  send (here, HERE, THERE);
  send (there, THERE, HERE);
  g_assert_cmpuint (enj_world_count_wires (world), >=, 2);
  g_assert_cmpuint (there->inbox->len, ==, 1);
  g_assert_cmpuint (here->inbox->len, ==, 1);

  enj_exchange_stand_by (here->exchange, enj_world_now (world));
  enj_world_run (world);
  g_assert_cmpuint (enj_world_count_wires (world), ==, 0);
  g_assert_cmpuint (there->inbox->len, ==, 1);
  g_assert_cmpuint (here->inbox->len, ==, 1);

  /* What goes back may need a stream of its own. */
  send (here, HERE, THERE);
  g_assert_cmpuint (there->inbox->len, ==, 2);
  g_assert_cmpuint (here->inbox->len, ==, 1);
  enj_world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/standby/what-waits-goes-back", test_what_waits_goes_back);
  g_test_add_func ("/world/standby/streams-end-in-order", test_streams_end_in_order);
  return g_test_run ();
}

/* Another instance has our place at the server: what waits goes back, and streams are closed. */
#include "config.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/world/linked.h"

#define HERE "here.example"
#define HOME "home.here.example"
#define THERE "there.example"
#define HOSTED "hosted." HERE

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

/* A component of ours, whom a message of the other server has reached. */
static EnjPuppet *
meet_component (EnjWorldServer *here, EnjWorldServer *there)
{
  EnjPuppet *component;

  enj_world_add_address (here->world, HERE, &here->address);
  enj_world_add_address (here->world, HOSTED, &here->address);
  enj_world_add_address (here->world, THERE, &there->address);
  component = enj_linked_new_hosted (here);
  enj_linked_send (there, "x@" HOSTED, 1);
  enj_world_run (here->world);
  enj_linked_assert_in_order (component->heard->str, 1, 1);
  return component;
}

/* It hears what goes back to it, and then the end; what it has said by then arrives, and what comes
 * for it later goes back at once. */
static void
test_components_leave (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *component = meet_component (here, there);
  EnjPuppet *knocking = enj_world_host (here);

  enj_test_proves ("C17");
  enj_world_say (world, component, "<message from='x@" HOSTED "' to='b@" HOME "' id='2'/>");
  enj_exchange_stand_by (here->exchange, enj_world_now (world));
  enj_world_say (world, component, "<message from='x@" HOSTED "' to='b@nowhere.example' id='3'/>");
  g_assert_nonnull (strstr (component->heard->str, " id=\"2\""));
  g_assert_nonnull (strstr (component->heard->str, " id=\"3\""));
  g_assert_null (strstr (component->heard->str, "</stream:stream>"));
  enj_world_wait (world, 2 * ENJ_SECOND);
  g_assert_nonnull (strstr (component->heard->str, "</stream:stream>"));
  g_assert_null (strstr (component->heard->str, "<stream:error"));
  g_assert_false (component->is_gone);
  enj_world_say (world, component, "<message from='x@" HOSTED "' to='b@" THERE "' id='5'/>"
                                   "</stream:stream>");
  g_assert_true (component->is_gone);
  g_assert_cmpuint (enj_linked_count_inbox (there, 5, FALSE), ==, 1);
  enj_linked_send (there, "x@" HOSTED, 4);
  enj_world_run (world);
  g_assert_cmpuint (enj_linked_count_inbox (there, 4, TRUE), ==, 1);
  enj_world_wait (world, 10 * ENJ_SECOND);
  g_assert_true (knocking->is_gone);
  g_assert_cmpuint (enj_exchange_get_load (here->exchange).hosted, ==, 0);
  enj_world_free (world);
}

/* When the place is ours again, what comes for it waits until it is there. */
static void
test_components_come_back (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *component = meet_component (here, there);

  enj_test_proves ("C27");
  enj_exchange_stand_by (here->exchange, enj_world_now (world));
  enj_world_wait (world, 2 * ENJ_SECOND);
  enj_world_say (world, component, "</stream:stream>");
  g_assert_true (component->is_gone);
  /* Longer than queue-age. */
  enj_world_wait (world, 600 * ENJ_SECOND);
  enj_exchange_serve (here->exchange, enj_world_now (world));
  enj_linked_send (there, "x@" HOSTED, 5);
  enj_world_wait (world, 30 * ENJ_SECOND);
  g_assert_cmpuint (there->inbox->len, ==, 0);
  component = enj_linked_new_hosted (here);
  enj_linked_assert_in_order (component->heard->str, 5, 5);
  enj_world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/standby/what-waits-goes-back", test_what_waits_goes_back);
  g_test_add_func ("/world/standby/streams-end-in-order", test_streams_end_in_order);
  g_test_add_func ("/world/standby/components-leave-and-nothing-is-lost", test_components_leave);
  g_test_add_func ("/world/standby/components-come-back-to-what-waits", test_components_come_back);
  return g_test_run ();
}

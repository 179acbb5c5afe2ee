#include "config.h"

#include "protocol/peers-event.h"

static void
count_wake (gpointer data)
{
  ++*(guint *) data;
}

static void
test_order (void)
{
  guint wakes = 0;
  EnjPeersEventQueue queue = { .wake = { count_wake, &wakes } };
  EnjPeersEvent event;

  enj_peers_event_queue_push (&queue, ENJ_PEERS_UP, "a.example", "b.example");
  enj_peers_event_queue_push (&queue, ENJ_PEERS_DOWN, "a.example", NULL)->text = g_strdup ("x");
  g_assert_cmpuint (wakes, ==, 2);
  g_assert_true (enj_peers_event_queue_pop (&queue, &event));
  g_assert_cmpint (event.type, ==, ENJ_PEERS_UP);
  g_assert_cmpstr (event.remote, ==, "b.example");
  enj_peers_event_clear (&event);
  g_assert_true (enj_peers_event_queue_pop (&queue, &event));
  g_assert_cmpstr (event.text, ==, "x");
  enj_peers_event_clear (&event);
  g_assert_false (enj_peers_event_queue_pop (&queue, &event));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/peers-event/comes-in-order", test_order);
  return g_test_run ();
}

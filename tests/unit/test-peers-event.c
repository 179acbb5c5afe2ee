#include "config.h"

#include "protocol/peers-event.h"

#include "tests/support/stanzas.h"

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

/* A stanza that a peer has sent is not ours before it is fetched; one that goes back is. */
static void
test_bounces (void)
{
  EnjPeersEventQueue queue = { 0 };
  EnjPeersEvent event;

  enj_peers_event_queue_push (&queue, ENJ_PEERS_STANZA, NULL, NULL)->stanza
    = enj_test_stanza_new ("<message/>");
  enj_peers_event_queue_push (&queue, ENJ_PEERS_BOUNCE, NULL, NULL)->stanza
    = enj_test_stanza_new ("<message/>");
  g_assert_cmpuint (enj_peers_event_queue_count_bounces (&queue), ==, 1);
  g_assert_true (enj_peers_event_queue_pop (&queue, &event));
  enj_peers_event_clear (&event);
  g_assert_cmpuint (enj_peers_event_queue_count_bounces (&queue), ==, 1);
  enj_peers_event_queue_clear (&queue);
  g_assert_cmpuint (enj_peers_event_queue_count_bounces (&queue), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/peers-event/comes-in-order", test_order);
  g_test_add_func ("/peers-event/counts-what-goes-back", test_bounces);
  return g_test_run ();
}

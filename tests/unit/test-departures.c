#include "config.h"

#include "protocol/departures.h"

static void
push (EnjDepartures *self, const char *id, gsize length)
{
  const EnjStanzaHead head = { .from = "a@here.test", .to = "b@there.test", .id = id };
  g_autoptr (EnjStanza) stanza = enj_stanza_new_raw (&head, NULL, 0);

  enj_departures_push (self, stanza, length);
}

static void
assert_next (EnjDepartures *self, const char *id)
{
  g_autoptr (EnjStanza) stanza = enj_departures_next (self);

  g_assert_cmpstr (stanza ? enj_stanza_get_id (stanza) : NULL, ==, id);
}

static void
test_in_clear (void)
{
  EnjDepartures queue = { 0 };

  push (&queue, "1", 100);
  push (&queue, "2", 200);
  enj_departures_take (&queue, 99);
  enj_departures_written (&queue, 99, 0);
  assert_next (&queue, NULL);
  enj_departures_take (&queue, 1);
  enj_departures_written (&queue, 1, 0);
  assert_next (&queue, "1");
  assert_next (&queue, NULL);
  push (&queue, "3", 150);
  g_assert_cmpuint (enj_departures_count (&queue), ==, 2);
  enj_departures_take (&queue, 150);
  enj_departures_written (&queue, 150, 0);
  assert_next (&queue, "2");
  assert_next (&queue, "3");
  enj_departures_clear (&queue);
}

/* The bytes went into TLS; as long as the encrypted ones before them are not all
 * written, so long they have not left. */
static void
test_encrypted (void)
{
  EnjDepartures queue = { 0 };

  push (&queue, "1", 100);
  enj_departures_take (&queue, 100);
  enj_departures_written (&queue, 10, 120);
  assert_next (&queue, NULL);
  push (&queue, "2", 100);
  enj_departures_take (&queue, 100);
  enj_departures_written (&queue, 119, 131);
  assert_next (&queue, NULL);
  enj_departures_written (&queue, 1, 130);
  assert_next (&queue, "1");
  assert_next (&queue, NULL);
  enj_departures_written (&queue, 130, 0);
  assert_next (&queue, "2");
  enj_departures_clear (&queue);
}

static void
test_newest_first (void)
{
  EnjDepartures queue = { 0 };
  EnjStanza *newest;

  push (&queue, "1", 100);
  push (&queue, "2", 200);
  newest = enj_departures_steal_newest (&queue);
  g_assert_cmpstr (enj_stanza_get_id (newest), ==, "2");
  enj_stanza_unref (newest);
  enj_departures_clear (&queue);
  g_assert_null (enj_departures_steal_newest (&queue));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/departures/in-clear", test_in_clear);
  g_test_add_func ("/departures/encrypted", test_encrypted);
  g_test_add_func ("/departures/newest-first", test_newest_first);
  return g_test_run ();
}

#include "config.h"

/* The counts are set near their end, where nobody gets by counting. */
#include "protocol/ack.c"
#include "tests/support/proves.h"

static EnjStanza *
stanza_new (const char *id)
{
  const EnjStanzaHead head = { .from = "a@here.test", .to = "b@there.test", .id = id };

  return enj_stanza_new_raw (&head, NULL, 0);
}

static void
send (EnjAck *ack, const char *id)
{
  g_autoptr (EnjStanza) stanza = stanza_new (id);

  enj_ack_note_sent (ack, stanza, 0);
}

static EnjStanza *
received_new (EnjAck *ack)
{
  EnjStanza *stanza = stanza_new ("in");

  enj_ack_note_received (ack, stanza);
  return stanza;
}

static void
count (gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
assert_oldest (EnjAck *ack, const char *id)
{
  g_autoptr (EnjStanza) stanza = enj_ack_steal_unconfirmed (ack, NULL);

  g_assert_cmpstr (stanza ? enj_stanza_get_id (stanza) : NULL, ==, id);
}

/* ---- What we sent ---------------------------------------------------------- */

static void
test_confirms (void)
{
  g_autoptr (EnjAck) ack = enj_ack_new (NULL, NULL);
  gsize size;

  send (ack, "1");
  size = enj_ack_get_unconfirmed_size (ack);
  g_assert_cmpuint (size, >, 0);
  send (ack, "2");
  send (ack, "3");
  g_assert_true (enj_ack_confirm (ack, 0));
  g_assert_cmpuint (enj_ack_count_unconfirmed (ack), ==, 3);
  g_assert_true (enj_ack_confirm (ack, 1));
  g_assert_cmpuint (enj_ack_count_unconfirmed (ack), ==, 2);
  g_assert_cmpuint (enj_ack_get_unconfirmed_size (ack), ==, 2 * size);
  assert_oldest (ack, "2");
  assert_oldest (ack, "3");
  assert_oldest (ack, NULL);
  g_assert_cmpuint (enj_ack_get_unconfirmed_size (ack), ==, 0);
}

static void
test_refuses (void)
{
  g_autoptr (EnjAck) ack = enj_ack_new (NULL, NULL);

  enj_test_proves ("M06");
  g_assert_false (enj_ack_confirm (ack, 1));
  send (ack, "1");
  send (ack, "2");
  g_assert_false (enj_ack_confirm (ack, 3));
  g_assert_cmpuint (enj_ack_count_beyond (ack, 3), ==, 1);
  g_assert_cmpuint (enj_ack_count_beyond (ack, 2), ==, 0);
  g_assert_true (enj_ack_confirm (ack, 2));
  /* What was acknowledged once cannot be taken back. */
  g_assert_false (enj_ack_confirm (ack, 1));
}

static void
test_wraps (void)
{
  g_autoptr (EnjAck) ack = enj_ack_new (NULL, NULL);

  enj_test_proves ("M05");
  ack->confirmed = ack->received = ack->handled = G_MAXUINT32 - 1;
  for (guint i = 0; i < 4; i++)
    {
      enj_stanza_unref (received_new (ack));
      send (ack, "x");
    }
  g_assert_cmpuint (enj_ack_get_handled (ack), ==, 2);
  g_assert_cmpuint (enj_ack_count_owed (ack), ==, 0);
  g_assert_true (enj_ack_confirm (ack, G_MAXUINT32));
  g_assert_cmpuint (enj_ack_count_unconfirmed (ack), ==, 3);
  g_assert_true (enj_ack_confirm (ack, 0));
  g_assert_cmpuint (enj_ack_count_unconfirmed (ack), ==, 2);
  g_assert_false (enj_ack_confirm (ack, 3));
  g_assert_true (enj_ack_confirm (ack, 2));
  g_assert_cmpuint (enj_ack_count_unconfirmed (ack), ==, 0);
}

/* ---- What the peer sent ------------------------------------------------------ */

static void
test_counts_in_order (void)
{
  guint calls = 0;
  g_autoptr (EnjAck) ack = enj_ack_new (count, &calls);
  EnjStanza *stanzas[4];

  for (guint i = 0; i < 4; i++)
    stanzas[i] = received_new (ack);
  g_assert_cmpuint (enj_ack_count_owed (ack), ==, 4);
  enj_stanza_unref (stanzas[1]);
  enj_stanza_unref (stanzas[2]);
  g_assert_cmpuint (enj_ack_get_handled (ack), ==, 0);
  g_assert_cmpuint (calls, ==, 0);
  enj_stanza_unref (stanzas[0]);
  g_assert_cmpuint (enj_ack_get_handled (ack), ==, 3);
  g_assert_cmpuint (calls, ==, 1);
  enj_stanza_unref (stanzas[3]);
  g_assert_cmpuint (enj_ack_get_handled (ack), ==, 4);
  g_assert_cmpuint (enj_ack_count_owed (ack), ==, 0);
}

/* Whatever a service made of it, and wherever that waits. */
static void
test_waits_for_the_heirs (void)
{
  g_autoptr (EnjAck) ack = enj_ack_new (NULL, NULL);
  EnjStanza *stanza = received_new (ack);
  EnjStanza *heir = enj_stanza_new_forward (stanza, "c@d", "e@f");

  enj_stanza_unref (stanza);
  g_assert_cmpuint (enj_ack_get_handled (ack), ==, 0);
  enj_stanza_unref (heir);
  g_assert_cmpuint (enj_ack_get_handled (ack), ==, 1);
}

/* Under a sanitizer or valgrind this shows whether it holds. */
static void
test_is_outlived (void)
{
  guint calls = 0;
  EnjAck *ack = enj_ack_new (count, &calls);
  EnjStanza *first = received_new (ack);
  EnjStanza *second = received_new (ack);

  send (ack, "1");
  enj_ack_free (ack);
  enj_stanza_unref (second);
  enj_stanza_unref (first);
  g_assert_cmpuint (calls, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ack/forgets-what-is-confirmed", test_confirms);
  g_test_add_func ("/ack/refuses-more-than-was-sent", test_refuses);
  g_test_add_func ("/ack/wraps", test_wraps);
  g_test_add_func ("/ack/counts-in-order", test_counts_in_order);
  g_test_add_func ("/ack/waits-for-the-heirs", test_waits_for_the_heirs);
  g_test_add_func ("/ack/is-outlived-by-a-stanza", test_is_outlived);
  return g_test_run ();
}

#include "config.h"

#include "protocol/barrier.h"

#include <string.h>

#include "protocol/deadlines.h"
#include "protocol/limits.h"

#define MOMENT (ENJ_SECOND / 20)

static void
note (EnjBarrier *barrier, guint first, guint last, gint64 now)
{
  for (guint i = first; i <= last; i++)
    {
      g_autofree char *id = g_strdup_printf ("%u", i);
      const EnjStanzaHead head = { .from = "a@here.test", .to = "b@there.test", .id = id };
      g_autoptr (EnjStanza) stanza = enj_stanza_new_raw (&head, NULL, 0);

      enj_barrier_note_sent (barrier, stanza, now);
    }
}

/* The id as a peer would bring it back. */
static char *
ping_new (EnjBarrier *barrier, guint unsent, gint64 now)
{
  return g_strdup (enj_barrier_ping (barrier, unsent, now));
}

static void
assert_answer (EnjBarrier *barrier, const char *id, guint expected)
{
  guint confirmed;

  g_assert_true (enj_barrier_is_awaited (barrier, id));
  g_assert_cmpuint (enj_barrier_count_beyond (barrier, id), ==, 0);
  g_assert_true (enj_barrier_answer (barrier, id, &confirmed));
  g_assert_cmpuint (confirmed, ==, expected);
  g_assert_false (enj_barrier_is_awaited (barrier, id));
}

static void
assert_oldest (EnjBarrier *barrier, const char *id, gint64 when)
{
  gint64 left = 0;
  g_autoptr (EnjStanza) stanza = enj_barrier_steal (barrier, &left);

  g_assert_cmpstr (stanza ? enj_stanza_get_id (stanza) : NULL, ==, id);
  g_assert_cmpint (left, ==, when);
}

static void
test_proves_what_stood_before (void)
{
  g_autoptr (EnjBarrier) barrier = enj_barrier_new ();
  g_autofree char *id = NULL;
  gsize size;

  note (barrier, 1, 1, 7);
  size = enj_barrier_get_size (barrier);
  g_assert_cmpuint (size, >, 0);
  note (barrier, 2, 3, 8);
  id = ping_new (barrier, 0, 9);
  note (barrier, 4, 5, 10);
  g_assert_cmpuint (enj_barrier_count (barrier), ==, 5);
  g_assert_cmpuint (enj_barrier_get_size (barrier), ==, 5 * size);

  assert_answer (barrier, id, 3);
  g_assert_cmpuint (enj_barrier_count (barrier), ==, 2);
  g_assert_cmpuint (enj_barrier_get_size (barrier), ==, 2 * size);
  assert_oldest (barrier, "4", 10);
  assert_oldest (barrier, "5", 10);
  assert_oldest (barrier, NULL, 0);
  g_assert_cmpuint (enj_barrier_get_size (barrier), ==, 0);
}

static void
test_believes_no_other_id (void)
{
  g_autoptr (EnjBarrier) barrier = enj_barrier_new ();
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  guint confirmed = 7;

  note (barrier, 1, 2, 0);
  first = ping_new (barrier, 0, 0);
  g_assert_true (g_str_has_prefix (first, "enj-b-"));
  g_assert_cmpuint (strlen (first), ==, strlen ("enj-b-") + 32);
  g_assert_true (enj_barrier_is_form_of_id (first));
  g_assert_false (enj_barrier_is_form_of_id (first + 1));
  g_assert_false (enj_barrier_is_form_of_id ("enj-b-"));
  g_assert_false (enj_barrier_is_form_of_id (NULL));
  g_assert_false (enj_barrier_answer (barrier, "enj-b-", &confirmed));
  g_assert_cmpuint (confirmed, ==, 0);
  g_assert_false (enj_barrier_answer (barrier, NULL, &confirmed));
  assert_answer (barrier, first, 2);
  g_assert_false (enj_barrier_answer (barrier, first, &confirmed));
  second = ping_new (barrier, 0, 0);
  g_assert_cmpstr (first, !=, second);
  assert_answer (barrier, second, 0);
}

/* An answer may get lost, or go elsewhere: the next one says the same and more. */
static void
test_later_answer_proves_for_earlier (void)
{
  g_autoptr (EnjBarrier) barrier = enj_barrier_new ();
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;
  guint confirmed;

  note (barrier, 1, 2, 0);
  first = ping_new (barrier, 0, 1);
  note (barrier, 3, 3, 0);
  second = ping_new (barrier, 0, 2);
  note (barrier, 4, 4, 0);
  third = ping_new (barrier, 0, 3);
  g_assert_cmpint (enj_barrier_waits_since (barrier), ==, 1);
  assert_answer (barrier, second, 3);
  g_assert_cmpint (enj_barrier_waits_since (barrier), ==, 3);
  g_assert_false (enj_barrier_answer (barrier, first, &confirmed));
  assert_answer (barrier, third, 1);
  g_assert_cmpint (enj_barrier_waits_since (barrier), ==, ENJ_NEVER);
}

/* Behind a ping may stand what had not left when it was written: nobody can have that before it
 * is known to have left. */
static void
test_counts_what_is_on_its_way (void)
{
  g_autoptr (EnjBarrier) barrier = enj_barrier_new ();
  g_autofree char *id = NULL;
  guint confirmed;

  note (barrier, 1, 2, 0);
  id = ping_new (barrier, 3, 0);
  g_assert_cmpuint (enj_barrier_count_beyond (barrier, id), ==, 3);
  g_assert_false (enj_barrier_answer (barrier, id, &confirmed));
  g_assert_true (enj_barrier_is_awaited (barrier, id));
  note (barrier, 3, 4, 0);
  g_assert_cmpint (enj_barrier_deadline (barrier), ==, ENJ_NEVER);
  g_assert_cmpuint (enj_barrier_count_beyond (barrier, id), ==, 1);
  note (barrier, 5, 6, 5);
  g_assert_cmpint (enj_barrier_deadline (barrier), ==, 5 + MOMENT);
  assert_answer (barrier, id, 5);
  assert_oldest (barrier, "6", 5);
}

static void
test_ping_is_due (void)
{
  g_autoptr (EnjBarrier) barrier = enj_barrier_new ();
  g_autofree char *id = NULL;

  g_assert_cmpint (enj_barrier_deadline (barrier), ==, ENJ_NEVER);
  enj_barrier_hurry (barrier);
  g_assert_cmpint (enj_barrier_deadline (barrier), ==, ENJ_NEVER);
  id = ping_new (barrier, 0, 0);
  assert_answer (barrier, id, 0);

  note (barrier, 1, 1, 1000);
  note (barrier, 2, 63, 2000);
  g_assert_cmpint (enj_barrier_deadline (barrier), ==, 1000 + MOMENT);
  note (barrier, 64, 64, 2000);
  g_assert_cmpint (enj_barrier_deadline (barrier), <=, 2000);
  g_clear_pointer (&id, g_free);
  id = ping_new (barrier, 0, 2000);
  g_assert_cmpint (enj_barrier_deadline (barrier), ==, ENJ_NEVER);
  note (barrier, 65, 65, 3000);
  g_assert_cmpint (enj_barrier_deadline (barrier), ==, 3000 + MOMENT);
  enj_barrier_hurry (barrier);
  g_assert_cmpint (enj_barrier_deadline (barrier), <=, 3000);
  assert_answer (barrier, id, 64);
  g_assert_cmpint (enj_barrier_deadline (barrier), <=, 3000);
}

static void
test_four_pings_are_out (void)
{
  g_autoptr (EnjBarrier) barrier = enj_barrier_new ();
  g_autofree char *first = NULL;

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *id = NULL;

      note (barrier, 100 * i, 100 * i + 63, i);
      g_assert_cmpint (enj_barrier_deadline (barrier), <=, i);
      id = ping_new (barrier, 0, i);
      if (!first)
        first = g_steal_pointer (&id);
    }
  note (barrier, 1000, 1999, 9);
  g_assert_cmpint (enj_barrier_deadline (barrier), ==, ENJ_NEVER);
  g_assert_null (enj_barrier_ping (barrier, 0, 9));
  assert_answer (barrier, first, 64);
  g_assert_cmpint (enj_barrier_deadline (barrier), <=, 9);
  g_free (first);
  first = ping_new (barrier, 0, 9);
  assert_answer (barrier, first, 3 * 64 + 1000);
  g_assert_cmpuint (enj_barrier_count (barrier), ==, 0);
}

/* Whatever is stolen or proved, the ring keeps the order. */
static void
test_keeps_the_order (void)
{
  g_autoptr (EnjBarrier) barrier = enj_barrier_new ();
  guint in = 0;
  guint out = 0;

  for (guint round = 1; round < 60; round++)
    {
      g_autofree char *id = NULL;

      note (barrier, in, in + 2 * round - 1, 0);
      in += 2 * round;
      for (guint i = 0; i < round / 2; i++, out++)
        {
          g_autofree char *expected = g_strdup_printf ("%u", out);

          assert_oldest (barrier, expected, 0);
        }
      if (round % 7 != 0)
        continue;
      id = ping_new (barrier, 0, 0);
      note (barrier, in, in, 0);
      assert_answer (barrier, id, in - out);
      out = in++;
      g_assert_cmpuint (enj_barrier_count (barrier), ==, 1);
    }
  g_assert_cmpuint (enj_barrier_count (barrier), ==, in - out);
}

/* Who waits for the end of a stanza hears of it when it is proved, and not before. */
static void
end (gpointer user_data, guint64 number)
{
  *(guint64 *) user_data += number;
}

static void
test_holds_the_receipt (void)
{
  g_autoptr (EnjBarrier) barrier = enj_barrier_new ();
  const EnjStanzaHead head = { .from = "a@here.test", .to = "b@there.test" };
  EnjStanza *stanza = enj_stanza_new_raw (&head, NULL, 0);
  guint64 ended = 0;
  EnjReceipt *receipt = enj_receipt_new (end, &ended, 42);
  g_autofree char *id = NULL;

  enj_stanza_set_receipt (stanza, receipt);
  enj_receipt_unref (receipt);
  enj_barrier_note_sent (barrier, stanza, 0);
  enj_stanza_unref (stanza);
  id = ping_new (barrier, 0, 0);
  g_assert_cmpuint (ended, ==, 0);
  assert_answer (barrier, id, 1);
  g_assert_cmpuint (ended, ==, 42);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/barrier/an-answer-proves-what-stood-before", test_proves_what_stood_before);
  g_test_add_func ("/barrier/believes-no-other-id", test_believes_no_other_id);
  g_test_add_func ("/barrier/a-later-answer-proves-for-earlier-pings",
                   test_later_answer_proves_for_earlier);
  g_test_add_func ("/barrier/counts-what-is-on-its-way", test_counts_what_is_on_its_way);
  g_test_add_func ("/barrier/a-ping-is-due-behind-64-or-after-50-ms", test_ping_is_due);
  g_test_add_func ("/barrier/four-pings-are-out-at-once", test_four_pings_are_out);
  g_test_add_func ("/barrier/keeps-the-order", test_keeps_the_order);
  g_test_add_func ("/barrier/holds-the-receipt", test_holds_the_receipt);
  return g_test_run ();
}

#include "config.h"

#include "protocol/waiting.h"

#include "protocol/budget.h"
#include "protocol/deadlines.h"

static EnjStanza *
stanza_new (const char *id)
{
  return enj_stanza_new (ENJ_STANZA_MESSAGE, NULL, "a@here.test", "b@there.test", id, NULL);
}

static gboolean
push (EnjWaiting *waiting, const char *id, gint64 now)
{
  g_autoptr (EnjStanza) stanza = stanza_new (id);

  return enj_waiting_push (waiting, stanza, now);
}

static void
assert_next (EnjWaiting *waiting, const char *id)
{
  g_autoptr (EnjStanza) stanza = enj_waiting_steal (waiting);

  g_assert_nonnull (stanza);
  g_assert_cmpstr (enj_stanza_get_id (stanza), ==, id);
}

static void
test_in_order (void)
{
  g_autoptr (EnjWaiting) waiting = enj_waiting_new (10, 10000, 60);

  g_assert_null (enj_waiting_steal (waiting));
  g_assert_true (push (waiting, "1", 0));
  g_assert_true (push (waiting, "2", 0));
  assert_next (waiting, "1");
  g_assert_true (push (waiting, "3", 1));
  g_assert_cmpuint (enj_waiting_length (waiting), ==, 2);
  assert_next (waiting, "2");
  assert_next (waiting, "3");
  g_assert_null (enj_waiting_steal (waiting));
  g_assert_cmpuint (enj_waiting_length (waiting), ==, 0);
  g_assert_cmpuint (enj_waiting_bytes (waiting), ==, 0);
}

static void
test_number_is_bounded (void)
{
  g_autoptr (EnjWaiting) waiting = enj_waiting_new (2, 10000, 60);

  g_assert_true (push (waiting, "1", 0));
  g_assert_true (push (waiting, "2", 0));
  g_assert_false (push (waiting, "3", 0));
  g_assert_cmpuint (enj_waiting_length (waiting), ==, 2);
  assert_next (waiting, "1");
  g_assert_true (push (waiting, "4", 0));
}

/* RFC 6120 8.3.1: of an error that is lost nobody may be told. */
static void
test_answers_have_more_room (void)
{
  g_autoptr (EnjWaiting) waiting = enj_waiting_new (2, 200, 60);
  g_autoptr (EnjStanza) error
    = enj_stanza_new (ENJ_STANZA_MESSAGE, "error", "a@here.test", "b@there.test", "e", NULL);
  guint n = 0;

  g_assert_true (push (waiting, "1", 0));
  g_assert_true (push (waiting, "2", 0));
  while (n < 100 && enj_waiting_push (waiting, error, 0))
    n++;
  g_assert_cmpuint (n, >, 10);
  g_assert_cmpuint (n, <=, 30);
  g_assert_false (push (waiting, "3", 0));
}

/* Nor do they use up the room of others: each message that went back for their sake would be one
 * more of them, on the other side. */
static void
test_answers_take_no_room (void)
{
  g_autoptr (EnjWaiting) waiting = enj_waiting_new (2, 200, 60);
  g_autoptr (EnjStanza) error
    = enj_stanza_new (ENJ_STANZA_MESSAGE, "error", "a@here.test", "b@there.test", "e", NULL);

  while (enj_waiting_push (waiting, error, 0))
    g_assert_cmpuint (enj_waiting_length (waiting), <, 100);
  g_assert_true (push (waiting, "1", 0));
  g_assert_true (push (waiting, "2", 0));
  g_assert_false (push (waiting, "3", 0));
  while (enj_waiting_length (waiting) > 2)
    assert_next (waiting, "e");
  assert_next (waiting, "1");
  g_assert_true (push (waiting, "4", 0));
  assert_next (waiting, "2");
  assert_next (waiting, "4");
  g_assert_cmpuint (enj_waiting_bytes (waiting), ==, 0);
}

/* Others have used up the memory, and more: what only passes does no harm. */
static void
test_an_answer_passes_without_memory (void)
{
  g_autoptr (EnjWaiting) waiting = enj_waiting_new (10, 10000, 60);
  g_autoptr (EnjStanza) error
    = enj_stanza_new (ENJ_STANZA_MESSAGE, "error", "a@here.test", "b@there.test", "e", NULL);

  enj_budget_set_limit (1000);
  enj_budget_charge (2000);
  g_assert_true (enj_budget_is_far_over ());
  g_assert_false (push (waiting, "1", 0));
  g_assert_true (enj_waiting_push (waiting, error, 0));
  g_assert_false (enj_waiting_push (waiting, error, 0));
  assert_next (waiting, "e");
  g_assert_true (enj_waiting_push (waiting, error, 0));
  enj_budget_release (2000);
  enj_budget_set_limit (G_MAXUINT64);
}

static void
test_bytes_are_bounded (void)
{
  g_autoptr (EnjStanza) stanza = stanza_new ("1");
  gsize size = enj_stanza_get_size (stanza);
  g_autoptr (EnjWaiting) waiting = enj_waiting_new (10, 2 * size, 60);

  g_assert_true (enj_waiting_push (waiting, stanza, 0));
  g_assert_cmpuint (enj_waiting_bytes (waiting), ==, size);
  g_assert_false (push (waiting, "one byte more", 0));
  g_assert_cmpuint (enj_waiting_bytes (waiting), ==, size);
  g_assert_true (push (waiting, "2", 0));
  g_assert_false (push (waiting, "3", 0));
  assert_next (waiting, "1");
  g_assert_cmpuint (enj_waiting_bytes (waiting), ==, size);
}

static void
test_age (void)
{
  g_autoptr (EnjWaiting) waiting = enj_waiting_new (10, 10000, 60);
  g_autoptr (EnjStanza) expired = NULL;

  g_assert_cmpint (enj_waiting_deadline (waiting), ==, ENJ_NEVER);
  g_assert_null (enj_waiting_steal_expired (waiting, 1000));

  g_assert_true (push (waiting, "1", 100));
  g_assert_true (push (waiting, "2", 130));
  g_assert_cmpint (enj_waiting_deadline (waiting), ==, 160);
  g_assert_null (enj_waiting_steal_expired (waiting, 159));

  expired = enj_waiting_steal_expired (waiting, 160);
  g_assert_cmpstr (enj_stanza_get_id (expired), ==, "1");
  g_assert_null (enj_waiting_steal_expired (waiting, 160));
  g_assert_cmpint (enj_waiting_deadline (waiting), ==, 190);
}

static void
test_age_without_end (void)
{
  g_autoptr (EnjWaiting) waiting = enj_waiting_new (10, 10000, ENJ_NEVER);

  g_assert_true (push (waiting, "1", 100));
  g_assert_cmpint (enj_waiting_deadline (waiting), ==, ENJ_NEVER);
  g_assert_null (enj_waiting_steal_expired (waiting, ENJ_NEVER));
}

static void
test_back_to_the_front (void)
{
  g_autoptr (EnjWaiting) waiting = enj_waiting_new (2, 10000, 60);
  g_autoptr (EnjStanza) stanza = NULL;
  gsize bytes;

  g_assert_true (push (waiting, "1", 100));
  g_assert_true (push (waiting, "2", 110));
  bytes = enj_waiting_bytes (waiting);
  stanza = enj_waiting_steal (waiting);
  g_assert_true (push (waiting, "3", 120));

  enj_waiting_push_front (waiting, stanza, 130);
  g_assert_cmpuint (enj_waiting_length (waiting), ==, 3);
  g_assert_cmpuint (enj_waiting_bytes (waiting), >, bytes);
  g_assert_false (push (waiting, "4", 130));
  g_assert_cmpint (enj_waiting_deadline (waiting), ==, 160);
  assert_next (waiting, "1");
  assert_next (waiting, "2");
  assert_next (waiting, "3");
  g_assert_cmpuint (enj_waiting_bytes (waiting), ==, 0);

  /* Alone, and still as old as it was. */
  enj_waiting_push_front (waiting, stanza, 150);
  g_assert_cmpint (enj_waiting_deadline (waiting), ==, 160);
}

static void
count (gpointer user_data, guint64 number G_GNUC_UNUSED)
{
  (*(guint *) user_data)++;
}

static void
test_lets_go (void)
{
  EnjWaiting *waiting = enj_waiting_new (10, 10000, 60);
  EnjStanza *stanza = stanza_new ("1");
  guint gone = 0;
  EnjReceipt *receipt = enj_receipt_new (count, &gone, 1);

  enj_stanza_set_receipt (stanza, receipt);
  enj_receipt_unref (receipt);
  g_assert_true (enj_waiting_push (waiting, stanza, 0));
  enj_stanza_unref (stanza);
  g_assert_cmpuint (gone, ==, 0);
  enj_waiting_free (waiting);
  g_assert_cmpuint (gone, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/waiting/keeps-the-order", test_in_order);
  g_test_add_func ("/waiting/number-is-bounded", test_number_is_bounded);
  g_test_add_func ("/waiting/answers-have-more-room", test_answers_have_more_room);
  g_test_add_func ("/waiting/answers-take-no-room-of-others", test_answers_take_no_room);
  g_test_add_func ("/waiting/an-answer-passes-without-memory",
                   test_an_answer_passes_without_memory);
  g_test_add_func ("/waiting/bytes-are-bounded", test_bytes_are_bounded);
  g_test_add_func ("/waiting/the-oldest-comes-of-age-first", test_age);
  g_test_add_func ("/waiting/an-age-without-end-does-not-wrap", test_age_without_end);
  g_test_add_func ("/waiting/back-to-the-front-over-every-bound", test_back_to_the_front);
  g_test_add_func ("/waiting/lets-go-of-what-is-left", test_lets_go);
  return g_test_run ();
}

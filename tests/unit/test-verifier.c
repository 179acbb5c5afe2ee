#include "config.h"

#include "protocol/verifier.h"

#include "protocol/deadlines.h"
#include "tests/support/proves.h"

static void
assert_next (EnjVerifier *verifier, guint64 asker, const char *stream_id, const char *key)
{
  EnjQuestion question;

  g_assert_true (enj_verifier_next (verifier, &question));
  g_assert_cmpuint (question.asker, ==, asker);
  g_assert_cmpstr (question.stream_id, ==, stream_id);
  g_assert_cmpstr (question.key, ==, key);
}

static void
assert_none (EnjVerifier *verifier)
{
  EnjQuestion question;

  g_assert_false (enj_verifier_next (verifier, &question));
}

static void
test_hands_out_in_order (void)
{
  g_autoptr (EnjVerifier) verifier = enj_verifier_new ();

  assert_none (verifier);
  enj_verifier_add (verifier, 1, "s1", "k1", 100);
  enj_verifier_add (verifier, 2, "s2", "k2", 200);
  assert_next (verifier, 1, "s1", "k1");
  enj_verifier_add (verifier, 3, "s3", "k3", 300);
  assert_next (verifier, 2, "s2", "k2");
  assert_next (verifier, 3, "s3", "k3");
  assert_none (verifier);
  g_assert_cmpuint (enj_verifier_length (verifier), ==, 3);
}

/* XEP-0220 3.1: only what was asked, and only once. */
static void
test_answers_once (void)
{
  g_autoptr (EnjVerifier) verifier = enj_verifier_new ();

  enj_test_proves ("D28");
  enj_verifier_add (verifier, 1, "s1", "k1", 100);
  enj_verifier_add (verifier, 2, "s2", "k2", 200);
  g_assert_cmpuint (enj_verifier_steal (verifier, "s3"), ==, 0);
  g_assert_cmpuint (enj_verifier_steal (verifier, "S2"), ==, 0);
  g_assert_cmpuint (enj_verifier_steal (verifier, "s2"), ==, 2);
  g_assert_cmpuint (enj_verifier_steal (verifier, "s2"), ==, 0);
  g_assert_cmpuint (enj_verifier_steal (verifier, "s1"), ==, 1);
  g_assert_cmpuint (enj_verifier_length (verifier), ==, 0);
}

static void
test_asks_again_on_a_new_stream (void)
{
  g_autoptr (EnjVerifier) verifier = enj_verifier_new ();

  enj_verifier_add (verifier, 1, "s1", "k1", 100);
  enj_verifier_add (verifier, 2, "s2", "k2", 200);
  assert_next (verifier, 1, "s1", "k1");
  assert_next (verifier, 2, "s2", "k2");
  g_assert_cmpuint (enj_verifier_steal (verifier, "s1"), ==, 1);
  enj_verifier_rewind (verifier);
  assert_next (verifier, 2, "s2", "k2");
  assert_none (verifier);
}

static void
test_gives_up_in_time (void)
{
  g_autoptr (EnjVerifier) verifier = enj_verifier_new ();
  g_autofree char *stream_id = NULL;

  g_assert_cmpint (enj_verifier_deadline (verifier), ==, ENJ_NEVER);
  g_assert_cmpuint (enj_verifier_steal_due (verifier, G_MAXINT64, NULL), ==, 0);
  enj_verifier_add (verifier, 1, "s1", "k1", 100);
  enj_verifier_add (verifier, 2, "s2", "k2", 200);
  g_assert_cmpint (enj_verifier_deadline (verifier), ==, 100);
  g_assert_cmpuint (enj_verifier_steal_due (verifier, 99, NULL), ==, 0);
  g_assert_cmpuint (enj_verifier_steal_due (verifier, 100, &stream_id), ==, 1);
  g_assert_cmpstr (stream_id, ==, "s1");
  g_assert_cmpuint (enj_verifier_steal_due (verifier, 100, NULL), ==, 0);
  g_assert_cmpint (enj_verifier_deadline (verifier), ==, 200);
  g_assert_cmpuint (enj_verifier_steal_due (verifier, G_MAXINT64, NULL), ==, 2);
  g_assert_cmpint (enj_verifier_deadline (verifier), ==, ENJ_NEVER);
}

static void
test_forgets_all_when_freed (void)
{
  EnjVerifier *verifier = enj_verifier_new ();

  enj_verifier_add (verifier, 1, "s1", "k1", 100);
  enj_verifier_free (verifier);
  enj_verifier_free (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/verifier/hands-out-in-order", test_hands_out_in_order);
  g_test_add_func ("/verifier/takes-each-answer-once", test_answers_once);
  g_test_add_func ("/verifier/asks-again-on-a-new-stream", test_asks_again_on_a_new_stream);
  g_test_add_func ("/verifier/gives-up-in-time", test_gives_up_in_time);
  g_test_add_func ("/verifier/forgets-all-when-freed", test_forgets_all_when_freed);
  return g_test_run ();
}

#include "config.h"

#include "protocol/verifier.h"

#include "protocol/deadlines.h"
#include "tests/support/proves.h"

#define HERE "here.example"
#define THERE "there.example"

static gboolean
add (EnjVerifier *verifier, guint64 asker, const char *stream_id, gint64 due)
{
  const EnjQuestion question = { .asker = asker,
                                 .local = (char *) HERE,
                                 .remote = (char *) THERE,
                                 .stream_id = (char *) stream_id,
                                 .key = (char *) "k",
                                 .due = due };

  return enj_verifier_add (verifier, &question);
}

static void
test_keeps_the_order (void)
{
  g_autoptr (EnjVerifier) verifier = enj_verifier_new ();

  g_assert_null (enj_verifier_get (verifier, 0));
  add (verifier, 1, "s1", 100);
  add (verifier, 2, "s2", 200);
  g_assert_cmpuint (enj_verifier_get (verifier, 0)->asker, ==, 1);
  g_assert_cmpstr (enj_verifier_get (verifier, 1)->stream_id, ==, "s2");
  g_assert_cmpstr (enj_verifier_get (verifier, 1)->key, ==, "k");
  g_assert_null (enj_verifier_get (verifier, 2));
  enj_verifier_remove (verifier, enj_verifier_get (verifier, 0));
  g_assert_cmpuint (enj_verifier_get (verifier, 0)->asker, ==, 2);
}

/* XEP-0220 3.1: only what was asked, on the stream where it was asked, and only once. */
static void
test_answers_once (void)
{
  g_autoptr (EnjVerifier) verifier = enj_verifier_new ();
  EnjQuestion *question;

  enj_test_proves ("D28");
  add (verifier, 1, "s1", 100);
  add (verifier, 2, "s2", 200);
  g_assert_null (enj_verifier_find (verifier, 7, HERE, THERE, "s2"));
  enj_verifier_get (verifier, 1)->way = 7;
  g_assert_null (enj_verifier_find (verifier, 8, HERE, THERE, "s2"));
  g_assert_null (enj_verifier_find (verifier, 7, HERE, THERE, "s1"));
  g_assert_null (enj_verifier_find (verifier, 7, HERE, THERE, "S2"));
  g_assert_null (enj_verifier_find (verifier, 7, HERE, THERE, NULL));
  g_assert_null (enj_verifier_find (verifier, 7, HERE, "other.example", "s2"));
  g_assert_null (enj_verifier_find (verifier, 7, "other.example", THERE, "s2"));
  question = enj_verifier_find (verifier, 7, HERE, THERE, "s2");
  g_assert_cmpuint (question->asker, ==, 2);
  enj_verifier_remove (verifier, question);
  g_assert_null (enj_verifier_find (verifier, 7, HERE, THERE, "s2"));
}

static void
test_asks_again_on_a_new_stream (void)
{
  g_autoptr (EnjVerifier) verifier = enj_verifier_new ();

  add (verifier, 1, "s1", 100);
  add (verifier, 2, "s2", 200);
  enj_verifier_get (verifier, 0)->way = 7;
  enj_verifier_get (verifier, 1)->way = 8;
  enj_verifier_rewind (verifier, 7);
  g_assert_cmpuint (enj_verifier_get (verifier, 0)->way, ==, 0);
  g_assert_cmpuint (enj_verifier_get (verifier, 1)->way, ==, 8);
}

static void
test_knows_the_first_that_is_due (void)
{
  g_autoptr (EnjVerifier) verifier = enj_verifier_new ();

  g_assert_cmpint (enj_verifier_deadline (verifier), ==, ENJ_NEVER);
  add (verifier, 1, "s1", 200);
  add (verifier, 2, "s2", 100);
  g_assert_cmpint (enj_verifier_deadline (verifier), ==, 100);
}

/* Anybody can make us ask. */
static void
test_is_bounded (void)
{
  EnjVerifier *verifier = enj_verifier_new ();

  for (guint i = 0; i < 256; i++)
    {
      g_autofree char *id = g_strdup_printf ("s%u", i);

      g_assert_true (add (verifier, i + 1, id, 100));
    }
  g_assert_false (add (verifier, 999, "s", 100));
  enj_verifier_remove (verifier, enj_verifier_get (verifier, 3));
  g_assert_true (add (verifier, 999, "s", 100));
  enj_verifier_free (verifier);
  enj_verifier_free (NULL);
}

static void
test_sources (void)
{
  g_autoptr (EnjVerifier) verifier = enj_verifier_new ();
  EnjQuestion question = { .local = (char *) HERE,
                           .remote = (char *) THERE,
                           .source = (char *) "192.0.2.1",
                           .key = (char *) "k" };

  for (guint i = 0; i < 17; i++)
    {
      g_autofree char *id = g_strdup_printf ("s%u", i);

      question.asker = i + 1;
      question.stream_id = id;
      g_assert_cmpint (enj_verifier_add (verifier, &question), ==, i < 16);
    }
  g_assert_true (add (verifier, 99, "one of ours", 100));
  question.stream_id = (char *) "t";
  question.source = (char *) "192.0.2.2";
  g_assert_true (enj_verifier_add (verifier, &question));
}

/* The answer to one key must never be taken for that to another: its asker may have chosen the id
 * of the other's stream. */
static void
test_asks_about_one_key (void)
{
  g_autoptr (EnjVerifier) verifier = enj_verifier_new ();

  enj_test_proves ("D28");
  g_assert_true (add (verifier, 1, "s1", 100));
  g_assert_false (add (verifier, 2, "s1", 100));
  g_assert_true (add (verifier, 2, "s2", 100));
  enj_verifier_remove (verifier, enj_verifier_get (verifier, 0));
  g_assert_true (add (verifier, 3, "s1", 100));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/verifier/keeps-the-order", test_keeps_the_order);
  g_test_add_func ("/verifier/takes-each-answer-once", test_answers_once);
  g_test_add_func ("/verifier/asks-again-on-a-new-stream", test_asks_again_on_a_new_stream);
  g_test_add_func ("/verifier/knows-the-first-that-is-due", test_knows_the_first_that_is_due);
  g_test_add_func ("/verifier/asks-about-one-key-at-a-time", test_asks_about_one_key);
  g_test_add_func ("/verifier/is-bounded", test_is_bounded);
  g_test_add_func ("/verifier/one-source-has-a-few-questions", test_sources);
  return g_test_run ();
}

#include "config.h"

#include "protocol/failures.h"

#include "tests/support/proves.h"

#define HOUR (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

static const EnjReason away = { ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait", "nobody answers",
                                ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, 0 };
static const EnjReason unknown = { ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, "cancel", "no such name",
                                   ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, 60 };

static void
test_rests_longer_each_time (void)
{
  static const gint64 most[] = { 1, 2, 4, 8, 16, 20, 20 };
  g_autoptr (EnjFailures) failures = enj_failures_new ();
  gint64 now = 1000;

  enj_test_proves ("S26");
  for (guint i = 0; i < G_N_ELEMENTS (most); i++)
    {
      const EnjFailure *failure;

      enj_failures_note (failures, "there.example", &away, 20, now);
      failure = enj_failures_find_resting (failures, "there.example", now);
      g_assert_nonnull (failure);
      g_assert_cmpuint (failure->attempts, ==, i + 1);
      g_assert_cmpint (failure->at, ==, now);
      g_assert_cmpint (failure->rest_until - now, >=,
                       MAX (most[i] * G_USEC_PER_SEC / 2, G_USEC_PER_SEC));
      g_assert_cmpint (failure->rest_until - now, <=, most[i] * G_USEC_PER_SEC);
      now = failure->rest_until;
      g_assert_null (enj_failures_find_resting (failures, "there.example", now));
      g_assert_nonnull (enj_failures_find_resting (failures, "there.example", now - 1));
    }
  g_assert_null (enj_failures_find (failures, "other.example"));
}

/* A name that was not found is not looked up again at once, however often it is wanted. */
static void
test_rests_for_a_while (void)
{
  g_autoptr (EnjFailures) failures = enj_failures_new ();

  enj_failures_note (failures, "there.example", &unknown, 300, 0);
  g_assert_nonnull (enj_failures_find_resting (failures, "there.example", 60 * G_USEC_PER_SEC - 1));
  g_assert_null (enj_failures_find_resting (failures, "there.example", 60 * G_USEC_PER_SEC));
  enj_failures_note (failures, "short.example", &unknown, 20, 0);
  g_assert_null (enj_failures_find_resting (failures, "short.example", 20 * G_USEC_PER_SEC));
  for (guint i = 0; i < 12; i++)
    enj_failures_note (failures, "there.example", &unknown, 300, 0);
  g_assert_cmpint (enj_failures_find (failures, "there.example")->rest_until, >=,
                   150 * G_USEC_PER_SEC);
}

static void
test_starts_anew_after_success (void)
{
  g_autoptr (EnjFailures) failures = enj_failures_new ();

  for (guint i = 0; i < 5; i++)
    enj_failures_note (failures, "there.example", &away, 300, 0);
  enj_failures_forget (failures, "there.example");
  enj_failures_forget (failures, "there.example");
  g_assert_null (enj_failures_find (failures, "there.example"));
  enj_failures_note (failures, "there.example", &away, 300, 0);
  g_assert_cmpint (enj_failures_find (failures, "there.example")->rest_until, ==,
                   G_USEC_PER_SEC);
}

static void
test_keeps_the_last_reason (void)
{
  g_autoptr (EnjFailures) failures = enj_failures_new ();
  const EnjFailure *failure;

  enj_failures_note (failures, "there.example", &away, 300, 0);
  enj_failures_note (failures, "there.example", &unknown, 300, 5);
  failure = enj_failures_find (failures, "there.example");
  g_assert_cmpint (failure->reason.condition, ==, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND);
  g_assert_cmpstr (failure->reason.error_type, ==, "cancel");
  g_assert_cmpstr (failure->reason.text, ==, "no such name");
  /* What was handed out may be handed in again. */
  enj_failures_note (failures, "there.example", &failure->reason, 300, 6);
  g_assert_cmpstr (enj_failures_find (failures, "there.example")->reason.text, ==,
                   "no such name");
}

static void
test_forgets_after_an_hour (void)
{
  g_autoptr (EnjFailures) failures = enj_failures_new ();

  enj_failures_note (failures, "old.example", &away, 300, 0);
  enj_failures_note (failures, "older.example", &away, 86400, 0);
  enj_failures_note (failures, "new.example", &away, 300, HOUR - 1);
  g_assert_cmpuint (enj_failures_count (failures), ==, 3);
  enj_failures_note (failures, "new.example", &away, 300, HOUR);
  g_assert_cmpuint (enj_failures_count (failures), ==, 1);
  g_assert_nonnull (enj_failures_find (failures, "new.example"));
}

static void
test_is_bounded (void)
{
  g_autoptr (EnjFailures) failures = enj_failures_new ();

  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.example", i);

      enj_failures_note (failures, name, &away, 300, i);
    }
  g_assert_cmpuint (enj_failures_count (failures), ==, 4096);
  g_assert_nonnull (enj_failures_find (failures, "9999.example"));
  g_assert_null (enj_failures_find (failures, "0.example"));
  enj_failures_free (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/failures/rest-longer-each-time", test_rests_longer_each_time);
  g_test_add_func ("/failures/names-not-found-rest-for-a-while", test_rests_for_a_while);
  g_test_add_func ("/failures/start-anew-after-success", test_starts_anew_after_success);
  g_test_add_func ("/failures/keep-the-last-reason", test_keeps_the_last_reason);
  g_test_add_func ("/failures/are-forgotten-after-an-hour", test_forgets_after_an_hour);
  g_test_add_func ("/failures/are-bounded-in-number", test_is_bounded);
  return g_test_run ();
}

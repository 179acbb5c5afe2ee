/* How our last attempts to reach each remote domain went. */
#include "config.h"

#include "protocol/history.h"

#include <string.h>

#include "protocol/budget.h"

#define HOUR (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

static const EnjMilestones nowhere = { { 1 } };
static const EnjMilestones resolved = { { 1, 2 } };
static const EnjMilestones connected = { { 1, 2, 3 } };
static const EnjMilestones encrypted = { { 1, 2, 3, 4 } };
static const EnjMilestones up = { { 1, 2, 3, 4, 5 } };

static void
test_steps (void)
{
  static const struct
  {
    const EnjMilestones *milestones;
    const char *reason;
    const char *step;
  } cases[] = {
    { &nowhere, "no such name", "DNS" },
    { &resolved, "refused", "TCP" },
    { &connected, "bad certificate", "TLS" },
    { &encrypted, "key invalid", "authentication" },
    { &up, "key invalid", "authentication" },
    { &up, NULL, "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjHistory) history = enj_history_new ();
      EnjAttempt attempts[ENJ_HISTORY_ATTEMPTS];

      enj_history_note (history, "there", cases[i].milestones, cases[i].reason, 7);
      g_assert_cmpuint (enj_history_find (history, "there", attempts), ==, 1);
      g_assert_cmpstr (attempts[0].step, ==, cases[i].step);
      g_assert_cmpstr (attempts[0].reason, ==, cases[i].reason ? cases[i].reason : "");
      g_assert_true (attempts[0].succeeded == !cases[i].reason);
      g_assert_cmpint (attempts[0].at, ==, 7);
      g_assert_cmpint (attempts[0].milestones.at[0], ==, 1);
    }
}

static void
test_newest_first (void)
{
  g_autoptr (EnjHistory) history = enj_history_new ();
  EnjAttempt attempts[ENJ_HISTORY_ATTEMPTS];

  g_assert_cmpuint (enj_history_find (history, "there", attempts), ==, 0);
  for (gint64 i = 1; i <= 8; i++)
    {
      enj_history_note (history, "there", &connected, i % 2 ? "broken" : NULL, i);
      g_assert_cmpuint (enj_history_find (history, "there", attempts), ==, MIN (i, 5));
      for (gint64 j = 0; j < MIN (i, 5); j++)
        g_assert_cmpint (attempts[j].at, ==, i - j);
    }
}

static void
test_reasons (void)
{
  g_autoptr (EnjHistory) history = enj_history_new ();
  g_autofree char *long_one = g_strnfill (10000, 'x');
  EnjAttempt attempts[ENJ_HISTORY_ATTEMPTS];

  enj_history_note (history, "there", &connected, "a\nb", 1);
  enj_history_note (history, "there", &connected, long_one, 2);
  g_assert_cmpuint (enj_history_find (history, "there", attempts), ==, 2);
  g_assert_cmpstr (attempts[1].reason, ==, "a\\x0ab");
  g_assert_cmpuint (strlen (attempts[0].reason), <=, 256);
}

static void
test_pages (void)
{
  g_autoptr (EnjHistory) history = enj_history_new ();
  const char *domains[2];

  enj_history_begin (history, "c", 1);
  enj_history_begin (history, "a", 1);
  enj_history_begin (history, "b", 1);
  g_assert_cmpuint (enj_history_list (history, NULL, domains, 2), ==, 2);
  g_assert_cmpstr (domains[0], ==, "a");
  g_assert_cmpstr (domains[1], ==, "b");
  g_assert_cmpuint (enj_history_list (history, "b", domains, 2), ==, 1);
  g_assert_cmpstr (domains[0], ==, "c");
  g_assert_cmpuint (enj_history_list (history, "aa", domains, 2), ==, 2);
  g_assert_cmpuint (enj_history_list (history, "c", domains, 2), ==, 0);
}

static void
test_is_bounded (void)
{
  gsize held = enj_budget_get_held ();
  g_autoptr (EnjHistory) history = enj_history_new ();
  EnjAttempt attempts[ENJ_HISTORY_ATTEMPTS];

  for (guint i = 0; i < 3000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.there", i);

      enj_history_note (history, name, &connected, "broken", i);
    }
  g_assert_cmpuint (enj_history_count (history), ==, 2048);
  g_assert_cmpuint (enj_history_find (history, "0.there", attempts), ==, 0);
  g_assert_cmpuint (enj_history_find (history, "2999.there", attempts), ==, 1);
  g_assert_cmpuint (enj_budget_get_held (), >, held + 2048 * sizeof attempts);
  enj_history_begin (history, "another", HOUR + 1000000);
  g_assert_cmpuint (enj_history_count (history), ==, 1);
  g_clear_pointer (&history, enj_history_free);
  g_assert_cmpuint (enj_budget_get_held (), ==, held);
}

static void
test_without_memory (void)
{
  g_autoptr (EnjHistory) history = enj_history_new ();

  enj_history_begin (history, "a", 1);
  enj_history_begin (history, "b", 2);
  enj_budget_set_limit (1);
  enj_history_begin (history, "c", 3);
  g_assert_cmpuint (enj_history_count (history), ==, 1);
  enj_budget_set_limit (G_MAXUINT64);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/history/names-the-step-that-failed", test_steps);
  g_test_add_func ("/history/keeps-the-newest-five", test_newest_first);
  g_test_add_func ("/history/prints-and-cuts-what-a-peer-said", test_reasons);
  g_test_add_func ("/history/goes-from-page-to-page", test_pages);
  g_test_add_func ("/history/is-bounded-and-forgets", test_is_bounded);
  g_test_add_func ("/history/gives-memory-back-where-there-is-none", test_without_memory);
  return g_test_run ();
}

#include "config.h"

#include "protocol/pairs.h"

#include "tests/support/proves.h"

static void
test_states (void)
{
  g_autoptr (EnjPairs) pairs = enj_pairs_new ();

  g_assert_cmpint (enj_pairs_get (pairs, "a", "b"), ==, ENJ_PAIR_NONE);
  enj_pairs_set (pairs, "a", "b", ENJ_PAIR_PENDING);
  g_assert_cmpint (enj_pairs_get (pairs, "a", "b"), ==, ENJ_PAIR_PENDING);
  enj_pairs_set (pairs, "a", "b", ENJ_PAIR_VALID);
  g_assert_cmpint (enj_pairs_get (pairs, "a", "b"), ==, ENJ_PAIR_VALID);
  enj_pairs_set (pairs, "a", "b", ENJ_PAIR_NONE);
  g_assert_cmpint (enj_pairs_get (pairs, "a", "b"), ==, ENJ_PAIR_NONE);
  enj_pairs_set (pairs, "a", "b", ENJ_PAIR_NONE);
  g_assert_cmpuint (enj_pairs_count (pairs, ENJ_PAIR_NONE), ==, 0);
}

/* XEP-0220 2.6: one sender for one target says nothing about any other. */
static void
test_exactly_the_pair (void)
{
  static const char *const others[][2] = {
    { "b", "a" }, { "a", "c" }, { "c", "b" }, { "A", "b" }, { "a", "" }, { "", "b" }, { "a b", "" },
  };
  g_autoptr (EnjPairs) pairs = enj_pairs_new ();

  enj_test_proves ("D59");
  enj_pairs_set (pairs, "a", "b", ENJ_PAIR_VALID);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_cmpint (enj_pairs_get (pairs, others[i][0], others[i][1]), ==, ENJ_PAIR_NONE);
}

static void
test_removing_one_keeps_the_others (void)
{
  g_autoptr (EnjPairs) pairs = enj_pairs_new ();

  enj_pairs_set (pairs, "a", "x", ENJ_PAIR_VALID);
  enj_pairs_set (pairs, "b", "x", ENJ_PAIR_PENDING);
  enj_pairs_set (pairs, "c", "x", ENJ_PAIR_VALID);
  enj_pairs_set (pairs, "a", "x", ENJ_PAIR_NONE);
  g_assert_cmpint (enj_pairs_get (pairs, "a", "x"), ==, ENJ_PAIR_NONE);
  g_assert_cmpint (enj_pairs_get (pairs, "b", "x"), ==, ENJ_PAIR_PENDING);
  g_assert_cmpint (enj_pairs_get (pairs, "c", "x"), ==, ENJ_PAIR_VALID);
}

static void
test_counts (void)
{
  g_autoptr (EnjPairs) pairs = enj_pairs_new ();

  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *from = g_strdup_printf ("d%u", i);

      enj_pairs_set (pairs, from, "x", i < 3 ? ENJ_PAIR_VALID : ENJ_PAIR_PENDING);
    }
  g_assert_cmpuint (enj_pairs_count (pairs, ENJ_PAIR_VALID), ==, 3);
  g_assert_cmpuint (enj_pairs_count (pairs, ENJ_PAIR_PENDING), ==, 7);
  enj_pairs_set (pairs, "d5", "x", ENJ_PAIR_VALID);
  g_assert_cmpuint (enj_pairs_count (pairs, ENJ_PAIR_VALID), ==, 4);
  g_assert_cmpuint (enj_pairs_count (pairs, ENJ_PAIR_PENDING), ==, 6);
}

static void
test_senders (void)
{
  g_autoptr (EnjPairs) pairs = enj_pairs_new ();

  enj_pairs_set (pairs, "a", "x", ENJ_PAIR_PENDING);
  g_assert_false (enj_pairs_has_sender (pairs, "a"));
  enj_pairs_set (pairs, "a", "y", ENJ_PAIR_VALID);
  g_assert_true (enj_pairs_has_sender (pairs, "a"));
  g_assert_false (enj_pairs_has_sender (pairs, "y"));
  g_assert_false (enj_pairs_has_sender (pairs, "b"));
}

static void
test_listing (void)
{
  g_autoptr (EnjPairs) pairs = enj_pairs_new ();
  const char *from = NULL, *to = NULL;
  EnjPairState state = ENJ_PAIR_NONE;

  g_assert_false (enj_pairs_get_nth (pairs, 0, &from, &to, &state));
  enj_pairs_set (pairs, "a", "x", ENJ_PAIR_PENDING);
  g_assert_true (enj_pairs_get_nth (pairs, 0, &from, &to, &state));
  g_assert_cmpstr (from, ==, "a");
  g_assert_cmpstr (to, ==, "x");
  g_assert_cmpint (state, ==, ENJ_PAIR_PENDING);
  g_assert_false (enj_pairs_get_nth (pairs, 1, &from, &to, &state));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pairs/none-pending-valid", test_states);
  g_test_add_func ("/pairs/exactly-the-pair", test_exactly_the_pair);
  g_test_add_func ("/pairs/removing-one-keeps-the-others", test_removing_one_keeps_the_others);
  g_test_add_func ("/pairs/counts-by-state", test_counts);
  g_test_add_func ("/pairs/knows-verified-senders", test_senders);
  g_test_add_func ("/pairs/lists-them", test_listing);
  return g_test_run ();
}

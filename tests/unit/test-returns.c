#include "config.h"

#include "protocol/returns.h"

#include "protocol/budget.h"

static const EnjReason why
  = { ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "cancel", "it was not reached", 0, 0 };

static void
push (EnjReturns *self, const char *id)
{
  const EnjStanzaHead head = { .from = "a@here.test", .to = "b@there.test", .id = id };

  enj_returns_push_take (self, enj_stanza_new_raw (&head, NULL, 0), &why);
}

static void
test_order (void)
{
  static const char *const ids[] = { "1", "2", "3" };
  EnjReturns returns = { 0 };
  EnjReturn item;

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    push (&returns, ids[i]);
  g_assert_cmpuint (enj_returns_count (&returns), ==, 3);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_assert_true (enj_returns_next (&returns, &item));
      g_assert_cmpstr (enj_stanza_get_id (item.stanza), ==, ids[i]);
      g_assert_cmpint (item.condition, ==, ENJ_STANZA_REMOTE_SERVER_TIMEOUT);
      g_assert_cmpstr (item.error_type, ==, "cancel");
      g_assert_cmpstr (item.text, ==, "it was not reached");
      enj_stanza_unref (item.stanza);
      g_free (item.text);
    }
  g_assert_false (enj_returns_next (&returns, &item));
}

static void
test_budget (void)
{
  gsize before = enj_budget_get_held ();
  EnjReturns returns = { 0 };

  for (guint i = 0; i < 10; i++)
    push (&returns, "1");
  g_assert_cmpuint (enj_budget_get_held (), >=, before + 10 * ENJ_BUDGET_RECORD);
  enj_returns_clear (&returns);
  g_assert_cmpuint (enj_returns_count (&returns), ==, 0);
  g_assert_cmpuint (enj_budget_get_held (), ==, before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/returns/come-in-order-with-their-reason", test_order);
  g_test_add_func ("/returns/count-to-the-budget", test_budget);
  return g_test_run ();
}

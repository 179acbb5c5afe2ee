#include "config.h"

#include "protocol/ledger.h"

static EnjStanza *
stanza_new (void)
{
  const EnjStanzaHead head = { .kind = ENJ_STANZA_MESSAGE, .from = "a@b", .to = "c@d" };

  return enj_stanza_new_raw (&head, NULL, 0);
}

static void
settles_with_the_last_heir (void)
{
  g_autoptr (EnjLedger) ledger = enj_ledger_new ();
  const EnjCounters *counters = enj_ledger_get_counters (ledger);
  EnjStanza *original = stanza_new ();
  EnjStanza *heir;

  enj_ledger_enter (ledger, original, 0);
  g_assert_cmpuint (counters->accepted, ==, 1);
  heir = enj_stanza_new_forward (original, "c@d", "e@f");
  enj_stanza_unref (original);
  g_assert_cmpuint (counters->settled, ==, 0);
  enj_stanza_unref (heir);
  g_assert_cmpuint (counters->settled, ==, 1);
}

static void
settles_what_has_no_heirs (void)
{
  g_autoptr (EnjLedger) ledger = enj_ledger_new ();
  EnjStanza *stanza = stanza_new ();

  enj_ledger_enter (ledger, stanza, 0);
  enj_stanza_unref (stanza);
  g_assert_cmpuint (enj_ledger_get_counters (ledger)->settled, ==, 1);
}

/* Under a sanitizer or valgrind this shows whether it holds. */
static void
is_outlived_by_a_stanza (void)
{
  EnjLedger *ledger = enj_ledger_new ();
  EnjStanza *stanza = stanza_new ();

  enj_ledger_enter (ledger, stanza, 0);
  enj_ledger_free (ledger);
  g_assert_nonnull (enj_stanza_get_receipt (stanza));
  enj_stanza_unref (stanza);
}

static void
count (gpointer user_data, guint64 number)
{
  *(guint64 *) user_data += number;
}

/* The peer that sent it waits for its end as well. */
static void
keeps_the_receipt_that_is_there (void)
{
  g_autoptr (EnjLedger) ledger = enj_ledger_new ();
  const EnjCounters *counters = enj_ledger_get_counters (ledger);
  guint64 done = 0;
  EnjReceipt *receipt = enj_receipt_new (count, &done, 7);
  EnjStanza *stanza = stanza_new ();
  EnjStanza *heir;

  enj_stanza_set_receipt (stanza, receipt);
  enj_receipt_unref (receipt);
  enj_ledger_enter (ledger, stanza, 0);
  heir = enj_stanza_new_forward (stanza, "c@d", "e@f");
  enj_stanza_unref (stanza);
  g_assert_cmpuint (done, ==, 0);
  enj_stanza_unref (heir);
  g_assert_cmpuint (done, ==, 7);
  g_assert_cmpuint (counters->settled, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ledger/settles-with-the-last-heir", settles_with_the_last_heir);
  g_test_add_func ("/ledger/settles-what-has-no-heirs", settles_what_has_no_heirs);
  g_test_add_func ("/ledger/is-outlived-by-a-stanza", is_outlived_by_a_stanza);
  g_test_add_func ("/ledger/keeps-the-receipt-that-is-there", keeps_the_receipt_that_is_there);
  return g_test_run ();
}

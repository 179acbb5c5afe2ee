#include "config.h"

#include "protocol/receipt.h"

typedef struct
{
  guint runs;
  guint64 number;
} Source;

static void
confirm (gpointer user_data, guint64 number)
{
  Source *source = user_data;

  source->runs++;
  source->number = number;
}

static void
test_last_holder (void)
{
  Source source = { 0 };
  EnjReceipt *receipt = enj_receipt_new (confirm, &source, G_MAXUINT64);

  g_assert_true (enj_receipt_ref (receipt) == receipt);
  enj_receipt_unref (receipt);
  g_assert_cmpuint (source.runs, ==, 0);

  enj_receipt_unref (receipt);
  g_assert_cmpuint (source.runs, ==, 1);
  g_assert_cmpuint (source.number, ==, G_MAXUINT64);

  enj_receipt_unref (NULL);
}

static void
test_cancelled (void)
{
  Source source = { 0 };
  EnjReceipt *receipt = enj_receipt_new (confirm, &source, 1);

  enj_receipt_cancel (receipt);
  enj_receipt_unref (receipt);
  g_assert_cmpuint (source.runs, ==, 0);
}

static void
nothing (gpointer user_data, guint64 number)
{
  (void) user_data;
  (void) number;
}

static void
measures_since_it_was_said (void)
{
  EnjReceipt *receipt = enj_receipt_new (nothing, NULL, 1);
  EnjHistogram histogram = { 0 };

  enj_receipt_measure (NULL, &histogram, 5000);
  enj_receipt_measure (receipt, &histogram, 5000);
  g_assert_cmpuint (enj_histogram_count (&histogram), ==, 0);
  enj_receipt_set_since (receipt, 2000);
  enj_receipt_measure (receipt, &histogram, 5000);
  g_assert_cmpuint (enj_histogram_count (&histogram), ==, 1);
  g_assert_cmpuint (histogram.sum, ==, 3000);
  enj_receipt_unref (receipt);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/receipt/runs-once-when-the-last-holder-lets-go", test_last_holder);
  g_test_add_func ("/receipt/does-not-run-once-the-source-is-gone", test_cancelled);
  g_test_add_func ("/receipt/measures-since-it-was-said", measures_since_it_was_said);
  return g_test_run ();
}

#include "config.h"

#include "protocol/budget.h"

#include "protocol/barrier.h"
#include "protocol/bytes.h"
#include "protocol/departures.h"
#include "protocol/ledger.h"
#include "protocol/limits.h"
#include "protocol/ns.h"
#include "protocol/pairs.h"
#include "protocol/peer.h"
#include "protocol/stanza.h"
#include "protocol/stream.h"
#include "protocol/verifier.h"
#include "protocol/waiting.h"

#define MIB (1024 * 1024)

static EnjStanza *
stanza_new (gsize body)
{
  g_autofree char *text = g_strnfill (body, 'x');
  g_autofree char *xml
    = g_strdup_printf ("<message from='a@b.c' to='d@e.f'><body>%s</body></message>", text);
  g_autoptr (GError) error = NULL;
  EnjStanza *stanza = enj_stanza_parse (xml, -1, &error);

  g_assert_no_error (error);
  return stanza;
}

/* To the last byte, whatever shares what. */
static void
test_exact (void)
{
  gsize start = enj_budget_get_held ();
  EnjStanza *stanza = stanza_new (1000);
  const EnjStanzaHead head = *enj_stanza_get_head (stanza);
  EnjStanza *copy;
  EnjWaiting *waiting = enj_waiting_new (10, 10000, 1000);
  EnjBytes bytes;
  gsize before;

  g_assert_cmpuint (enj_budget_get_held (), >, start + 1000);
  before = enj_budget_get_held ();
  copy = enj_stanza_new_forward (stanza, head.from, head.to);
  g_assert_cmpuint (enj_budget_get_held (), >, before);
  g_assert_cmpuint (enj_budget_get_held (), <, before + 1000); /* The content is shared. */

  before = enj_budget_get_held ();
  for (guint i = 0; i < 5; i++)
    g_assert_true (enj_waiting_push (waiting, copy, 0));
  g_assert_cmpuint (enj_budget_get_held (), >, before);
  enj_stanza_unref (enj_waiting_steal (waiting));
  enj_waiting_free (waiting);
  g_assert_cmpuint (enj_budget_get_held (), ==, before);

  enj_bytes_init (&bytes, MIB);
  g_assert_true (enj_stanza_format (stanza, &bytes));
  g_assert_true (enj_bytes_append (&bytes, "x", 1));
  g_assert_cmpuint (enj_budget_get_held (), >, before + 1000);
  enj_bytes_drained (&bytes, enj_bytes_length (&bytes));
  g_assert_cmpuint (enj_budget_get_held (), ==, before);
  enj_stanza_unref (stanza);
  enj_stanza_unref (copy);
  g_assert_cmpuint (enj_budget_get_held (), ==, start);
}

#define MANY 100

/* At least @each for each of MANY that came since @before. */
static void
assert_counted (gsize before, gsize each)
{
  g_assert_cmpuint (enj_budget_get_held (), >=, before + MANY * each);
}

static void
test_records_of_stanzas (void)
{
  EnjStanza *stanza = stanza_new (10);
  EnjStanza *entered[MANY];
  EnjDepartures departures = { 0 };
  EnjBarrier *barrier = enj_barrier_new ();
  EnjLedger *ledger = enj_ledger_new ();
  const gsize before = enj_budget_get_held ();

  for (guint i = 0; i < MANY; i++)
    enj_departures_push (&departures, stanza, 100 * i);
  assert_counted (before, ENJ_BUDGET_RECORD);
  enj_stanza_unref (enj_departures_steal_newest (&departures));
  enj_departures_clear (&departures);
  g_assert_cmpuint (enj_budget_get_held (), ==, before);

  for (guint i = 0; i < MANY; i++)
    enj_barrier_note_sent (barrier, stanza, 0);
  assert_counted (before, 2 * sizeof (gpointer));
  enj_barrier_free (barrier);
  g_assert_cmpuint (enj_budget_get_held (), ==, before);

  for (guint i = 0; i < MANY; i++)
    entered[i] = enj_stanza_new_headed (stanza, enj_stanza_get_head (stanza));
  for (guint i = 0; i < MANY; i++)
    {
      gsize one = enj_budget_get_held ();

      enj_ledger_enter (ledger, entered[i], 0);
      g_assert_cmpuint (enj_budget_get_held (), ==, one + ENJ_BUDGET_RECORD);
    }
  for (guint i = 0; i < MANY; i++)
    enj_stanza_unref (entered[i]);
  g_assert_cmpuint (enj_budget_get_held (), ==, before);
  enj_ledger_free (ledger);
  enj_stanza_unref (stanza);
}

static void
test_records_of_domains (void)
{
  const EnjLimits limits = enj_limits_default ();
  EnjPairs *pairs = enj_pairs_new ();
  EnjVerifier *verifier = enj_verifier_new ();
  EnjPeer *peers[MANY];
  const gsize before = enj_budget_get_held ();

  for (guint i = 0; i < MANY; i++)
    {
      g_autofree char *remote = g_strdup_printf ("n%u.example", i);
      EnjQuestion question = { .local = (char *) "here.example",
                               .remote = remote,
                               .stream_id = (char *) "1",
                               .key = (char *) "k" };

      enj_pairs_set (pairs, remote, "here.example", ENJ_PAIR_PENDING);
      enj_pairs_set (pairs, remote, "here.example", ENJ_PAIR_VALID);
      g_assert_true (enj_verifier_add (verifier, &question));
      peers[i] = enj_peer_new ("here.example", remote, &limits);
    }
  assert_counted (before, ENJ_BUDGET_RECORD + 2 * ENJ_BUDGET_NAMED);
  enj_pairs_set (pairs, "n0.example", "here.example", ENJ_PAIR_NONE);
  enj_pairs_free (pairs);
  assert_counted (before, 2 * ENJ_BUDGET_NAMED);
  enj_verifier_free (verifier);
  assert_counted (before, ENJ_BUDGET_NAMED);
  for (guint i = 0; i < MANY; i++)
    enj_peer_free (peers[i]);
  g_assert_cmpuint (enj_budget_get_held (), ==, before);
}

static void
test_over (void)
{
  gsize start = enj_budget_get_held ();

  enj_budget_set_limit (start + MIB);
  g_assert_false (enj_budget_is_over ());
  enj_budget_charge (MIB - 1);
  g_assert_false (enj_budget_is_over ());
  enj_budget_charge (1);
  g_assert_true (enj_budget_is_over ());
  g_assert_false (enj_budget_is_far_over ());
  enj_budget_charge (MIB / 8 + start / 8 + 1);
  g_assert_true (enj_budget_is_far_over ());
  enj_budget_release (MIB + MIB / 8 + start / 8 + 1);
  g_assert_false (enj_budget_is_over ());
  enj_budget_set_limit (G_MAXUINT64);
  g_assert_cmpuint (enj_budget_get_held (), ==, start);
}

/* Small needs are met while others have used up all. */
static void
test_modest (void)
{
  g_autofree char *text = g_strnfill (5000, 'x');
  EnjBytes modest, other;

  enj_bytes_init (&modest, MIB);
  modest.is_modest = TRUE;
  enj_bytes_init (&other, MIB);
  enj_budget_set_limit (enj_budget_get_held () + 1);
  g_assert_true (enj_bytes_append (&modest, text, 4000));
  g_assert_true (enj_budget_is_over ());
  g_assert_false (enj_bytes_append (&modest, text, 1000));
  g_assert_true (enj_bytes_append (&other, text, 5000));
  enj_bytes_clear (&modest);
  g_assert_false (enj_bytes_append (&modest, text, 5000));
  enj_budget_set_limit (G_MAXUINT64);
  g_assert_true (enj_bytes_append (&modest, text, 5000));
  enj_bytes_clear (&modest);
  enj_bytes_clear (&other);
}

/* One goes through a queue at any time; none waits behind another. */
static void
test_queue (void)
{
  g_autoptr (EnjStanza) stanza = stanza_new (10);
  g_autoptr (EnjWaiting) waiting = enj_waiting_new (10, 10000, 1000);

  enj_budget_set_limit (1);
  enj_budget_charge (1);
  enj_budget_set_limit (enj_budget_get_held ());
  g_assert_true (enj_waiting_push (waiting, stanza, 0));
  g_assert_false (enj_waiting_push (waiting, stanza, 0));
  enj_stanza_unref (enj_waiting_steal (waiting));
  enj_budget_charge (MIB);
  g_assert_false (enj_waiting_push (waiting, stanza, 0));
  enj_budget_release (MIB + 1);
  enj_budget_set_limit (G_MAXUINT64);
  g_assert_true (enj_waiting_push (waiting, stanza, 0));
  g_assert_true (enj_waiting_push (waiting, stanza, 0));
}

/* What peers make us say, and do not read, is not all that there is memory for. */
static void
test_answers (void)
{
  const EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjStream) stream = enj_stream_new (ENJ_NS_SERVER, &limits);
  gsize start = enj_budget_get_held ();

  g_assert_false (enj_stream_is_swamped (stream));
  enj_budget_set_limit (start + MIB);
  enj_budget_charge (MIB);
  g_assert_false (enj_stream_is_swamped (stream));
  enj_budget_charge (MIB / 8 + start / 8 + 1);
  g_assert_true (enj_stream_is_swamped (stream));
  enj_budget_release (MIB + MIB / 8 + start / 8 + 1);
  enj_budget_set_limit (G_MAXUINT64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/budget/is-exact", test_exact);
  g_test_add_func ("/budget/records-of-stanzas-count", test_records_of_stanzas);
  g_test_add_func ("/budget/records-of-domains-count", test_records_of_domains);
  g_test_add_func ("/budget/knows-when-it-is-used-up", test_over);
  g_test_add_func ("/budget/small-needs-are-met", test_modest);
  g_test_add_func ("/budget/nothing-waits-without-memory", test_queue);
  g_test_add_func ("/budget/unread-answers-are-cut-without-memory", test_answers);
  return g_test_run ();
}

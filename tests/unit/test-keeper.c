#include "config.h"

#include "protocol/keeper.h"

static guint n_written;
static guint n_ended;
static gboolean refuses;
static gboolean tells_end; /* of what is refused, too */

static void
end (gpointer data, guint64 number)
{
  g_assert_true (data == &n_ended);
  g_assert_cmpuint (number, ==, 7);
  n_ended++;
}

static gboolean
write_down (EnjOrigin origin, const char *component, guint64 position, EnjStanza *stanza,
            EnjReceipt **receipt, gpointer data)
{
  g_assert_cmpint (origin, ==, ENJ_ORIGIN_LINK);
  g_assert_cmpstr (component, ==, "b.here.test");
  g_assert_cmpuint (position, ==, 100);
  g_assert_null (enj_stanza_get_receipt (stanza));
  n_written++;
  if (!refuses || tells_end)
    *receipt = enj_receipt_new (end, data, 7);
  return !refuses;
}

static EnjStanza *
message_new (void)
{
  return enj_stanza_new_raw (&(EnjStanzaHead){ .kind = ENJ_STANZA_MESSAGE }, NULL, 0);
}

static void
test_write (void)
{
  EnjKeeper keeper = { .write = write_down, .data = &n_ended };
  g_autoptr (EnjStanza) stanza = message_new ();
  g_autoptr (EnjStanza) heir = NULL;

  n_written = n_ended = 0;
  g_assert_true (enj_keeper_write (&keeper, ENJ_ORIGIN_LINK, "b.here.test", 100, stanza));
  g_assert_cmpuint (n_written, ==, 1);
  /* An heir is known already, and the end is that of the last. */
  heir = enj_stanza_new_headed (stanza, &(EnjStanzaHead){ .kind = ENJ_STANZA_MESSAGE });
  g_assert_true (enj_keeper_write (&keeper, ENJ_ORIGIN_LINK, "b.here.test", 100, heir));
  g_assert_cmpuint (n_written, ==, 1);
  g_clear_pointer (&stanza, enj_stanza_unref);
  g_assert_cmpuint (n_ended, ==, 0);
  g_clear_pointer (&heir, enj_stanza_unref);
  g_assert_cmpuint (n_ended, ==, 1);
}

static void
test_nobody (void)
{
  EnjKeeper keeper = { 0 };
  g_autoptr (EnjStanza) stanza = message_new ();

  n_written = 0;
  g_assert_true (enj_keeper_write (&keeper, ENJ_ORIGIN_LINK, "b.here.test", 100, stanza));
  g_assert_null (enj_stanza_get_receipt (stanza));
  keeper.write = write_down;
  refuses = TRUE;
  g_assert_false (enj_keeper_write (&keeper, ENJ_ORIGIN_LINK, "b.here.test", 100, stanza));
  refuses = FALSE;
  g_assert_cmpuint (n_written, ==, 1);
  g_assert_null (enj_stanza_get_receipt (stanza));
}

static void
test_hold (void)
{
  EnjKeeper keeper = { .write = write_down, .data = &n_ended };
  EnjStanza *stanza = message_new ();

  n_ended = 0;
  g_assert_true (enj_keeper_write (&keeper, ENJ_ORIGIN_LINK, "b.here.test", 100, stanza));
  g_assert_false (enj_keeper_hold (&keeper, ENJ_KEEPER_FOR_PEER, stanza));
  keeper.mode = ENJ_KEEPER_HOLDS_FOR_PEERS;
  g_assert_false (enj_keeper_hold (&keeper, ENJ_KEEPER_FOR_LINK, stanza));
  g_assert_false (enj_keeper_hold (&keeper, ENJ_KEEPER_FOR_SENDER, stanza));
  g_assert_true (enj_keeper_hold (&keeper, ENJ_KEEPER_FOR_PEER, stanza));
  enj_stanza_unref (stanza);
  g_assert_cmpuint (n_ended, ==, 0);
  g_assert_cmpuint (keeper.held.length, ==, 1);
  enj_keeper_clear (&keeper);
  g_assert_cmpuint (n_ended, ==, 1);
}

/* What may have arrived, and what has not left, have their ends apart. */
static void
test_hold_all (void)
{
  EnjKeeper keeper = { .write = write_down, .data = &n_ended, .mode = ENJ_KEEPER_HOLDS_ALL };
  EnjStanza *stanza = message_new ();
  EnjStanza *other = message_new ();

  n_ended = 0;
  g_assert_true (enj_keeper_write (&keeper, ENJ_ORIGIN_LINK, "b.here.test", 100, stanza));
  g_assert_true (enj_keeper_write (&keeper, ENJ_ORIGIN_LINK, "b.here.test", 100, other));
  g_assert_true (enj_keeper_hold (&keeper, ENJ_KEEPER_FOR_LINK, stanza));
  g_assert_true (enj_keeper_hold (&keeper, ENJ_KEEPER_FOR_SENDER, other));
  enj_stanza_unref (stanza);
  enj_stanza_unref (other);
  g_assert_cmpuint (enj_keeper_count (&keeper), ==, 2);
  enj_keeper_clear_held (&keeper);
  g_assert_cmpuint (n_ended, ==, 1);
  enj_keeper_clear (&keeper);
  g_assert_cmpuint (n_ended, ==, 2);
  g_assert_cmpuint (enj_keeper_count (&keeper), ==, 0);
}

/* What can go to peers does. */
static void
test_hold_for_others (void)
{
  EnjKeeper keeper
    = { .write = write_down, .data = &n_ended, .mode = ENJ_KEEPER_HOLDS_FOR_OTHERS };
  g_autoptr (EnjStanza) stanza = message_new ();

  g_assert_true (enj_keeper_write (&keeper, ENJ_ORIGIN_LINK, "b.here.test", 100, stanza));
  g_assert_false (enj_keeper_hold (&keeper, ENJ_KEEPER_FOR_PEER, stanza));
  g_assert_true (enj_keeper_hold (&keeper, ENJ_KEEPER_FOR_LINK, stanza));
  enj_keeper_clear (&keeper);
  g_assert_true (enj_keeper_hold (&keeper, ENJ_KEEPER_FOR_SENDER, stanza));
  enj_keeper_clear (&keeper);
}

/* Without anybody who writes a successor has nothing. */
static void
test_hold_nothing (void)
{
  EnjKeeper keeper = { .mode = ENJ_KEEPER_HOLDS_ALL };
  g_autoptr (EnjStanza) stanza = message_new ();

  g_assert_false (enj_keeper_hold (&keeper, ENJ_KEEPER_FOR_PEER, stanza));
}

static void
test_missed (void)
{
  EnjKeeper keeper = { .write = write_down, .data = &n_ended };
  g_autoptr (EnjStanza) stanza = message_new ();

  n_ended = 0;
  refuses = tells_end = TRUE;
  g_assert_false (enj_keeper_write (&keeper, ENJ_ORIGIN_LINK, "b.here.test", 100, stanza));
  refuses = tells_end = FALSE;
  keeper.mode = ENJ_KEEPER_HOLDS_ALL;
  g_assert_false (enj_keeper_hold (&keeper, ENJ_KEEPER_FOR_PEER, stanza));
  g_assert_cmpuint (keeper.held.length, ==, 0);
  g_assert_cmpuint (n_ended, ==, 0);
  g_clear_pointer (&stanza, enj_stanza_unref);
  g_assert_cmpuint (n_ended, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/keeper/writes-once-and-waits-for-the-last-heir", test_write);
  g_test_add_func ("/keeper/leaves-alone-what-nobody-writes-down", test_nobody);
  g_test_add_func ("/keeper/holds-while-it-hands-over", test_hold);
  g_test_add_func ("/keeper/holds-nothing-that-might-not-be-written", test_missed);
  g_test_add_func ("/keeper/tells-what-may-have-arrived-from-what-has-not-left", test_hold_all);
  g_test_add_func ("/keeper/holds-what-can-go-nowhere-else", test_hold_for_others);
  g_test_add_func ("/keeper/holds-nothing-where-nobody-writes", test_hold_nothing);
  return g_test_run ();
}

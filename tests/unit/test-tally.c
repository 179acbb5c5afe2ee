#include "config.h"

#include "protocol/tally.h"

static void
test_up (void)
{
  EnjTallyStreams streams = { .bidi = 0 };

  enj_tally_note_up (&streams, NULL, 1, FALSE);
  enj_tally_note_up (&streams, "TLS1.2", 2, TRUE);
  enj_tally_note_up (&streams, "TLS1.3", 2, TRUE);
  enj_tally_note_up (&streams, "TLS1.3", 5, FALSE);
  g_assert_cmpuint (streams.encryptions[ENJ_TALLY_ENCRYPTION_NONE], ==, 1);
  g_assert_cmpuint (streams.encryptions[ENJ_TALLY_ENCRYPTION_TLS12], ==, 1);
  g_assert_cmpuint (streams.encryptions[ENJ_TALLY_ENCRYPTION_TLS13], ==, 2);
  g_assert_cmpuint (streams.proofs[1], ==, 1);
  g_assert_cmpuint (streams.proofs[2], ==, 2);
  g_assert_cmpuint (streams.proofs[5], ==, 1);
  g_assert_cmpuint (streams.bidi, ==, 2);
}

static void
test_end (void)
{
  EnjTally tally = { .closed = 0 };
  g_autoptr (GError) reset
    = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_RESET, "to be proved anew");
  g_autoptr (GError) strange = g_error_new_literal (G_FILE_ERROR, 999, "of another kind");

  enj_tally_note_end (&tally, NULL);
  enj_tally_note_end (&tally, reset);
  enj_tally_note_end (&tally, reset);
  enj_tally_note_end (&tally, strange);
  g_assert_cmpuint (tally.closed, ==, 1);
  g_assert_cmpuint (tally.failures[ENJ_STREAM_RESET], ==, 2);
  g_assert_cmpuint (tally.failures[ENJ_STREAM_DISCONNECTED], ==, 1);
}

static void
test_words (void)
{
  for (guint i = 0; i < ENJ_TALLY_N_DROPS; i++)
    g_assert_nonnull (enj_tally_format_drop (i));
  g_assert_cmpstr (enj_tally_format_drop (ENJ_TALLY_DROP_TRANSIT), ==, "transit");
  for (guint i = 0; i < ENJ_TALLY_N_ENCRYPTIONS; i++)
    g_assert_nonnull (enj_tally_format_encryption (i));
  g_assert_cmpstr (enj_tally_format_encryption (ENJ_TALLY_ENCRYPTION_TLS13), ==, "TLS1.3");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tally/sorts-streams-that-come-up", test_up);
  g_test_add_func ("/tally/sorts-ends", test_end);
  g_test_add_func ("/tally/has-a-word-for-each", test_words);
  return g_test_run ();
}

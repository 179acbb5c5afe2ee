#include "config.h"

#include "protocol/session.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/support/talk.h"

#define MESSAGE(id) "<message from='a@remote.test' to='comp.local.test' id='" id "'/>"
#define SECOND G_USEC_PER_SEC

static gboolean
has_written (EnjTalk *self, const char *part)
{
  g_autoptr (GByteArray) bytes = enj_talk_drain_new (self, G_MAXSIZE);

  return g_strstr_len ((const char *) bytes->data, bytes->len, part) != NULL;
}

static void
assert_unsent (EnjTalk *self, const char *id)
{
  g_autoptr (EnjStanza) stanza = enj_session_steal_unsent (&self->session);

  g_assert_cmpstr (stanza ? enj_stanza_get_id (stanza) : NULL, ==, id);
}

/* ---- Beginning and end ----------------------------------------------------- */

static void
test_events (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new ();
  g_autofree char *how = enj_tls_describe (talk->session.tls);

  enj_talk_feed (talk, ENJ_TALK_HEADER MESSAGE ("1") "<x xmlns='y'/>" MESSAGE ("2"));
  g_assert_cmpstr (talk->seen->str, ==, "header (null)\nstanza 1\nelement x\nstanza 2\n");
  g_assert_true (enj_session_is_open (&talk->session));
  g_assert_false (enj_session_is_over (&talk->session));
  g_assert_false (enj_session_is_encrypted (&talk->session));
  g_assert_cmpstr (how, ==, "plain");
}

static void
test_ids_differ (void)
{
  g_autoptr (EnjTalk) one = enj_talk_new ();
  g_autoptr (EnjTalk) two = enj_talk_new ();

  g_assert_cmpuint (one->session.id, !=, two->session.id);
  g_assert_true (g_str_has_prefix (one->session.log.id, "in-"));
}

static void
test_error_opens_the_stream_first (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new ();
  g_autoptr (GByteArray) bytes = NULL;
  g_autofree char *text = NULL;

  enj_test_proves ("S21");
  enj_talk_feed (talk, "<!-- no -->");
  bytes = enj_talk_drain_new (talk, G_MAXSIZE);
  text = g_strndup ((const char *) bytes->data, bytes->len);
  g_assert_true (g_str_has_prefix (text, "<?xml version='1.0'?><stream:stream "));
  g_assert_nonnull (strstr (text, "><stream:error><restricted-xml "));
  g_assert_true (g_str_has_suffix (text, "</stream:error>" ENJ_TALK_END));
}

static void
test_after_an_error_it_is_deaf (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  enj_talk_feed (talk, MESSAGE ("1") "</nonsense>" MESSAGE ("2"));
  enj_talk_feed (talk, MESSAGE ("3"));
  g_assert_cmpstr (talk->seen->str, ==, "stanza 1\n");
  g_assert_error (talk->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_NOT_WELL_FORMED);
  g_assert_false (enj_session_is_open (&talk->session));
  g_assert_false (enj_session_is_over (&talk->session));
  g_assert_cmpuint (talk->wakes, ==, 1);
  g_assert_true (has_written (talk, "</stream:error>" ENJ_TALK_END));

  g_assert_cmpint (enj_session_deadline (&talk->session), ==, ENJ_TALK_START + 5 * SECOND);
  enj_session_tick (&talk->session, ENJ_TALK_START + 5 * SECOND);
  g_assert_true (enj_session_is_over (&talk->session));
  g_assert_cmpstr (talk->seen->str, ==, "stanza 1\nover\n");
  g_assert_error (talk->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_NOT_WELL_FORMED);
}

static void
test_an_error_ends_with_the_connection (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  enj_talk_feed (talk, "</nonsense>");
  enj_session_eof (&talk->session, "reset by peer", ENJ_TALK_START);
  enj_session_eof (&talk->session, "again", ENJ_TALK_START);
  g_assert_cmpstr (talk->seen->str, ==, "over\n");
  g_assert_error (talk->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_NOT_WELL_FORMED);
}

static void
test_peer_closes (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  enj_talk_feed (talk, MESSAGE ("1") ENJ_TALK_END);
  g_assert_cmpstr (talk->seen->str, ==, "stanza 1\nover\n");
  g_assert_true (enj_session_is_over (&talk->session));
  g_assert_no_error (talk->session.reason);
  enj_talk_assert_written (talk, ENJ_TALK_END);
}

/* It is not there to read our answer. */
static void
test_peer_closes_and_reads_no_more (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();
  gsize len;

  enj_talk_feed (talk, ENJ_TALK_END);
  g_assert_cmpint (enj_session_deadline (&talk->session), ==, ENJ_TALK_START + 5 * SECOND);
  g_assert_nonnull (enj_session_peek (&talk->session, &len));
  enj_session_tick (&talk->session, ENJ_TALK_START + 5 * SECOND);
  g_assert_null (enj_session_peek (&talk->session, &len));
  g_assert_cmpstr (talk->seen->str, ==, "over\n");
}

static void
test_we_close (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  enj_session_close (&talk->session);
  enj_session_close (&talk->session);
  g_assert_false (enj_session_is_open (&talk->session));
  g_assert_false (enj_session_is_over (&talk->session));
  /* RFC 6120 4.4: what the peer sends until its own end counts. */
  enj_talk_feed (talk, MESSAGE ("1") ENJ_TALK_END);
  g_assert_cmpstr (talk->seen->str, ==, "stanza 1\nover\n");
  enj_talk_assert_written (talk, ENJ_TALK_END);
  g_assert_no_error (talk->session.reason);
}

static void
test_peer_never_closes (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  enj_session_close (&talk->session);
  enj_session_tick (&talk->session, ENJ_TALK_START + 5 * SECOND - 1);
  g_assert_false (enj_session_is_over (&talk->session));
  enj_session_tick (&talk->session, ENJ_TALK_START + 5 * SECOND);
  g_assert_true (enj_session_is_over (&talk->session));
  enj_talk_assert_written (talk, "");
}

static void
test_close_before_any_header (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new ();

  enj_session_close (&talk->session);
  g_assert_cmpstr (talk->seen->str, ==, "over\n");
  enj_talk_assert_written (talk, "");
}

static void
test_an_error_never_follows_our_end (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  enj_session_close (&talk->session);
  enj_talk_feed (talk, "</nonsense>");
  enj_talk_assert_written (talk, ENJ_TALK_END);
  g_assert_true (enj_session_is_over (&talk->session));
}

static void
test_eof (void)
{
  g_autoptr (EnjTalk) silent = enj_talk_new_open ();
  g_autoptr (EnjTalk) told = enj_talk_new_open ();
  g_autoptr (EnjTalk) closed = enj_talk_new_open ();

  enj_session_eof (&silent->session, NULL, ENJ_TALK_START);
  g_assert_error (silent->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED);
  enj_session_eof (&told->session, "no route to host", ENJ_TALK_START);
  g_assert_cmpstr (told->session.reason->message, ==, "no route to host");
  enj_session_close (&closed->session);
  enj_session_eof (&closed->session, NULL, ENJ_TALK_START);
  g_assert_no_error (closed->session.reason);
  g_assert_true (enj_session_is_over (&closed->session));
}

static void
test_error_of_the_peer (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  enj_talk_feed (talk,
                 "<stream:error><host-unknown xmlns='" ENJ_NS_STREAM_ERRORS "'/></stream:error>");
  g_assert_error (talk->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN);
  g_assert_false (enj_session_is_open (&talk->session));
  enj_talk_feed (talk, ENJ_TALK_END);
  g_assert_cmpstr (talk->seen->str, ==, "over\n");
  g_assert_error (talk->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN);
  enj_talk_assert_written (talk, ENJ_TALK_END);
}

static void
test_drop (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  g_assert_true (enj_talk_send (talk, "1", 10));
  enj_session_drop (&talk->session, g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_RESET, "x"));
  enj_talk_assert_written (talk, "");
  g_assert_true (enj_session_is_over (&talk->session));
  g_assert_error (talk->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_RESET);
}

/* ---- Time ------------------------------------------------------------------- */

static void
test_deadlines (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  g_assert_cmpint (enj_session_deadline (&talk->session), ==, ENJ_NEVER);
  enj_session_wait (&talk->session, ENJ_WAIT_ANSWER, 20);
  enj_session_wait (&talk->session, ENJ_WAIT_HEADER, 10);
  enj_session_wait (&talk->session, ENJ_WAIT_QUIET, 5);
  enj_session_wait (&talk->session, ENJ_WAIT_QUIET, 0);
  g_assert_cmpint (enj_session_deadline (&talk->session), ==, ENJ_TALK_START + 10 * SECOND);
  enj_session_tick (&talk->session, ENJ_TALK_START + 9 * SECOND);
  g_assert_cmpstr (talk->seen->str, ==, "");
  enj_session_tick (&talk->session, ENJ_TALK_START + 10 * SECOND);
  g_assert_cmpstr (talk->seen->str, ==, "due 0\n");
  enj_session_tick (&talk->session, ENJ_TALK_START + 100 * SECOND);
  g_assert_cmpstr (talk->seen->str, ==, "due 0\ndue 3\n");
  g_assert_cmpint (enj_session_deadline (&talk->session), ==, ENJ_NEVER);
}

static void
test_stall (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  g_assert_true (enj_talk_send (talk, "1", 1000));
  g_assert_cmpint (enj_session_deadline (&talk->session), ==, ENJ_TALK_START + 180 * SECOND);

  /* Each byte that it reads gives it more time. */
  talk->session.now = ENJ_TALK_START + 100 * SECOND;
  g_byte_array_unref (enj_talk_drain_new (talk, 1));
  g_assert_cmpint (enj_session_deadline (&talk->session), ==, ENJ_TALK_START + 280 * SECOND);
  enj_session_tick (&talk->session, ENJ_TALK_START + 280 * SECOND);
  g_assert_true (enj_session_is_over (&talk->session));
  g_assert_error (talk->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_CONNECTION_TIMEOUT);
  enj_talk_assert_written (talk, "");
}

static void
test_no_stall_when_all_is_read (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  g_assert_true (enj_talk_send (talk, "1", 1000));
  g_byte_array_unref (enj_talk_drain_new (talk, G_MAXSIZE));
  g_assert_cmpint (enj_session_deadline (&talk->session), ==, ENJ_NEVER);
}

/* No token waits in expat for more bytes that never come. */
static void
test_every_split_is_heard (void)
{
  static const char message[] = MESSAGE ("1");

  for (gsize cut = 1; cut < strlen (message); cut++)
    {
      g_autoptr (EnjTalk) talk = enj_talk_new_open ();
      g_autofree char *first = g_strndup (message, cut);

      enj_talk_feed (talk, first);
      enj_talk_feed (talk, message + cut);
      while (enj_session_deadline (&talk->session) != ENJ_NEVER)
        enj_session_tick (&talk->session, enj_session_deadline (&talk->session));
      g_assert_cmpstr (talk->seen->str, ==, "stanza 1\n");
    }
}

/* ---- Stanzas on their way ---------------------------------------------------- */

static void
test_unsent_until_the_last_byte (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();
  gsize size;

  g_assert_true (enj_talk_send (talk, "1", 100));
  g_assert_true (enj_talk_send (talk, "2", 100));
  g_assert_true (enj_talk_send (talk, "3", 100));
  size = enj_bytes_length (enj_stream_output (talk->session.stream)) / 3;
  g_byte_array_unref (enj_talk_drain_new (talk, 2 * size - 1));
  g_assert_cmpuint (enj_departures_count (&talk->session.unsent), ==, 2);
  g_byte_array_unref (enj_talk_drain_new (talk, 1));
  g_assert_cmpuint (enj_departures_count (&talk->session.unsent), ==, 1);
}

static void
test_unsent_newest_first (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  g_assert_true (enj_talk_send (talk, "1", 100));
  g_assert_true (enj_talk_send (talk, "2", 100));
  enj_session_eof (&talk->session, NULL, ENJ_TALK_START);
  assert_unsent (talk, "2");
  assert_unsent (talk, "1");
  assert_unsent (talk, NULL);
}

/* It will be sent again elsewhere, so it must not leave here too. */
static void
test_unsent_does_not_leave (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  g_assert_true (enj_talk_send (talk, "1", 100));
  enj_talk_feed (talk, ENJ_TALK_END);
  assert_unsent (talk, "1");
  enj_talk_assert_written (talk, "");
}

static void
test_all_sent_says_goodbye (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  g_assert_true (enj_talk_send (talk, "1", 100));
  g_byte_array_unref (enj_talk_drain_new (talk, G_MAXSIZE));
  enj_talk_feed (talk, ENJ_TALK_END);
  assert_unsent (talk, NULL);
  enj_talk_assert_written (talk, ENJ_TALK_END);
}

static void
test_room (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();
  guint n = 0;

  while (enj_talk_send (talk, "x", 50000))
    n++;
  g_assert_cmpuint (n, >=, 4);
  g_assert_cmpuint (n, <, 10);
  g_assert_cmpuint (talk->wakes, ==, 0);
  g_byte_array_unref (enj_talk_drain_new (talk, 1000));
  g_assert_cmpuint (talk->wakes, ==, 0);
  g_byte_array_unref (enj_talk_drain_new (talk, 100000));
  g_assert_cmpuint (talk->wakes, ==, 1);
  g_assert_true (enj_talk_send (talk, "x", 50000));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/events-in-order", test_events);
  g_test_add_func ("/session/ids-differ", test_ids_differ);
  g_test_add_func ("/session/error-opens-the-stream-first", test_error_opens_the_stream_first);
  g_test_add_func ("/session/after-an-error-it-is-deaf", test_after_an_error_it_is_deaf);
  g_test_add_func ("/session/error-ends-with-the-connection",
                   test_an_error_ends_with_the_connection);
  g_test_add_func ("/session/peer-closes", test_peer_closes);
  g_test_add_func ("/session/peer-closes-and-reads-no-more", test_peer_closes_and_reads_no_more);
  g_test_add_func ("/session/we-close", test_we_close);
  g_test_add_func ("/session/peer-never-closes", test_peer_never_closes);
  g_test_add_func ("/session/close-before-any-header", test_close_before_any_header);
  g_test_add_func ("/session/error-never-follows-our-end", test_an_error_never_follows_our_end);
  g_test_add_func ("/session/end-of-the-connection", test_eof);
  g_test_add_func ("/session/error-of-the-peer", test_error_of_the_peer);
  g_test_add_func ("/session/drops-without-a-word", test_drop);
  g_test_add_func ("/session/deadlines", test_deadlines);
  g_test_add_func ("/session/peer-that-does-not-read", test_stall);
  g_test_add_func ("/session/peer-that-reads", test_no_stall_when_all_is_read);
  g_test_add_func ("/session/every-split-is-heard", test_every_split_is_heard);
  g_test_add_func ("/session/unsent-until-the-last-byte", test_unsent_until_the_last_byte);
  g_test_add_func ("/session/unsent-newest-first", test_unsent_newest_first);
  g_test_add_func ("/session/unsent-does-not-leave", test_unsent_does_not_leave);
  g_test_add_func ("/session/all-sent-says-goodbye", test_all_sent_says_goodbye);
  g_test_add_func ("/session/room", test_room);
  return g_test_run ();
}

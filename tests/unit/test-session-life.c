#include "config.h"

#include "protocol/session.h"

#include <string.h>

#include "protocol/wall.h"
#include "tests/support/proves.h"
#include "tests/support/talk.h"

#define MESSAGE "<message from='a@remote.test' to='comp.local.test' id='1'/>"
#define AFTER(seconds) (ENJ_TALK_START + (seconds) * (gint64) G_USEC_PER_SEC)

static gint64 wall;

static gint64
tell_wall (void)
{
  return wall;
}

static EnjTalk *
settled_new (guint64 idle_seconds)
{
  EnjTalk *talk = enj_talk_new_open ();

  talk->session.peer_limits.idle_seconds = idle_seconds;
  enj_session_settle_in (&talk->session);
  return talk;
}

/* Lets the time pass as a driver does, without a peer that says anything. */
static void
pass (EnjTalk *talk, gint64 end)
{
  while (enj_session_deadline (&talk->session) <= end)
    enj_session_tick (&talk->session, enj_session_deadline (&talk->session));
  enj_session_tick (&talk->session, end);
}

static void
test_quiet (void)
{
  g_autoptr (EnjTalk) talk = settled_new (0);

  enj_test_proves ("S18");
  pass (talk, AFTER (299));
  enj_talk_assert_written (talk, "");
  pass (talk, AFTER (300));
  enj_talk_assert_written (talk, " ");
  pass (talk, AFTER (400));
  g_assert_true (enj_talk_send (talk, "1", 10));
  g_byte_array_unref (enj_talk_drain_new (talk, G_MAXSIZE));
  pass (talk, AFTER (699));
  enj_talk_assert_written (talk, "");
  pass (talk, AFTER (700));
  enj_talk_assert_written (talk, " ");
}

static void
test_peer_tires (void)
{
  g_autoptr (EnjTalk) talk = settled_new (120);
  g_autoptr (EnjTalk) hasty = settled_new (1);
  g_autoptr (EnjTalk) patient = settled_new (86400);

  enj_test_proves ("L07");
  pass (talk, AFTER (59));
  enj_talk_assert_written (talk, "");
  pass (talk, AFTER (60));
  enj_talk_assert_written (talk, " ");
  pass (hasty, AFTER (4));
  enj_talk_assert_written (hasty, "");
  pass (patient, AFTER (300));
  enj_talk_assert_written (patient, " ");
}

static gint64
find_end (EnjTalk *talk)
{
  for (guint i = 0; i < 100 && enj_session_is_open (&talk->session); i++)
    {
      g_byte_array_unref (enj_talk_drain_new (talk, G_MAXSIZE));
      pass (talk, enj_session_deadline (&talk->session));
    }
  return talk->session.now;
}

static void
test_idle (void)
{
  g_autoptr (EnjTalk) idle = settled_new (0);
  g_autoptr (EnjTalk) receives = settled_new (0);
  g_autoptr (EnjTalk) sends = settled_new (0);

  enj_test_proves ("S19");
  g_assert_cmpint (find_end (idle), ==, AFTER (3600));
  enj_talk_assert_written (idle, ENJ_TALK_END);
  g_assert_no_error (idle->session.reason);

  enj_session_feed (&receives->session, (const guint8 *) MESSAGE, strlen (MESSAGE), AFTER (1000));
  /* White space is no use of a stream. */
  enj_session_feed (&receives->session, (const guint8 *) " ", 1, AFTER (2000));
  g_assert_cmpint (find_end (receives), ==, AFTER (4600));

  pass (sends, AFTER (300));
  enj_talk_assert_written (sends, " ");
  pass (sends, AFTER (500));
  g_assert_true (enj_talk_send (sends, "1", 10));
  g_assert_cmpint (find_end (sends), ==, AFTER (4100));
}

static void
test_expiry (void)
{
  g_autoptr (EnjTalk) talk = settled_new (0);
  g_autoptr (EnjTalk) expired = settled_new (0);
  g_autoptr (GByteArray) bytes = NULL;

  enj_test_proves ("E21");
  enj_wall_set (tell_wall);
  wall = 1000000;
  enj_session_expire_at (&talk->session, wall + 100);
  pass (talk, AFTER (99));
  g_assert_true (enj_session_is_open (&talk->session));
  wall += 100;
  pass (talk, AFTER (100));
  g_assert_error (talk->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_RESET);
  bytes = enj_talk_drain_new (talk, G_MAXSIZE);
  g_assert_nonnull (g_strstr_len ((const char *) bytes->data, bytes->len, "<reset"));

  enj_session_expire_at (&expired->session, wall - 1);
  pass (expired, AFTER (0));
  g_assert_error (expired->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_RESET);
}

/* The clock was put back meanwhile: it is asked again. */
static void
test_expiry_of_years (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  wall = 1000000;
  enj_session_expire_at (&talk->session, wall + (gint64) 10 * 365 * 86400);
  pass (talk, AFTER (11 * 365 * 86400LL));
  g_assert_true (enj_session_is_open (&talk->session));
  enj_session_expire_at (&talk->session, G_MAXINT64);
  pass (talk, AFTER (12 * 365 * 86400LL));
  g_assert_true (enj_session_is_open (&talk->session));
}

static void
test_too_large (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();
  const EnjStanzaHead head = { .from = "comp.local.test", .to = "remote.test" };
  g_autoptr (EnjStanza) stanza = enj_stanza_new_raw (&head, (const guint8 *) "<a/>", 4);

  enj_test_proves ("L03 L04");
  talk->session.peer_limits.max_bytes = enj_stanza_get_size (stanza) - 1;
  g_assert_cmpint (enj_session_send (&talk->session, stanza), ==, ENJ_SEND_TOO_LARGE);
  enj_talk_assert_written (talk, "");
  talk->session.peer_limits.max_bytes++;
  g_assert_cmpint (enj_session_send (&talk->session, stanza), ==, ENJ_SEND_DONE);
  g_assert_cmpuint (enj_departures_count (&talk->session.unsent), ==, 1);
}

static void
test_left (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();
  gsize size;

  talk->tells_all = TRUE;
  g_assert_true (enj_talk_send (talk, "1", 100));
  size = enj_bytes_length (enj_stream_output (talk->session.stream));
  g_assert_true (enj_talk_send (talk, "2", 100));
  g_byte_array_unref (enj_talk_drain_new (talk, size - 1));
  g_assert_cmpstr (talk->seen->str, ==, "");
  g_byte_array_unref (enj_talk_drain_new (talk, 1));
  g_assert_cmpstr (talk->seen->str, ==, "left 1\n");
  g_byte_array_unref (enj_talk_drain_new (talk, size));
  g_assert_cmpstr (talk->seen->str, ==, "left 1\nleft 2\n");
}

static void
test_closing (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();
  g_autoptr (EnjTalk) failed = enj_talk_new_open ();

  talk->tells_all = failed->tells_all = TRUE;
  enj_session_close (&talk->session);
  enj_session_close (&talk->session);
  g_assert_cmpstr (talk->seen->str, ==, "closing\n");
  enj_session_fail (&failed->session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_RESET, "x"));
  g_assert_cmpstr (failed->seen->str, ==, "");
}

static void
test_restart (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();
  g_autoptr (EnjTalk) hasty = enj_talk_new_open ();

  enj_test_proves ("S12");
  g_assert_true (enj_session_restart (&talk->session));
  g_assert_false (talk->session.header_sent);
  g_assert_null (enj_stream_get_header (talk->session.stream)->from);
  enj_talk_feed (talk, ENJ_TALK_HEADER MESSAGE);
  g_assert_cmpstr (talk->seen->str, ==, "header (null)\nstanza 1\n");
  enj_talk_assert_written (talk, "");

  enj_talk_feed (hasty, "<mess");
  g_assert_false (enj_session_restart (&hasty->session));
  g_assert_true (enj_session_is_over (&hasty->session));
  enj_talk_assert_written (hasty, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session-life/white-space-when-quiet", test_quiet);
  g_test_add_func ("/session-life/white-space-before-the-peer-tires", test_peer_tires);
  g_test_add_func ("/session-life/ends-when-of-no-use", test_idle);
  g_test_add_func ("/session-life/ends-with-the-certificate", test_expiry);
  g_test_add_func ("/session-life/lasts-as-long-as-the-certificate", test_expiry_of_years);
  g_test_add_func ("/session-life/never-more-than-the-peer-takes", test_too_large);
  g_test_add_func ("/session-life/tells-what-has-left", test_left);
  g_test_add_func ("/session-life/tells-of-a-clean-close", test_closing);
  g_test_add_func ("/session-life/begins-anew", test_restart);
  return g_test_run ();
}

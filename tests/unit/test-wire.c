#include "config.h"

#include "component/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/stage.h"

#define HEADER                                                                                  \
  "<stream:stream xmlns='" ENJ_NS_SERVER "' xmlns:stream='" ENJ_NS_STREAM "' version='1.0'>"
#define MESSAGE "<message from='u@a.example' to='v@b.example'><body>x</body></message>"

/* A conversation that counts what it hears and says what the test wants. */
typedef struct
{
  EnjSession session;
  guint n_opened;
  guint n_stanzas;
  guint n_due;
} Talk;

static GMainContext *context;
static EnjLoop *loop;
static EnjWire *wire;
static Talk talk;
static int ours; /* the wire's */
static int peer;
static guint n_closed;
static gint64 time_now;

static gint64
get_time (void)
{
  return time_now;
}

static void
on_event (EnjSession *session, EnjStreamEvent *event)
{
  Talk *self = (Talk *) session;

  if (event->type == ENJ_STREAM_OPENED)
    self->n_opened++;
  if (event->type == ENJ_STREAM_STANZA)
    self->n_stanzas++;
}

static void
on_due (EnjSession *session, EnjWait which)
{
  g_assert_cmpint (which, ==, ENJ_WAIT_QUIET);
  ((Talk *) session)->n_due++;
}

static void
on_nothing (EnjSession *session)
{
  (void) session;
}

static const EnjSessionClass talk_class
    = { .event = on_event, .secured = on_nothing, .due = on_due, .open = on_nothing,
        .over = on_nothing };

static void
note_closed (EnjWire *closed, gpointer data)
{
  g_assert_true (data == &n_closed);
  g_assert_true (closed == wire);
  g_clear_pointer (&wire, enj_wire_free);
  n_closed++;
}

static void
tcp_pair (int pair[2])
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t len = sizeof address;
  int listening = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (bind (listening, (struct sockaddr *) &address, len), ==, 0);
  g_assert_cmpint (listen (listening, 1), ==, 0);
  g_assert_cmpint (getsockname (listening, (struct sockaddr *) &address, &len), ==, 0);
  pair[1] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (connect (pair[1], (struct sockaddr *) &address, len), ==, 0);
  pair[0] = accept4 (listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  g_assert_cmpint (pair[0], >=, 0);
  close (listening);
}

/* All turns that there are to be had without waiting. */
static void
run (void)
{
  for (guint turns = 0; g_main_context_iteration (context, FALSE); turns++)
    g_assert_cmpuint (turns, <, 200);
}

static void
say (const char *text)
{
  g_assert_true (enj_stream_send_text (talk.session.stream, text));
  enj_session_written (&talk.session);
}

static void
hear (const char *text)
{
  g_assert_cmpint (send (peer, text, strlen (text), MSG_DONTWAIT | MSG_NOSIGNAL), ==,
                   strlen (text));
}

/* What the peer gets by one read; "" for nothing, "EOF", or the error's name. */
static const char *
peer_reads (void)
{
  static char text[1024];
  gssize n = recv (peer, text, sizeof text - 1, MSG_DONTWAIT);

  if (n < 0)
    return errno == EAGAIN ? "" : g_strerror (errno);
  text[n] = '\0';
  return n == 0 ? "EOF" : text;
}

/* @type 0 is TCP, else one of AF_UNIX. */
static void
set_up (int type, guint64 rate, gboolean always_read)
{
  g_autoptr (GError) error = NULL;
  const EnjPeerPolicy fallback = { .allow = TRUE };
  g_autoptr (EnjPolicy) policy = enj_policy_new (&fallback);
  g_autoptr (EnjRealm) realm = enj_realm_new ();
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjSettings) settings = NULL;
  int pair[2];

  if (type == 0)
    tcp_pair (pair);
  else
    g_assert_cmpint (socketpair (AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), ==, 0);
  ours = pair[0];
  peer = pair[1];

  limits.rate = rate;
  settings = enj_settings_new (realm, policy, key, &limits, TRUE, FALSE);
  time_now = 1000 * ENJ_SECOND;
  n_closed = 0;
  context = g_main_context_new ();
  loop = enj_loop_new (context, &error);
  g_assert_no_error (error);
  enj_loop_set_clock (loop, get_time);
  memset (&talk, 0, sizeof talk);
  enj_session_init (&talk.session, &talk_class, "test", ENJ_NS_SERVER, settings,
                    (EnjWake){ NULL, NULL }, time_now);
  /* Who connects speaks before there is a wire. */
  g_assert_true (enj_stream_send_text (talk.session.stream, "zero "));
  wire = enj_wire_new (loop, pair[0], &talk.session, always_read, note_closed, &n_closed, &error);
  g_assert_no_error (error);
  run ();
  g_assert_cmpstr (peer_reads (), ==, "zero ");
}

static void
tear_down (void)
{
  enj_wire_free (wire);
  g_assert_null (talk.session.output.func);
  enj_session_clear (&talk.session);
  enj_loop_free (loop);
  g_main_context_unref (context);
  if (peer >= 0)
    close (peer);
}

static void
pass (gint64 time)
{
  time_now += time;
  run ();
}

static void
test_coalesces (void)
{
  set_up (SOCK_SEQPACKET, 0, FALSE);
  say ("one ");
  run ();
  say ("two ");
  say ("three ");
  hear (HEADER);
  run ();
  g_assert_cmpstr (peer_reads (), ==, "one ");
  g_assert_cmpstr (peer_reads (), ==, "two three ");
  g_assert_cmpstr (peer_reads (), ==, "");
  g_assert_cmpuint (talk.n_opened, ==, 1);
  tear_down ();
}

static void
test_blocked (void)
{
  enum { SIZE = 200000 };
  g_autofree char *text = g_malloc (SIZE + 1);
  g_autoptr (GString) got = g_string_new (NULL);
  gboolean was_blocked = FALSE;
  int small = 1;

  for (guint i = 0; i < SIZE; i++)
    text[i] = (char) ('a' + i % 23 + i / 1000 % 3);
  text[SIZE] = '\0';
  set_up (SOCK_STREAM, 0, FALSE);
  g_assert_cmpint (setsockopt (ours, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), ==, 0);
  say (text);
  while (got->len < SIZE)
    {
      gsize before;
      const char *more;

      run ();
      enj_session_peek (&talk.session, &before);
      was_blocked |= before > 0;
      more = peer_reads ();
      g_assert_cmpstr (more, !=, "");
      g_string_append (got, more);
    }
  g_assert_cmpstr (got->str, ==, text);
  g_assert_true (was_blocked);
  run ();
  g_assert_cmpuint (n_closed, ==, 0);
  tear_down ();
}

/* The error arrives although the peer has more to say than is read. */
static void
test_last_words (void)
{
  g_autofree char *junk = g_strnfill (150000, 'x');
  char byte;

  enj_test_proves ("S16");
  set_up (0, 0, FALSE);
  hear (HEADER);
  run ();
  talk.session.header_sent = TRUE;
  enj_session_fail (&talk.session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN, "no"));
  run ();
  g_assert_nonnull (strstr (peer_reads (), "</stream:stream>"));

  /* Nothing is heard any more, and nobody is cut off for talking on. */
  hear (junk);
  run ();
  g_assert_cmpstr (peer_reads (), ==, "");
  pass (5 * ENJ_SECOND);
  g_assert_true (enj_session_is_over (&talk.session));
  g_assert_cmpstr (peer_reads (), ==, "EOF");
  hear (junk);
  run ();
  g_assert_cmpuint (n_closed, ==, 0);
  g_assert_cmpint (recv (peer, &byte, 1, MSG_DONTWAIT), ==, 0);

  shutdown (peer, SHUT_WR);
  run ();
  g_assert_cmpuint (n_closed, ==, 1);
  tear_down ();
}

static void
test_lingers (void)
{
  for (guint is_cut = 0; is_cut < 2; is_cut++)
    {
      set_up (0, 0, FALSE);
      enj_session_drop (&talk.session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_RESET, "enough"));
      run ();
      g_assert_cmpstr (peer_reads (), ==, "EOF");
      pass (5 * ENJ_SECOND - 1);
      g_assert_cmpuint (n_closed, ==, 0);
      talk.session.cut = is_cut == 1; /* Somebody needs the descriptor. */
      if (!is_cut)
        time_now++;
      enj_wake (talk.session.output);
      run ();
      g_assert_cmpuint (n_closed, ==, 1);
      tear_down ();
    }
}

/* Both have closed their streams: nothing is left to wait for. */
static void
test_orderly_end (void)
{
  set_up (0, 0, FALSE);
  hear (HEADER);
  run ();
  talk.session.header_sent = TRUE;
  hear ("</stream:stream>");
  run ();
  g_assert_cmpstr (peer_reads (), ==, "</stream:stream>");
  g_assert_cmpstr (peer_reads (), ==, "EOF");
  close (peer);
  peer = -1;
  run ();
  g_assert_cmpuint (n_closed, ==, 1);
  g_assert_null (talk.session.reason);
  tear_down ();
}

static void
test_end_of_connection (void)
{
  const struct linger reset = { .l_onoff = 1 };

  set_up (0, 0, FALSE);
  hear (HEADER MESSAGE);
  close (peer);
  peer = -1;
  run ();
  g_assert_cmpuint (n_closed, ==, 1);
  g_assert_cmpuint (talk.n_stanzas, ==, 1);
  g_assert_cmpstr (talk.session.reason->message, ==,
                   "connection closed without an end of the stream");
  tear_down ();

  set_up (0, 0, FALSE);
  hear (HEADER MESSAGE);
  g_assert_cmpint (setsockopt (peer, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), ==, 0);
  close (peer);
  peer = -1;
  say ("lost");
  run ();
  g_assert_cmpuint (n_closed, ==, 1);
  g_assert_cmpstr (talk.session.reason->message, ==, g_strerror (ECONNRESET));
  tear_down ();
}

static void
send_messages (guint n)
{
  g_autoptr (GString) text = g_string_new (NULL);

  while (n-- > 0)
    g_string_append (text, MESSAGE);
  hear (text->str);
}

/* A burst of twice the rate, then no more than the rate. */
static void
test_rate (void)
{
  const guint n = 4000 / strlen (MESSAGE);

  set_up (0, 1000, FALSE);
  hear (HEADER);
  run ();
  send_messages (n);
  run ();
  g_assert_cmpuint (talk.n_stanzas, ==, n);
  send_messages (1);
  run ();
  g_assert_cmpuint (talk.n_stanzas, ==, n);
  pass (ENJ_SECOND);
  g_assert_cmpuint (talk.n_stanzas, ==, n);
  pass (2 * ENJ_SECOND);
  g_assert_cmpuint (talk.n_stanzas, ==, n + 1);
  talk.session.settings->limits.rate = 0; /* That of a reload holds at once. */
  send_messages (2 * n);
  run ();
  send_messages (n);
  run ();
  g_assert_cmpuint (talk.n_stanzas, ==, 4 * n + 1);
  tear_down ();

  set_up (0, 1000, TRUE);
  hear (HEADER);
  run ();
  send_messages (n);
  run ();
  send_messages (1);
  run ();
  g_assert_cmpuint (talk.n_stanzas, ==, n + 1);
  tear_down ();
}

/* What is not read waits in the kernel. */
static void
test_paused (void)
{
  set_up (0, 0, FALSE);
  hear (HEADER MESSAGE);
  run ();
  talk.session.input_paused = TRUE;
  enj_wake (talk.session.output);
  run ();
  hear (MESSAGE);
  run ();
  pass (10 * ENJ_SECOND);
  g_assert_cmpuint (talk.n_stanzas, ==, 1);
  say ("x"); /* Writing goes on. */
  run ();
  g_assert_cmpstr (peer_reads (), ==, "x");
  talk.session.input_paused = FALSE;
  enj_wake (talk.session.output);
  run ();
  g_assert_cmpuint (talk.n_stanzas, ==, 2);

  /* It is not read for the last words either. */
  talk.session.input_paused = TRUE;
  enj_session_close (&talk.session);
  shutdown (peer, SHUT_WR);
  run ();
  pass (10 * ENJ_SECOND);
  g_assert_cmpuint (n_closed, ==, 1);
  tear_down ();
}

static EnjCredentials *
choose_none (const char *server_name, gpointer user_data)
{
  (void) server_name;
  (void) user_data;
  return NULL;
}

/* What a peer says for TLS waits in the kernel until others are done, and then it is heard; in
 * the end it makes room, be it only by its silence. */
static void
test_turnstile (void)
{
  EnjTurnstile *turnstile = enj_turnstile_new ();
  EnjPass other = { 0 };
  EnjPass next = { 0 };

  enj_turnstile_set_limit (turnstile, 1);
  enj_pass_enter (&other, turnstile);
  set_up (0, 0, FALSE);
  enj_wire_set_turnstile (wire, turnstile);
  run ();
  g_assert_cmpint (next.state, ==, ENJ_PASS_OUTSIDE);
  g_assert_true (enj_session_start_tls (
      &talk.session,
      enj_tls_new_server (enj_test_stage_get_credentials ("a.example"), choose_none, NULL)));
  enj_wake (talk.session.output);
  run ();
  hear ("nothing like TLS");
  run ();
  g_assert_true (enj_session_is_open (&talk.session));

  enj_pass_leave (&other);
  enj_pass_enter (&next, turnstile);
  g_assert_cmpint (next.state, ==, ENJ_PASS_WAITING);
  run ();
  g_assert_false (enj_session_is_open (&talk.session));
  g_assert_cmpint (next.state, ==, ENJ_PASS_INSIDE);
  enj_pass_leave (&next);
  tear_down ();

  set_up (0, 0, FALSE);
  enj_wire_set_turnstile (wire, turnstile);
  g_assert_true (enj_session_start_tls (
      &talk.session,
      enj_tls_new_server (enj_test_stage_get_credentials ("a.example"), choose_none, NULL)));
  enj_wake (talk.session.output);
  run ();
  enj_pass_enter (&next, turnstile);
  pass (ENJ_SECOND / 4 - 1);
  g_assert_cmpint (next.state, ==, ENJ_PASS_WAITING);
  time_now++;
  run ();
  g_assert_cmpint (next.state, ==, ENJ_PASS_INSIDE);
  g_assert_true (enj_session_is_open (&talk.session));
  enj_pass_leave (&next);
  tear_down ();
  enj_turnstile_free (turnstile);
}

static void
test_user_timeout (void)
{
  guint patience = 0;
  socklen_t len = sizeof patience;

  set_up (0, 0, FALSE);
  g_assert_cmpint (getsockopt (ours, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, &len), ==, 0);
  g_assert_cmpuint (patience, ==, 180 * 1000);

  /* A reload has set another. */
  talk.session.settings->limits.stall_timeout = 60;
  enj_wake (talk.session.output);
  run ();
  g_assert_cmpint (getsockopt (ours, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, &len), ==, 0);
  g_assert_cmpuint (patience, ==, 60 * 1000);
  tear_down ();
}

/* Neither does it spin, nor is the end missed. */
static void
test_reset_while_paused (void)
{
  const struct linger reset = { .l_onoff = 1 };

  set_up (0, 10, FALSE);
  hear (HEADER MESSAGE);
  run ();
  g_assert_cmpuint (talk.n_stanzas, ==, 1);
  hear (MESSAGE);
  g_assert_cmpint (setsockopt (peer, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), ==, 0);
  close (peer);
  peer = -1;
  run ();
  g_assert_cmpuint (n_closed, ==, 1);
  tear_down ();
}

static void
test_deadline (void)
{
  set_up (0, 0, FALSE);
  enj_session_wait (&talk.session, ENJ_WAIT_QUIET, 30);
  say ("x");
  run ();
  pass (30 * ENJ_SECOND - 1);
  g_assert_cmpuint (talk.n_due, ==, 0);
  time_now++;
  run ();
  g_assert_cmpuint (talk.n_due, ==, 1);
  tear_down ();
}

/* More than the kernel takes, for a peer that reads none of it. */
static void
set_up_stalled (void)
{
  g_autofree char *text = g_strnfill (200000, 'x');
  int small = 1;
  gsize left;

  set_up (SOCK_STREAM, 0, FALSE);
  g_assert_cmpint (setsockopt (ours, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), ==, 0);
  say (text);
  run ();
  enj_session_peek (&talk.session, &left);
  g_assert_cmpuint (left, >, 100000);
}

static void
test_stalled_peer (void)
{
  EnjLimits limits = enj_limits_default ();

  set_up_stalled ();
  pass ((gint64) limits.stall_timeout * ENJ_SECOND);
  g_assert_true (enj_session_is_over (&talk.session));
  g_assert_cmpuint (n_closed, ==, 0);
  pass (10 * ENJ_SECOND);
  g_assert_cmpuint (n_closed, ==, 1);
  tear_down ();

  /* At the end of the stream for no longer than it waits for the end of the connection. */
  set_up_stalled ();
  talk.session.header_sent = TRUE;
  hear (HEADER "</stream:stream>");
  run ();
  g_assert_true (enj_session_is_over (&talk.session));
  pass (5 * ENJ_SECOND);
  g_assert_cmpuint (n_closed, ==, 0);
  pass (5 * ENJ_SECOND);
  g_assert_cmpuint (n_closed, ==, 1);
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/writes-once-a-turn", test_coalesces);
  g_test_add_func ("/wire/goes-on-where-the-kernel-stopped", test_blocked);
  g_test_add_func ("/wire/last-words-arrive", test_last_words);
  g_test_add_func ("/wire/waits-for-the-peer-to-close-but-not-for-ever", test_lingers);
  g_test_add_func ("/wire/closes-when-both-have", test_orderly_end);
  g_test_add_func ("/wire/tells-how-a-connection-ended", test_end_of_connection);
  g_test_add_func ("/wire/reads-no-faster-than-the-rate", test_rate);
  g_test_add_func ("/wire/reads-nothing-while-paused", test_paused);
  g_test_add_func ("/wire/tls-handshakes-wait-for-their-turn", test_turnstile);
  g_test_add_func ("/wire/waits-for-the-other-kernel-as-long-as-it-may", test_user_timeout);
  g_test_add_func ("/wire/notices-a-reset-while-it-does-not-read", test_reset_while_paused);
  g_test_add_func ("/wire/minds-the-deadlines-of-the-session", test_deadline);
  g_test_add_func ("/wire/leaves-a-peer-that-does-not-read", test_stalled_peer);
  return g_test_run ();
}

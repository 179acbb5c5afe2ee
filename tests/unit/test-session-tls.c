#include "config.h"

#include "protocol/session.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/support/talk.h"

#define SECOND G_USEC_PER_SEC

/* Dear to make. */
static EnjCredentials *credentials;

typedef struct
{
  EnjTalk *client;
  EnjTalk *server;
} Both;

/* They speak in clear, and the client is about to ask for TLS. */
static void
both_init (Both *both)
{
  both->client = enj_talk_new_open ();
  both->server = enj_talk_new_open ();
  both->client->tls = enj_tls_new_client (NULL, "comp.local.test");
  both->server->tls = enj_tls_new_server (credentials, NULL, NULL);
}

static void
both_clear (Both *both)
{
  enj_talk_free (both->client);
  enj_talk_free (both->server);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Both, both_clear)

/* What @from has, @step bytes at a time. */
static gboolean
carry (EnjTalk *from, EnjTalk *to, gsize step)
{
  gboolean moved = FALSE;

  for (;;)
    {
      g_autoptr (GByteArray) bytes = enj_talk_drain_new (from, step);

      if (bytes->len == 0)
        return moved;
      moved = TRUE;
      enj_session_feed (&to->session, bytes->data, bytes->len, to->session.now);
    }
}

/* A token may be with expat for some milliseconds. */
static gboolean
wait_a_moment (EnjTalk *talk)
{
  gint64 due = enj_session_deadline (&talk->session);

  if (due - talk->session.now > SECOND / 10)
    return FALSE;
  enj_session_tick (&talk->session, due);
  return TRUE;
}

static void
run (Both *both, gsize step)
{
  gboolean moved;

  do
    {
      moved = carry (both->client, both->server, step);
      moved |= carry (both->server, both->client, step);
      moved |= wait_a_moment (both->client);
      moved |= wait_a_moment (both->server);
    }
  while (moved);
}

static void
ask_for_tls (EnjTalk *client)
{
  g_assert_true (enj_stream_send_text (client->session.stream, ENJ_TALK_STARTTLS));
  enj_session_written (&client->session);
}

static void
secure (Both *both, gsize step)
{
  ask_for_tls (both->client);
  run (both, step);
  g_assert_true (enj_session_is_encrypted (&both->client->session));
  g_assert_true (enj_session_is_encrypted (&both->server->session));
  enj_stream_raise_limits (both->client->session.stream, 100000);
  enj_stream_raise_limits (both->server->session.stream, 100000);
}

static void
test_starttls (void)
{
  static const gsize steps[] = { 1, 100, G_MAXSIZE };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_auto (Both) both = { NULL, NULL };
      g_autofree char *how = NULL;

      both_init (&both);
      secure (&both, steps[i]);
      g_assert_cmpstr (both.client->seen->str, ==, "element proceed\nsecured\nheader x\n");
      g_assert_cmpstr (both.server->seen->str, ==, "element starttls\nsecured\nheader x\n");
      how = enj_tls_describe (both.client->session.tls);
      g_assert_cmpstr (how, ==, "TLS1.3 AES-256-GCM");
      g_assert_cmpint (enj_session_deadline (&both.client->session), ==, ENJ_NEVER);
      g_assert_cmpint (enj_session_deadline (&both.server->session), ==, ENJ_NEVER);

      g_assert_true (enj_talk_send (both.client, "1", 40000));
      g_assert_true (enj_talk_send (both.server, "2", 10));
      run (&both, steps[i]);
      g_assert_true (g_str_has_suffix (both.server->seen->str, "header x\nstanza 1\n"));
      g_assert_true (g_str_has_suffix (both.client->seen->str, "header x\nstanza 2\n"));
      g_assert_cmpuint (enj_departures_count (&both.client->session.unsent), ==, 0);
    }
}

/* RFC 6120 5.4.3.3, and CVE-2011-0411: what was sent in clear never counts as encrypted. */
static void
test_more_in_clear (void)
{
  static const char *const lines[] = {
    ENJ_TALK_STARTTLS "<message from='a@remote.test' to='comp.local.test'/>",
    ENJ_TALK_STARTTLS "<db:result xmlns:db='jabber:server:dialback'>key</db:result>",
    ENJ_TALK_STARTTLS "\n",
    ENJ_TALK_STARTTLS "x",
    ENJ_TALK_STARTTLS "<",
    ENJ_TALK_STARTTLS ENJ_TALK_HEADER,
    ENJ_TALK_PROCEED "<stream:features/>",
    ENJ_TALK_PROCEED " ",
  };

  enj_test_proves ("S14");
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (EnjTalk) talk = enj_talk_new_open ();

      talk->tls = g_str_has_prefix (lines[i], ENJ_TALK_STARTTLS)
                    ? enj_tls_new_server (credentials, NULL, NULL)
                    : enj_tls_new_client (NULL, "comp.local.test");
      enj_talk_feed (talk, lines[i]);
      enj_talk_feed (talk, "<message from='a@remote.test' to='comp.local.test'/>");
      g_assert_true (enj_session_is_over (&talk->session));
      g_assert_error (talk->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION);
      g_assert_true (g_str_has_suffix (talk->seen->str, "over\n"));
      g_assert_null (strstr (talk->seen->str, "message"));
      enj_talk_assert_written (talk, "");
    }
}

/* RFC 6120 5.4.2.3: <proceed/> is the last that goes in clear, and nothing stands behind it. */
static void
test_proceed_is_the_last_in_clear (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  enj_test_proves ("T04");
  talk->tls = enj_tls_new_server (credentials, NULL, NULL);
  enj_talk_feed (talk, ENJ_TALK_STARTTLS);
  enj_talk_assert_written (talk, ENJ_TALK_PROCEED);
  /* Whatever is said now waits for TLS. */
  g_assert_true (enj_talk_send (talk, "1", 10));
  enj_talk_assert_written (talk, "");
}

/* RFC 6120 5.4.3.2: no end tag; but the alert leaves. */
static void
test_failure (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();
  g_autoptr (GByteArray) bytes = NULL;

  enj_test_proves ("T05");
  talk->tls = enj_tls_new_server (credentials, NULL, NULL);
  enj_talk_feed (talk, ENJ_TALK_STARTTLS);
  enj_talk_assert_written (talk, ENJ_TALK_PROCEED);
  enj_talk_feed (talk, "<message from='a@remote.test' to='comp.local.test'/>");
  g_assert_true (enj_session_is_over (&talk->session));
  g_assert_error (talk->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED);
  g_assert_cmpstr (talk->seen->str, ==, "element starttls\nover\n");

  bytes = enj_talk_drain_new (talk, G_MAXSIZE);
  g_assert_cmpuint (bytes->len, ==, 7);
  g_assert_cmpuint (bytes->data[0], ==, 21); /* An alert (RFC 8446 5.1). */
}

/* RFC 6120 4.9.1.1: our stream has ended with an error before TLS came up, and that is all. */
static void
test_fails_meanwhile (void)
{
  g_auto (Both) both = { NULL, NULL };
  EnjSession *client;

  both_init (&both);
  client = &both.client->session;
  ask_for_tls (both.client);
  (void) carry (both.client, both.server, G_MAXSIZE);
  (void) carry (both.server, both.client, G_MAXSIZE);
  g_assert_nonnull (client->tls);
  g_assert_false (enj_session_is_encrypted (client));
  enj_session_fail (client, g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                                                 "denied"));
  run (&both, G_MAXSIZE);
  g_assert_true (enj_session_is_encrypted (client));
  g_assert_null (strstr (both.client->seen->str, "secured"));
  g_assert_error (client->reason, ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION);
}

/* A byte a second: it is over in time all the same. */
static void
test_slow_handshake (void)
{
  g_auto (Both) both = { NULL, NULL };
  g_autoptr (GByteArray) hello = NULL;
  EnjSession *server;
  guint i;

  both_init (&both);
  server = &both.server->session;
  enj_talk_feed (both.client, ENJ_TALK_PROCEED);
  hello = enj_talk_drain_new (both.client, G_MAXSIZE);
  enj_talk_feed (both.server, ENJ_TALK_STARTTLS);
  enj_talk_assert_written (both.server, ENJ_TALK_PROCEED);
  for (i = 0; i < 100 && !enj_session_is_over (server); i++)
    {
      enj_session_feed (server, hello->data + i, 1, ENJ_TALK_START + i * SECOND);
      enj_session_tick (server, ENJ_TALK_START + (i + 1) * SECOND);
    }
  g_assert_cmpuint (i, ==, 30);
  g_assert_error (server->reason, ENJ_STREAM_ERROR, ENJ_STREAM_CONNECTION_TIMEOUT);
}

static void
test_closes_in_order (void)
{
  g_auto (Both) both = { NULL, NULL };

  both_init (&both);
  secure (&both, G_MAXSIZE);
  g_assert_true (enj_talk_send (both.server, "1", 10));
  enj_session_close (&both.client->session);
  run (&both, 10);
  g_assert_true (g_str_has_suffix (both.client->seen->str, "stanza 1\nover\n"));
  g_assert_true (g_str_has_suffix (both.server->seen->str, "over\n"));
  g_assert_no_error (both.client->session.reason);
  g_assert_no_error (both.server->session.reason);
}

/* close_notify comes behind all that was said, much of it after the end. */
static void
test_close_notify_is_last (void)
{
  g_auto (Both) both = { NULL, NULL };
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GString) plain = g_string_new ("");
  char buffer[1000];
  EnjTls *client;
  gssize n;

  both_init (&both);
  secure (&both, G_MAXSIZE);
  g_assert_true (enj_talk_send (both.server, "1", 150000));
  enj_session_close (&both.client->session);
  carry (both.client, both.server, G_MAXSIZE);
  g_assert_true (enj_session_is_over (&both.server->session));

  client = both.client->session.tls;
  bytes = enj_talk_drain_new (both.server, G_MAXSIZE);
  enj_tls_feed (client, bytes->data, bytes->len);
  while ((n = enj_tls_read (client, (guint8 *) buffer, sizeof buffer, NULL)) > 0)
    {
      g_assert_false (enj_tls_is_closed (client));
      g_string_append_len (plain, buffer, n);
    }
  g_assert_cmpuint (plain->len, >, 150000);
  g_assert_true (g_str_has_suffix (plain->str, ENJ_TALK_END));
  g_assert_true (enj_tls_is_closed (client));
}

/* Behind a failure of TLS nothing more is said, whatever was still to be said. */
static void
test_failure_later (void)
{
  g_auto (Both) both = { NULL, NULL };
  g_autoptr (GByteArray) bytes = NULL;

  both_init (&both);
  secure (&both, G_MAXSIZE);
  g_assert_true (enj_talk_send (both.server, "1", 1000));
  enj_talk_feed (both.server, "<message/>");
  g_assert_true (enj_session_is_over (&both.server->session));
  g_assert_error (both.server->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED);
  bytes = enj_talk_drain_new (both.server, G_MAXSIZE);
  g_assert_cmpuint (bytes->len, >, 0);
  g_assert_cmpuint (bytes->len, <, 40);
}

static void
test_gives_up (void)
{
  g_auto (Both) both = { NULL, NULL };
  EnjSession *server;

  both_init (&both);
  secure (&both, G_MAXSIZE);
  server = &both.server->session;
  g_assert_true (enj_talk_send (both.server, "1", 1000));
  enj_session_close (server);
  g_byte_array_unref (enj_talk_drain_new (both.server, 10));
  enj_session_tick (server, server->now + 5 * SECOND);
  g_assert_true (enj_session_is_over (server));
  enj_talk_assert_written (both.server, "");
}

/* The old stream is void, and the new one has not begun. */
static void
test_close_between_the_streams (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();

  talk->tls = enj_tls_new_server (credentials, NULL, NULL);
  enj_talk_feed (talk, ENJ_TALK_STARTTLS);
  enj_session_close (&talk->session);
  g_assert_true (enj_session_is_over (&talk->session));
  enj_talk_assert_written (talk, ENJ_TALK_PROCEED);
}

static void
test_close_notify_alone (void)
{
  g_auto (Both) both = { NULL, NULL };

  both_init (&both);
  secure (&both, G_MAXSIZE);
  enj_tls_close (both.client->session.tls);
  carry (both.client, both.server, G_MAXSIZE);
  g_assert_true (enj_session_is_over (&both.server->session));
  g_assert_error (both.server->session.reason, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED);
}

static void
test_unsent (void)
{
  g_auto (Both) both = { NULL, NULL };
  g_autoptr (EnjStanza) last = NULL;

  both_init (&both);
  secure (&both, G_MAXSIZE);
  g_assert_true (enj_talk_send (both.client, "1", 100));
  g_assert_true (enj_talk_send (both.client, "2", 100));
  /* In the hands of TLS, but not of the connection. */
  g_byte_array_unref (enj_talk_drain_new (both.client, 10));
  g_assert_cmpuint (enj_departures_count (&both.client->session.unsent), ==, 2);
  enj_session_eof (&both.client->session, "reset", ENJ_TALK_START);
  last = enj_session_steal_unsent (&both.client->session);
  g_assert_cmpstr (enj_stanza_get_id (last), ==, "2");
  enj_talk_assert_written (both.client, "");
}

/* The queue behind TLS is never empty, and yet what has left is forgotten. */
static void
test_unsent_of_a_busy_stream (void)
{
  g_auto (Both) both = { NULL, NULL };
  guint most = 0;

  both_init (&both);
  secure (&both, G_MAXSIZE);
  for (guint i = 0; i < 400; i++)
    {
      while (enj_talk_send (both.client, "x", 1000))
        ;
      g_byte_array_unref (enj_talk_drain_new (both.client, 5000));
      most = MAX (most, enj_departures_count (&both.client->session.unsent));
    }
  /* 256 KiB before TLS, and behind it 80 KiB at most and as many again. */
  g_assert_cmpuint (most, <, 450);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  credentials = enj_credentials_new_self_signed ("comp.local.test", 1700000000, NULL);
  g_test_add_func ("/session/tls/starts", test_starttls);
  g_test_add_func ("/session/tls/more-in-clear-ends-it", test_more_in_clear);
  g_test_add_func ("/session/tls/proceed-is-the-last-in-clear", test_proceed_is_the_last_in_clear);
  g_test_add_func ("/session/tls/failure-is-not-told", test_failure);
  g_test_add_func ("/session/tls/fails-meanwhile", test_fails_meanwhile);
  g_test_add_func ("/session/tls/slow-handshake", test_slow_handshake);
  g_test_add_func ("/session/tls/closes-in-order", test_closes_in_order);
  g_test_add_func ("/session/tls/close-notify-is-last", test_close_notify_is_last);
  g_test_add_func ("/session/tls/failure-later", test_failure_later);
  g_test_add_func ("/session/tls/gives-up", test_gives_up);
  g_test_add_func ("/session/tls/close-between-the-streams", test_close_between_the_streams);
  g_test_add_func ("/session/tls/close-notify-alone", test_close_notify_alone);
  g_test_add_func ("/session/tls/unsent-until-it-is-written", test_unsent);
  g_test_add_func ("/session/tls/unsent-of-a-busy-stream", test_unsent_of_a_busy_stream);
  status = g_test_run ();
  enj_credentials_unref (credentials);
  return status;
}

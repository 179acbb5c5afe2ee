#include "config.h"

#include "component/ping.h"

#include <string.h>

#include "tests/support/configs.h"
#include "tests/support/stanzas.h"

#define CONFIG                                                                                   \
  "[component bridge.here.test]\nserver = 127.0.0.1:5347\nsecret = s\nservice = handler\n"
#define FROM "bridge.here.test"
#define THERE "there.test"

#define MS G_TIME_SPAN_MILLISECOND

static GMainContext *context;
static EnjLoop *loop;
static EnjConfig *config;
static EnjReception *reception;
static EnjHistory *history;
static EnjStanza *sent;
static char *result; /* the newest, printed */
static gint64 time_now;

static gint64
get_time (void)
{
  return time_now;
}

static void
send (const char *component, EnjStanza *stanza, gpointer user_data)
{
  g_assert_cmpstr (component, ==, FROM);
  g_assert_true (user_data == &sent);
  g_clear_pointer (&sent, enj_stanza_unref);
  sent = enj_stanza_ref (stanza);
}

static void
note_result (const EnjPingResult *told, gpointer data)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (enj_ping_result_to_variant (told));

  g_assert_true (data == &result);
  g_assert_null (result);
  result = g_variant_print (variant, FALSE);
}

static void
set_up (void)
{
  context = g_main_context_new ();
  loop = enj_loop_new (context, NULL);
  time_now = 1000 * ENJ_SECOND;
  enj_loop_set_clock (loop, get_time);
  config = enj_test_config_new (CONFIG);
  reception = enj_reception_new (NULL, NULL, config, send, &sent, 0);
  history = enj_history_new ();
}

static void
tear_down (void)
{
  enj_reception_free (reception);
  enj_history_free (history);
  enj_config_unref (config);
  enj_loop_free (loop);
  g_main_context_unref (context);
  g_clear_pointer (&sent, enj_stanza_unref);
  g_clear_pointer (&result, g_free);
}

static gboolean
ping (const char *from, const char *to, GError **error)
{
  const EnjPingMeans means = { loop, reception, history, config };

  return enj_ping_start (&means, from, to, note_result, &result, error);
}

static void
start (const char *to)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ping (FROM, to, &error));
  g_assert_no_error (error);
  g_assert_nonnull (sent);
}

static void
answer (EnjStanzaCondition condition, const char *text)
{
  g_autoptr (EnjStanza) reply = condition ? enj_stanza_new_error (sent, condition, text)
                                          : enj_stanza_new_reply (sent, NULL);

  enj_reception_handle (reception, FROM, reply, time_now);
}

static void
assert_result (const char *expected)
{
  g_assert_cmpstr (result, ==, expected);
  g_clear_pointer (&result, g_free);
}

/* A stream that was begun @ago and took five milliseconds for each step. */
static void
note_stream (gint64 ago, gboolean encrypted, const char *reason)
{
  EnjMilestones milestones = { { 0 } };

  for (guint i = 0; i < ENJ_N_MILESTONES; i++)
    if (i != ENJ_MILESTONE_ENCRYPTED || encrypted)
      milestones.at[i] = time_now - ago + (gint64) i * 5 * MS;
  if (reason)
    for (guint i = ENJ_MILESTONE_CONNECTED; i < ENJ_N_MILESTONES; i++)
      milestones.at[i] = 0;
  enj_history_begin (history, THERE, time_now - ago);
  enj_history_note (history, THERE, &milestones, reason, time_now);
}

static void
test_stanza (void)
{
  g_autofree char *text = NULL;

  set_up ();
  g_assert_true (ping ("bot@" FROM "/x", "Romeo@THERE.test/orchard", NULL));
  text = enj_test_stanza_text_new (sent);
  g_assert_nonnull (strstr (text, "urn:xmpp:ping"));
  g_assert_cmpstr (enj_stanza_get_from (sent), ==, "bot@" FROM "/x");
  g_assert_cmpstr (enj_stanza_get_to (sent), ==, "romeo@there.test/orchard");
  g_assert_cmpstr (enj_stanza_get_type (sent), ==, "get");
  tear_down ();
  g_assert_null (result);
}

static void
test_new_stream (void)
{
  set_up ();
  start (THERE);
  time_now += 20 * MS;
  note_stream (20 * MS, TRUE, NULL);
  time_now += 3 * MS;
  answer (0, NULL);
  assert_result ("{'answered': <true>, 'way': <'new stream'>, 'dns-us': <int64 5000>, "
                 "'tcp-us': <int64 5000>, 'tls-us': <int64 5000>, "
                 "'authentication-us': <int64 5000>, 'answer-us': <int64 3000>, "
                 "'total-us': <int64 23000>}");

  /* Without TLS. */
  start (THERE);
  time_now += 20 * MS;
  note_stream (20 * MS, FALSE, NULL);
  answer (0, NULL);
  assert_result ("{'answered': <true>, 'way': <'new stream'>, 'dns-us': <int64 5000>, "
                 "'tcp-us': <int64 5000>, 'authentication-us': <int64 10000>, "
                 "'answer-us': <int64 0>, 'total-us': <int64 20000>}");
  tear_down ();
}

/* What was under way before costs us only what is left of it. */
static void
test_under_way (void)
{
  set_up ();
  start (THERE);
  time_now += 8 * MS;
  note_stream (20 * MS, TRUE, NULL);
  answer (0, NULL);
  assert_result ("{'answered': <true>, 'way': <'new stream'>, 'dns-us': <int64 0>, "
                 "'tcp-us': <int64 0>, 'tls-us': <int64 3000>, "
                 "'authentication-us': <int64 5000>, 'answer-us': <int64 0>, "
                 "'total-us': <int64 8000>}");
  tear_down ();
}

static void
test_old_stream (void)
{
  set_up ();
  note_stream (50 * MS, TRUE, NULL);
  time_now += ENJ_SECOND;
  start (THERE);
  time_now += 4 * MS;
  answer (0, NULL);
  assert_result ("{'answered': <true>, 'way': <'stream'>, 'answer-us': <int64 4000>, "
                 "'total-us': <int64 4000>}");

  /* Another pair came up on it. */
  start (THERE);
  time_now += 4 * MS;
  note_stream (ENJ_SECOND, TRUE, NULL);
  answer (0, NULL);
  assert_result ("{'answered': <true>, 'way': <'stream'>, 'answer-us': <int64 4000>, "
                 "'total-us': <int64 4000>}");
  tear_down ();
}

static void
test_link (void)
{
  set_up ();
  start ("juliet@here.test");
  time_now += MS;
  /* It is an answer of who was asked: somebody is there. */
  answer (ENJ_STANZA_SERVICE_UNAVAILABLE, NULL);
  assert_result ("{'answered': <true>, 'way': <'link'>, 'error': <'service-unavailable'>, "
                 "'answer-us': <int64 1000>, 'total-us': <int64 1000>}");
  start (FROM);
  answer (0, NULL);
  assert_result ("{'answered': <true>, 'way': <'here'>, 'answer-us': <int64 0>, "
                 "'total-us': <int64 0>}");
  tear_down ();
}

static void
test_failure (void)
{
  set_up ();
  start (THERE);
  time_now += 7 * MS;
  note_stream (7 * MS, FALSE, "Connection refused");
  answer (ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "no server\ncan be connected to");
  assert_result ("{'answered': <false>, 'way': <'stream'>, 'error': <'remote-server-timeout: "
                 "no server\\\\x0acan be connected to (TCP: Connection refused)'>, "
                 "'total-us': <int64 7000>}");

  time_now += MS;
  start (THERE);
  time_now += 120 * ENJ_SECOND;
  enj_reception_tick (reception, time_now);
  assert_result ("{'answered': <false>, 'way': <'stream'>, 'error': <'no answer'>, "
                 "'total-us': <int64 120000000>}");
  tear_down ();
}

static void
test_addresses (void)
{
  static const char *const cases[][2] = {
    { "@" FROM, THERE },
    { FROM, "a@" },
    { THERE, THERE },
    { "juliet@here.test", THERE },
  };

  set_up ();
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (ping (cases[i][0], cases[i][1], &error));
      g_assert_true (error && error->domain == ENJ_STANZA_ERROR);
      g_assert_null (sent);
    }
  tear_down ();
}

static void
ignore (const EnjPingResult *told, gpointer data)
{
  guint *n = data;

  g_assert_false (told->is_answered);
  (*n)++;
}

static void
test_many (void)
{
  g_autoptr (GError) error = NULL;
  guint n = 0;

  set_up ();
  for (guint i = 0; i < 256; i++)
    {
      const EnjPingMeans means = { loop, reception, history, config };

      g_assert_true (enj_ping_start (&means, FROM, THERE, ignore, &n, NULL));
    }
  g_assert_false (ping (FROM, THERE, &error));
  g_assert_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_RESOURCE_CONSTRAINT);
  tear_down ();
  g_assert_cmpuint (n, ==, 256);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ping/asks-in-the-name-of-any-address-of-ours", test_stanza);
  g_test_add_func ("/ping/tells-what-each-step-of-a-new-stream-took", test_new_stream);
  g_test_add_func ("/ping/counts-only-what-was-waited-for", test_under_way);
  g_test_add_func ("/ping/says-that-a-stream-was-there", test_old_stream);
  g_test_add_func ("/ping/an-error-of-theirs-is-an-answer", test_link);
  g_test_add_func ("/ping/tells-the-step-that-failed", test_failure);
  g_test_add_func ("/ping/refuses-what-is-no-address", test_addresses);
  g_test_add_func ("/ping/does-not-wait-for-any-number-of-answers", test_many);
  return g_test_run ();
}

#include "config.h"

#include "component/uplink.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/proves.h"

#define DOMAIN "bridge.example"

static GMainContext *context;
static EnjLoop *loop;
static EnjResolver *resolver;
static EnjExchange *exchange;
static EnjUplink *uplink;
static EnjPolicy *policy;
static EnjConfig config;
static int listening; /* the server */
static gint64 time_now;
static GString *lines; /* of the log, while somebody asks */

static gint64
get_time (void)
{
  return time_now;
}

static guint16
listen_somewhere (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t len = sizeof address;

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  listening = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_assert_cmpint (bind (listening, (struct sockaddr *) &address, len), ==, 0);
  g_assert_cmpint (listen (listening, 8), ==, 0);
  g_assert_cmpint (getsockname (listening, (struct sockaddr *) &address, &len), ==, 0);
  return ntohs (address.sin_port);
}

static void
set_up (guint64 retry_max)
{
  const EnjPeerPolicy fallback = { .allow = TRUE };
  EnjListen server = { (char *) "127.0.0.1", listen_somewhere () };
  const EnjConfigComponent component
    = { .domain = (char *) DOMAIN, .server = &server, .secret = (char *) "s" };
  g_autoptr (EnjRealm) realm = enj_realm_new ();
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjSettings) settings = NULL;
  g_autoptr (GError) error = NULL;

  config = (EnjConfig){ .limits = enj_limits_default () };
  config.limits.link_retry_max = retry_max;
  time_now = 1000 * G_TIME_SPAN_SECOND;
  policy = enj_policy_new (&fallback);
  enj_realm_add_component (realm, DOMAIN, TRUE);
  settings = enj_settings_new (realm, policy, key, &config.limits, TRUE, FALSE);
  context = g_main_context_new ();
  loop = enj_loop_new (context, &error);
  g_assert_no_error (error);
  enj_loop_set_clock (loop, get_time);
  resolver = enj_resolver_new (loop, &config, &error);
  g_assert_no_error (error);
  exchange = enj_exchange_new (settings, (EnjWake){ NULL, NULL });
  uplink = enj_uplink_new (loop, resolver, exchange, NULL, &component, &config.limits, &error);
  g_assert_no_error (error);
}

static void
tear_down (void)
{
  enj_uplink_free (uplink);
  enj_exchange_free (exchange);
  enj_resolver_free (resolver);
  enj_loop_free (loop);
  g_main_context_unref (context);
  enj_policy_unref (policy);
  close (listening);
}

static void
think (void)
{
  EnjExchangeEvent event;

  while (enj_exchange_next (exchange, &event, time_now))
    {
      if (event.type == ENJ_EXCHANGE_LINK_DOWN)
        enj_uplink_went_down (uplink, event.error, event.was_up, time_now);
      enj_exchange_event_clear (&event);
    }
}

/* How many connections come now; the server closes each. */
static guint
take (void)
{
  guint n = 0;
  int fd;

  for (guint quiet = 0; quiet < 5; quiet++)
    {
      while (g_main_context_iteration (context, FALSE))
        think ();
      while ((fd = accept (listening, NULL, NULL)) >= 0)
        {
          close (fd);
          n++;
          quiet = 0;
        }
    }
  return n;
}

/* link-retry-max: however often it fails, the next attempt comes by then. */
static void
test_rest (gconstpointer data)
{
  guint retry_max = GPOINTER_TO_UINT (data);
  gint64 rest = 0;

  enj_test_proves ("C16");
  set_up (retry_max);
  g_assert_cmpuint (take (), ==, 1);
  for (guint i = 0; i < 10; i++)
    for (rest = 0;;)
      {
        time_now += G_TIME_SPAN_SECOND / 4;
        rest += G_TIME_SPAN_SECOND / 4;
        if (take () > 0)
          break;
        g_assert_cmpint (rest, <=, (gint64) retry_max * G_TIME_SPAN_SECOND);
      }
  /* And not much before. */
  g_assert_cmpint (rest, >=, (gint64) retry_max * G_TIME_SPAN_SECOND / 2);
  tear_down ();
}

static EnjLinkInfo
describe (void)
{
  EnjLinkInfo info;

  g_assert_true (enj_report_describe_link (enj_exchange_get_report (exchange), DOMAIN, &info,
                                           time_now));
  return info;
}

/* For those who look: until the moment at which it is made. */
static void
test_next_attempt (void)
{
  gint64 rest;

  set_up (60);
  g_assert_cmpint (describe ().retry, ==, 0);
  g_assert_cmpuint (take (), ==, 1);
  rest = describe ().retry;
  g_assert_cmpint (rest, >, 0);
  g_assert_cmpint (rest, <=, 60 * G_TIME_SPAN_SECOND);
  time_now += rest - 1;
  g_assert_cmpint (describe ().retry, ==, 1);
  g_assert_cmpuint (take (), ==, 0);
  time_now += 2;
  g_assert_cmpint (describe ().retry, ==, 0);
  g_assert_cmpuint (take (), ==, 1);
  g_assert_cmpint (describe ().retry, >, 0);
  enj_uplink_stop (uplink);
  g_assert_cmpint (describe ().retry, ==, 0);
  tear_down ();
}

/* The operator has lowered it. */
static void
test_lowered (void)
{
  set_up (60);
  g_assert_cmpuint (take (), ==, 1);
  for (guint i = 0; i < 8; i++)
    {
      time_now += 60 * G_TIME_SPAN_SECOND;
      g_assert_cmpuint (take (), ==, 1);
    }
  config.limits.link_retry_max = 2;
  enj_uplink_set_limits (uplink, &config.limits);
  time_now += 60 * G_TIME_SPAN_SECOND;
  g_assert_cmpuint (take (), ==, 1);
  time_now += 2 * G_TIME_SPAN_SECOND;
  g_assert_cmpuint (take (), ==, 1);
  tear_down ();
}

static GLogWriterOutput
note_line (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  (void) level;
  (void) data;
  for (gsize i = 0; lines && i < n; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_string_append_printf (lines, "%s\n", (const char *) fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

/* Where nobody listens, the log says what the kernel said. */
static void
test_refused (void)
{
  EnjLinkInfo info;

  lines = g_string_new (NULL);
  set_up (60);
  close (listening);
  listening = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  take ();
  g_assert_nonnull (strstr (lines->str, "Connection refused"));
  g_assert_true (enj_report_describe_link (enj_exchange_get_report (exchange), DOMAIN, &info,
                                           time_now));
  g_assert_cmpstr (info.state, ==, "down");
  g_assert_nonnull (strstr (info.error, "Connection refused"));
  time_now += 60 * G_TIME_SPAN_SECOND;
  take ();
  enj_report_describe_link (enj_exchange_get_report (exchange), DOMAIN, &info, time_now);
  g_assert_cmpint (info.age, ==, 60 * G_TIME_SPAN_SECOND);
  tear_down ();
  g_string_free (g_steal_pointer (&lines), TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (note_line, NULL, NULL);
  g_test_add_data_func ("/uplink/rests-no-longer-than-a-second", GUINT_TO_POINTER (1), test_rest);
  g_test_add_data_func ("/uplink/rests-no-longer-than-it-may", GUINT_TO_POINTER (7), test_rest);
  g_test_add_func ("/uplink/takes-another-limit", test_lowered);
  g_test_add_func ("/uplink/tells-when-it-comes-back", test_next_attempt);
  g_test_add_func ("/uplink/says-why-it-cannot-connect", test_refused);
  return g_test_run ();
}

#include "config.h"

#include "component/gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "component/journal.h"
#include "tests/support/proves.h"
#include "tests/support/stage.h"
#include "tests/support/stanzas.h"

#define HERE "here.example"
#define HEADER                                                                                    \
  "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"          \
  " from='there.example' to='" HERE "' version='1.0'>"

static GMainContext *context;
static EnjLoop *loop;
static EnjResolver *resolver;
static EnjExchange *exchange;
static EnjGateway *gateway;
static EnjPolicy *policy;
static EnjLimits limits;
static EnjConfig config;
static gint64 time_now;
static GString *returned; /* texts of the errors that came back */

static gint64
get_time (void)
{
  return time_now;
}

/* ---- Sockets of others ------------------------------------------------ */

static int
listen_on (int family, guint16 *port, int backlog)
{
  struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons (*port) };
  struct sockaddr_in6 v6
      = { .sin6_family = AF_INET6, .sin6_port = htons (*port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  gboolean is_v4 = family == AF_INET;
  socklen_t len = is_v4 ? sizeof v4 : sizeof v6;
  struct sockaddr *address = is_v4 ? (struct sockaddr *) &v4 : (struct sockaddr *) &v6;
  int fd = socket (family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  v4.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  if (fd < 0 || bind (fd, address, len) != 0)
    return -1;
  g_assert_cmpint (listen (fd, backlog), ==, 0);
  g_assert_cmpint (getsockname (fd, address, &len), ==, 0);
  *port = ntohs (is_v4 ? v4.sin_port : v6.sin6_port);
  return fd;
}

static int
connect_to (int family, guint16 port)
{
  struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons (port) };
  struct sockaddr_in6 v6
      = { .sin6_family = AF_INET6, .sin6_port = htons (port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  int fd = socket (family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  v4.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  if (family == AF_INET)
    (void) connect (fd, (struct sockaddr *) &v4, sizeof v4); /* It is under way. */
  else
    (void) connect (fd, (struct sockaddr *) &v6, sizeof v6);
  return fd;
}

static void
connect_socket (int fd, guint16 port)
{
  struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons (port) };

  v4.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &v4, sizeof v4), ==, 0);
}

enum { N_FILL = 4 };

/* Until it takes no more connections, and says nothing. */
static void
fill (int family, guint16 port, int fds[N_FILL])
{
  for (guint i = 0; i < N_FILL; i++)
    fds[i] = connect_to (family, port);
}

static void
empty (const int fds[N_FILL])
{
  for (guint i = 0; i < N_FILL; i++)
    close (fds[i]);
}

/* Nobody listens there yet. */
static guint16
find_port (void)
{
  guint16 port = 0;

  close (listen_on (AF_INET, &port, 1));
  return port;
}

/* ---- The bridge around it --------------------------------------------- */

static void
think (void)
{
  EnjExchangeEvent event;

  if (enj_exchange_deadline (exchange) <= time_now)
    enj_exchange_tick (exchange, time_now);
  while (enj_exchange_next (exchange, &event, time_now))
    {
      if (event.type <= ENJ_EXCHANGE_DIAL)
        enj_gateway_fulfil (gateway, &event, time_now);
      else if (event.type == ENJ_EXCHANGE_DELIVER)
        {
          g_autofree char *text = enj_test_stanza_text_new (event.stanza);

          g_string_append_printf (returned, "%s\n", text);
        }
      enj_exchange_event_clear (&event);
    }
}

static void
run (void)
{
  for (guint quiet = 0; quiet < 5; quiet++)
    {
      think ();
      while (g_main_context_iteration (context, FALSE))
        think ();
      g_usleep (1000);
    }
}

static void
add_peer (const char *domain, const char *host, guint16 port)
{
  const EnjPeerPolicy peer = {
    .allow = TRUE,
    .encryption = ENJ_ENCRYPTION_OPTIONAL,
    .host = (char *) host,
    .port = port,
  };

  enj_policy_add (policy, domain, &peer);
}

static void
prepare (guint64 connections)
{
  const EnjPeerPolicy fallback = { .allow = TRUE };

  limits = enj_limits_default ();
  limits.connections = connections;
  policy = enj_policy_new (&fallback);
  config = (EnjConfig){ .limits = limits };
  config.federation.enabled = TRUE;
  config.federation.listen = g_ptr_array_new ();
  config.federation.listen_tls = g_ptr_array_new ();
  time_now = 1000 * G_TIME_SPAN_SECOND;
  returned = g_string_new (NULL);
}

static void
start (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjRealm) realm = enj_realm_new ();
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjSettings) settings = NULL;

  enj_realm_add_component (realm, HERE, FALSE);
  settings = enj_settings_new (realm, policy, key, &limits, TRUE, FALSE);
  enj_settings_add_credentials (settings, HERE, enj_test_stage_get_credentials (HERE));
  context = g_main_context_new ();
  loop = enj_loop_new (context, &error);
  g_assert_no_error (error);
  enj_loop_set_clock (loop, get_time);
  resolver = enj_resolver_new (loop, &config, &error);
  g_assert_no_error (error);
  exchange = enj_exchange_new (settings, (EnjWake){ NULL, NULL });
  gateway = enj_gateway_new (loop, resolver, exchange, &config, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (enj_gateway_listen (gateway, &error));
}

static void
tear_down (void)
{
  enj_gateway_free (gateway);
  enj_exchange_free (exchange);
  enj_resolver_free (resolver);
  enj_loop_free (loop);
  g_main_context_unref (context);
  enj_policy_unref (policy);
  g_ptr_array_unref (config.federation.listen);
  g_ptr_array_unref (config.federation.listen_tls);
  g_string_free (returned, TRUE);
}

static void
send_to (const char *domain)
{
  g_autofree char *xml = g_strdup_printf (
      "<message from='a@" HERE "' to='b@%s'><body>x</body></message>", domain);
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjStanza) stanza = enj_stanza_parse (xml, -1, &error);

  g_assert_no_error (error);
  g_assert_true (enj_exchange_send (exchange, HERE, stanza, time_now));
}

/* The first byte that comes, or 0. */
static char
read_byte (int fd)
{
  char byte = 0;

  return recv (fd, &byte, 1, MSG_DONTWAIT) == 1 ? byte : 0;
}

/* ---- Tests ------------------------------------------------------------ */

/* IPv6 is dark. */
static void
test_race (void)
{
  int filled[N_FILL];
  guint16 port = 0;
  guint16 other_port = 0;
  int dark = listen_on (AF_INET6, &port, 0);
  int good = dark < 0 ? -1 : listen_on (AF_INET, &port, 8);
  int other = listen_on (AF_INET, &other_port, 8);
  int taken;

  if (good < 0)
    {
      g_test_skip ("IPv6 is missing");
      return;
    }
  enj_test_proves ("N05");
  fill (AF_INET6, port, filled);
  prepare (4);
  add_peer ("there.example", "localhost", port);
  add_peer ("other.example", "127.0.0.1", other_port);
  start ();

  send_to ("there.example");
  run ();
  g_assert_cmpint (accept (good, NULL, NULL), ==, -1);
  time_now += 250 * G_TIME_SPAN_MILLISECOND;
  run ();
  taken = accept (good, NULL, NULL);
  g_assert_cmpint (taken, >=, 0);
  g_assert_cmpint (read_byte (taken), ==, '<');

  /* The other attempt is over, and its place is free. */
  send_to ("other.example");
  run ();
  g_assert_cmpint (accept (other, NULL, NULL), >=, 0);
  g_assert_cmpstr (returned->str, ==, "");
  tear_down ();
  close (taken);
  close (dark);
  close (good);
  close (other);
  empty (filled);
}

static void
test_budget (void)
{
  EnjLimits full;
  guint16 port = 0;
  guint16 other_port = 0;
  int dark = listen_on (AF_INET, &port, 0);
  int second = listen_on (AF_INET, &other_port, 8);
  int filled[N_FILL];

  fill (AF_INET, port, filled);
  prepare (4);
  add_peer ("there.example", "127.0.0.1", port);
  add_peer ("other.example", "127.0.0.1", other_port);
  start ();
  full = limits;
  full.connections = 1;
  enj_gateway_set_limits (gateway, &full);
  send_to ("there.example");
  run ();
  send_to ("other.example");
  run ();
  g_assert_cmpint (accept (second, NULL, NULL), ==, -1);
  time_now += G_TIME_SPAN_SECOND;
  run ();
  g_assert_cmpint (accept (second, NULL, NULL), ==, -1);

  /* It has waited for room, and nobody was told that it could not be reached. */
  enj_gateway_set_limits (gateway, &limits);
  time_now += G_TIME_SPAN_SECOND;
  run ();
  g_assert_cmpint (accept (second, NULL, NULL), >=, 0);
  g_assert_cmpstr (returned->str, ==, "");
  tear_down ();
  close (dark);
  close (second);
  empty (filled);
}

static void
test_own_listeners (void)
{
  EnjListen any = { (char *) "0.0.0.0", find_port () };
  EnjListen tls = { (char *) "127.0.0.1", find_port () };

  prepare (100);
  g_ptr_array_add (config.federation.listen, &any);
  g_ptr_array_add (config.federation.listen_tls, &tls);
  add_peer ("any.example", "127.0.0.1", any.port);
  add_peer ("tls.example", "localhost", tls.port);
  start ();
  send_to ("any.example");
  run ();
  g_assert_cmpuint (enj_exchange_get_load (exchange).inbound, ==, 0);
  g_assert_nonnull (strstr (returned->str, "address policy"));
  send_to ("tls.example");
  run ();
  g_assert_cmpuint (enj_exchange_get_load (exchange).inbound, ==, 0);
  tear_down ();
}

/* On the one port it starts with TLS, on the other it does not. */
static void
test_direct_tls (void)
{
  EnjListen plain = { (char *) "127.0.0.1", find_port () };
  EnjListen tls = { (char *) "127.0.0.1", find_port () };
  guint16 ports[] = { plain.port, tls.port };

  enj_test_proves ("N08");
  prepare (100);
  g_ptr_array_add (config.federation.listen, &plain);
  g_ptr_array_add (config.federation.listen_tls, &tls);
  start ();
  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    {
      int fd = connect_to (AF_INET, ports[i]);

      run ();
      g_assert_cmpuint (enj_exchange_get_load (exchange).inbound, ==, 1);
      g_assert_cmpint (send (fd, HEADER, strlen (HEADER), MSG_NOSIGNAL), ==, strlen (HEADER));
      run ();
      if (i == 0)
        g_assert_cmpint (read_byte (fd), ==, '<');
      else
        g_assert_cmpint (read_byte (fd), !=, '<');
      close (fd);
      run ();
      g_assert_cmpuint (enj_exchange_get_load (exchange).inbound, ==, 0);
    }
  tear_down ();
}

/* One that says nothing has the only place, for a second. */
static void
test_handshakes (void)
{
  EnjListen tls = { (char *) "127.0.0.1", find_port () };
  int silent;
  int loud;

  prepare (100);
  limits.tls_handshakes = config.limits.tls_handshakes = 1;
  g_ptr_array_add (config.federation.listen_tls, &tls);
  start ();
  silent = connect_to (AF_INET, tls.port);
  run ();
  loud = connect_to (AF_INET, tls.port);
  g_assert_cmpint (send (loud, HEADER, strlen (HEADER), MSG_NOSIGNAL), ==, strlen (HEADER));
  run ();
  g_assert_cmpint (read_byte (loud), ==, 0);
  time_now += G_TIME_SPAN_SECOND;
  run ();
  g_assert_cmpint (read_byte (loud), !=, 0); /* an alert */
  tear_down ();
  close (silent);
  close (loud);
}

/* XEP-0205: without a word.  Where all places are taken, the oldest that has said nothing of
 * use goes; nobody goes for one that may not come in. */
static void
test_doorman (void)
{
  static const struct
  {
    guint connections;
    guint per_address;
    guint gone;
  } cases[] = { { 2, 3, 0 }, { 2, 2, 2 }, { 100, 2, 2 }, { 3, 3, 3 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjListen plain = { (char *) "127.0.0.1", find_port () };
      int fds[3];
      char byte;

      prepare (cases[i].connections);
      limits.unauthenticated_per_address = cases[i].per_address;
      g_ptr_array_add (config.federation.listen, &plain);
      start ();
      for (guint j = 0; j < G_N_ELEMENTS (fds); j++)
        {
          fds[j] = connect_to (AF_INET, plain.port);
          run ();
        }
      for (guint j = 0; j < G_N_ELEMENTS (fds); j++)
        g_assert_cmpint (recv (fds[j], &byte, 1, MSG_DONTWAIT), ==, j == cases[i].gone ? 0 : -1);
      g_assert_cmpuint (enj_exchange_get_load (exchange).inbound, ==, cases[i].gone < 3 ? 2 : 3);
      tear_down ();
      for (guint j = 0; j < G_N_ELEMENTS (fds); j++)
        close (fds[j]);
    }
}

/* The same where the system has no descriptor left: the next one finds room. */
static void
test_scarce (void)
{
  EnjListen plain = { (char *) "127.0.0.1", find_port () };
  struct rlimit saved;
  struct rlimit limit;
  int fds[4];
  char byte;

  prepare (100);
  limits.unauthenticated_per_address = 10;
  g_ptr_array_add (config.federation.listen, &plain);
  start ();
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  for (guint i = 0; i < 2; i++)
    {
      connect_socket (fds[i], plain.port);
      run ();
    }
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  limit = saved;
  limit.rlim_cur = (rlim_t) dup (0);
  g_assert_cmpint (close ((int) limit.rlim_cur), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);

  enj_journal_expect (G_LOG_LEVEL_WARNING, "cannot accept connections on *");
  connect_socket (fds[2], plain.port);
  connect_socket (fds[3], plain.port);
  run ();
  enj_journal_assert_expected ();
  g_assert_cmpint (recv (fds[2], &byte, 1, MSG_DONTWAIT), ==, 0);
  g_assert_cmpint (recv (fds[0], &byte, 1, MSG_DONTWAIT), ==, 0);
  g_assert_cmpint (recv (fds[1], &byte, 1, MSG_DONTWAIT), ==, -1);
  time_now += 200 * G_TIME_SPAN_MILLISECOND;
  run ();
  g_assert_cmpint (recv (fds[3], &byte, 1, MSG_DONTWAIT), ==, -1);
  g_assert_cmpuint (enj_exchange_get_load (exchange).inbound, ==, 2);

  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  tear_down ();
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/gateway/the-first-to-connect-ends-the-race", test_race);
  g_test_add_func ("/gateway/attempts-count-as-connections", test_budget);
  g_test_add_func ("/gateway/does-not-connect-to-itself", test_own_listeners);
  g_test_add_func ("/gateway/direct-tls-has-ports-of-its-own", test_direct_tls);
  g_test_add_func ("/gateway/tls-handshakes-wait-for-their-turn", test_handshakes);
  g_test_add_func ("/gateway/turns-away-and-makes-room", test_doorman);
  g_test_add_func ("/gateway/without-descriptors-the-oldest-makes-room", test_scarce);
  return g_test_run ();
}

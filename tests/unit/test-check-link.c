#include "config.h"

#include "component/check-link.h"

#include <string.h>
#include <unistd.h>

#include "component/journal.h"
#include "component/listener.h"
#include "tests/support/settings.h"

#define DOMAIN "comp.local.test"
#define SECRET "sesame"

#define OPEN                                                                                     \
  "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept'"                          \
  " xmlns:stream='http://etherx.jabber.org/streams' from='" DOMAIN "' id='s1'>"
#define ERROR(condition)                                                                         \
  "<stream:error><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"    \
  "</stream:stream>"

/* A server on loopback that says the next line each time it is spoken to; NULL: it closes. */
typedef struct
{
  EnjLoop *loop;
  EnjListener *listener;
  const char *const *lines;
  int fd;
  EnjWatch *watch;
  GString *heard;
} Server;

static EnjErrand *errand;
static EnjResolver *resolver;
static EnjSettings *settings;
static EnjConfig config;
static EnjCheckLogin login; /* what the last one came to */

static void
handle_input (guint32 events, gint64 now, gpointer data)
{
  Server *self = data;
  char bytes[4096];
  gssize n = read (self->fd, bytes, sizeof bytes);

  (void) events;
  (void) now;
  if (n > 0)
    g_string_append_len (self->heard, bytes, n);
  if (n > 0 && *self->lines)
    {
      g_assert_cmpint (write (self->fd, *self->lines, strlen (*self->lines)), >, 0);
      self->lines++;
      return;
    }
  g_clear_pointer (&self->watch, enj_watch_free);
  g_assert_cmpint (close (self->fd), ==, 0);
}

static void
handle_accepted (int fd, const EnjAddress *peer, gpointer data)
{
  Server *self = data;

  (void) peer;
  self->fd = fd;
  self->watch = enj_loop_watch (self->loop, fd, EPOLLIN, handle_input, self, NULL);
}

static guint16
server_init (Server *self, const char *const *lines)
{
  EnjAddress address;

  *self = (Server){ .loop = enj_errand_get_loop (errand), .lines = lines };
  self->heard = g_string_new (NULL);
  g_assert_true (enj_address_parse (&address, "127.0.0.1", 0));
  self->listener = enj_listener_new (self->loop, &address, handle_accepted, self, NULL);
  return enj_listener_get_address (self->listener)->port;
}

static char *
server_clear (Server *self)
{
  if (self->watch)
    {
      enj_watch_free (self->watch);
      close (self->fd);
    }
  enj_listener_free (self->listener);
  return g_string_free (self->heard, FALSE);
}

static void
set_up (void)
{
  g_autoptr (GError) error = NULL;

  errand = enj_errand_new (&error);
  g_assert_no_error (error);
  config = (EnjConfig){ .limits = enj_limits_default () };
  resolver = enj_resolver_new (enj_errand_get_loop (errand), &config, &error);
  g_assert_no_error (error);
  settings = enj_test_settings_new ();
}

static void
tear_down (void)
{
  enj_settings_unref (settings);
  enj_resolver_free (resolver);
  enj_errand_free (errand);
}

/* What is found, the port of the server as "PORT". */
static char *
judge_new (const char *host, guint16 port)
{
  EnjListen listen = { (char *) host, port };
  const EnjConfigComponent component
    = { .domain = (char *) DOMAIN, .server = &listen, .secret = (char *) SECRET };
  g_autoptr (EnjFindings) findings = enj_findings_new ();
  g_autofree char *text = NULL;
  g_autofree char *number = g_strdup_printf ("%u", port);
  g_auto (GStrv) parts = NULL;

  login = enj_check_link_judge (errand, resolver, settings, &component, findings);
  text = enj_findings_format_new (findings);
  parts = g_strsplit (text, number, -1);
  return g_strjoinv ("PORT", parts);
}

/* What the server hears is at @heard, where that is not NULL. */
static void
assert_found (const char *const *lines, const char *pattern, char **heard)
{
  Server server;
  guint16 port;
  g_autofree char *text = NULL;
  g_autofree char *said = NULL;

  set_up ();
  port = server_init (&server, lines);
  text = judge_new ("127.0.0.1", port);
  said = server_clear (&server);
  g_test_message ("%s", text);
  g_assert_true (g_pattern_match_simple (pattern, text));
  if (heard)
    *heard = g_steal_pointer (&said);
  tear_down ();
}

static void
test_taken (void)
{
  static const char *const lines[] = { OPEN, "<handshake/>", "</stream:stream>", NULL };
  g_autofree char *heard = NULL;

  assert_found (lines, "*  ok       the server at 127.0.0.1:PORT takes our secret\nno problem *",
                &heard);
  g_assert_cmpint (login, ==, ENJ_CHECK_LOGIN_TAKEN);
  /* sha1 of "s1sesame" (XEP-0114 3), and an end in order. */
  g_assert_nonnull (strstr (heard,
                            "<handshake>35436b8050136d6e6d41ffb478b03c698b105896</handshake>"));
  g_assert_true (g_str_has_suffix (heard, "</stream:stream>"));
  g_assert_null (strstr (heard, SECRET));
}

/* The server delivers to whom it has taken: senders are told, but not of errors and results. */
static void
test_stanzas (void)
{
#define ADDRESSES "from='juliet@local.test/x' to='bot@" DOMAIN "'"
  static const char *const lines[]
    = { OPEN,
        "<handshake/><message " ADDRESSES " id='m1'><body>hello</body></message>"
        "<iq " ADDRESSES " type='get' id='q1'><ping xmlns='urn:xmpp:ping'/></iq>"
        "<iq " ADDRESSES " type='result' id='q2'/>"
        "<message " ADDRESSES " type='error' id='m2'/>",
        "</stream:stream>", NULL };
  static const char *const answered[] = { "m1", "q1" };
  static const char *const ignored[] = { "q2", "m2" };
  g_autofree char *heard = NULL;
  const char *start;

  assert_found (lines, "*  ok       the server at 127.0.0.1:PORT takes our secret\nno problem *",
                &heard);
  g_test_message ("%s", heard);
  start = heard;
  for (guint i = 0; i < G_N_ELEMENTS (answered); i++)
    {
      start = strstr (start, answered[i]);
      g_assert_nonnull (start);
      start = strstr (start, "<remote-server-timeout ");
      g_assert_nonnull (start);
    }
  for (guint i = 0; i < G_N_ELEMENTS (ignored); i++)
    g_assert_null (strstr (heard, ignored[i]));
#undef ADDRESSES
}

static void
test_refused (void)
{
  static const char *const secret[] = { OPEN, ERROR ("not-authorized"), NULL };
  static const char *const unknown[] = { OPEN ERROR ("host-unknown"), NULL };
  static const char *const conflict[] = { OPEN, ERROR ("conflict"), NULL };
  static const char *const clients[] = { OPEN ERROR ("invalid-namespace"), NULL };
  static const char *const other[] = { OPEN, ERROR ("system-shutdown"), NULL };

  assert_found (secret,
                "*  problem  the server at 127.0.0.1:PORT refuses our secret: component_secret "
                "there and secret here must be the same\n1 problem\n",
                NULL);
  g_assert_cmpint (login, ==, ENJ_CHECK_LOGIN_REFUSED);
  assert_found (unknown, "*  problem  the server at 127.0.0.1:PORT knows no component " DOMAIN
                         ": add the block *1 problem\n", NULL);
  assert_found (conflict, "*  note     the server at 127.0.0.1:PORT takes our secret, but has this "
                          "component already: *no problem*", NULL);
  g_assert_cmpint (login, ==, ENJ_CHECK_LOGIN_OCCUPIED);
  assert_found (clients, "*  problem  port PORT of 127.0.0.1 is not for components: *1 problem\n",
                NULL);
  assert_found (other, "*  problem  the server at 127.0.0.1:PORT does not take the link: "
                       "*system-shutdown*1 problem\n", NULL);
}

static void
test_no_server (void)
{
  static const char *const rude[] = { NULL };
  static const char *const mail[] = { "220 mail.example ESMTP\r\n", NULL };
  Server server;
  guint16 port;
  char *text;

  assert_found (rude, "*  problem  the server at 127.0.0.1:PORT does not take the link: *", NULL);
  assert_found (mail, "*  problem  the server at 127.0.0.1:PORT does not take the link: *", NULL);

  set_up ();
  port = server_init (&server, rude);
  g_free (server_clear (&server));
  text = judge_new ("127.0.0.1", port);
  g_assert_true (g_pattern_match_simple ("*  problem  cannot reach the server at 127.0.0.1:PORT: "
                                         "Connection refused; start it, or *1 problem\n",
                                         text));
  g_free (text);
  tear_down ();
}

static void
test_name (void)
{
  static const char *const lines[] = { OPEN, "<handshake/>", "</stream:stream>", NULL };
  Server server;
  g_autofree char *text = NULL;

  set_up ();
  /* ::1 comes first, where nobody listens. */
  text = judge_new ("localhost", server_init (&server, lines));
  g_free (server_clear (&server));
  g_assert_true (g_pattern_match_simple (
    "*  ok       the server at localhost:PORT takes our secret*", text));
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/check-link/logs-in-and-leaves-in-order", test_taken);
  g_test_add_func ("/check-link/who-speaks-to-the-component-is-told", test_stanzas);
  g_test_add_func ("/check-link/names-what-the-server-refuses", test_refused);
  g_test_add_func ("/check-link/names-what-is-no-server", test_no_server);
  g_test_add_func ("/check-link/tries-each-address-of-a-name", test_name);
  return g_test_run ();
}

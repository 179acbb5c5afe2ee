#include "config.h"

#include "component/gate.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "protocol/condition.h"
#include "component/journal.h"
#include "component/steward.h"
#include "tests/support/configs.h"
#include "tests/support/settings.h"

#define HERE "here.test"
#define OPEN "open.test"

typedef struct
{
  EnjConfig config;
  EnjListen server;
  EnjListen listen;
  EnjConfigComponent components[2];
  guint16 hosted_port;
  char *folder;
  char *path;
  char *hosted_listen[3];
  GMainContext *context;
  EnjLoop *loop;
  EnjResolver *resolver;
  EnjPolicy *policy;
  EnjExchange *exchange;
  EnjGateway *gateway;
  EnjHosting *hosting;
  EnjGate *gate;
} Scene;

static gint64 time_now;

static gint64
get_time (void)
{
  return time_now;
}

static struct sockaddr_in
loopback (guint16 port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (port) };

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  return address;
}

/* Somebody else who listens there; port 0 is any. */
static int
occupy (guint16 *port)
{
  struct sockaddr_in address = loopback (*port);
  socklen_t len = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int yes = 1;

  g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), ==, 0);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, len), ==, 0);
  g_assert_cmpint (listen (fd, 1), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &len), ==, 0);
  *port = ntohs (address.sin_port);
  return fd;
}

/* TRUE: somebody listens. */
static gboolean
can_connect (guint16 port)
{
  struct sockaddr_in address = loopback (port);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  gboolean done = connect (fd, (struct sockaddr *) &address, sizeof address) == 0;

  close (fd);
  return done;
}

static gboolean
can_connect_to_file (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  gboolean done;

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  done = connect (fd, (struct sockaddr *) &address, sizeof address) == 0;
  close (fd);
  return done;
}

/* For other servers and for components alike. */
static gboolean
is_open (const Scene *self)
{
  gboolean done = can_connect (self->listen.port);

  g_assert_cmpint (can_connect (self->hosted_port), ==, done);
  g_assert_cmpint (can_connect_to_file (self->path), ==, done);
  return done;
}

/* One domain is a component's, at a port and a path. */
static void
set_up_component (Scene *self)
{
  self->folder = g_dir_make_tmp ("enjamb-gate-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "socket", NULL);
  close (occupy (&self->hosted_port));
  self->hosted_listen[0] = g_strdup_printf ("127.0.0.1:%u", self->hosted_port);
  self->hosted_listen[1] = self->path;
  self->components[0] = (EnjConfigComponent){ .domain = (char *) HERE,
                                              .server = &self->server,
                                              .service = ENJ_SERVICE_HOSTED,
                                              .hosted_listen = self->hosted_listen };
}

static void
set_up (Scene *self, gboolean has_open)
{
  const EnjPeerPolicy fallback = { .allow = TRUE };
  g_autoptr (EnjRealm) realm = enj_realm_new ();
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autoptr (EnjSettings) settings = NULL;
  g_autoptr (GError) error = NULL;

  *self = (Scene){ .listen = { .host = (char *) "127.0.0.1" } };
  close (occupy (&self->listen.port));
  set_up_component (self);
  self->components[1] = (EnjConfigComponent){ .domain = (char *) OPEN };
  self->config.limits = enj_limits_default ();
  self->config.components = g_ptr_array_new ();
  for (guint i = 0; i < 1 + (guint) has_open; i++)
    g_ptr_array_add (self->config.components, &self->components[i]);
  self->config.federation.enabled = TRUE;
  self->config.federation.listen = g_ptr_array_new ();
  self->config.federation.listen_tls = g_ptr_array_new ();
  g_ptr_array_add (self->config.federation.listen, &self->listen);
  self->policy = enj_policy_new (&fallback);
  enj_realm_add_component (realm, HERE, TRUE);
  settings = enj_settings_new (realm, self->policy, key, &self->config.limits, TRUE, FALSE);
  self->context = g_main_context_new ();
  self->loop = enj_loop_new (self->context, &error);
  g_assert_no_error (error);
  enj_loop_set_clock (self->loop, get_time);
  self->resolver = enj_resolver_new (self->loop, &self->config, &error);
  g_assert_no_error (error);
  self->exchange = enj_exchange_new (settings, (EnjWake){ NULL, NULL });
  self->gateway = enj_gateway_new (self->loop, self->resolver, self->exchange, &self->config,
                                   NULL, &error);
  g_assert_no_error (error);
  self->hosting = enj_hosting_new (self->loop, self->exchange, &self->config, &error);
  g_assert_no_error (error);
}

static void
open_gate (Scene *self)
{
  g_autoptr (GError) error = NULL;

  self->gate = enj_gate_new (self->loop, self->gateway, self->hosting, self->exchange,
                             &self->config, &error);
  g_assert_no_error (error);
}

static void
tear_down (Scene *self)
{
  enj_gate_free (self->gate);
  enj_hosting_free (self->hosting);
  enj_gateway_free (self->gateway);
  enj_exchange_free (self->exchange);
  enj_resolver_free (self->resolver);
  enj_loop_free (self->loop);
  g_main_context_unref (self->context);
  enj_policy_unref (self->policy);
  g_ptr_array_unref (self->config.components);
  g_ptr_array_unref (self->config.federation.listen);
  g_ptr_array_unref (self->config.federation.listen_tls);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->hosted_listen[0]);
  g_free (self->path);
  g_free (self->folder);
}

static void
refuse (Scene *self, gboolean was_up)
{
  g_autoptr (GError) error
    = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_CONFLICT, "another has it");

  enj_gate_link_down (self->gate, HERE, error, was_up);
}

static void
test_link (void)
{
  Scene scene;

  set_up (&scene, FALSE);
  open_gate (&scene);
  g_assert_false (is_open (&scene));
  enj_gate_link_up (scene.gate, HERE);
  g_assert_true (is_open (&scene));
  /* An outage of the server is no matter. */
  enj_gate_link_down (scene.gate, HERE, NULL, TRUE);
  enj_gate_link_missed (scene.gate, HERE);
  g_assert_true (is_open (&scene));
  enj_gate_close (scene.gate);
  g_assert_false (is_open (&scene));
  enj_gate_link_up (scene.gate, HERE);
  g_assert_false (is_open (&scene));
  tear_down (&scene);
}

static void
test_no_server (void)
{
  Scene scene;

  set_up (&scene, FALSE);
  open_gate (&scene);
  enj_gate_link_missed (scene.gate, HERE);
  g_assert_true (is_open (&scene));
  tear_down (&scene);
}

static void
test_no_link (void)
{
  Scene scene;

  set_up (&scene, TRUE);
  open_gate (&scene);
  g_assert_true (is_open (&scene));
  refuse (&scene, FALSE);
  g_assert_true (is_open (&scene));
  tear_down (&scene);
}

static void
test_stands_by (void)
{
  Scene scene;

  set_up (&scene, FALSE);
  open_gate (&scene);
  refuse (&scene, FALSE);
  g_assert_cmpint (enj_gate_get_state (scene.gate), ==, ENJ_STANDBY_WAITING);
  enj_gate_link_missed (scene.gate, HERE);
  g_assert_false (is_open (&scene));
  enj_gate_link_up (scene.gate, HERE);
  g_assert_true (is_open (&scene));
  refuse (&scene, TRUE);
  g_assert_false (is_open (&scene));
  tear_down (&scene);
}

static gboolean
is_told_to_stand_by (EnjSteward *steward)
{
  g_autoptr (GVariant) status = g_variant_ref_sink (enj_steward_status (steward, 0));
  gboolean told = FALSE;

  g_assert_true (g_variant_lookup (status, "standing-by", "b", &told));
  return told;
}

static void
test_tells_operators (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (EnjConfig) config = enj_test_config_new ("[component b.here.test]\nserver = none\n");
  EnjSteward *steward;
  Scene scene;

  set_up (&scene, FALSE);
  open_gate (&scene);
  steward = enj_steward_new (scene.exchange, config, settings, &(EnjStewardBridge){ 0 }, 0);
  g_assert_false (is_told_to_stand_by (steward));
  enj_steward_set_gate (steward, scene.gate);
  g_assert_false (is_told_to_stand_by (steward));
  refuse (&scene, FALSE);
  g_assert_true (is_told_to_stand_by (steward));
  enj_gate_link_up (scene.gate, HERE);
  g_assert_false (is_told_to_stand_by (steward));
  enj_steward_free (steward);
  tear_down (&scene);
}

static void
share_secret (Scene *self)
{
  static char secret[] = "s";

  self->config.federation.dialback_secret = secret;
  self->config.federation.dialback_secret_len = 1;
}

/* The other instance has it still: on the same machine, perhaps. */
static void
test_port_in_use (void)
{
  Scene scene;
  guint16 port;
  int other;

  set_up (&scene, FALSE);
  port = scene.listen.port;
  other = occupy (&port);
  share_secret (&scene);
  open_gate (&scene);
  refuse (&scene, FALSE);
  enj_journal_expect (G_LOG_LEVEL_WARNING, "*listen: *in use*trying again*");
  enj_gate_link_up (scene.gate, HERE);
  enj_journal_assert_expected ();
  time_now += G_TIME_SPAN_SECOND;
  g_main_context_iteration (scene.context, FALSE);
  close (other);
  g_assert_false (can_connect (port));
  time_now += G_TIME_SPAN_SECOND;
  g_main_context_iteration (scene.context, FALSE);
  g_assert_true (can_connect (port));
  tear_down (&scene);
}

/* The same of a port for components, and other servers need not wait for it. */
static void
test_port_for_components_in_use (void)
{
  Scene scene;
  int other;

  set_up (&scene, FALSE);
  other = occupy (&scene.hosted_port);
  share_secret (&scene);
  open_gate (&scene);
  refuse (&scene, FALSE);
  enj_journal_expect (G_LOG_LEVEL_WARNING,
                      "[component " HERE "] hosted-listen: *in use*trying again*");
  enj_gate_link_up (scene.gate, HERE);
  enj_journal_assert_expected ();
  g_assert_true (can_connect (scene.listen.port));
  time_now += G_TIME_SPAN_SECOND;
  g_main_context_iteration (scene.context, FALSE);
  close (other);
  g_assert_false (can_connect (scene.hosted_port));
  time_now += G_TIME_SPAN_SECOND;
  g_main_context_iteration (scene.context, FALSE);
  g_assert_true (is_open (&scene));
  tear_down (&scene);
}

/* Where no link has to be waited for, the other is. */
static void
test_port_in_use_from_the_start (void)
{
  Scene scene;
  int other;

  set_up (&scene, TRUE);
  other = occupy (&scene.hosted_port);
  share_secret (&scene);
  enj_journal_expect (G_LOG_LEVEL_WARNING, "*hosted-listen: *in use*trying again*");
  open_gate (&scene);
  enj_journal_assert_expected ();
  close (other);
  time_now += G_TIME_SPAN_SECOND;
  g_main_context_iteration (scene.context, FALSE);
  g_assert_true (is_open (&scene));
  tear_down (&scene);
}

/* Who is alone is told at once. */
static void
test_port_not_to_be_had (void)
{
  static const char *const keys[]
    = { "[federation] listen: ", "[component " HERE "] hosted-listen: " };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GError) error = NULL;
      Scene scene;
      guint16 port;
      int other;

      set_up (&scene, i >= G_N_ELEMENTS (keys)); /* at once, or later */
      port = i % 2 == 0 ? scene.listen.port : scene.hosted_port;
      other = occupy (&port);
      g_assert_null (enj_gate_new (scene.loop, scene.gateway, scene.hosting, scene.exchange,
                                   &scene.config, &error));
      g_assert_true (g_str_has_prefix (error->message, keys[i % 2]));
      g_assert_nonnull (strstr (error->message, "in use"));
      close (other);
      tear_down (&scene);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  time_now = 1000 * G_TIME_SPAN_SECOND;
  g_test_add_func ("/gate/opens-with-the-link", test_link);
  g_test_add_func ("/gate/opens-where-there-is-no-server", test_no_server);
  g_test_add_func ("/gate/opens-at-once-for-a-domain-without-a-link", test_no_link);
  g_test_add_func ("/gate/stays-shut-while-another-has-the-link", test_stands_by);
  g_test_add_func ("/gate/lets-operators-see-that-it-stands-by", test_tells_operators);
  g_test_add_func ("/gate/waits-for-a-port-that-another-instance-has", test_port_in_use);
  g_test_add_func ("/gate/waits-for-a-port-for-components-too", test_port_for_components_in_use);
  g_test_add_func ("/gate/waits-for-a-port-from-the-start-on", test_port_in_use_from_the_start);
  g_test_add_func ("/gate/tells-of-a-port-that-cannot-be-had", test_port_not_to_be_had);
  return g_test_run ();
}

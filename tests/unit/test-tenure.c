#include "config.h"

#include "component/tenure.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "component/journal.h"
#include "tests/support/configs.h"
#include "tests/support/settings.h"

typedef struct
{
  int fd; /* the manager's end */
  EnjLoop *loop;
  EnjExchange *exchange;
  EnjSteward *steward;
  EnjReception *reception;
  EnjTenure *tenure;
  GString *orders; /* as they came */
  const char *fault; /* of a reload */
} Scene;

static void
order_stop (gpointer data)
{
  Scene *self = data;

  g_string_append (self->orders, "stop ");
  enj_tenure_quit (self->tenure);
}

static gboolean
reload (gpointer data, GError **error)
{
  Scene *self = data;

  g_string_append (self->orders, "reload ");
  if (!self->fault)
    return TRUE;
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, self->fault);
  return FALSE;
}

static gboolean
order_hand_over (gpointer data)
{
  Scene *self = data;

  g_string_append (self->orders, "hand-over ");
  enj_tenure_quit (self->tenure);
  return TRUE;
}

static void
send_nothing (const char *component, EnjStanza *stanza, gpointer data)
{
  (void) component;
  (void) stanza;
  (void) data;
  g_assert_not_reached ();
}

static void
scene_enter (Scene *self)
{
  const EnjTenureOrders orders = { order_stop, order_hand_over, self };

  self->tenure = enj_tenure_new (self->steward, self->reception, &orders);
  g_assert_true (enj_tenure_enter (self->tenure, self->loop, NULL));
}

static void
scene_init (Scene *self)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (EnjConfig) config = enj_test_config_new ("[component b.here.test]\nserver = none\n");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *name = g_strdup_printf ("@enjamb-tenure-%d", (int) getpid ());
  socklen_t len = (socklen_t) (offsetof (struct sockaddr_un, sun_path) + strlen (name));

  memcpy (address.sun_path + 1, name + 1, strlen (name) - 1);
  self->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *) &address, len), ==, 0);
  g_setenv ("NOTIFY_SOCKET", name, TRUE);

  self->orders = g_string_new (NULL);
  self->fault = NULL;
  self->loop = enj_loop_new (NULL, NULL);
  self->exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  self->steward = enj_steward_new (self->exchange, config, settings,
                                   &(EnjStewardBridge){ reload, self }, 0);
  self->reception = enj_reception_new (NULL, NULL, config, send_nothing, NULL, 0);
  scene_enter (self);
}

static void
scene_clear (Scene *self)
{
  enj_tenure_free (self->tenure);
  enj_reception_free (self->reception);
  enj_steward_free (self->steward);
  enj_exchange_free (self->exchange);
  enj_loop_free (self->loop);
  g_string_free (self->orders, TRUE);
  close (self->fd);
}

/* All that the manager has heard, one line for each datagram. */
static char *
heard_new (const Scene *self)
{
  GString *heard = g_string_new (NULL);
  char line[512];
  ssize_t len;

  while ((len = recv (self->fd, line, sizeof line, 0)) > 0)
    {
      /* Some come with more. */
      const char *end = memchr (line, '\n', (gsize) len);

      g_string_append_len (heard, line, end ? end - line : len);
      g_string_append_c (heard, '\n');
    }
  return g_string_free (heard, FALSE);
}

static gboolean
interrupt (gpointer number)
{
  g_assert_cmpint (kill (getpid (), GPOINTER_TO_INT (number)), ==, 0);
  return G_SOURCE_REMOVE;
}

static void
interrupt_later (int number)
{
  g_idle_add_full (G_PRIORITY_LOW, interrupt, GINT_TO_POINTER (number), NULL);
}

/* The main loop has to hear of one signal before the next: they are not ordered. */
static gboolean
quit_after_reload (gpointer data)
{
  Scene *self = data;

  if (self->orders->len == 0)
    return G_SOURCE_CONTINUE;
  interrupt_later (SIGTERM);
  return G_SOURCE_REMOVE;
}

static void
test_signals (void)
{
  Scene scene;
  g_autofree char *heard = NULL;

  scene_init (&scene);
  enj_tenure_settle (scene.tenure);
  enj_tenure_set_links (scene.tenure, 1, 2);
  interrupt_later (SIGHUP);
  g_idle_add_full (G_PRIORITY_LOW, quit_after_reload, &scene, NULL);
  enj_journal_expect (G_LOG_LEVEL_MESSAGE, "reloaded *");
  enj_journal_expect (G_LOG_LEVEL_MESSAGE, "stanzas *");
  g_assert_cmpint (enj_tenure_run (scene.tenure), ==, 0);
  enj_journal_assert_expected ();
  g_assert_cmpstr (scene.orders->str, ==, "reload stop ");
  heard = heard_new (&scene);
  g_assert_nonnull (strstr (heard, "READY=1\nSTATUS=1 of 2 links up"));
  scene_clear (&scene);
}

static void
test_faults (void)
{
  Scene scene;

  scene_init (&scene);
  scene.fault = "one\ntwo";
  interrupt_later (SIGHUP);
  g_idle_add_full (G_PRIORITY_LOW, quit_after_reload, &scene, NULL);
  enj_journal_expect (G_LOG_LEVEL_WARNING, "nothing was reloaded: one");
  enj_journal_expect (G_LOG_LEVEL_WARNING, "nothing was reloaded: two");
  enj_journal_expect (G_LOG_LEVEL_MESSAGE, "stanzas *");
  g_assert_cmpint (enj_tenure_run (scene.tenure), ==, 0);
  enj_journal_assert_expected ();
  scene_clear (&scene);
}

/* Nobody keeps descriptors for this process: it goes on. */
static void
test_no_successor (void)
{
  Scene scene;

  scene_init (&scene);
  enj_tenure_free (scene.tenure);
  g_unsetenv ("NOTIFY_SOCKET");
  scene_enter (&scene);
  interrupt_later (SIGUSR2);
  interrupt_later (SIGINT);
  enj_journal_expect (G_LOG_LEVEL_WARNING, "nothing is handed over: *");
  enj_journal_expect (G_LOG_LEVEL_MESSAGE, "stanzas *");
  g_assert_cmpint (enj_tenure_run (scene.tenure), ==, 0);
  enj_journal_assert_expected ();
  g_assert_cmpstr (scene.orders->str, ==, "stop ");
  scene_clear (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/tenure/does-what-signals-ask-for", test_signals);
  g_test_add_func ("/tenure/tells-each-line-of-a-fault", test_faults);
  g_test_add_func ("/tenure/hands-nothing-over-without-a-keeper", test_no_successor);
  return g_test_run ();
}

#include "config.h"

#include "component/vigil.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "component/journal.h"
#include "tests/support/settings.h"

static gint64 time_now;

static gint64
get_time (void)
{
  return time_now;
}

typedef struct
{
  int fd; /* the manager's end */
  GMainContext *context;
  EnjLoop *loop;
  EnjExchange *exchange;
  EnjVigil *vigil;
} Scene;

static void
scene_init (Scene *self)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *name = g_strdup_printf ("@enjamb-vigil-%d", (int) getpid ());
  socklen_t len = (socklen_t) (offsetof (struct sockaddr_un, sun_path) + strlen (name));

  memcpy (address.sun_path + 1, name + 1, strlen (name) - 1);
  self->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *) &address, len), ==, 0);
  g_setenv ("NOTIFY_SOCKET", name, TRUE);

  time_now = 1000 * ENJ_SECOND;
  self->context = g_main_context_new ();
  self->loop = enj_loop_new (self->context, NULL);
  enj_loop_set_clock (self->loop, get_time);
  self->exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  self->vigil = enj_vigil_new (self->loop, self->exchange, NULL);
}

static void
scene_clear (Scene *self)
{
  enj_vigil_free (self->vigil);
  enj_exchange_free (self->exchange);
  enj_loop_free (self->loop);
  g_main_context_unref (self->context);
  g_unsetenv ("NOTIFY_SOCKET");
  g_assert_cmpint (close (self->fd), ==, 0);
}

/* What the manager hears @later, "" for nothing; new. */
static char *
hear (Scene *self, gint64 later)
{
  char heard[512] = "";

  time_now += later;
  while (g_main_context_iteration (self->context, FALSE))
    continue;
  if (recv (self->fd, heard, sizeof heard - 1, 0) < 0)
    g_assert_cmpint (errno, ==, EAGAIN);
  return g_strdup (heard);
}

static void
assert_hears (Scene *self, gint64 later, const char *pattern)
{
  g_autofree char *heard = hear (self, later);

  g_test_message ("%s", heard);
  g_assert_true (g_pattern_match_simple (pattern, heard));
}

static EnjCounters *
counters_of (Scene *self)
{
  return (EnjCounters *) enj_exchange_get_counters (self->exchange);
}

static void
test_status (void)
{
  Scene scene;

  scene_init (&scene);
  enj_vigil_set_links (scene.vigil, 1, 2);
  assert_hears (&scene, 0, "STATUS=1 of 2 links up; 0 streams in, 0 out; accepted 0,*owned 0");
  /* Not more often than it is worth. */
  enj_vigil_set_links (scene.vigil, 2, 2);
  assert_hears (&scene, 9 * ENJ_SECOND, "");
  assert_hears (&scene, ENJ_SECOND, "STATUS=2 of 2 links up;*");
  assert_hears (&scene, 20 * ENJ_SECOND, "");
  /* What nobody tells of is seen in time. */
  counters_of (&scene)->accepted++;
  counters_of (&scene)->confirmed++;
  assert_hears (&scene, 10 * ENJ_SECOND, "*accepted 1,*confirmed 1,*");
  scene_clear (&scene);
}

static void
test_watchdog (void)
{
  Scene scene;

  g_setenv ("WATCHDOG_USEC", "4000000", TRUE);
  scene_init (&scene);
  assert_hears (&scene, 0, "STATUS=*");
  assert_hears (&scene, ENJ_SECOND, "");
  assert_hears (&scene, ENJ_SECOND, "WATCHDOG=1");
  assert_hears (&scene, 2 * ENJ_SECOND, "WATCHDOG=1");
  g_unsetenv ("WATCHDOG_USEC");
  scene_clear (&scene);
}

static void
test_late (void)
{
  Scene scene;

  g_setenv ("WATCHDOG_USEC", "30000000", TRUE);
  scene_init (&scene);
  assert_hears (&scene, 0, "STATUS=*");
  for (guint i = 0; i < 14; i++)
    assert_hears (&scene, ENJ_SECOND, "");
  /* The last look should have been at the fifteenth second. */
  assert_hears (&scene, 6 * ENJ_SECOND, "");
  assert_hears (&scene, 6 * ENJ_SECOND, "");
  assert_hears (&scene, 6 * ENJ_SECOND - 1, "WATCHDOG=1");
  for (guint i = 0; i < 14; i++)
    assert_hears (&scene, ENJ_SECOND, "");
  assert_hears (&scene, ENJ_SECOND, "WATCHDOG=1");
  g_unsetenv ("WATCHDOG_USEC");
  scene_clear (&scene);
}

static void
test_books (void)
{
  Scene scene;

  scene_init (&scene);
  counters_of (&scene)->sent++;
  counters_of (&scene)->unproven++;
  enj_vigil_sum_up (scene.vigil); /* Any warning would end the test. */
  counters_of (&scene)->sent++;
  enj_journal_expect (G_LOG_LEVEL_WARNING, "1 stanzas are not accounted for");
  enj_vigil_sum_up (scene.vigil);
  enj_journal_assert_expected ();
  scene_clear (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/vigil/tells-how-we-are-when-that-has-changed", test_status);
  g_test_add_func ("/vigil/tells-that-we-live", test_watchdog);
  g_test_add_func ("/vigil/is-silent-while-the-loop-is-late", test_late);
  g_test_add_func ("/vigil/makes-up-the-books", test_books);
  return g_test_run ();
}

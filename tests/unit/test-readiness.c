#include "config.h"

#include "component/readiness.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "component/journal.h"

#define SECOND G_TIME_SPAN_SECOND

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
  EnjReadiness *readiness;
} Scene;

static void
scene_init (Scene *self)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *name = g_strdup_printf ("@enjamb-readiness-%d", (int) getpid ());
  socklen_t len = (socklen_t) (offsetof (struct sockaddr_un, sun_path) + strlen (name));
  g_autoptr (GError) error = NULL;

  memcpy (address.sun_path + 1, name + 1, strlen (name) - 1);
  self->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *) &address, len), ==, 0);
  g_setenv ("NOTIFY_SOCKET", name, TRUE);

  time_now = 1000 * SECOND;
  self->context = g_main_context_new ();
  self->loop = enj_loop_new (self->context, &error);
  g_assert_no_error (error);
  enj_loop_set_clock (self->loop, get_time);
  self->readiness = enj_readiness_new (self->loop, &error);
  g_assert_no_error (error);
}

static void
scene_clear (Scene *self)
{
  enj_readiness_free (self->readiness);
  enj_loop_free (self->loop);
  g_main_context_unref (self->context);
  g_unsetenv ("NOTIFY_SOCKET");
  g_assert_cmpint (close (self->fd), ==, 0);
}

/* The manager hears this @later, "" for nothing, and each datagram once. */
static void
assert_hears (Scene *self, gint64 later, const char *expected)
{
  g_autoptr (GString) heard = g_string_new (NULL);
  char line[512] = "";
  gssize n;

  time_now += later;
  while (g_main_context_iteration (self->context, FALSE))
    continue;
  while ((n = recv (self->fd, line, sizeof line, 0)) > 0)
    {
      /* Some come with more, or with a time. */
      g_string_append_len (heard, line, (gssize) strcspn (line, "=\n"));
      g_string_append_c (heard, ' ');
      memset (line, 0, sizeof line);
    }
  g_assert_cmpint (errno, ==, EAGAIN);
  g_assert_cmpstr (heard->str, ==, expected);
}

static void
test_settled (void)
{
  Scene scene;

  scene_init (&scene);
  assert_hears (&scene, 29 * SECOND, "");
  enj_readiness_settle (scene.readiness);
  enj_readiness_settle (scene.readiness);
  assert_hears (&scene, 0, "READY ");
  assert_hears (&scene, 100 * SECOND, "");
  scene_clear (&scene);
}

static void
test_silent_server (void)
{
  Scene scene;

  scene_init (&scene);
  assert_hears (&scene, 30 * SECOND - 1, "");
  enj_journal_expect (G_LOG_LEVEL_MESSAGE, "*not said within 30 seconds*");
  assert_hears (&scene, 1, "STATUS READY ");
  enj_journal_assert_expected ();
  enj_readiness_settle (scene.readiness);
  assert_hears (&scene, 100 * SECOND, "");
  scene_clear (&scene);
}

static void
test_reload (void)
{
  Scene scene;

  scene_init (&scene);
  enj_readiness_begin_reload (scene.readiness);
  enj_readiness_end_reload (scene.readiness);
  assert_hears (&scene, 0, "");
  enj_readiness_settle (scene.readiness);
  assert_hears (&scene, 0, "READY ");
  enj_readiness_begin_reload (scene.readiness);
  assert_hears (&scene, 0, "RELOADING ");
  enj_readiness_end_reload (scene.readiness);
  assert_hears (&scene, 0, "READY ");
  scene_clear (&scene);
}

static void
test_stop (void)
{
  Scene scene;

  scene_init (&scene);
  enj_readiness_stop (scene.readiness);
  assert_hears (&scene, 0, "STOPPING ");
  enj_readiness_settle (scene.readiness);
  enj_readiness_begin_reload (scene.readiness);
  enj_readiness_end_reload (scene.readiness);
  assert_hears (&scene, 100 * SECOND, "");
  scene_clear (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/readiness/is-told-once-when-it-is-settled", test_settled);
  g_test_add_func ("/readiness/waits-for-no-silent-server-for-ever", test_silent_server);
  g_test_add_func ("/readiness/is-not-told-by-a-reload-before", test_reload);
  g_test_add_func ("/readiness/ends-with-the-stop", test_stop);
  return g_test_run ();
}

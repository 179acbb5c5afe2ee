#include "config.h"

#include "component/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* A manager that listens at @name, with '@' for the abstract name space. */
static int
listen_at (const char *name)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  gsize len = strlen (name);

  g_assert_cmpuint (len, <, sizeof address.sun_path);
  memcpy (address.sun_path, name, len);
  if (*name == '@')
    address.sun_path[0] = '\0';
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address,
                         (socklen_t) (offsetof (struct sockaddr_un, sun_path) + len)),
                   ==, 0);
  g_setenv ("NOTIFY_SOCKET", name, TRUE);
  return fd;
}

static void
assert_heard (int fd, const char *pattern)
{
  char heard[256] = "";

  g_assert_cmpint (recv (fd, heard, sizeof heard - 1, 0), >, 0);
  g_test_message ("%s", heard);
  g_assert_true (g_pattern_match_simple (pattern, heard));
}

static void
test_all_states (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("enjamb-test-XXXXXX", &error);
  g_autofree char *path = g_build_filename (folder, "notify", NULL);
  int fd = listen_at (path);

  g_assert_no_error (error);
  g_assert_true (enj_notify_ready ());
  assert_heard (fd, "READY=1");
  g_assert_true (enj_notify_reloading ());
  assert_heard (fd, "RELOADING=1\nMONOTONIC_USEC=*");
  g_assert_true (enj_notify_stopping ());
  assert_heard (fd, "STOPPING=1");
  g_assert_true (enj_notify_watchdog ());
  assert_heard (fd, "WATCHDOG=1");
  g_assert_true (enj_notify_status ("2 links\nREADY=1"));
  assert_heard (fd, "STATUS=2 links READY=1");
  g_assert_cmpint (close (fd), ==, 0);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_abstract (void)
{
  g_autofree char *name = g_strdup_printf ("@enjamb-test-%d", (int) getpid ());
  int fd = listen_at (name);

  g_assert_true (enj_notify_ready ());
  assert_heard (fd, "READY=1");
  g_assert_cmpint (close (fd), ==, 0);
}

/* The queue of a socket that nobody reads is short: the sender goes on. */
static void
test_never_waits (void)
{
  g_autofree char *name = g_strdup_printf ("@enjamb-test-full-%d", (int) getpid ());
  int fd = listen_at (name);
  guint sent = 0;

  while (enj_notify_watchdog () && sent < 100000)
    sent++;
  g_assert_cmpuint (sent, <, 100000);
  g_assert_cmpint (close (fd), ==, 0);
  g_assert_false (enj_notify_watchdog ());
}

static void
test_no_manager (void)
{
  static const char *const names[] = { "", "/", "relative/path", "/nowhere/notify" };
  g_autofree char *large = g_strnfill (200, '/');

  g_unsetenv ("NOTIFY_SOCKET");
  g_assert_false (enj_notify_ready ());
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_setenv ("NOTIFY_SOCKET", names[i], TRUE);
      g_assert_false (enj_notify_ready ());
    }
  g_setenv ("NOTIFY_SOCKET", large, TRUE);
  g_assert_false (enj_notify_ready ());
}

static void
test_watchdog_interval (void)
{
  g_autofree char *own = g_strdup_printf ("%d", (int) getpid ());

  g_unsetenv ("WATCHDOG_USEC");
  g_unsetenv ("WATCHDOG_PID");
  g_assert_cmpint (enj_notify_get_watchdog_interval (), ==, 0);
  g_setenv ("WATCHDOG_USEC", "30000000", TRUE);
  g_assert_cmpint (enj_notify_get_watchdog_interval (), ==, 15000000);
  g_setenv ("WATCHDOG_PID", own, TRUE);
  g_assert_cmpint (enj_notify_get_watchdog_interval (), ==, 15000000);
  g_setenv ("WATCHDOG_PID", "1", TRUE);
  g_assert_cmpint (enj_notify_get_watchdog_interval (), ==, 0);
  g_unsetenv ("WATCHDOG_PID");
  g_setenv ("WATCHDOG_USEC", "soon", TRUE);
  g_assert_cmpint (enj_notify_get_watchdog_interval (), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/notify/tells-every-state", test_all_states);
  g_test_add_func ("/notify/finds-abstract-sockets", test_abstract);
  g_test_add_func ("/notify/never-waits", test_never_waits);
  g_test_add_func ("/notify/says-nothing-without-a-manager", test_no_manager);
  g_test_add_func ("/notify/watchdog-interval-is-half-of-what-is-allowed", test_watchdog_interval);
  return g_test_run ();
}

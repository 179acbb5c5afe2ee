#include "config.h"

#include "component/sockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char *folder;
static char *path;

static void
set_up (void)
{
  folder = g_dir_make_tmp ("enjamb-sockfile-XXXXXX", NULL);
  path = g_build_filename (folder, "socket", NULL);
}

static void
tear_down (void)
{
  unlink (path);
  g_assert_cmpint (rmdir (folder), ==, 0);
  g_free (path);
  g_free (folder);
}

static gboolean
is_answered (void)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int result;

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  result = connect (fd, (struct sockaddr *) &address, sizeof address);
  close (fd);
  return result == 0;
}

static void
test_mode (void)
{
  static const mode_t modes[] = { 0600, 0660 };
  mode_t old = umask (077);

  set_up ();
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      struct stat status;
      EnjSockfile *file;
      int fd;

      file = enj_sockfile_new (path, modes[i], &fd, NULL);
      g_assert_nonnull (file);
      g_assert_cmpstr (enj_sockfile_get_path (file), ==, path);
      g_assert_cmpint (lstat (path, &status), ==, 0);
      g_assert_cmpint (status.st_mode & 0777, ==, modes[i]);
      g_assert_true (is_answered ());
      enj_sockfile_free (file);
      close (fd);
      g_assert_cmpint (lstat (path, &status), !=, 0);
    }
  umask (old);
  tear_down ();
}

/* Without the umask either, nobody gets in before the mode is there. */
static void
test_umask (void)
{
  mode_t old = umask (0);
  struct stat status;
  EnjSockfile *file;
  int fd;

  set_up ();
  file = enj_sockfile_new (path, 0600, &fd, NULL);
  g_assert_cmpint (lstat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  enj_sockfile_free (file);
  close (fd);
  umask (old);
  tear_down ();
}

static void
test_stale (void)
{
  EnjSockfile *first;
  EnjSockfile *second;
  int fds[2];

  set_up ();
  first = enj_sockfile_new (path, 0600, &fds[0], NULL);
  close (fds[0]); /* As if it had crashed. */
  g_assert_false (is_answered ());
  second = enj_sockfile_new (path, 0600, &fds[1], NULL);
  g_assert_nonnull (second);
  g_assert_true (is_answered ());
  enj_sockfile_free (second);
  close (fds[1]);
  enj_sockfile_free (first);
  tear_down ();
}

static void
test_replaced (void)
{
  EnjSockfile *first;
  EnjSockfile *second;
  int fds[2];

  set_up ();
  first = enj_sockfile_new (path, 0600, &fds[0], NULL);
  g_assert_cmpint (unlink (path), ==, 0);
  second = enj_sockfile_new (path, 0600, &fds[1], NULL);
  enj_sockfile_free (first);
  close (fds[0]);
  g_assert_true (is_answered ());
  enj_sockfile_free (second);
  close (fds[1]);
  tear_down ();
}

static void
test_taken (void)
{
  g_autoptr (GError) error = NULL;
  EnjSockfile *first;
  int fds[2];

  set_up ();
  first = enj_sockfile_new (path, 0600, &fds[0], NULL);
  g_assert_null (enj_sockfile_new (path, 0600, &fds[1], &error));
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_true (g_str_has_suffix (error->message, "is in use"));
  g_assert_true (is_answered ());
  enj_sockfile_free (first);
  close (fds[0]);
  tear_down ();
}

static void
test_other (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) long_path = g_string_new (NULL);
  int fd;

  set_up ();
  g_assert_true (g_file_set_contents (path, "dear", -1, NULL));
  g_assert_null (enj_sockfile_new (path, 0600, &fd, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));

  g_string_printf (long_path, "%s/%0200d", folder, 0);
  g_assert_null (enj_sockfile_new (long_path->str, 0600, &fd, NULL));
  g_string_printf (long_path, "%s/none/socket", folder);
  g_assert_null (enj_sockfile_new (long_path->str, 0600, &fd, NULL));
  tear_down ();
}

static void
test_try (void)
{
  g_autofree char *lost = NULL;
  EnjSockfile *file;
  int fd;

  set_up ();
  lost = g_build_filename (path, "none", NULL);
  g_assert_cmpint (enj_sockfile_try (path), ==, 0);
  file = enj_sockfile_new (path, 0600, &fd, NULL);
  g_assert_cmpint (enj_sockfile_try (path), ==, EADDRINUSE);
  g_assert_cmpint (enj_sockfile_try (lost), ==, ENOTDIR);
  close (fd); /* As if it had crashed. */
  g_assert_cmpint (enj_sockfile_try (path), ==, 0);
  enj_sockfile_free (file);
  g_assert_cmpint (enj_sockfile_try (lost), ==, ENOENT);
  g_assert_true (g_file_set_contents (path, "dear", -1, NULL));
  g_assert_cmpint (enj_sockfile_try (path), ==, EEXIST);
  tear_down ();
}

/* Another is between its look and its listen(): what looks dead may be its own. */
static void
test_lock (void)
{
  EnjSockfile *first;
  EnjSockfile *second;
  int other;
  int fds[2];

  set_up ();
  first = enj_sockfile_new (path, 0600, &fds[0], NULL);
  close (fds[0]); /* As if it had crashed. */
  other = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (flock (other, LOCK_EX), ==, 0);
  g_assert_null (enj_sockfile_new (path, 0600, &fds[1], NULL));
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));

  g_assert_cmpint (flock (other, LOCK_UN), ==, 0);
  second = enj_sockfile_new (path, 0600, &fds[1], NULL);
  g_assert_true (is_answered ());
  g_assert_cmpint (flock (other, LOCK_EX | LOCK_NB), ==, 0);
  close (other);
  enj_sockfile_free (second);
  close (fds[1]);
  enj_sockfile_free (first);
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sockfile/has-its-mode-whatever-the-umask-takes", test_mode);
  g_test_add_func ("/sockfile/has-its-mode-whatever-the-umask-leaves", test_umask);
  g_test_add_func ("/sockfile/takes-the-place-of-who-is-gone", test_stale);
  g_test_add_func ("/sockfile/removes-its-own-file-only", test_replaced);
  g_test_add_func ("/sockfile/leaves-the-place-to-who-is-there", test_taken);
  g_test_add_func ("/sockfile/leaves-what-is-no-socket", test_other);
  g_test_add_func ("/sockfile/tells-beforehand-what-is-in-the-way", test_try);
  g_test_add_func ("/sockfile/takes-no-place-while-another-is-at-it", test_lock);
  return g_test_run ();
}

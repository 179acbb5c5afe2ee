#include "config.h"

#include "component/shelf.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE 8192

static void
test_another (void)
{
  g_autoptr (GError) error = NULL;
  int fd;
  char *at = enj_shelf_new ("test", SIZE, &fd);
  char *other;

  g_assert_nonnull (at);
  g_assert_cmpint (at[SIZE - 1], ==, 0);
  strcpy (at, "salve");
  g_assert_cmpint (munmap (at, SIZE), ==, 0);
  other = enj_shelf_open (fd, SIZE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (other, ==, "salve");
  g_assert_cmpint (munmap (other, SIZE) | close (fd), ==, 0);
}

static void
test_size (void)
{
  int fd;
  char *at = enj_shelf_new ("test", SIZE, &fd);

  g_assert_cmpint (ftruncate (fd, 1), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (ftruncate (fd, 2 * SIZE), ==, -1);
  g_assert_cmpint (munmap (at, SIZE) | close (fd), ==, 0);
}

static void
assert_refused (int fd, const char *why)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (enj_shelf_open (fd, SIZE, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  g_assert_cmpstr (error->message, ==, why);
  g_assert_cmpint (close (fd), ==, -1);
}

static void
test_refused (void)
{
  int unsealed = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  int ends[2];
  int fd;
  char *at = enj_shelf_new ("test", 2 * SIZE, &fd);

  g_assert_cmpint (munmap (at, 2 * SIZE), ==, 0);
  assert_refused (fd, "of another version");
  g_assert_cmpint (ftruncate (unsealed, SIZE), ==, 0);
  assert_refused (unsealed, "not of our making");
  g_assert_cmpint (pipe (ends), ==, 0);
  assert_refused (ends[0], "not of our making");
  g_assert_cmpint (close (ends[1]), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/shelf/is-read-by-another", test_another);
  g_test_add_func ("/shelf/keeps-its-size", test_size);
  g_test_add_func ("/shelf/refuses-what-may-change-its-size", test_refused);
  return g_test_run ();
}

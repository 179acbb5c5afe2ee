#include "config.h"

#include "component/file.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "tests/support/scratch.h"

static char *folder;

static char *
path_new (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
test_reads_all_bytes (void)
{
  g_autofree char *path = path_new ("bytes");
  g_autoptr (GError) error = NULL;
  gsize len = 0;
  char *data;

  g_assert_true (g_file_set_contents (path, "a\0b\n", 4, NULL));
  data = enj_file_read_new (path, 4, &len, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (data, len + 1, "a\0b\n", 5);
  enj_file_wipe (data, len);

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  data = enj_file_read_new (path, 0, &len, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (len, ==, 0);
  enj_file_wipe (data, len);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
test_refuses (void)
{
  g_autofree char *path = path_new ("five");
  g_autofree char *pipe = path_new ("pipe");
  g_autofree char *missing = path_new ("missing");
  const char *const cases[][2] = {
    { path, "is larger than 4 bytes" },
    { pipe, "is not a regular file" },
    { missing, "No such file or directory" },
    { folder, "Is a directory" },
  };

  g_assert_true (g_file_set_contents (path, "12345", 5, NULL));
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      gsize len = 99;

      g_assert_null (enj_file_read_new (cases[i][0], 4, &len, &error));
      g_assert_nonnull (error);
      g_assert_true (error->domain == G_FILE_ERROR);
      g_assert_cmpstr (error->message, ==, cases[i][1]);
    }
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_unlink (pipe), ==, 0);
}

static void
test_resolves (void)
{
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *expected = g_build_filename (here, "x", NULL);
  static const char *const cases[][3] = {
    { "/etc/enjamb/enjamb.conf", "certs", "/etc/enjamb/certs" },
    { "/etc/enjamb/enjamb.conf", "/certs", "/certs" },
    { "/enjamb.conf", "a/b", "/a/b" },
  };
  g_autofree char *relative = enj_file_resolve_new ("enjamb.conf", "x");

  g_assert_cmpstr (relative, ==, expected);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = enj_file_resolve_new (cases[i][0], cases[i][1]);

      g_assert_cmpstr (path, ==, cases[i][2]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file/reads-all-bytes", test_reads_all_bytes);
  g_test_add_func ("/file/refuses-what-is-no-file-or-too-large", test_refuses);
  g_test_add_func ("/file/relative-names-are-beside-the-other", test_resolves);
  return enj_test_run_with_scratch (&folder);
}

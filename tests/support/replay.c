/* The main program of a fuzz target where there is no libFuzzer: each seed is a test. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <glib.h>

extern int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
replay (gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;
  gsize len;
  guint8 *exact;

  g_file_get_contents (user_data, &contents, &len, &error);
  g_assert_no_error (error);

  /* GLib appends a zero; here the input ends where its allocation ends, and over-reading shows. */
  exact = malloc (len > 0 ? len : 1);
  g_assert_nonnull (exact);
  memcpy (exact, contents, len);
  g_assert_cmpint (LLVMFuzzerTestOneInput (exact, len), ==, 0);
  free (exact);
}

int
main (int argc, char **argv)
{
  g_autofree char *target = g_path_get_basename (argv[0]);
  g_autofree char *folder = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (g_str_has_prefix (target, "lt-"))
    memmove (target, target + 3, strlen (target + 3) + 1);
  if (g_str_has_prefix (target, "fuzz-"))
    memmove (target, target + 5, strlen (target + 5) + 1);

  g_test_init (&argc, &argv, NULL);
  folder = g_test_build_filename (G_TEST_DIST, "tests", "fuzz", "seeds", target, NULL);
  dir = g_dir_open (folder, 0, &error);
  if (!dir)
    g_error ("%s", error->message);

  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_strdup_printf ("/%s/%s", target, name);

      g_test_add_data_func_full (path, g_build_filename (folder, name, NULL), replay, g_free);
    }

  return g_test_run ();
}

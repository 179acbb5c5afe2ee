#include "config.h"

#include "tests/support/configs.h"

#include <glib/gstdio.h>

EnjConfig *
enj_test_config_new (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("enjamb-XXXXXX", &error);
  g_autofree char *path = NULL;
  EnjConfig *config;

  g_assert_no_error (error);
  path = g_build_filename (folder, "t.conf", NULL);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  config = enj_config_new_from_file (path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  return config;
}

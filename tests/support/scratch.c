#include "config.h"

#include "tests/support/scratch.h"

#include <glib/gstdio.h>

int
enj_test_run_with_scratch (char **folder)
{
  g_autoptr (GError) error = NULL;
  int status;

  *folder = g_dir_make_tmp ("enjamb-test-XXXXXX", &error);
  g_assert_no_error (error);
  status = g_test_run ();
  g_assert_cmpint (g_rmdir (*folder), ==, 0);
  g_clear_pointer (folder, g_free);
  return status;
}

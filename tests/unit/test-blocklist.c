#include "config.h"

#include "component/blocklist.h"

#include <string.h>

#include <glib/gstdio.h>

#include "protocol/enjamb.h"
#include "component/journal.h"

/* A folder, and the file in it. */
typedef struct
{
  char *folder;
  char *path;
} Place;

static Place *
place_new (void)
{
  Place *place = g_new0 (Place, 1);

  place->folder = g_dir_make_tmp ("enjamb-XXXXXX", NULL);
  place->path = g_build_filename (place->folder, "blocked", NULL);
  return place;
}

static void
place_free (Place *place)
{
  (void) g_remove (place->path); /* It may not be there. */
  g_assert_cmpint (g_rmdir (place->folder), ==, 0);
  g_free (place->folder);
  g_free (place->path);
  g_free (place);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Place, place_free)

static void
assert_file (const Place *place, const char *expected)
{
  g_autofree char *text = NULL;
  GStatBuf status;

  g_assert_true (g_file_get_contents (place->path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpint (g_stat (place->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 07777, ==, 0600);
}

static void
assert_list (const EnjBlocklist *list, const char *expected)
{
  g_autofree char *joined = g_strjoinv (" ", (char **) enj_blocklist_get (list));

  g_assert_cmpstr (joined, ==, expected);
}

static void
add (EnjBlocklist *list, const char *pattern)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (enj_blocklist_add (list, pattern, &error));
  g_assert_no_error (error);
}

static void
test_list (void)
{
  g_autoptr (EnjBlocklist) list = enj_blocklist_new ();
  g_autoptr (GError) error = NULL;

  assert_list (list, "");
  add (list, "b.test");
  add (list, "*.a.test");
  add (list, "a.test");
  assert_list (list, "*.a.test a.test b.test");
  g_assert_false (enj_blocklist_add (list, "a.test", &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST);
  g_assert_cmpstr (error->message, ==, "a.test is blocked already");
  g_clear_error (&error);
  g_assert_true (enj_blocklist_remove (list, "a.test", &error));
  g_assert_false (enj_blocklist_remove (list, "a.test", &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_cmpstr (error->message, ==, "a.test is not blocked");
  assert_list (list, "*.a.test b.test");
}

static void
test_replace (void)
{
  static const char *const patterns[] = { "z.test", "b.test", "z.test", NULL };
  static const char *const nobody[] = { NULL };
  g_autoptr (EnjBlocklist) list = enj_blocklist_new ();

  add (list, "a.test");
  g_assert_true (enj_blocklist_replace (list, patterns, NULL));
  assert_list (list, "b.test z.test");
  g_assert_true (enj_blocklist_replace (list, nobody, NULL));
  assert_list (list, "");
}

static void
test_kept (void)
{
  static const char *const nobody[] = { NULL };
  g_autoptr (Place) place = place_new ();
  g_autoptr (EnjBlocklist) list = enj_blocklist_new ();
  g_autoptr (EnjBlocklist) next = enj_blocklist_new ();

  enj_blocklist_keep (list, place->folder);
  g_assert_false (g_file_test (place->path, G_FILE_TEST_EXISTS));
  add (list, "b.test");
  assert_file (place, "b.test\n");
  add (list, "*.a.test");
  assert_file (place, "*.a.test\nb.test\n");
  enj_blocklist_keep (next, place->folder);
  assert_list (next, "*.a.test b.test");
  g_assert_true (enj_blocklist_remove (next, "b.test", NULL));
  assert_file (place, "*.a.test\n");
  g_assert_true (enj_blocklist_replace (next, nobody, NULL));
  assert_file (place, "");
}

static void
test_by_hand (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (EnjBlocklist) list = enj_blocklist_new ();

  g_assert_true (
    g_file_set_contents (place->path, "\n B.test \r\n\n@\nb.test\n*.C.test.", -1, NULL));
  enj_journal_expect (G_LOG_LEVEL_WARNING, "*/blocked:4: not blocked: *");
  add (list, "z.test");
  enj_blocklist_keep (list, place->folder);
  enj_journal_assert_expected ();
  assert_list (list, "*.c.test b.test z.test");
}

/* What cannot be kept holds until the end, and is known not to be kept. */
static void
test_not_kept (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (EnjBlocklist) list = enj_blocklist_new ();

  enj_blocklist_keep (list, place->folder);
  add (list, "a.test");
  g_assert_cmpint (g_remove (place->path), ==, 0);
  g_assert_cmpint (g_mkdir (place->path, 0700), ==, 0);
  g_assert_true (enj_blocklist_is_kept (list));
  enj_journal_expect (G_LOG_LEVEL_WARNING, "what is blocked is not kept for the next start: *");
  add (list, "b.test");
  enj_journal_assert_expected ();
  assert_list (list, "a.test b.test");
  g_assert_false (enj_blocklist_is_kept (list));

  /* The next change keeps all of it, where that can be done again. */
  g_assert_cmpint (g_rmdir (place->path), ==, 0);
  g_assert_true (enj_blocklist_remove (list, "a.test", NULL));
  assert_file (place, "b.test\n");
  g_assert_true (enj_blocklist_is_kept (list));
}

static void
test_unreadable (void)
{
  g_autoptr (Place) place = place_new ();
  g_autoptr (EnjBlocklist) list = enj_blocklist_new ();

  g_assert_cmpint (g_mkdir (place->path, 0700), ==, 0);
  enj_journal_expect (G_LOG_LEVEL_WARNING,
                      "*/blocked: no domain is blocked, and changes are not kept: *");
  enj_blocklist_keep (list, place->folder);
  enj_journal_assert_expected ();
  add (list, "a.test");
  g_assert_false (enj_blocklist_is_kept (list));
}

static void
test_full (void)
{
  g_autoptr (EnjBlocklist) list = enj_blocklist_new ();
  g_autoptr (GPtrArray) patterns = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < ENJ_BLOCKLIST_MAX; i++)
    g_ptr_array_add (patterns, g_strdup_printf ("a%u.test", i));
  g_ptr_array_add (patterns, NULL);
  g_assert_true (enj_blocklist_replace (list, (const char *const *) patterns->pdata, NULL));
  g_assert_false (enj_blocklist_add (list, "b.test", &error));
  g_assert_cmpstr (error->message, ==, "more than 1000 domains");
}

static void
test_patterns (void)
{
  static const char *const cases[][2] = {
    { "There.TEST.", "there.test" }, { "*.There.test", "*.there.test" }, { "*", NULL },
    { "", NULL },                    { "*.", NULL },                     { "*.*.test", NULL },
    { "a@there.test", NULL },        { "there.test/r", NULL },           { "a b.test", NULL },
    { "xn--bcher-kva.test", "b\u00fccher.test" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *pattern = enj_blocklist_pattern_new (cases[i][0], &error);

      g_test_message ("%s", cases[i][0]);
      g_assert_cmpstr (pattern, ==, cases[i][1]);
      if (!cases[i][1])
        g_assert_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_JID_MALFORMED);
    }
}

static void
assert_folder (const char *value, const char *expected)
{
  g_autofree char *folder = NULL;

  g_setenv ("STATE_DIRECTORY", value, TRUE);
  folder = enj_blocklist_dup_folder ();
  g_assert_cmpstr (folder, ==, expected);
}

static void
test_folder (void)
{
  g_unsetenv ("STATE_DIRECTORY");
  g_assert_null (enj_blocklist_dup_folder ());
  assert_folder ("", NULL);
  assert_folder ("/a", "/a");
  assert_folder ("/a:/b", "/a");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/blocklist/is-in-order", test_list);
  g_test_add_func ("/blocklist/can-be-replaced", test_replace);
  g_test_add_func ("/blocklist/outlives-the-process", test_kept);
  g_test_add_func ("/blocklist/may-be-written-by-hand", test_by_hand);
  g_test_add_func ("/blocklist/holds-what-it-cannot-keep", test_not_kept);
  g_test_add_func ("/blocklist/leaves-alone-what-it-cannot-read", test_unreadable);
  g_test_add_func ("/blocklist/is-bounded", test_full);
  g_test_add_func ("/blocklist/prepares-patterns", test_patterns);
  g_test_add_func ("/blocklist/has-the-first-folder-of-the-manager", test_folder);
  return g_test_run ();
}

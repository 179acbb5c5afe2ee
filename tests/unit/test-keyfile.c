#include "config.h"

#include "component/keyfile.h"

#include <string.h>

static const char *const raw_keys[] = { "secret", NULL };

static EnjKeyfile *
read_new (const char *text)
{
  return enj_keyfile_new ("k", text, strlen (text), raw_keys);
}

static char *
faults_new (const EnjKeyfile *file)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  enj_keyfile_list_faults (file, problems);
  g_assert_cmpint (enj_keyfile_has_faults (file), ==, problems->len > 0);
  g_ptr_array_add (problems, NULL);
  return g_strjoinv ("\n", (char **) problems->pdata);
}

static void
test_reads_like_gkeyfile (void)
{
  g_autoptr (EnjKeyfile) file = read_new ("#c\n\n[a  b ]\n k1 =  v \\s\\t\\\\ \n"
                                          "\tk2=1; 2\\;3 ;;\n[c]\nk1=");
  const EnjKeyfileGroup *group = enj_keyfile_get_group (file, 0);
  g_autofree char *value = enj_keyfile_dup_value (file, group, "k1");
  g_auto (GStrv) list = enj_keyfile_dup_list (file, group, "k2");
  static const char *const expected[] = { "1", "2;3", NULL };
  g_autofree char *empty = NULL;

  g_assert_false (enj_keyfile_has_faults (file));
  g_assert_cmpstr (enj_keyfile_get_name (file), ==, "k");
  g_assert_cmpstr (enj_keyfile_group_get_name (group), ==, "a b");
  g_assert_true (enj_keyfile_find (file, "a b") == group);
  g_assert_cmpstr (enj_keyfile_group_get_key (group, 0), ==, "k1");
  g_assert_cmpstr (enj_keyfile_group_get_key (group, 1), ==, "k2");
  g_assert_null (enj_keyfile_group_get_key (group, 2));
  g_assert_cmpstr (value, ==, "v  \t\\");
  g_assert_cmpstrv (list, expected);
  g_assert_null (enj_keyfile_dup_value (file, group, "k3"));
  g_assert_null (enj_keyfile_dup_list (file, group, "k3"));

  group = enj_keyfile_get_group (file, 1);
  empty = enj_keyfile_dup_value (file, group, "k1");
  g_assert_cmpstr (empty, ==, "");
  g_assert_null (enj_keyfile_get_group (file, 2));
}

static void
test_raw_values (void)
{
  g_autoptr (EnjKeyfile) file = read_new ("[a]\nsecret= \t\\q=;# \r\n[b]\n");
  const EnjKeyfileGroup *group = enj_keyfile_find (file, "a");

  g_assert_cmpstr (enj_keyfile_get_raw (group, "secret"), ==, "\\q=;# ");
  g_assert_true (enj_keyfile_group_has (group, "secret"));
  g_assert_null (enj_keyfile_get_raw (enj_keyfile_find (file, "b"), "secret"));
}

static void
test_faults_by_line (void)
{
  g_autoptr (EnjKeyfile) file = read_new ("x\n[a]\nk = 1\nl = 2 # c\n[b]\n");
  const EnjKeyfileGroup *group = enj_keyfile_find (file, "a");
  g_autofree char *faults = NULL;

  enj_keyfile_fault (file, enj_keyfile_find (file, "b"), NULL, "of %s", "b");
  enj_keyfile_fault (file, group, "l", "of l");
  enj_keyfile_fault (file, group, "missing", "of missing");
  enj_keyfile_fault (file, group, "k", "of k");
  enj_keyfile_fault (file, NULL, NULL, "of all");
  faults = faults_new (file);
  g_assert_cmpstr (faults, ==,
                   "k:1: neither [GROUP], nor KEY = VALUE, nor a comment\n"
                   "k:1: of all\n"
                   "k:2: [a] missing: of missing\n"
                   "k:3: [a] k: of k\n"
                   "k:4: [a] l: of l (a comment needs a line of its own)\n"
                   "k:5: [b]: of b");
}

/* Whatever stands in the file: each byte is cut off and changed once. */
static void
test_any_bytes (void)
{
  static const char text[]
    = "\xef\xbb\xbf[a b]\r\nk = \\s;\xc3\xbc\nsecret = x\n#\n[c]\nk[x] = 1\n";
  static const char bytes[] = { '\0', '\n', '[', ']', '=', '\\', '\xff', ' ', '#' };

  for (gsize i = 0; i < sizeof text - 1; i++)
    for (gsize j = 0; j < sizeof bytes; j++)
      {
        g_autofree char *copy = g_memdup2 (text, i + 1);
        g_autoptr (EnjKeyfile) file = NULL;
        const EnjKeyfileGroup *group;

        copy[i] = bytes[j];
        file = enj_keyfile_new ("k", copy, i + 1, raw_keys);
        for (guint g = 0; (group = enj_keyfile_get_group (file, g)); g++)
          {
            g_free (enj_keyfile_dup_value (file, group, "k"));
            g_strfreev (enj_keyfile_dup_list (file, group, "k"));
          }
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/keyfile/reads-like-gkeyfile", test_reads_like_gkeyfile);
  g_test_add_func ("/keyfile/raw-values-are-as-they-stand", test_raw_values);
  g_test_add_func ("/keyfile/faults-are-told-by-line", test_faults_by_line);
  g_test_add_func ("/keyfile/takes-any-bytes", test_any_bytes);
  return g_test_run ();
}

/* Anything at all as enjamb.conf.  Each problem is told by file and line, and the
 * line is one that there is; what is checked twice is told twice the same; a
 * secret is never among the words. */
#include "config.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "component/configuration.h"

/* What stands behind this, up to the end of the line, is nobody's to read. */
#define SECRET "secret"
#define MARK "hush-hush"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static guint
count_lines (const guint8 *data, gsize size)
{
  guint n = 1;

  for (gsize i = 0; i < size; i++)
    n += data[i] == '\n';
  return n;
}

/* "NAME:LINE: ..." */
static void
check_problem (const char *problem, const char *name, guint lines)
{
  const char *rest = problem + strlen (name);
  guint64 line;

  g_assert_true (g_str_has_prefix (problem, name));
  if (*rest++ != ':' || !g_ascii_isdigit (*rest))
    return; /* Of the file as a whole. */
  line = g_ascii_strtoull (rest, NULL, 10);
  g_assert_cmpuint (line, >=, 1);
  g_assert_cmpuint (line, <=, lines);
}

static GPtrArray *
problems_new (const char *name)
{
  GPtrArray *problems = g_ptr_array_new_with_free_func (g_free);
  gboolean is_good = enj_config_check (name, problems);

  g_assert_cmpint (is_good, ==, problems->len == 0);
  return problems;
}

/* It may stand elsewhere for something else, too. */
static gboolean
stands_once (const guint8 *data, gsize size, const char *text)
{
  const guint8 *first = memmem (data, size, text, strlen (text));

  return first && !memmem (first + 1, size - (gsize) (first + 1 - data), text, strlen (text));
}

static void
check_secret (const guint8 *data, gsize size, const GPtrArray *problems)
{
  g_autoptr (EnjKeyfile) file
    = enj_keyfile_new ("x", (const char *) data, size, enj_options_raw_keys);
  const EnjKeyfileGroup *group;

  for (guint i = 0; (group = enj_keyfile_get_group (file, i)); i++)
    {
      const char *secret = enj_keyfile_get_raw (group, SECRET);

      if (!secret || !strstr (secret, MARK) || !stands_once (data, size, secret))
        continue;
      for (guint j = 0; j < problems->len; j++)
        g_assert_null (strstr (problems->pdata[j], secret));
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  int fd = memfd_create ("enjamb.conf", MFD_CLOEXEC);
  g_autofree char *name = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (GPtrArray) again = NULL;
  guint lines = count_lines (data, size);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, data, size), ==, (gssize) size);
  problems = problems_new (name);
  again = problems_new (name);
  close (fd);

  g_assert_cmpuint (problems->len, ==, again->len);
  for (guint i = 0; i < problems->len; i++)
    {
      g_assert_cmpstr (problems->pdata[i], ==, again->pdata[i]);
      check_problem (problems->pdata[i], name, lines);
    }
  check_secret (data, size, problems);
  return 0;
}

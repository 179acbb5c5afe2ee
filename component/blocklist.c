#include "config.h"

#include "component/blocklist.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "protocol/jid.h"
#include "protocol/log.h"
#include "component/file.h"

#define FILE_MAX (ENJ_BLOCKLIST_MAX * (ENJ_JID_DOMAIN_SIZE + 2))

struct EnjBlocklist
{
  GStrv patterns; /* in order, each once */
  char *folder;   /* NULL: not kept */
  gboolean is_kept;
};

EnjBlocklist *
enj_blocklist_new (void)
{
  EnjBlocklist *self = g_new0 (EnjBlocklist, 1);

  self->patterns = g_new0 (char *, 1);
  return self;
}

void
enj_blocklist_free (EnjBlocklist *self)
{
  if (!self)
    return;
  g_strfreev (self->patterns);
  g_free (self->folder);
  g_free (self);
}

char *
enj_blocklist_pattern_new (const char *text, GError **error)
{
  const gboolean is_below = g_str_has_prefix (text, "*.");
  g_autofree char *domain = enj_jid_domain_new (text + (is_below ? 2 : 0), error);

  return domain && is_below ? g_strconcat ("*.", domain, NULL) : g_steal_pointer (&domain);
}

char *
enj_blocklist_dup_folder (void)
{
  const char *folders = g_getenv ("STATE_DIRECTORY");

  return folders && *folders ? g_strndup (folders, strcspn (folders, ":")) : NULL;
}

/* ---- The file ----------------------------------------------------------------------- */

static gboolean
fail (const char *path, int code, GError **error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s", path,
               g_strerror (code));
  return FALSE;
}

static gboolean
write_all (int fd, const char *text)
{
  gsize len = strlen (text);

  while (len > 0)
    {
      gssize n = write (fd, text, len);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      text += n;
      len -= (gsize) n;
    }
  return TRUE;
}

/* Whole, or as it was.  Nobody waits here for a disk: what a crash of the machine costs is the
 * last change. */
static gboolean
write_file (const EnjBlocklist *self, const char *const *patterns, GError **error)
{
  g_autofree char *path = g_build_filename (self->folder, "blocked", NULL);
  g_autofree char *fresh = g_strconcat (path, ".new", NULL);
  g_autofree char *lines = g_strjoinv ("\n", (char **) patterns);
  g_autofree char *text = g_strconcat (lines, *lines ? "\n" : "", NULL);
  int fd;
  gboolean written;
  int code;

  (void) g_unlink (fresh); /* Left by one that was interrupted, if there is one. */
  fd = g_open (fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail (fresh, errno, error);
  written = write_all (fd, text);
  code = errno;
  if (close (fd) != 0 && written)
    {
      written = FALSE;
      code = errno;
    }
  if (written && g_rename (fresh, path) != 0)
    {
      written = FALSE;
      code = errno;
    }
  if (written)
    return TRUE;
  (void) g_unlink (fresh);
  return fail (path, code, error);
}

/* ---- The list ------------------------------------------------------------------------ */

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* In order, each once, with a NULL behind them.  Borrows the strings. */
static GPtrArray *
sort_new (const char *const *a, const char *const *b)
{
  GPtrArray *sorted = g_ptr_array_new ();
  guint n = 0;

  for (; *a; a++)
    g_ptr_array_add (sorted, (gpointer) *a);
  for (; b && *b; b++)
    g_ptr_array_add (sorted, (gpointer) *b);
  g_ptr_array_sort (sorted, compare);
  for (guint i = 0; i < sorted->len; i++)
    if (n == 0 || strcmp (sorted->pdata[n - 1], sorted->pdata[i]) != 0)
      sorted->pdata[n++] = sorted->pdata[i];
  g_ptr_array_set_size (sorted, (int) n);
  g_ptr_array_add (sorted, NULL);
  return sorted;
}

/* It holds whether it can be kept or not: who turns a domain away cannot wait for a disk. */
static void
keep (EnjBlocklist *self)
{
  g_autoptr (GError) error = NULL;

  self->is_kept
    = self->folder && write_file (self, (const char *const *) self->patterns, &error);
  if (error)
    enj_log_warning (NULL, "what is blocked is not kept for the next start: %s", error->message);
}

static gboolean
set (EnjBlocklist *self, const GPtrArray *sorted, GError **error)
{
  GStrv fresh;

  if (sorted->len - 1 > ENJ_BLOCKLIST_MAX)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "more than %d domains",
                   ENJ_BLOCKLIST_MAX);
      return FALSE;
    }
  fresh = g_strdupv ((char **) sorted->pdata);
  g_strfreev (self->patterns);
  self->patterns = fresh;
  keep (self);
  return TRUE;
}

gboolean
enj_blocklist_replace (EnjBlocklist *self, const char *const *patterns, GError **error)
{
  g_autoptr (GPtrArray) sorted = sort_new (patterns, NULL);

  return set (self, sorted, error);
}

gboolean
enj_blocklist_add (EnjBlocklist *self, const char *pattern, GError **error)
{
  const char *const more[] = { pattern, NULL };
  g_autoptr (GPtrArray) sorted = sort_new (enj_blocklist_get (self), more);

  if (sorted->len == g_strv_length (self->patterns) + 1)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s is blocked already", pattern);
      return FALSE;
    }
  return set (self, sorted, error);
}

gboolean
enj_blocklist_remove (EnjBlocklist *self, const char *pattern, GError **error)
{
  g_autoptr (GPtrArray) rest = g_ptr_array_new ();

  for (guint i = 0; self->patterns[i]; i++)
    if (strcmp (self->patterns[i], pattern) != 0)
      g_ptr_array_add (rest, self->patterns[i]);
  g_ptr_array_add (rest, NULL);
  if (rest->len == g_strv_length (self->patterns) + 1)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s is not blocked", pattern);
      return FALSE;
    }
  return set (self, rest, error);
}

const char *const *
enj_blocklist_get (const EnjBlocklist *self)
{
  return (const char *const *) self->patterns;
}

gboolean
enj_blocklist_is_kept (const EnjBlocklist *self)
{
  return self->is_kept;
}

static void
read_lines (EnjBlocklist *self, const char *path, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) patterns = NULL;
  g_autoptr (GPtrArray) sorted = NULL;
  GStrv fresh;

  for (guint i = 0; lines[i]; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *pattern = NULL;

      if (!*g_strstrip (lines[i]))
        continue;
      pattern = enj_blocklist_pattern_new (lines[i], &error);
      if (pattern)
        g_strv_builder_add (builder, pattern);
      else
        enj_log_warning (NULL, "%s:%u: not blocked: %s", path, i + 1, error->message);
    }
  patterns = g_strv_builder_end (builder);
  sorted = sort_new (enj_blocklist_get (self), (const char *const *) patterns);
  fresh = g_strdupv ((char **) sorted->pdata);
  g_strfreev (self->patterns);
  self->patterns = fresh;
}

void
enj_blocklist_keep (EnjBlocklist *self, const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "blocked", NULL);
  g_autoptr (GError) error = NULL;
  gsize len = 0;
  g_autofree char *text = enj_file_read_new (path, FILE_MAX, &len, &error);

  if (!text && !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      enj_log_warning (NULL, "%s: no domain is blocked, and changes are not kept: %s", path,
                       error->message);
      return;
    }
  g_free (self->folder);
  self->folder = g_strdup (folder);
  if (text)
    read_lines (self, path, text);
}

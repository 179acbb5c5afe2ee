#include "config.h"

#include "component/keyfile.h"

#include <string.h>

#include "component/file.h"

typedef struct
{
  char *name;
  char *raw; /* NULL where GKeyFile has the value */
  guint line;
  gboolean commented; /* looks as if a comment stood behind the value */
  gboolean quoted;
} Key;

struct EnjKeyfileGroup
{
  char *name;
  char *spelling; /* as GKeyFile knows it */
  guint line;
  GPtrArray *keys;
};

typedef struct
{
  guint line;
  char *text;
} Fault;

struct EnjKeyfile
{
  char *name;
  GKeyFile *values;
  GPtrArray *groups;
  GPtrArray *faults;
  const char *const *raw_keys;
};

static void
key_free (gpointer data)
{
  Key *key = data;

  g_free (key->name);
  enj_file_wipe (key->raw, key->raw ? strlen (key->raw) : 0);
  g_free (key);
}

static void
group_free (gpointer data)
{
  EnjKeyfileGroup *group = data;

  g_free (group->name);
  g_free (group->spelling);
  g_ptr_array_unref (group->keys);
  g_free (group);
}

static void
fault_free (gpointer data)
{
  Fault *fault = data;

  g_free (fault->text);
  g_free (fault);
}

static const Key *
find_key (const EnjKeyfileGroup *group, const char *name)
{
  for (guint i = 0; group && name && i < group->keys->len; i++)
    {
      const Key *key = group->keys->pdata[i];

      if (g_str_equal (key->name, name))
        return key;
    }
  return NULL;
}

static void
add_fault (EnjKeyfile *self, guint line, char *text)
{
  Fault *fault = g_new0 (Fault, 1);

  fault->line = line;
  fault->text = text;
  g_ptr_array_add (self->faults, fault);
}

static void
line_fault (EnjKeyfile *self, guint line, const char *what)
{
  add_fault (self, line, g_strdup_printf ("%s:%u: %s", self->name, line, what));
}

/* "peer   a.example " and "peer a.example" are one group. */
static char *
normal_name_new (const char *spelling)
{
  g_auto (GStrv) words = g_strsplit_set (spelling, " \t", -1);
  GString *name = g_string_new (NULL);

  for (char **word = words; *word; word++)
    if (**word)
      g_string_append_printf (name, "%s%s", name->len ? " " : "", *word);
  return g_string_free (name, FALSE);
}

static gboolean
is_group_name (const char *name)
{
  const char *p = name;

  while (*p && *p != '[' && *p != ']' && !g_ascii_iscntrl (*p))
    p++;
  return *p == '\0';
}

static gboolean
is_key_name (const char *name)
{
  const char *p = name;

  while (g_ascii_isalnum (*p) || *p == '-')
    p++;
  return *p == '\0' && p > name;
}

static EnjKeyfileGroup *
read_group (EnjKeyfile *self, const char *text, guint line)
{
  EnjKeyfileGroup *group = g_new0 (EnjKeyfileGroup, 1);
  const EnjKeyfileGroup *before;
  const char *end = strrchr (text, ']');

  group->line = line;
  group->keys = g_ptr_array_new_with_free_func (key_free);
  group->spelling = end ? g_strndup (text + 1, (gsize) (end - text - 1)) : g_strdup ("");
  group->name = normal_name_new (group->spelling);
  before = enj_keyfile_find (self, group->name);

  if (!end || end[1 + strspn (end + 1, " \t")] != '\0' || !is_group_name (group->spelling) ||
      !*group->name)
    {
      line_fault (self, line, "not a group: expected [NAME] alone on its line");
      g_free (group->spelling);
      g_free (group->name);
      group->spelling = NULL;
      group->name = g_strdup ("");
    }
  else if (before)
    add_fault (self, line,
               g_strdup_printf ("%s:%u: [%s]: given twice, first in line %u", self->name, line,
                                group->name, before->line));

  g_ptr_array_add (self->groups, group);
  return group;
}

static void
read_key (EnjKeyfile *self, EnjKeyfileGroup *group, const char *text, guint line)
{
  const char *equals = strchr (text, '=');
  const char *value = equals + 1 + strspn (equals + 1, " \t");
  g_autofree char *name = g_strchomp (g_strndup (text, (gsize) (equals - text)));
  const Key *before = find_key (group, name);
  Key *key;

  if (before)
    {
      add_fault (self, line,
                 g_strdup_printf ("%s:%u: [%s] %s: given twice, first in line %u", self->name, line,
                                  group->name, name, before->line));
      return;
    }

  key = g_new0 (Key, 1);
  key->line = line;
  if (g_strv_contains (self->raw_keys, name))
    key->raw = g_strdup (value);
  else if (group->spelling && is_key_name (name))
    {
      key->commented = *value == '#' || strstr (value, " #") || strstr (value, "\t#");
      key->quoted = *value == '"' || *value == '\'';
      g_key_file_set_value (self->values, group->spelling, name, value);
    }
  key->name = g_steal_pointer (&name);
  g_ptr_array_add (group->keys, key);
}

static EnjKeyfileGroup *
read_line (EnjKeyfile *self, EnjKeyfileGroup *group, const char *text, gsize len, guint line)
{
  const char *start = text + strspn (text, " \t\f\v");

  if (strlen (text) != len)
    line_fault (self, line, "holds a NUL byte");
  else if (!g_utf8_validate (text, (gssize) len, NULL))
    line_fault (self, line, "is not UTF-8");
  else if (*start == '[')
    return read_group (self, start, line);
  else if (*start == '\0' || *start == '#')
    return group;
  else if (!strchr (start, '=') || *start == '=')
    line_fault (self, line, "neither [GROUP], nor KEY = VALUE, nor a comment");
  else if (!group)
    line_fault (self, line, "stands before the first group");
  else
    read_key (self, group, start, line);
  return group;
}

EnjKeyfile *
enj_keyfile_new (const char *name, const char *text, gsize len, const char *const *raw_keys)
{
  EnjKeyfile *self = g_new0 (EnjKeyfile, 1);
  EnjKeyfileGroup *group = NULL;
  const char *end = text + len;
  guint line = 0;

  self->name = g_strdup (name);
  self->values = g_key_file_new ();
  self->groups = g_ptr_array_new_with_free_func (group_free);
  self->faults = g_ptr_array_new_with_free_func (fault_free);
  self->raw_keys = raw_keys;

  if (len >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
    text += 3;

  while (text < end)
    {
      const char *newline = memchr (text, '\n', (gsize) (end - text));
      const char *stop = newline ? newline : end;
      gsize size = (gsize) (stop - text);
      char *copy;

      if (size > 0 && stop[-1] == '\r')
        size--;
      copy = g_malloc (size + 1);
      memcpy (copy, text, size);
      copy[size] = '\0';
      group = read_line (self, group, copy, size, ++line);
      enj_file_wipe (copy, size);
      text = newline ? newline + 1 : end;
    }
  return self;
}

void
enj_keyfile_free (EnjKeyfile *self)
{
  if (!self)
    return;
  g_free (self->name);
  g_key_file_unref (self->values);
  g_ptr_array_unref (self->groups);
  g_ptr_array_unref (self->faults);
  g_free (self);
}

const char *
enj_keyfile_get_name (const EnjKeyfile *self)
{
  return self->name;
}

const EnjKeyfileGroup *
enj_keyfile_get_group (const EnjKeyfile *self, guint index)
{
  return index < self->groups->len ? self->groups->pdata[index] : NULL;
}

const EnjKeyfileGroup *
enj_keyfile_find (const EnjKeyfile *self, const char *name)
{
  for (guint i = 0; i < self->groups->len; i++)
    {
      const EnjKeyfileGroup *group = self->groups->pdata[i];

      if (g_str_equal (group->name, name))
        return group;
    }
  return NULL;
}

const char *
enj_keyfile_group_get_name (const EnjKeyfileGroup *group)
{
  return group->name;
}

const char *
enj_keyfile_group_get_key (const EnjKeyfileGroup *group, guint index)
{
  return index < group->keys->len ? ((const Key *) group->keys->pdata[index])->name : NULL;
}

gboolean
enj_keyfile_group_has (const EnjKeyfileGroup *group, const char *key)
{
  return find_key (group, key) != NULL;
}

char *
enj_keyfile_dup_value (EnjKeyfile *self, const EnjKeyfileGroup *group, const char *key)
{
  g_autoptr (GError) error = NULL;
  char *value;

  if (!find_key (group, key))
    return NULL;
  value = g_key_file_get_string (self->values, group->spelling, key, &error);
  if (!error)
    return g_strstrip (value);

  /* GKeyFile tells of a bad escape, but gives the value nevertheless. */
  g_free (value);
  enj_keyfile_fault (self, group, key, "a backslash stands before s, n, t, r or a backslash only");
  return NULL;
}

GStrv
enj_keyfile_dup_list (EnjKeyfile *self, const EnjKeyfileGroup *group, const char *key)
{
  g_autoptr (GStrvBuilder) list = g_strv_builder_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) items = NULL;

  if (!find_key (group, key))
    return NULL;
  items = g_key_file_get_string_list (self->values, group->spelling, key, NULL, &error);
  if (error)
    {
      enj_keyfile_fault (self, group, key,
                         "a backslash stands before s, n, t, r, a semicolon or a backslash only");
      return NULL;
    }
  for (char **item = items; item && *item; item++)
    if (*g_strstrip (*item))
      g_strv_builder_add (list, *item);
  return g_strv_builder_end (list);
}

const char *
enj_keyfile_get_raw (const EnjKeyfileGroup *group, const char *key)
{
  const Key *found = find_key (group, key);

  return found ? found->raw : NULL;
}

void
enj_keyfile_fault (EnjKeyfile *self, const EnjKeyfileGroup *group, const char *name,
                   const char *format, ...)
{
  const Key *key = find_key (group, name);
  guint line = key ? key->line : group ? group->line : 1;
  GString *text = g_string_new (NULL);
  va_list arguments;

  g_string_append_printf (text, "%s:%u: ", self->name, line);
  if (group)
    g_string_append_printf (text, "[%s]", group->name);
  if (group && name)
    g_string_append_printf (text, " %s", name);
  if (group)
    g_string_append (text, ": ");

  va_start (arguments, format);
  g_string_append_vprintf (text, format, arguments);
  va_end (arguments);

  if (key && key->commented)
    g_string_append (text, " (a comment needs a line of its own)");
  else if (key && key->quoted)
    g_string_append (text, " (quotes are taken as part of the value)");
  add_fault (self, line, g_string_free (text, FALSE));
}

gboolean
enj_keyfile_has_faults (const EnjKeyfile *self)
{
  return self->faults->len > 0;
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  const Fault *first = *(Fault *const *) a;
  const Fault *second = *(Fault *const *) b;

  return first->line < second->line ? -1 : first->line > second->line;
}

void
enj_keyfile_list_faults (const EnjKeyfile *self, GPtrArray *problems)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_copy (self->faults, NULL, NULL);

  g_ptr_array_set_free_func (sorted, NULL);
  g_ptr_array_sort (sorted, compare_lines);
  for (guint i = 0; i < sorted->len; i++)
    g_ptr_array_add (problems, g_strdup (((const Fault *) sorted->pdata[i])->text));
}

#include "config.h"

#include "component/findings.h"

#include <string.h>

typedef struct
{
  const char *area;
  char *subject;
  EnjFindingLevel level;
  char *text;
  GPtrArray *records;
} Finding;

struct EnjFindings
{
  GPtrArray *all;
  const char *area;
  char *subject;
};

static const char *const levels[] = {
  [ENJ_FINDING_OK] = "ok",
  [ENJ_FINDING_NOTE] = "note",
  [ENJ_FINDING_PROBLEM] = "problem",
};

static void
finding_free (gpointer data)
{
  Finding *finding = data;

  g_free (finding->subject);
  g_free (finding->text);
  g_ptr_array_unref (finding->records);
  g_free (finding);
}

EnjFindings *
enj_findings_new (void)
{
  EnjFindings *self = g_new0 (EnjFindings, 1);

  self->all = g_ptr_array_new_with_free_func (finding_free);
  self->area = "";
  self->subject = g_strdup ("");
  return self;
}

void
enj_findings_free (EnjFindings *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->all);
  g_free (self->subject);
  g_free (self);
}

/* Names of files may be any bytes, and a variant takes UTF-8 alone. */
G_GNUC_PRINTF (1, 0)
static char *
format_new (const char *format, va_list args)
{
  g_autofree char *text = g_strdup_vprintf (format, args);

  return g_utf8_make_valid (text, -1);
}

void
enj_findings_turn_to (EnjFindings *self, const char *area, const char *subject)
{
  self->area = area;
  g_free (self->subject);
  self->subject = g_utf8_make_valid (subject, -1);
}

void
enj_findings_add (EnjFindings *self, EnjFindingLevel level, const char *format, ...)
{
  Finding *finding = g_new0 (Finding, 1);
  va_list args;

  finding->area = self->area;
  finding->subject = g_strdup (self->subject);
  finding->level = level;
  va_start (args, format);
  finding->text = format_new (format, args);
  va_end (args);
  finding->records = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->all, finding);
}

void
enj_findings_add_record (EnjFindings *self, const char *format, ...)
{
  Finding *newest;
  va_list args;

  g_return_if_fail (self->all->len > 0);
  newest = self->all->pdata[self->all->len - 1];
  va_start (args, format);
  g_ptr_array_add (newest->records, format_new (format, args));
  va_end (args);
}

guint
enj_findings_count (const EnjFindings *self, EnjFindingLevel level)
{
  guint n = 0;

  for (guint i = 0; i < self->all->len; i++)
    if (((const Finding *) self->all->pdata[i])->level == level)
      n++;
  return n;
}

gboolean
enj_findings_has_problems (const EnjFindings *self)
{
  return enj_findings_count (self, ENJ_FINDING_PROBLEM) > 0;
}

/* ---- Output ----------------------------------------------------------------------- */

static gboolean
is_of_same_heading (const Finding *a, const Finding *b)
{
  return strcmp (a->area, b->area) == 0 && strcmp (a->subject, b->subject) == 0;
}

char *
enj_findings_format_new (const EnjFindings *self)
{
  GString *out = g_string_new (NULL);
  guint problems = enj_findings_count (self, ENJ_FINDING_PROBLEM);

  for (guint i = 0; i < self->all->len; i++)
    {
      const Finding *finding = self->all->pdata[i];

      if (i == 0 || !is_of_same_heading (finding, self->all->pdata[i - 1]))
        g_string_append_printf (out, "%s%s%s\n", finding->area, *finding->subject ? "  " : "",
                                finding->subject);
      g_string_append_printf (out, "  %-7s  %s\n", levels[finding->level], finding->text);
      for (guint j = 0; j < finding->records->len; j++)
        g_string_append_printf (out, "             %s\n",
                                (const char *) finding->records->pdata[j]);
    }
  if (problems == 0)
    g_string_append (out, "no problem was found\n");
  else
    g_string_append_printf (out, "%u problem%s\n", problems, problems == 1 ? "" : "s");
  return g_string_free (out, FALSE);
}

GVariant *
enj_findings_to_variant (const EnjFindings *self)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < self->all->len; i++)
    {
      const Finding *finding = self->all->pdata[i];

      g_variant_builder_open (&list, G_VARIANT_TYPE ("a{sv}"));
      g_variant_builder_add (&list, "{sv}", "area", g_variant_new_string (finding->area));
      g_variant_builder_add (&list, "{sv}", "level",
                             g_variant_new_string (levels[finding->level]));
      g_variant_builder_add (&list, "{sv}", "subject", g_variant_new_string (finding->subject));
      g_variant_builder_add (&list, "{sv}", "text", g_variant_new_string (finding->text));
      g_variant_builder_add (&list, "{sv}", "records",
                             g_variant_new_strv ((const char *const *) finding->records->pdata,
                                                 (gssize) finding->records->len));
      g_variant_builder_close (&list);
    }
  return g_variant_builder_end (&list);
}

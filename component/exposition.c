#include "config.h"

#include "component/exposition.h"

#include <string.h>

#define SECOND 1000000

struct EnjExposition
{
  GString *text;
  EnjMetricType type; /* of the family that was begun last */
  char *name;
};

EnjExposition *
enj_exposition_new (void)
{
  EnjExposition *self = g_new0 (EnjExposition, 1);

  self->text = g_string_new (NULL);
  return self;
}

void
enj_exposition_free (EnjExposition *self)
{
  if (!self)
    return;
  if (self->text)
    g_string_free (self->text, TRUE);
  g_free (self->name);
  g_free (self);
}

/* OpenMetrics 1.0, ABNF: escaped-string, for labels and for help alike. */
static void
append_escaped (GString *text, const char *value)
{
  for (; *value; value++)
    if (*value == '\n')
      g_string_append (text, "\\n");
    else if (*value == '\\' || *value == '"')
      g_string_append_printf (text, "\\%c", *value);
    else
      g_string_append_c (text, *value);
}

static const char *
format_type (EnjMetricType type)
{
  switch (type)
    {
    case ENJ_METRIC_COUNTER:
      return "counter";
    case ENJ_METRIC_GAUGE:
      return "gauge";
    case ENJ_METRIC_INFO:
      return "info";
    case ENJ_METRIC_HISTOGRAM:
      return "histogram";
    }
  g_return_val_if_reached ("unknown");
}

void
enj_exposition_begin (EnjExposition *self, EnjMetricType type, const char *name, const char *unit,
                      const char *help)
{
  g_return_if_fail (!unit || g_str_has_suffix (name, unit));

  g_free (self->name);
  self->name = g_strdup (name);
  self->type = type;
  g_string_append_printf (self->text, "# TYPE %s %s\n", name, format_type (type));
  if (unit)
    g_string_append_printf (self->text, "# UNIT %s %s\n", name, unit);
  g_string_append_printf (self->text, "# HELP %s ", name);
  append_escaped (self->text, help);
  g_string_append_c (self->text, '\n');
}

/* @le is NULL, or the bound of a bucket, which comes last. */
static void
append_name (EnjExposition *self, const char *suffix, const char *le, va_list labels)
{
  char open = '{';
  va_list rest;
  const char *label;

  g_string_append_printf (self->text, "%s%s", self->name, suffix);
  va_copy (rest, labels);
  while ((label = va_arg (rest, const char *)))
    {
      g_string_append_printf (self->text, "%c%s=\"", open, label);
      append_escaped (self->text, va_arg (rest, const char *));
      g_string_append_c (self->text, '"');
      open = ',';
    }
  va_end (rest);
  if (le)
    g_string_append_printf (self->text, "%cle=\"%s\"", open, le);
  g_string_append (self->text, le || open == ',' ? "} " : " ");
}

/* Exact, in no locale, and canonical as bounds must be: at least one digit behind the point. */
static void
format_seconds (char *text, gsize size, gint64 microseconds)
{
  guint64 all = (guint64) ABS (microseconds);
  gsize len;

  g_snprintf (text, size, "%s%" G_GUINT64_FORMAT ".%06u", microseconds < 0 ? "-" : "",
              all / SECOND, (guint) (all % SECOND));
  len = strlen (text);
  while (text[len - 1] == '0' && text[len - 2] != '.')
    text[--len] = '\0';
}

static const char *
get_suffix (EnjMetricType type)
{
  return type == ENJ_METRIC_COUNTER ? "_total" : type == ENJ_METRIC_INFO ? "_info" : "";
}

void
enj_exposition_add (EnjExposition *self, gint64 value, ...)
{
  va_list labels;

  va_start (labels, value);
  append_name (self, get_suffix (self->type), NULL, labels);
  va_end (labels);
  g_string_append_printf (self->text, "%" G_GINT64_FORMAT "\n", value);
}

void
enj_exposition_add_seconds (EnjExposition *self, gint64 microseconds, ...)
{
  char text[32];
  va_list labels;

  va_start (labels, microseconds);
  append_name (self, get_suffix (self->type), NULL, labels);
  va_end (labels);
  format_seconds (text, sizeof text, microseconds);
  g_string_append_printf (self->text, "%s\n", text);
}

void
enj_exposition_add_histogram (EnjExposition *self, const EnjHistogram *histogram, ...)
{
  guint64 count = 0;
  char text[32];
  va_list labels;

  va_start (labels, histogram);
  for (guint i = 0; i < ENJ_HISTOGRAM_BUCKETS; i++)
    {
      gint64 bound = enj_histogram_get_bound (i);

      count += histogram->counts[i];
      format_seconds (text, sizeof text, bound);
      append_name (self, "_bucket", bound == G_MAXINT64 ? "+Inf" : text, labels);
      g_string_append_printf (self->text, "%" G_GUINT64_FORMAT "\n", count);
    }
  append_name (self, "_count", NULL, labels);
  g_string_append_printf (self->text, "%" G_GUINT64_FORMAT "\n", count);
  append_name (self, "_sum", NULL, labels);
  format_seconds (text, sizeof text, (gint64) histogram->sum);
  g_string_append_printf (self->text, "%s\n", text);
  va_end (labels);
}

GString *
enj_exposition_end_new (EnjExposition *self)
{
  GString *text = g_steal_pointer (&self->text);

  g_string_append (text, "# EOF\n");
  enj_exposition_free (self);
  return text;
}

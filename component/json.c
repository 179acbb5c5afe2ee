#include "config.h"

#include "component/json.h"

#include <math.h>

static void
append_string (GString *json, const char *text)
{
  g_string_append_c (json, '"');
  for (const char *at = text; *at; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (c == '"' || c == '\\')
        g_string_append_c (json, '\\');
      if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        g_string_append_printf (json, "\\u%04x", c);
      else
        g_string_append_unichar (json, c);
    }
  g_string_append_c (json, '"');
}

static void
append_double (GString *json, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  /* RFC 8259 6: neither infinity nor NaN is a number. */
  g_string_append (json, isfinite (value) ? g_ascii_dtostr (text, sizeof text, value) : "null");
}

static void append (GString *json, GVariant *value);

static void
append_array (GString *json, GVariant *value)
{
  gsize n = g_variant_n_children (value);

  g_string_append_c (json, '[');
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      if (i > 0)
        g_string_append_c (json, ',');
      append (json, child);
    }
  g_string_append_c (json, ']');
}

static void
append_object (GString *json, GVariant *value)
{
  gsize n = g_variant_n_children (value);

  g_string_append_c (json, '{');
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (value, i);
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      g_autoptr (GVariant) child = g_variant_get_child_value (entry, 1);

      if (i > 0)
        g_string_append_c (json, ',');
      append_string (json, g_variant_get_string (key, NULL));
      g_string_append_c (json, ':');
      append (json, child);
    }
  g_string_append_c (json, '}');
}

/* A variant, or a maybe. */
static void
append_boxed (GString *json, GVariant *value)
{
  g_autoptr (GVariant) child = NULL;

  if (g_variant_n_children (value) > 0)
    child = g_variant_get_child_value (value, 0);
  if (child)
    append (json, child);
  else
    g_string_append (json, "null");
}

static void
append (GString *json, GVariant *value)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      g_string_append (json, g_variant_get_boolean (value) ? "true" : "false");
      break;
    case G_VARIANT_CLASS_BYTE:
      g_string_append_printf (json, "%u", g_variant_get_byte (value));
      break;
    case G_VARIANT_CLASS_INT16:
      g_string_append_printf (json, "%d", g_variant_get_int16 (value));
      break;
    case G_VARIANT_CLASS_UINT16:
      g_string_append_printf (json, "%u", g_variant_get_uint16 (value));
      break;
    case G_VARIANT_CLASS_INT32:
      g_string_append_printf (json, "%d", g_variant_get_int32 (value));
      break;
    case G_VARIANT_CLASS_UINT32:
      g_string_append_printf (json, "%u", g_variant_get_uint32 (value));
      break;
    case G_VARIANT_CLASS_INT64:
      g_string_append_printf (json, "%" G_GINT64_FORMAT, g_variant_get_int64 (value));
      break;
    case G_VARIANT_CLASS_UINT64:
      g_string_append_printf (json, "%" G_GUINT64_FORMAT, g_variant_get_uint64 (value));
      break;
    case G_VARIANT_CLASS_HANDLE:
      g_string_append_printf (json, "%d", g_variant_get_handle (value));
      break;
    case G_VARIANT_CLASS_DOUBLE:
      append_double (json, g_variant_get_double (value));
      break;
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      append_string (json, g_variant_get_string (value, NULL));
      break;
    case G_VARIANT_CLASS_VARIANT:
    case G_VARIANT_CLASS_MAYBE:
      append_boxed (json, value);
      break;
    case G_VARIANT_CLASS_ARRAY:
      if (g_variant_is_of_type (value, G_VARIANT_TYPE ("a{s*}")))
        append_object (json, value);
      else
        append_array (json, value);
      break;
    case G_VARIANT_CLASS_TUPLE:
    case G_VARIANT_CLASS_DICT_ENTRY:
      append_array (json, value);
      break;
    }
}

char *
enj_json_new (GVariant *value)
{
  GString *json = g_string_new (NULL);

  append (json, value);
  return g_string_free (json, FALSE);
}

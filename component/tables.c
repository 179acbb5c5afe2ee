#include "config.h"

#include "component/tables.h"

/* ---- Values ------------------------------------------------------------------------- */

static guint64
get_number (GVariant *dictionary, const char *name)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (dictionary, name, NULL);

  if (!value)
    return 0;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
    return g_variant_get_uint32 (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    return g_variant_get_uint64 (value);
  return 0;
}

static gint64
get_time (GVariant *dictionary, const char *name)
{
  gint64 value = 0;

  g_variant_lookup (dictionary, name, "x", &value);
  return value;
}

static gboolean
get_flag (GVariant *dictionary, const char *name)
{
  gboolean value = FALSE;

  g_variant_lookup (dictionary, name, "b", &value);
  return value;
}

/* "" where it is missing. */
static const char *
get_text (GVariant *dictionary, const char *name)
{
  const char *value = "";

  g_variant_lookup (dictionary, name, "&s", &value);
  return value;
}

/* Empty where it is missing. */
static GVariant *
get_list_new (GVariant *dictionary, const char *name, const char *type)
{
  GVariant *value = g_variant_lookup_value (dictionary, name, G_VARIANT_TYPE (type));

  if (!value)
    value = g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE (type + 1), NULL, 0));
  return value;
}

/* ---- Lines ------------------------------------------------------------------------------ */

static char *
finish (GString *text)
{
  for (char *at = text->str; *at; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if ((c < 0x20 && c != '\n') || c == 0x7f)
        *at = '?';
      else if (c >= 0x80 && c < 0xa0)
        at[0] = at[1] = '?';
    }
  return g_string_free (text, FALSE);
}

/* A line that begins with its name. */
static void
begin (GString *text, const char *name)
{
  g_string_append_printf (text, "%-13s", name);
}

char *
enj_tables_duration_new (gint64 microseconds)
{
  gint64 seconds = microseconds / G_USEC_PER_SEC;

  if (microseconds < 1000)
    return g_strdup_printf ("%" G_GINT64_FORMAT " us", microseconds);
  if (seconds == 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT " ms", microseconds / 1000);
  if (seconds < 120)
    return g_strdup_printf ("%" G_GINT64_FORMAT " s", seconds);
  if (seconds < 2 * 3600)
    return g_strdup_printf ("%" G_GINT64_FORMAT " min", seconds / 60);
  if (seconds < 2 * 86400)
    return g_strdup_printf ("%" G_GINT64_FORMAT " h %" G_GINT64_FORMAT " min", seconds / 3600,
                            seconds / 60 % 60);
  return g_strdup_printf ("%" G_GINT64_FORMAT " d %" G_GINT64_FORMAT " h", seconds / 86400,
                          seconds / 3600 % 24);
}

/* Nothing where there are none. */
static void
append_names (GString *text, const char *name, GVariant *names)
{
  g_autofree const char **list = g_variant_get_strv (names, NULL);
  g_autofree char *joined = g_strjoinv (", ", (char **) list);

  if (!*joined)
    return;
  begin (text, name);
  g_string_append_printf (text, "%s\n", joined);
}

/* ---- Status ------------------------------------------------------------------------------ */

static void
append_stanzas (GString *text, GVariant *status)
{
  static const char *const names[] = { "accepted", "sent",    "delivered", "confirmed",
                                       "unproven", "bounced", "dropped" };
  g_autoptr (GVariant) counters = get_list_new (status, "counters", "a{st}");
  gint64 missing = get_time (status, "missing");

  begin (text, "stanzas");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      guint64 n = 0;

      g_variant_lookup (counters, names[i], "t", &n);
      g_string_append_printf (text, "%" G_GUINT64_FORMAT " %s, ", n, names[i]);
    }
  g_string_append_printf (text, "%" G_GUINT64_FORMAT " owned; ", get_number (status, "owned"));
  if (missing == 0)
    g_string_append (text, "all accounted for\n");
  else
    g_string_append_printf (text, "%" G_GINT64_FORMAT " NOT ACCOUNTED FOR\n", missing);
}

static void
append_certificate (GString *text, GVariant *certificate, gint64 wall)
{
  gint64 expires = get_time (certificate, "expires");
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (expires);
  g_autofree char *day = date ? g_date_time_format (date, "%Y-%m-%d") : NULL;
  gint64 days = (expires - wall) / 86400;

  begin (text, "certificate");
  g_string_append_printf (text, "%s: ", get_text (certificate, "domain"));
  if (expires <= wall)
    g_string_append_printf (text, "ENDED on %s", day ? day : "?");
  else
    g_string_append_printf (text, "until %s, %" G_GINT64_FORMAT " days", day ? day : "?", days);
  g_string_append (text, get_flag (certificate, "self-signed") ? ", self-signed\n" : "\n");
}

char *
enj_tables_status_new (GVariant *status, gint64 wall)
{
  GString *text = g_string_new (NULL);
  g_autofree char *uptime = enj_tables_duration_new (get_time (status, "uptime-us"));
  g_autoptr (GVariant) certificates = get_list_new (status, "certificates", "aa{sv}");
  g_autoptr (GVariant) blocked = get_list_new (status, "blocked", "as");

  begin (text, "enjamb");
  g_string_append_printf (text, "%s, up %s, %s\n", get_text (status, "version"), uptime,
                          get_text (status, "configuration"));
  begin (text, "links");
  g_string_append_printf (text, "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " up\n",
                          get_number (status, "links-up"), get_number (status, "links"));
  begin (text, "streams");
  g_string_append_printf (text,
                          "%" G_GUINT64_FORMAT " in, %" G_GUINT64_FORMAT " out; %" G_GUINT64_FORMAT
                          " of them closing\n",
                          get_number (status, "streams-in"), get_number (status, "streams-out"),
                          get_number (status, "streams-closing"));
  begin (text, "waiting");
  g_string_append_printf (text,
                          "%" G_GUINT64_FORMAT " stanzas for other servers, %" G_GUINT64_FORMAT
                          " for links\n",
                          get_number (status, "waiting-for-peers"),
                          get_number (status, "waiting-for-links"));
  append_stanzas (text, status);
  for (gsize i = 0; i < g_variant_n_children (certificates); i++)
    {
      g_autoptr (GVariant) certificate = g_variant_get_child_value (certificates, i);

      append_certificate (text, certificate, wall);
    }
  append_names (text, "blocked", blocked);
  return finish (text);
}

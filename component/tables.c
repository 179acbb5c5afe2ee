#include "config.h"

#include "component/tables.h"

/* ---- Values ----------------------------------------------------------------------- */

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

/* ---- Lines ------------------------------------------------------------------------ */

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

/* ---- Status ----------------------------------------------------------------------- */

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
  g_string_append_printf (text, "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " up%s\n",
                          get_number (status, "links-up"), get_number (status, "links"),
                          get_flag (status, "standing-by")
                            ? "; standing by: another instance has the link"
                            : "");
  begin (text, "streams");
  g_string_append_printf (text,
                          "%" G_GUINT64_FORMAT " in, %" G_GUINT64_FORMAT " out (%" G_GUINT64_FORMAT
                          " closing); %" G_GUINT64_FORMAT " of components\n",
                          get_number (status, "streams-in"), get_number (status, "streams-out"),
                          get_number (status, "streams-closing"),
                          get_number (status, "streams-of-components"));
  begin (text, "waiting");
  g_string_append_printf (text,
                          "%" G_GUINT64_FORMAT " stanzas for other servers, %" G_GUINT64_FORMAT
                          " for links, %" G_GUINT64_FORMAT " for components\n",
                          get_number (status, "waiting-for-peers"),
                          get_number (status, "waiting-for-links"),
                          get_number (status, "waiting-for-components"));
  append_stanzas (text, status);
  for (gsize i = 0; i < g_variant_n_children (certificates); i++)
    {
      g_autoptr (GVariant) certificate = g_variant_get_child_value (certificates, i);

      append_certificate (text, certificate, wall);
    }
  append_names (text, "blocked", blocked);
  return finish (text);
}

/* ---- Streams ---------------------------------------------------------------------- */

enum
{
  COLUMN_NAME,
  COLUMN_LOCAL,
  COLUMN_DIRECTION,
  COLUMN_REMOTE,
  COLUMN_ADDRESS,
  COLUMN_TLS,
  COLUMN_PEER,
  COLUMN_US,
  COLUMN_QUEUE,
  COLUMN_AGE,
  COLUMN_IDLE,
  COLUMN_STATE,
  N_COLUMNS
};

static const char *const headings[N_COLUMNS] = {
  "ID",    "LOCAL", "DIR",   "REMOTE", "ADDRESS", "ENCRYPTED",
  "PEER BY", "WE BY", "QUEUE", "AGE",    "IDLE",    "STATE",
};

typedef struct
{
  char *cells[N_COLUMNS];
} Row;

static void
row_free (gpointer data)
{
  Row *row = data;

  for (guint i = 0; i < N_COLUMNS; i++)
    g_free (row->cells[i]);
  g_free (row);
}

static const char *
get_arrow (GVariant *stream)
{
  const char *direction = get_text (stream, "direction");

  if (get_flag (stream, "bidi"))
    return "<->";
  if (g_str_equal (direction, "in"))
    return "<--";
  return g_str_equal (direction, "out") ? "-->" : "<->";
}

static char *
duration_new (GVariant *dictionary, const char *name)
{
  return enj_tables_duration_new (get_time (dictionary, name));
}

/* "-" in the place of nothing. */
static char *
cell_new (const char *text)
{
  return g_strdup (*text ? text : "-");
}

static Row *
row_new (GVariant *stream)
{
  const guint64 pairs = get_number (stream, "pairs");
  const char *tls = get_text (stream, "tls");
  const char *state = get_text (stream, "state");
  Row *row = g_new0 (Row, 1);

  row->cells[COLUMN_NAME] = cell_new (get_text (stream, "name"));
  row->cells[COLUMN_LOCAL] = cell_new (get_text (stream, "local"));
  row->cells[COLUMN_DIRECTION] = g_strdup (get_arrow (stream));
  row->cells[COLUMN_REMOTE]
    = pairs > 1 ? g_strdup_printf ("%s +%" G_GUINT64_FORMAT, get_text (stream, "remote"), pairs - 1)
                : cell_new (get_text (stream, "remote"));
  row->cells[COLUMN_ADDRESS] = cell_new (get_text (stream, "address"));
  row->cells[COLUMN_TLS]
    = *tls ? g_strdup_printf ("%s %s%s", tls, get_text (stream, "cipher"),
                              get_flag (stream, "direct-tls") ? ", direct" : "")
           : g_strdup ("no");
  row->cells[COLUMN_PEER] = cell_new (get_text (stream, "peer-proof"));
  row->cells[COLUMN_US] = cell_new (get_text (stream, "own-proof"));
  row->cells[COLUMN_QUEUE] = g_strdup_printf ("%" G_GUINT64_FORMAT, get_number (stream, "queue"));
  row->cells[COLUMN_AGE] = duration_new (stream, "age-us");
  row->cells[COLUMN_IDLE] = duration_new (stream, "idle-us");
  row->cells[COLUMN_STATE] = g_strdup_printf (
    "%s%s", state, get_flag (stream, "acknowledged") ? ", acknowledged" : "");
  return row;
}

static void
append_row (GString *text, char *const *cells, const glong *widths)
{
  for (guint i = 0; i < N_COLUMNS; i++)
    {
      glong blanks = widths[i] + 2 - g_utf8_strlen (cells[i], -1);

      g_string_append (text, cells[i]);
      if (i < N_COLUMNS - 1)
        g_string_append_printf (text, "%*s", (int) blanks, "");
    }
  g_string_append_c (text, '\n');
}

/* Where the table would be too wide. */
static void
append_paragraph (GString *text, char *const *cells, const glong *widths)
{
  const int indent = (int) widths[COLUMN_NAME] + 2;

  g_string_append_printf (text, "%-*s%s %s %s: %s\n", indent, cells[COLUMN_NAME],
                          cells[COLUMN_LOCAL], cells[COLUMN_DIRECTION], cells[COLUMN_REMOTE],
                          cells[COLUMN_STATE]);
  g_string_append_printf (text, "%*saddress %s, encrypted: %s\n", indent, "",
                          cells[COLUMN_ADDRESS], cells[COLUMN_TLS]);
  g_string_append_printf (text, "%*speer by %s, we by %s, queue %s, age %s, idle %s\n", indent, "",
                          cells[COLUMN_PEER], cells[COLUMN_US], cells[COLUMN_QUEUE],
                          cells[COLUMN_AGE], cells[COLUMN_IDLE]);
}

static gboolean
is_too_wide (const glong *widths, guint width)
{
  glong sum = 2 * (N_COLUMNS - 1);

  for (guint i = 0; i < N_COLUMNS; i++)
    sum += widths[i];
  return width > 0 && sum > (glong) width;
}

char *
enj_tables_streams_new (GVariant *streams, guint width)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (row_free);
  GString *text = g_string_new (NULL);
  glong widths[N_COLUMNS];

  if (g_variant_n_children (streams) == 0)
    g_string_append (text, "no streams\n");
  for (guint i = 0; i < N_COLUMNS; i++)
    widths[i] = g_utf8_strlen (headings[i], -1);
  for (gsize i = 0; i < g_variant_n_children (streams); i++)
    {
      g_autoptr (GVariant) stream = g_variant_get_child_value (streams, i);
      Row *row = row_new (stream);

      for (guint k = 0; k < N_COLUMNS; k++)
        widths[k] = MAX (widths[k], g_utf8_strlen (row->cells[k], -1));
      g_ptr_array_add (rows, row);
    }
  if (rows->len > 0 && !is_too_wide (widths, width))
    append_row (text, (char *const *) headings, widths);
  for (guint i = 0; i < rows->len; i++)
    {
      char *const *cells = ((const Row *) rows->pdata[i])->cells;

      if (is_too_wide (widths, width))
        append_paragraph (text, cells, widths);
      else
        append_row (text, cells, widths);
    }
  return finish (text);
}

/* ---- Remote domains --------------------------------------------------------------- */

static void
append_attempt (GString *text, GVariant *attempt)
{
  g_autofree char *ago = duration_new (attempt, "ago-us");

  if (get_flag (attempt, "succeeded"))
    g_string_append_printf (text, "    %s ago: stream up\n", ago);
  else
    g_string_append_printf (text, "    %s ago: failed at %s: %s\n", ago, get_text (attempt, "step"),
                            get_text (attempt, "reason"));
}

static void
append_remote (GString *text, GVariant *remote, GVariant *attempts)
{
  guint64 waiting = get_number (remote, "waiting");
  guint64 failures = get_number (remote, "failures");
  g_autofree char *rest = duration_new (remote, "rest-us");

  g_string_append (text, get_text (remote, "domain"));
  if (get_flag (remote, "connecting"))
    g_string_append (text, ", connecting");
  if (waiting > 0)
    g_string_append_printf (text, ", %" G_GUINT64_FORMAT " stanzas wait", waiting);
  if (failures > 0)
    g_string_append_printf (text, ", failed %" G_GUINT64_FORMAT " times in a row", failures);
  if (get_time (remote, "rest-us") > 0)
    g_string_append_printf (text, ", rests for %s", rest);
  g_string_append_c (text, '\n');
  for (gsize i = 0; i < g_variant_n_children (attempts); i++)
    {
      g_autoptr (GVariant) attempt = g_variant_get_child_value (attempts, i);

      append_attempt (text, attempt);
    }
}

char *
enj_tables_remotes_new (GVariant *remotes, gboolean all)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (remotes); i++)
    {
      g_autoptr (GVariant) remote = g_variant_get_child_value (remotes, i);
      g_autoptr (GVariant) attempts = get_list_new (remote, "attempts", "aa{sv}");

      if (get_number (remote, "failures") > 0 || get_number (remote, "waiting") > 0
          || (all && g_variant_n_children (attempts) > 0))
        append_remote (text, remote, attempts);
    }
  return finish (text);
}

/* ---- Routes ----------------------------------------------------------------------- */

static void
append_link (GString *text, GVariant *route)
{
  const char *error = get_text (route, "link-error");
  g_autofree char *age = duration_new (route, "link-age-us");
  g_autofree char *retry = duration_new (route, "link-retry-us");

  g_string_append_printf (text, "  link      %s, %s", get_text (route, "server"),
                          get_text (route, "link"));
  if (get_time (route, "link-age-us") > 0)
    g_string_append_printf (text, " for %s", age);
  if (*error)
    g_string_append_printf (text, ": %s", error);
  if (get_time (route, "link-retry-us") > 0)
    g_string_append_printf (text, "; next attempt in %s", retry);
  if (get_flag (route, "standing-by"))
    g_string_append (text, "; standing by");
  g_string_append_printf (text,
                          "; %" G_GUINT64_FORMAT " stanzas wait, %" G_GUINT64_FORMAT
                          " are not proved\n",
                          get_number (route, "waiting"), get_number (route, "unproven"));
}

static void
append_component (GString *text, GVariant *route)
{
  const char *error = get_text (route, "component-error");
  g_autofree char *age = duration_new (route, "component-age-us");

  g_string_append_printf (text, "  component %s", get_text (route, "component"));
  if (get_time (route, "component-age-us") > 0)
    g_string_append_printf (text, " for %s", age);
  if (*error)
    g_string_append_printf (text, ": %s", error);
  g_string_append_printf (text,
                          "; %" G_GUINT64_FORMAT " stanzas wait, %" G_GUINT64_FORMAT
                          " are not proved\n",
                          get_number (route, "component-waiting"),
                          get_number (route, "component-unproven"));
}

char *
enj_tables_routes_new (GVariant *routes)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (routes); i++)
    {
      g_autoptr (GVariant) route = g_variant_get_child_value (routes, i);
      g_autoptr (GVariant) domains = get_list_new (route, "local-domains", "as");
      g_autofree const char **list = g_variant_get_strv (domains, NULL);
      g_autofree char *joined = g_strjoinv (", ", (char **) list);

      g_string_append_printf (text, "%s\n  service   %s\n", get_text (route, "domain"),
                              get_text (route, "service"));
      if (*get_text (route, "component"))
        append_component (text, route);
      if (*get_text (route, "server"))
        append_link (text, route);
      if (*joined)
        g_string_append_printf (text, "  by link   %s\n", joined);
      g_string_append_printf (text, "  by S2S    %s\n",
                              !get_flag (route, "federates") ? "nobody: federation is off"
                              : *joined                      ? "all others"
                                                             : "all");
    }
  return finish (text);
}

/* ---- Ping ------------------------------------------------------------------------- */

static void
append_step (GString *text, GVariant *result, const char *name, const char *label, gboolean *first)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (result, name, G_VARIANT_TYPE_INT64);
  g_autofree char *duration = value ? enj_tables_duration_new (g_variant_get_int64 (value)) : NULL;

  if (value)
    g_string_append_printf (text, "%s%s %s", *first ? ": " : ", ", label, duration);
  *first &= !value;
}

char *
enj_tables_ping_new (GVariant *result)
{
  const char *error = get_text (result, "error");
  const char *way = get_text (result, "way");
  g_autofree char *total = duration_new (result, "total-us");
  GString *text = g_string_new (get_flag (result, "answered") ? "answered" : "not answered");
  gboolean first = TRUE;

  g_string_append_printf (text, " after %s", total);
  if (*way)
    g_string_append_printf (text, " (%s)", way);
  append_step (text, result, "dns-us", "DNS", &first);
  append_step (text, result, "tcp-us", "TCP", &first);
  append_step (text, result, "tls-us", "TLS", &first);
  append_step (text, result, "authentication-us", "authentication", &first);
  append_step (text, result, "answer-us", "answer", &first);
  g_string_append_c (text, '\n');
  if (*error)
    g_string_append_printf (text, "%s\n", error);
  return finish (text);
}

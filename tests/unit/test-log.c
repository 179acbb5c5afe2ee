#include "config.h"

#include "protocol/log.h"

#include <string.h>

/* The fields of the last line, "KEY=value" with '|' between. */
static GString *written;
static GLogLevelFlags written_level;

static GLogWriterOutput
note_line (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  (void) user_data;
  g_string_truncate (written, 0);
  for (gsize i = 0; i < n_fields; i++)
    {
      g_assert_cmpint (fields[i].length, ==, -1);
      g_string_append_printf (written, "%s=%s|", fields[i].key, (const char *) fields[i].value);
    }
  written_level = level;
  return G_LOG_WRITER_HANDLED;
}

static void
test_fields (void)
{
  const EnjLog log = {
    .id = "in-5", .local = "bridge.here", .remote = "there.example", .source = "192.0.2.1"
  };

  enj_log_info (&log, "stream up after %d ms", 84);
  g_assert_cmpint (written_level, ==, G_LOG_LEVEL_INFO);
  g_assert_cmpstr (written->str, ==,
                   "PRIORITY=6|GLIB_DOMAIN=enjamb|MESSAGE=stream up after 84 ms|"
                   "ENJAMB_STREAM=in-5|ENJAMB_LOCAL=bridge.here|ENJAMB_REMOTE=there.example|"
                   "ENJAMB_SOURCE=192.0.2.1|");
}

static void
test_lowest (void)
{
  enj_log_set_lowest (G_LOG_LEVEL_MESSAGE);
  enj_log_message (NULL, "wanted");
  enj_log_info (NULL, "not wanted");
  g_assert_cmpint (written_level, ==, G_LOG_LEVEL_MESSAGE);
  g_assert_cmpstr (written->str, ==, "PRIORITY=5|GLIB_DOMAIN=enjamb|MESSAGE=wanted|");
  enj_log_set_lowest (G_LOG_LEVEL_DEBUG);
  enj_log_info (NULL, "wanted again");
  g_assert_cmpint (written_level, ==, G_LOG_LEVEL_INFO);
}

static void
test_unset_fields (void)
{
  const EnjLog unnamed = { .remote = "there.example" };

  enj_log_debug (NULL, "x");
  g_assert_cmpstr (written->str, ==, "PRIORITY=7|GLIB_DOMAIN=enjamb|MESSAGE=x|");
  enj_log_debug (&unnamed, "x");
  g_assert_cmpstr (written->str, ==,
                   "PRIORITY=7|GLIB_DOMAIN=enjamb|MESSAGE=x|ENJAMB_REMOTE=there.example|");
}

static void
test_levels (void)
{
  static const struct
  {
    GLogLevelFlags level;
    const char *priority;
  } cases[] = {
    { G_LOG_LEVEL_CRITICAL, "PRIORITY=4|" }, { G_LOG_LEVEL_WARNING, "PRIORITY=4|" },
    { G_LOG_LEVEL_MESSAGE, "PRIORITY=5|" },  { G_LOG_LEVEL_INFO, "PRIORITY=6|" },
    { G_LOG_LEVEL_DEBUG, "PRIORITY=7|" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      enj_log (NULL, cases[i].level, "x");
      g_assert_cmpint (written_level, ==, cases[i].level);
      g_assert_true (g_str_has_prefix (written->str, cases[i].priority));
    }
}

static void
test_message_is_no_format (void)
{
  enj_log_debug (NULL, "%s", "100%s%n");
  g_assert_nonnull (strstr (written->str, "MESSAGE=100%s%n|"));
}

static void
test_quote (void)
{
  static const struct
  {
    const char *text;
    const char *quoted;
  } cases[] = {
    { "", "" },
    { NULL, "" },
    { "there.example", "there.example" },
    { "a b~", "a b~" },
    { "a\nb\r\t", "a\\x0ab\\x0d\\x09" },
    { "\x1b[2J", "\\x1b[2J" },
    { "\xe2\x80\xae", "\\xe2\\x80\\xae" },
    { "\x7f", "\\x7f" },
    { "\\x0a", "\\\\x0a" },
    { "%s%n", "%s%n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *quoted = enj_log_quote (cases[i].text);

      g_assert_cmpstr (quoted, ==, cases[i].quoted);
    }
}

static void
test_quote_is_cut (void)
{
  for (gsize len = 250; len < 65536; len = len < 260 ? len + 1 : len * 2)
    {
      g_autofree char *text = g_strnfill (len, 'x');
      g_autofree char *quoted = enj_log_quote (text);

      if (len <= 256)
        g_assert_cmpstr (quoted, ==, text);
      else
        {
          g_assert_cmpuint (strlen (quoted), ==, 256);
          g_assert_true (g_str_has_suffix (quoted, "xxx..."));
        }
    }
}

static void
test_quote_cuts_no_escape (void)
{
  for (gsize before = 0; before < 8; before++)
    {
      g_autofree char *plain = g_strnfill (before, 'x');
      g_autofree char *newlines = g_strnfill (100, '\n');
      g_autofree char *text = g_strconcat (plain, newlines, NULL);
      g_autofree char *quoted = enj_log_quote (text);
      gsize len = strlen (quoted);

      g_assert_cmpuint (len, <=, 256);
      g_assert_cmpuint ((len - 3 - before) % 4, ==, 0);
      g_assert_true (g_str_has_suffix (quoted, "\\x0a..."));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  written = g_string_new (NULL);
  g_log_set_writer_func (note_line, NULL, NULL);
  g_test_add_func ("/log/what-nobody-wants-is-not-written", test_lowest);
  g_test_add_func ("/log/fields-of-the-context-go-with-the-line", test_fields);
  g_test_add_func ("/log/fields-not-set-are-left-out", test_unset_fields);
  g_test_add_func ("/log/levels-have-their-priority", test_levels);
  g_test_add_func ("/log/text-of-a-peer-is-no-format", test_message_is_no_format);
  g_test_add_func ("/log/quotes-what-is-not-printable", test_quote);
  g_test_add_func ("/log/quoted-text-is-cut-at-256-bytes", test_quote_is_cut);
  g_test_add_func ("/log/quoted-text-is-not-cut-inside-an-escape", test_quote_cuts_no_escape);
  return g_test_run ();
}

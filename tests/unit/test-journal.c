#include "config.h"

#include "component/journal.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "protocol/log.h"

/* A writer can be installed once only: those tests run in a process of their own. */
#define IN_SUBPROCESS(status)                                     \
  if (!g_test_subprocess ())                                      \
    {                                                             \
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT); \
      g_test_trap_assert_##status ();                             \
    }                                                             \
  else

static const struct
{
  GLogLevelFlags level;
  const char *stream;
  const char *local;
  const char *remote;
  const char *domain;
  const char *message;
  const char *line;
} lines[] = {
  { G_LOG_LEVEL_MESSAGE, NULL, NULL, NULL, "enjamb", "reloaded",
    "2024-05-01 10:32:18 message: reloaded\n" },
  { G_LOG_LEVEL_INFO, NULL, NULL, "r.example", "enjamb", "up",
    "2024-05-01 10:32:18 info r.example: up\n" },
  { G_LOG_LEVEL_INFO, "out-5", "b.example", "r.example", "enjamb", "up",
    "2024-05-01 10:32:18 info out-5 b.example>r.example: up\n" },
  { G_LOG_LEVEL_DEBUG, "in-7", "b.example", "r.example", "enjamb", "up",
    "2024-05-01 10:32:18 debug in-7 r.example>b.example: up\n" },
  { G_LOG_LEVEL_DEBUG, "in-7", NULL, NULL, "enjamb", "up",
    "2024-05-01 10:32:18 debug in-7: up\n" },
  { G_LOG_LEVEL_MESSAGE, "link-1", "b.example", NULL, "enjamb", "link up",
    "2024-05-01 10:32:18 message link-1 b.example: link up\n" },
  { G_LOG_LEVEL_WARNING, NULL, NULL, NULL, "GLib-GIO", "bad",
    "2024-05-01 10:32:18 warning: GLib-GIO: bad\n" },
  { G_LOG_LEVEL_CRITICAL, NULL, NULL, NULL, NULL, "bug",
    "2024-05-01 10:32:18 critical: bug\n" },
  { G_LOG_LEVEL_INFO, NULL, NULL, NULL, "enjamb", "a\nb\r\x1b[31m\xff\xe2\x80\xae\xe2\x80\xa8ü",
    "2024-05-01 10:32:18 info: a\\nb\\x0d\\x1b[31m\\xff\\xe2\\x80\\xae\\xe2\\x80\\xa8ü\n" },
  { G_LOG_LEVEL_INFO, "out-1", "b.example", "evil\n", "enjamb", "x",
    "2024-05-01 10:32:18 info out-1 b.example>evil\\n: x\n" },
};

static gsize
add_field (GLogField *fields, gsize n, const char *key, const char *value)
{
  fields[n] = (GLogField){ key, value, -1 };
  return value ? n + 1 : n;
}

static void
test_lines (void)
{
  /* 2024-05-01 10:32:18 UTC. */
  const gint64 wall = G_GINT64_CONSTANT (1714559538) * G_USEC_PER_SEC;

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      GLogField fields[5];
      gsize n = add_field (fields, 0, "MESSAGE", lines[i].message);
      g_autofree char *line = NULL;

      n = add_field (fields, n, "GLIB_DOMAIN", lines[i].domain);
      n = add_field (fields, n, "ENJAMB_STREAM", lines[i].stream);
      n = add_field (fields, n, "ENJAMB_LOCAL", lines[i].local);
      n = add_field (fields, n, "ENJAMB_REMOTE", lines[i].remote);
      line = enj_journal_format_line (lines[i].level, fields, n, wall);
      g_assert_cmpstr (line, ==, lines[i].line);
    }
}

static void
test_longest_line (void)
{
  g_autofree char *text = g_strnfill (100000, '\n');
  const GLogField fields[] = {
    { "MESSAGE", text, -1 },       { "ENJAMB_STREAM", text, -1 }, { "ENJAMB_LOCAL", text, -1 },
    { "ENJAMB_REMOTE", text, -1 }, { "GLIB_DOMAIN", text, -1 },
  };
  g_autofree char *line =
      enj_journal_format_line (G_LOG_LEVEL_CRITICAL, fields, G_N_ELEMENTS (fields), 0);

  g_assert_cmpuint (strlen (line), <=, ENJ_JOURNAL_LINE_MAX);
  g_assert_true (g_str_has_suffix (line, "...\n"));
  g_assert_true (strchr (line, '\n') == line + strlen (line) - 1);
}

static void
test_datagram (void)
{
  const GLogField fields[] = {
    { "MESSAGE", "a\nMESSAGE=b", -1 },
    { "PRIORITY", "6", -1 },
    { "ENJAMB_STREAM", "in-5", -1 },
    { "BYTES", "xyz", 2 },
  };
  gsize len = 0;
  g_autofree char *datagram = NULL;

  g_set_prgname ("enjamb");
  datagram = enj_journal_format_datagram (fields, G_N_ELEMENTS (fields), &len);
  g_assert_cmpstr (datagram, ==,
                   "MESSAGE=a\\nMESSAGE=b\nPRIORITY=6\nENJAMB_STREAM=in-5\nBYTES=xy\n"
                   "SYSLOG_IDENTIFIER=enjamb\n");
  g_assert_cmpuint (len, ==, strlen (datagram));
}

static guint
count_admitted (GLogLevelFlags level, const char *remote, const char *stream, gint64 now)
{
  guint n = 0;

  for (guint i = 0; i < 1000; i++)
    n += enj_journal_admit (level, remote, stream, NULL, now) ? 1 : 0;
  return n;
}

static void
test_rate (void)
{
  const gint64 second = G_USEC_PER_SEC;
  guint others = 0;

  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_INFO, "a.example", "in-1", 0), ==, 20);
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_MESSAGE, "a.example", "in-2", 0), ==, 0);
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_MESSAGE, "b.example", "in-3", 0), ==, 20);

  /* Twenty in any second, not just in each. */
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_INFO, "a.example", "in-1", second - 1), ==, 0);
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_INFO, "a.example", "in-1", second), ==, 20);
  for (guint i = 0; i < 10; i++)
    g_assert_true (enj_journal_admit (G_LOG_LEVEL_INFO, "c.example", NULL, NULL, second / 2));
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_INFO, "c.example", NULL, second), ==, 10);
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_INFO, "c.example", NULL, 3 * second / 2), ==, 10);

  /* Each link by itself: all of them come up at once. */
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_INFO, NULL, "link-1", second), ==, 20);
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_INFO, NULL, "link-2", second), ==, 20);
  /* Who has no name yet shares, whatever the number of the stream. */
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_INFO, NULL, "in-1", second), ==, 20);
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_INFO, NULL, "in-2", second), ==, 0);

  /* The operator's own lines and warnings always come. */
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_WARNING, "a.example", "in-1", second), ==, 1000);
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_MESSAGE, NULL, NULL, second), ==, 1000);

  /* What is below may be a peer's doing even where it names none. */
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_INFO, NULL, NULL, second), ==, 20);

  /* Many names do not help. */
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.example", i);

      others += count_admitted (G_LOG_LEVEL_INFO, name, "in-1", 2 * second);
    }
  g_assert_cmpuint (others, <=, 64 * 20);

  /* Who asked for every step has more of them, but not all. */
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_DEBUG, "a.example", "in-1", 3 * second), ==, 1000);
  g_assert_cmpuint (count_admitted (G_LOG_LEVEL_INFO, "a.example", "in-1", 3 * second), ==, 20);
  for (guint i = 0; i < 3; i++)
    others = count_admitted (G_LOG_LEVEL_DEBUG, "a.example", "in-1", 3 * second);
  g_assert_cmpuint (others, ==, 0);
}

/* HARDENING I7: whoever claims a name for each stream has the lines of a hoster. */
static void
test_rate_of_address (void)
{
  const gint64 second = 100 * (gint64) G_USEC_PER_SEC;
  guint infos = 0;
  guint debugs = 0;

  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.example", i);

      infos += enj_journal_admit (G_LOG_LEVEL_INFO, name, "in-1", "192.0.2.1", second);
      debugs += enj_journal_admit (G_LOG_LEVEL_DEBUG, name, "in-1", "192.0.2.1", second);
    }
  g_assert_cmpuint (infos, ==, 100);
  g_assert_cmpuint (debugs, <=, 2001);

  /* Names and addresses are not mixed up, nor are others held up. */
  g_assert_true (
    enj_journal_admit (G_LOG_LEVEL_INFO, "other.example", "in-2", "192.0.2.2", second));
  g_assert_true (enj_journal_admit (G_LOG_LEVEL_INFO, "192.0.2.1", NULL, NULL, second));
  g_assert_false (
    enj_journal_admit (G_LOG_LEVEL_INFO, "other.example", "in-3", "192.0.2.1", second));
  g_assert_true (
    enj_journal_admit (G_LOG_LEVEL_INFO, "other.example", "in-3", "192.0.2.1", 2 * second));
}

static void
test_writes_from_level (void)
{
  IN_SUBPROCESS (passed)
  {
    const EnjLog log = { "out-1", "b.example", "r.example", NULL };

    enj_journal_install (G_LOG_LEVEL_MESSAGE);
    enj_log_info (&log, "not this");
    enj_log_message (&log, "but %s", "this");
    g_warning ("and this");
    enj_journal_install (G_LOG_LEVEL_DEBUG);
    g_debug ("now this");
    enj_journal_set_level (G_LOG_LEVEL_INFO);
    g_debug ("not this again");
    g_assert_cmpuint (enj_journal_get_lost (), ==, 0);
    return;
  }
  g_test_trap_assert_stderr ("*message out-1 b.example>r.example: but this\n"
                             "* warning: and this\n* debug: now this\n*");
  g_test_trap_assert_stderr_unmatched ("*not this*");
}

static void
test_tells_how_many (void)
{
  IN_SUBPROCESS (passed)
  {
    const EnjLog log = { "in-1", "b.example", "r.example", NULL };

    enj_journal_install (G_LOG_LEVEL_INFO);
    for (guint i = 0; i < 1000; i++)
      enj_log_info (&log, "flood");
    g_message ("after");
    return;
  }
  g_test_trap_assert_stderr ("*flood\n* message: 9?? lines suppressed\n* message: after\n*");
}

/* Each line that comes through would bring a line about those that did not. */
static void
test_tells_that_once_a_second (void)
{
  IN_SUBPROCESS (passed)
  {
    const EnjLog log = { "in-1", "b.example", "r.example", NULL };

    enj_journal_install (G_LOG_LEVEL_INFO);
    for (guint i = 0; i < 1000; i++)
      {
        enj_log_info (&log, "flood");
        g_message ("between");
      }
    return;
  }
  g_test_trap_assert_stderr ("*flood\n*between\n*1 lines suppressed\n*between\n*");
  g_test_trap_assert_stderr_unmatched ("*suppressed*suppressed*suppressed*suppressed*");
}

static void
test_loses_without_waiting (void)
{
  IN_SUBPROCESS (passed)
  {
    int ends[2];
    int stderr_copy = dup (STDERR_FILENO);
    guint64 lost;

    enj_journal_install (G_LOG_LEVEL_DEBUG);
    g_assert_cmpint (pipe (ends), ==, 0);
    g_assert_cmpint (dup2 (ends[1], STDERR_FILENO), ==, STDERR_FILENO);
    for (guint i = 0; i < 2000; i++)
      g_message ("nobody reads this line, and the pipe fills: it holds 64 KiB or so");
    lost = enj_journal_get_lost ();
    g_assert_cmpuint (lost, >, 0);
    (void) close (ends[0]);
    g_message ("nor this");
    g_assert_cmpuint (enj_journal_get_lost (), ==, lost + 1);

    g_assert_cmpint (dup2 (stderr_copy, STDERR_FILENO), ==, STDERR_FILENO);
    g_message ("back again");
    g_assert_cmpuint (enj_journal_get_lost (), ==, lost + 1);
    return;
  }
  g_test_trap_assert_stderr ("*message: * lines could not be written\n*message: back again\n*");
}

static void
test_full_disk (void)
{
  int fd = open ("/dev/full", O_WRONLY | O_CLOEXEC);

  if (fd < 0)
    {
      g_test_skip ("no /dev/full");
      return;
    }
  (void) close (fd);
  IN_SUBPROCESS (passed)
  {
    int full = open ("/dev/full", O_WRONLY | O_CLOEXEC);

    enj_journal_install (G_LOG_LEVEL_DEBUG);
    g_assert_cmpint (dup2 (full, STDERR_FILENO), ==, STDERR_FILENO);
    g_message ("no room");
    g_assert_cmpuint (enj_journal_get_lost (), ==, 1);
  }
}

static void
test_critical_aborts (void)
{
  IN_SUBPROCESS (failed)
  {
    enj_journal_install (G_LOG_LEVEL_CRITICAL);
    g_critical ("a bug");
    return;
  }
  g_test_trap_assert_stderr ("*critical: a bug\n*");
}

static void
test_declared_lines_pass (void)
{
  IN_SUBPROCESS (passed)
  {
    enj_journal_install_for_tests ();
    enj_journal_expect (G_LOG_LEVEL_WARNING, "one *");
    enj_journal_expect (G_LOG_LEVEL_CRITICAL, "two");
    enj_journal_expect (G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
    g_warning ("one %d", 1);
    g_critical ("two");
    g_return_if_fail (g_test_subprocess () == 77);
  }
}

static void
test_undeclared_warning_aborts (void)
{
  IN_SUBPROCESS (failed)
  {
    enj_journal_install_for_tests ();
    enj_journal_expect (G_LOG_LEVEL_WARNING, "one");
    g_warning ("two");
    return;
  }
  g_test_trap_assert_stderr ("*warning: two\n*");
}

static void
test_missing_line_aborts (void)
{
  IN_SUBPROCESS (failed)
  {
    enj_journal_install_for_tests ();
    enj_journal_expect (G_LOG_LEVEL_WARNING, "one");
    enj_journal_assert_expected ();
    return;
  }
  g_test_trap_assert_stderr ("*the warning line 'one' has not come*");
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/journal/line-has-time-level-and-context", test_lines);
  g_test_add_func ("/journal/longest-line-fits-a-pipe", test_longest_line);
  g_test_add_func ("/journal/datagram-holds-one-line-for-each-field", test_datagram);
  g_test_add_func ("/journal/flood-of-one-peer-is-cut", test_rate);
  g_test_add_func ("/journal/one-address-with-many-names-has-few-lines", test_rate_of_address);
  g_test_add_func ("/journal/writes-from-its-level", test_writes_from_level);
  g_test_add_func ("/journal/tells-how-many-were-suppressed", test_tells_how_many);
  g_test_add_func ("/journal/tells-that-once-a-second", test_tells_that_once_a_second);
  g_test_add_func ("/journal/loses-lines-without-waiting", test_loses_without_waiting);
  g_test_add_func ("/journal/full-disk-costs-the-line-only", test_full_disk);
  g_test_add_func ("/journal/critical-aborts", test_critical_aborts);
  g_test_add_func ("/journal/declared-lines-pass", test_declared_lines_pass);
  g_test_add_func ("/journal/undeclared-warning-aborts", test_undeclared_warning_aborts);
  g_test_add_func ("/journal/missing-line-aborts", test_missing_line_aborts);
  return g_test_run ();
}

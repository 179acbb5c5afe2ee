/* journal.h - the log writer of the programs.
 *
 * Writes to the systemd journal where stderr is the journal, with the fields of
 * protocol/log.h, else one line to stderr:
 *
 *   2024-05-01 10:32:18 info in-5 remote.example>bridge.example.com: stream up
 *
 * What cannot be printed is escaped.  Of the lines that peers can cause, message
 * with a stream and all below, at most 20 in any second are written for each remote
 * domain and for each address, some more at debug, and once a second one tells how many
 * were not.  A write never waits and never fails: what does not fit is counted.  After a
 * critical the process aborts.
 *
 * For programs only: a library leaves the writer to its program.  Any thread. */
#pragma once

#include <glib.h>

/* Writes @level, one of GLib's, and all above it.  The first call installs the
 * writer and has SIGPIPE ignored; the next ones only change the level. */
void enj_journal_install (GLogLevelFlags level);

/* Another level, for a program that has installed it; without effect in others. */
void enj_journal_set_level (GLogLevelFlags level);

/* Lines that could not be written. */
guint64 enj_journal_get_lost (void);

/* ---- For tests -------------------------------------------------------- */

/* All levels; a warning or critical that was not declared aborts, one that was
 * does not. */
void enj_journal_install_for_tests (void);

/* The next line of that level that is not yet declared will match @pattern, a
 * GPatternSpec for the message without its context. */
void enj_journal_expect (GLogLevelFlags level, const char *pattern);

/* Aborts where a declared line has not come. */
void enj_journal_assert_expected (void);

/* ---- Parts, each without the world -------------------------------------- */

#define ENJ_JOURNAL_LINE_MAX 4096

/* One line with its newline, at most ENJ_JOURNAL_LINE_MAX bytes, so that a pipe
 * takes it whole or not at all.  @wall is microseconds since 1970; the line has
 * local time.  New string. */
char *enj_journal_format_line (GLogLevelFlags level, const GLogField *fields, gsize n_fields,
                               gint64 wall);

/* The same as a datagram for the journal: KEY=value lines.  New bytes. */
char *enj_journal_format_datagram (const GLogField *fields, gsize n_fields, gsize *len);

/* May a line at @now, monotonic microseconds, about that remote domain or, as
 * NULL, about that stream be written?  Both are NULL for a line about neither.
 * @address is whom the stream leads to, or NULL. */
gboolean enj_journal_admit (GLogLevelFlags level, const char *remote, const char *stream,
                            const char *address, gint64 now);

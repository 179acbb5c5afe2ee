#include "config.h"

#include "component/journal.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "protocol/log.h"
#include "protocol/rate.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Text of one field, before what stands around it. */
#define TEXT_MAX 3072
#define NAME_MAX_BYTES 256
#define CUT "..."

/* Lines in any second: what a person reads, and what a developer asked for. */
#define LINES_PER_SOURCE 20
#define LINES_PER_ADDRESS 100 /* of a hoster, with many domains */
#define DEBUG_LINES_PER_SOURCE 200
#define DEBUG_LINES_BURST 2000
#define LINES_IN_ALL 1000
#define LINES_IN_ALL_BURST 5000

/* Domains, and addresses, that share a bucket by chance only share their limit. */
#define SOURCES 64

/* When the last lines were written, a ring: a bucket would let through what it holds and, in the
 * same second, what comes in. */
typedef struct
{
  gint64 at[LINES_PER_ADDRESS];
  guint n; /* of them */
  guint oldest;
} Window;

typedef struct
{
  Window window;
  EnjRate debug;
} Source;

typedef struct
{
  GLogLevelFlags level;
  char *pattern;
} Expected;

static struct
{
  GMutex lock;
  gboolean installed;
  gboolean for_tests;
  GLogLevelFlags threshold;
  int socket; /* to the journal, or -1 */
  guint64 lost;
  guint64 lost_told;
  guint64 suppressed;
  gint64 next_count; /* of those that are suppressed */
  gboolean rates_ready;
  EnjRate all;
  Source domains[SOURCES];
  Source addresses[SOURCES]; /* a name costs a peer nothing, an address something */
  GQueue expected;
} journal = { .socket = -1 };

/* ---- Text ---------------------------------------------------------------- */

static const char *
level_word (GLogLevelFlags level)
{
  if (level & G_LOG_LEVEL_ERROR)
    return "error";
  if (level & G_LOG_LEVEL_CRITICAL)
    return "critical";
  if (level & G_LOG_LEVEL_WARNING)
    return "warning";
  if (level & G_LOG_LEVEL_MESSAGE)
    return "message";
  return level & G_LOG_LEVEL_INFO ? "info" : "debug";
}

static const GLogField *
find_field (const GLogField *fields, gsize n, const char *key)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (fields[i].key, key) && fields[i].value)
      return &fields[i];
  return NULL;
}

/* Control characters would forge lines, direction marks would turn them round,
 * and the separators of Unicode break them in some terminals. */
static gboolean
is_plain (gunichar c)
{
  return c != (gunichar) -1 && c != (gunichar) -2 && g_unichar_isprint (c) && c != 0x2028 &&
         c != 0x2029;
}

static void
append_escaped (GString *line, const char *text, gssize len, gsize max)
{
  gsize size = len < 0 ? strlen (text) : (gsize) len;
  const char *end = text + size;
  gsize start = line->len;

  while (text < end)
    {
      gunichar c = g_utf8_get_char_validated (text, end - text);

      if (line->len - start > max)
        {
          g_string_append (line, CUT);
          return;
        }
      if (is_plain (c))
        {
          g_string_append_unichar (line, c);
          text = g_utf8_next_char (text);
        }
      else if (*text == '\n')
        {
          g_string_append (line, "\\n");
          text++;
        }
      else
        g_string_append_printf (line, "\\x%02x", (guint8) *text++);
    }
}

static void
append_field (GString *line, const char *before, const GLogField *field, gsize max)
{
  if (!field)
    return;
  g_string_append (line, before);
  append_escaped (line, field->value, field->length, max);
}

/* "in-5 remote>local" and "out-5 local>remote": the arrow goes with the stanzas.  Alone, either
 * has none. */
static void
append_context (GString *line, const GLogField *fields, gsize n)
{
  const GLogField *stream = find_field (fields, n, "ENJAMB_STREAM");
  const GLogField *first = find_field (fields, n, "ENJAMB_LOCAL");
  const GLogField *second = find_field (fields, n, "ENJAMB_REMOTE");

  append_field (line, " ", stream, NAME_MAX_BYTES);
  if (stream && stream->length < 0 && g_str_has_prefix (stream->value, "in-") && second)
    {
      const GLogField *swap = first;

      first = second;
      second = swap;
    }
  append_field (line, " ", first, NAME_MAX_BYTES);
  append_field (line, first ? ">" : " ", second, NAME_MAX_BYTES);
}

char *
enj_journal_format_line (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gint64 wall)
{
  GString *line = g_string_sized_new (256);
  const GLogField *domain = find_field (fields, n_fields, "GLIB_DOMAIN");
  time_t seconds = (time_t) (wall / G_USEC_PER_SEC);
  struct tm parts;
  char when[sizeof "2024-05-01 10:32:18"] = "";

  if (localtime_r (&seconds, &parts))
    (void) strftime (when, sizeof when, "%F %T", &parts); /* a year of five digits stays empty */
  g_string_append_printf (line, "%s %s", when, level_word (level));
  append_context (line, fields, n_fields);
  if (domain && domain->length < 0 && !g_str_equal (domain->value, G_LOG_DOMAIN))
    append_field (line, ": ", domain, NAME_MAX_BYTES);
  append_field (line, ": ", find_field (fields, n_fields, "MESSAGE"),
                TEXT_MAX - MIN (line->len, TEXT_MAX));
  g_string_append_c (line, '\n');
  return g_string_free (line, FALSE);
}

/* systemd: JOURNAL_NATIVE_PROTOCOL.  Nothing here holds a newline any more. */
char *
enj_journal_format_datagram (const GLogField *fields, gsize n_fields, gsize *len)
{
  GString *datagram = g_string_sized_new (512);
  const char *program = g_get_prgname ();

  for (gsize i = 0; i < n_fields; i++)
    if (fields[i].value)
      {
        g_string_append_printf (datagram, "%s=", fields[i].key);
        append_escaped (datagram, fields[i].value, fields[i].length, TEXT_MAX);
        g_string_append_c (datagram, '\n');
      }
  g_string_append_printf (datagram, "SYSLOG_IDENTIFIER=%s\n", program ? program : G_LOG_DOMAIN);
  *len = datagram->len;
  return g_string_free (datagram, FALSE);
}

/* ---- What peers can cause -------------------------------------------------- */

static void
init_source (Source *self, guint n, gint64 now)
{
  for (guint i = 0; i < n; i++)
    self->window.at[i] = now - G_USEC_PER_SEC;
  self->window.n = n;
  enj_rate_init (&self->debug, DEBUG_LINES_PER_SOURCE, DEBUG_LINES_BURST, now);
}

static void
init_rates (gint64 now)
{
  enj_rate_init (&journal.all, LINES_IN_ALL, LINES_IN_ALL_BURST, now);
  for (guint i = 0; i < SOURCES; i++)
    {
      init_source (&journal.domains[i], LINES_PER_SOURCE, now);
      init_source (&journal.addresses[i], LINES_PER_ADDRESS, now);
    }
  journal.rates_ready = TRUE;
}

/* Streams that have not told their name yet are one source for each kind, and lines without a
 * stream are one more.  Each link is one: there are as many as are configured. */
static guint
source_of (const char *remote, const char *stream)
{
  guint hash = 5381;

  if (remote)
    return g_str_hash (remote) % SOURCES;
  if (stream && g_str_has_prefix (stream, "link-"))
    return g_str_hash (stream) % SOURCES;
  for (; stream && *stream && *stream != '-'; stream++)
    hash = hash * 33 + (guint8) *stream;
  return hash % SOURCES;
}

static gboolean
window_is_full (const Window *self, gint64 now)
{
  return now - self->at[self->oldest] < G_USEC_PER_SEC;
}

static void
window_take (Window *self, gint64 now)
{
  self->at[self->oldest] = now;
  self->oldest = (self->oldest + 1) % self->n;
}

static gboolean
source_is_full (Source *self, gboolean debug, gint64 now)
{
  return debug ? enj_rate_ready (&self->debug, now) > now : window_is_full (&self->window, now);
}

static void
source_take (Source *self, gboolean debug, gint64 now)
{
  if (debug)
    (void) enj_rate_take (&self->debug, 1, now); /* looked at just now */
  else
    window_take (&self->window, now);
}

gboolean
enj_journal_admit (GLogLevelFlags level, const char *remote, const char *stream,
                   const char *address, gint64 now)
{
  guint mask = level & G_LOG_LEVEL_MASK;
  Source *domain = &journal.domains[source_of (remote, stream)];
  Source *from = address ? &journal.addresses[g_str_hash (address) % SOURCES] : NULL;
  gboolean debug = mask >= G_LOG_LEVEL_DEBUG;

  if (mask < G_LOG_LEVEL_MESSAGE || (mask == G_LOG_LEVEL_MESSAGE && !remote && !stream))
    return TRUE;
  if (!journal.rates_ready)
    init_rates (now);

  if (enj_rate_ready (&journal.all, now) > now || source_is_full (domain, debug, now)
      || (from && source_is_full (from, debug, now)))
    return FALSE;
  (void) enj_rate_take (&journal.all, 1, now); /* looked at just now */
  source_take (domain, debug, now);
  if (from)
    source_take (from, debug, now);
  return TRUE;
}

static gboolean
admit_fields (GLogLevelFlags level, const GLogField *fields, gsize n)
{
  const GLogField *remote = find_field (fields, n, "ENJAMB_REMOTE");
  const GLogField *stream = find_field (fields, n, "ENJAMB_STREAM");
  const GLogField *address = find_field (fields, n, "ENJAMB_SOURCE");

  return enj_journal_admit (level, remote && remote->length < 0 ? remote->value : NULL,
                            stream && stream->length < 0 ? stream->value : NULL,
                            address && address->length < 0 ? address->value : NULL,
                            g_get_monotonic_time ());
}

/* ---- Out ------------------------------------------------------------------- */

/* A full pipe or a reader that went away costs the line, not the bridge. */
static gboolean
write_line (const char *line)
{
  struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
  gsize len = strlen (line);

  if (poll (&ready, 1, 0) != 1 || !(ready.revents & POLLOUT) || (ready.revents & POLLERR))
    return FALSE;
  return write (STDERR_FILENO, line, len) == (gssize) len;
}

static gboolean
send_datagram (const char *datagram, gsize len)
{
  const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET };

  return sendto (journal.socket, datagram, len, MSG_DONTWAIT | MSG_NOSIGNAL,
                 (const struct sockaddr *) &address, sizeof address) == (gssize) len;
}

static gboolean
put (GLogLevelFlags level, const GLogField *fields, gsize n)
{
  g_autofree char *text = NULL;
  gsize len;

  if (journal.socket >= 0)
    {
      text = enj_journal_format_datagram (fields, n, &len);
      return send_datagram (text, len);
    }
  text = enj_journal_format_line (level, fields, n, g_get_real_time ());
  return write_line (text);
}

/* A line of the journal's own about those that are missing. */
static gboolean
put_count (guint64 count, const char *what)
{
  g_autofree char *message = g_strdup_printf ("%" G_GUINT64_FORMAT " %s", count, what);
  const GLogField fields[] = {
    { "MESSAGE", message, -1 },
    { "PRIORITY", "5", -1 },
    { "GLIB_DOMAIN", G_LOG_DOMAIN, -1 },
  };

  return put (G_LOG_LEVEL_MESSAGE, fields, G_N_ELEMENTS (fields));
}

static void
put_or_count (GLogLevelFlags level, const GLogField *fields, gsize n)
{
  gint64 now = g_get_monotonic_time ();

  /* Once a second: it is itself a line that a peer can cause. */
  if (journal.suppressed > 0 && now >= journal.next_count
      && put_count (journal.suppressed, "lines suppressed"))
    {
      journal.suppressed = 0;
      journal.next_count = now + G_USEC_PER_SEC;
    }
  if (journal.lost > journal.lost_told &&
      put_count (journal.lost - journal.lost_told, "lines could not be written"))
    journal.lost_told = journal.lost;
  if (!put (level, fields, n))
    journal.lost++;
}

/* ---- Declared lines ---------------------------------------------------------- */

static void
expected_free (gpointer data)
{
  Expected *expected = data;

  g_free (expected->pattern);
  g_free (expected);
}

static gboolean
take_expected (GLogLevelFlags level, const GLogField *fields, gsize n)
{
  const GLogField *message = find_field (fields, n, "MESSAGE");

  for (GList *item = journal.expected.head; item && message && message->length < 0;
       item = item->next)
    {
      const Expected *expected = item->data;

      if (!(level & expected->level))
        continue;
      if (!g_pattern_match_simple (expected->pattern, message->value))
        return FALSE;
      expected_free (item->data);
      g_queue_delete_link (&journal.expected, item);
      return TRUE;
    }
  return FALSE;
}

/* ---- The writer ---------------------------------------------------------------- */

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  gboolean declared;
  gboolean fatal;

  (void) data;
  g_mutex_lock (&journal.lock);
  declared = journal.for_tests && take_expected (level, fields, n_fields);
  fatal = !declared &&
          (level & (journal.for_tests ? G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING
                                      : G_LOG_LEVEL_CRITICAL));

  if ((level & G_LOG_LEVEL_MASK) > journal.threshold)
    ; /* nobody asked for it */
  else if (journal.for_tests || admit_fields (level, fields, n_fields))
    put_or_count (level, fields, n_fields);
  else
    journal.suppressed++;
  g_mutex_unlock (&journal.lock);

  /* A broken invariant: GLib's own fatal masks mean nothing to a writer. */
  if (fatal)
    abort ();
  return G_LOG_WRITER_HANDLED;
}

static void
install (GLogLevelFlags level, gboolean for_tests)
{
  g_mutex_lock (&journal.lock);
  journal.threshold = level;
  enj_log_set_lowest (level);
  journal.for_tests = for_tests;
  g_mutex_unlock (&journal.lock);

  if (journal.installed)
    return;
  journal.installed = TRUE;
  if (!for_tests && g_log_writer_is_journald (STDERR_FILENO))
    journal.socket = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  (void) signal (SIGPIPE, SIG_IGN); /* cannot fail for a signal that there is */
  g_log_set_writer_func (write_log, NULL, NULL);
}

void
enj_journal_install (GLogLevelFlags level)
{
  install (level, FALSE);
}

void
enj_journal_set_level (GLogLevelFlags level)
{
  g_mutex_lock (&journal.lock);
  if (journal.installed && !journal.for_tests)
    {
      journal.threshold = level;
      enj_log_set_lowest (level);
    }
  g_mutex_unlock (&journal.lock);
}

guint64
enj_journal_get_lost (void)
{
  guint64 lost;

  g_mutex_lock (&journal.lock);
  lost = journal.lost;
  g_mutex_unlock (&journal.lock);
  return lost;
}

void
enj_journal_install_for_tests (void)
{
  install (G_LOG_LEVEL_DEBUG, TRUE);
  /* g_test_init() made criticals fatal behind the writer's back. */
  (void) g_log_set_always_fatal (G_LOG_FATAL_MASK);
}

void
enj_journal_expect (GLogLevelFlags level, const char *pattern)
{
  Expected *expected = g_new0 (Expected, 1);

  expected->level = level;
  expected->pattern = g_strdup (pattern);
  g_mutex_lock (&journal.lock);
  g_queue_push_tail (&journal.expected, expected);
  g_mutex_unlock (&journal.lock);
}

void
enj_journal_assert_expected (void)
{
  const Expected *expected = g_queue_peek_head (&journal.expected);

  if (expected)
    g_error ("the %s line '%s' has not come", level_word (expected->level), expected->pattern);
}

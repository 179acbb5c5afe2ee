#include "config.h"

#include "component/page.h"

#include <string.h>

#include "protocol/law.h"
#include "protocol/report.h"
#include "protocol/wall.h"

/* Rows: of a list that has pages of its own, of its beginning elsewhere, and of failures. */
#define ROWS 100
#define FIRST_ROWS 20
#define FAILURES 15

/* A person can read it before it is there anew. */
#define REFRESH "15"

#define MINUTE ((gint64) 60 * ENJ_SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

const char enj_page_icon[]
  = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\">"
    "<path d=\"M1 11q7-9 14 0\" fill=\"none\" stroke=\"#2a7\" stroke-width=\"2\"/>"
    "<path d=\"M1 13h14\" stroke=\"#2a7\" stroke-width=\"2\"/></svg>\n";

const char enj_page_style[]
  = ":root { color-scheme: light dark; --line: #8884; --mark: #1a7f5a; --bad: #c0392b; }\n"
    "body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1rem; "
    "max-width: 80rem; }\n"
    "h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }\n"
    "header p { margin: .2rem 0; }\n"
    ".plots { display: grid; gap: 1rem; "
    "grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }\n"
    "figure { margin: 0; } figcaption { font-size: .85rem; }\n"
    "svg { width: 100%; height: 3.5rem; border-bottom: 1px solid var(--line); }\n"
    "polyline { fill: none; stroke: var(--mark); stroke-width: 1.5; "
    "vector-effect: non-scaling-stroke; }\n"
    ".wide { overflow-x: auto; }\n"
    "table { border-collapse: collapse; width: 100%; font-size: .9rem; }\n"
    "th, td { text-align: left; padding: .25rem .6rem .25rem 0; vertical-align: top; "
    "border-bottom: 1px solid var(--line); }\n"
    ".n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }\n"
    "td.n + td, th.n + th { padding-left: .6rem; }\n"
    ".good { color: var(--mark); } .bad { color: var(--bad); font-weight: 600; }\n";

/* ---- Small things ------------------------------------------------------------------------ */

static void
append_text (GString *page, const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  g_string_append (page, escaped);
}

static void
append_cell (GString *page, const char *text)
{
  g_string_append (page, "<td>");
  append_text (page, text);
  g_string_append (page, "</td>");
}

static void
append_number (GString *page, gint64 number)
{
  g_string_append_printf (page, "<td class=\"n\">%" G_GINT64_FORMAT "</td>", number);
}

/* The two largest units; new. */
static char *
format_span_new (gint64 span)
{
  if (span < MINUTE)
    return g_strdup_printf ("%d s", (int) (span / ENJ_SECOND));
  if (span < HOUR)
    return g_strdup_printf ("%d min", (int) (span / MINUTE));
  if (span < DAY)
    return g_strdup_printf ("%d h %d min", (int) (span / HOUR), (int) (span % HOUR / MINUTE));
  return g_strdup_printf ("%d d %d h", (int) (span / DAY), (int) (span % DAY / HOUR));
}

static void
append_span (GString *page, gint64 span)
{
  g_autofree char *text = format_span_new (span);

  g_string_append_printf (page, "<td class=\"n\">%s</td>", text);
}

/* @heads: the words of the first row, with "#" before those of numbers, and bars between. */
static void
open_table (GString *page, const char *heads)
{
  g_auto (GStrv) words = g_strsplit (heads, "|", -1);

  g_string_append (page, "<div class=\"wide\"><table><thead><tr>");
  for (guint i = 0; words[i]; i++)
    if (words[i][0] == '#')
      g_string_append_printf (page, "<th class=\"n\">%s</th>", words[i] + 1);
    else
      g_string_append_printf (page, "<th>%s</th>", words[i]);
  g_string_append (page, "</tr></thead><tbody>\n");
}

static void
close_table (GString *page)
{
  g_string_append (page, "</tbody></table></div>\n");
}

static GString *
page_begin (const char *title)
{
  GString *page = g_string_new ("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                                "<meta name=\"viewport\" content=\"width=device-width\">"
                                "<meta http-equiv=\"refresh\" content=\"" REFRESH "\">"
                                "<link rel=\"stylesheet\" href=\"" ENJ_PAGE_STYLE_PATH "\">"
                                "<link rel=\"icon\" href=\"" ENJ_PAGE_ICON_PATH "\">");

  g_string_append_printf (page, "<title>%s</title></head><body>\n", title);
  return page;
}

static GString *
page_end (GString *page)
{
  return g_string_append (page, "</body></html>\n");
}

static void
append_next (GString *page, const char *path, const char *after)
{
  g_autofree char *escaped = g_uri_escape_string (after, NULL, FALSE);

  g_string_append_printf (page, "<p><a href=\"%s?after=%s\">The next ones</a></p>\n", path,
                          escaped);
}

/* ---- Our domains --------------------------------------------------------------------------- */

static void
append_link (GString *page, const char *state, const EnjLinkInfo *link)
{
  g_string_append_printf (page, "<td class=\"%s\">%s</td>",
                          strcmp (state, "up") == 0     ? "good"
                          : strcmp (state, "none") == 0 ? ""
                                                        : "bad",
                          state);
  append_span (page, link->age);
  append_number (page, link->waiting);
  append_number (page, link->unproven);
  append_cell (page, link->error);
}

static void
append_certificate (GString *page, const EnjCredentials *credentials)
{
  gint64 days;

  if (!credentials)
    {
      g_string_append (page, "<td></td>");
      return;
    }
  days = (enj_credentials_get_expiry (credentials) - enj_wall_now ()) / (24 * 60 * 60);
  g_string_append_printf (page, "<td class=\"%s\">%s%" G_GINT64_FORMAT " d</td>",
                          days < 14 ? "bad" : "",
                          enj_credentials_is_self_signed (credentials) ? "self-signed, " : "",
                          days);
}

static void
append_domains (GString *page, EnjSteward *steward, gint64 now)
{
  const GPtrArray *components = enj_steward_get_config (steward)->components;
  EnjReport *report = enj_exchange_get_report (enj_steward_get_exchange (steward));

  g_string_append (page, "<h2 id=\"domains\">Our domains</h2>\n");
  open_table (page, "Domain|Service|Link|#for|#waiting|#not proved|Why it went down|Certificate");
  for (guint i = 0; i < components->len; i++)
    {
      const EnjConfigComponent *component = components->pdata[i];
      EnjLinkInfo link = { .state = "down", .error = "" };

      (void) enj_report_describe_link (report, component->domain, &link, now); /* Or it is so. */
      g_string_append (page, "<tr>");
      append_cell (page, component->domain);
      append_cell (page, enj_config_format_service (component->service));
      append_link (page, component->server ? link.state : "none", &link);
      append_certificate (page, enj_settings_get_credentials (enj_steward_get_settings (steward),
                                                              component->domain));
      g_string_append (page, "</tr>\n");
    }
  close_table (page);
}

/* Of all, those that connect to us. */
static void
append_components (GString *page, EnjSteward *steward, gint64 now)
{
  const GPtrArray *components = enj_steward_get_config (steward)->components;
  EnjReport *report = enj_exchange_get_report (enj_steward_get_exchange (steward));

  g_string_append (page, "<h2 id=\"components\">Components that connect to us</h2>\n");
  open_table (page, "Domain|State|#for|#waiting|#not proved|Why it went down");
  for (guint i = 0; i < components->len; i++)
    {
      const EnjConfigComponent *component = components->pdata[i];
      EnjLinkInfo info;

      if (!enj_report_describe_hosted (report, component->domain, &info, now))
        continue;
      g_string_append (page, "<tr>");
      append_cell (page, component->domain);
      append_link (page, info.state, &info);
      g_string_append (page, "</tr>\n");
    }
  close_table (page);
}

/* ---- Stanzas --------------------------------------------------------------------------------- */

static void
append_row (GString *page, const char *text, gint64 number)
{
  g_string_append_printf (page, "<tr><td>%s</td>", text);
  append_number (page, number);
  g_string_append (page, "</tr>\n");
}

static void
append_books (GString *page, const EnjExchange *exchange)
{
  const EnjCounters *counters = enj_exchange_get_counters (exchange);
  guint64 owned = enj_exchange_count_owned (exchange);

  g_string_append (page, "<h2 id=\"stanzas\">What became of stanzas</h2>\n");
  open_table (page, "Since the start|#stanzas");
#define X(field, help) append_row (page, help, (gint64) counters->field);
  ENJ_COUNTERS (X)
#undef X
  append_row (page, "stanzas that are with us now", (gint64) owned);
  append_row (page, "stanzas that are not accounted for: 0, or there is a bug",
              enj_law_weigh (counters, owned));
  close_table (page);

  g_string_append (page, "<h2 id=\"bounces\">Errors of ours</h2>\n");
  open_table (page, "Condition|#stanzas");
  for (guint i = 0; i < ENJ_TALLY_N_BOUNCES; i++)
    if (counters->tally.bounces[i] > 0)
      append_row (page, enj_stanza_condition_format (i), (gint64) counters->tally.bounces[i]);
  close_table (page);
}

/* ---- Other servers ----------------------------------------------------------------- */

/* The newest of one server; all is borrowed. */
typedef struct
{
  const char *domain;
  EnjAttempt attempt;
} Failure;

/* The newest of all: as many as there are rows, the newest first. */
typedef struct
{
  Failure failures[FAILURES];
  guint n;
} Failures;

static void
insert (Failures *self, const Failure *failure)
{
  guint at = self->n;

  while (at > 0 && self->failures[at - 1].attempt.at < failure->attempt.at)
    at--;
  if (at == FAILURES)
    return;
  self->n = MIN (self->n + 1, FAILURES);
  memmove (&self->failures[at + 1], &self->failures[at], (self->n - 1 - at) * sizeof *failure);
  self->failures[at] = *failure;
}

static void
collect_failure (Failures *self, const EnjHistory *history, const char *domain)
{
  EnjAttempt attempts[ENJ_HISTORY_ATTEMPTS];
  guint n = enj_history_find (history, domain, attempts);

  for (guint i = 0; i < n; i++)
    if (!attempts[i].succeeded)
      {
        insert (self, &(Failure){ .domain = domain, .attempt = attempts[i] });
        return;
      }
}

static void
collect_failures (Failures *self, const EnjHistory *history)
{
  const char *domains[ROWS];
  const char *after = NULL;
  guint n;

  do
    {
      n = enj_history_list (history, after, domains, ROWS);
      for (guint i = 0; i < n; i++)
        collect_failure (self, history, domains[i]);
      after = n > 0 ? domains[n - 1] : NULL;
    }
  while (n == ROWS);
}

static void
append_failures (GString *page, const EnjReport *report, gint64 now)
{
  Failures failures = { .n = 0 };

  collect_failures (&failures, enj_report_get_history (report));
  g_string_append (page, "<h2 id=\"failures\">Last failures</h2>\n");
  open_table (page, "Server|#ago|Step|Reason");
  for (guint i = 0; i < failures.n; i++)
    {
      const Failure *failure = &failures.failures[i];

      g_string_append (page, "<tr>");
      append_cell (page, failure->domain);
      append_span (page, now - failure->attempt.at);
      append_cell (page, failure->attempt.step);
      append_cell (page, failure->attempt.reason);
      g_string_append (page, "</tr>\n");
    }
  close_table (page);
}

static void
append_remote (GString *page, const EnjRemoteInfo *remote, gint64 now)
{
  g_string_append (page, "<tr>");
  append_cell (page, remote->domain);
  append_cell (page, remote->connecting ? "connecting" : remote->rest > 0 ? "resting" : "");
  append_number (page, remote->waiting);
  append_number (page, remote->failures);
  append_span (page, remote->rest);
  if (remote->n_attempts == 0)
    g_string_append (page, "<td></td><td></td>");
  else
    {
      const EnjAttempt *last = &remote->attempts[0];

      append_span (page, now - last->at);
      g_string_append_printf (page, "<td class=\"%s\">", last->succeeded ? "good" : "bad");
      append_text (page, last->succeeded ? "succeeded" : last->step);
      g_string_append (page, last->reason[0] ? ": " : "");
      append_text (page, last->reason);
      g_string_append (page, "</td>");
    }
  g_string_append (page, "</tr>\n");
}

static void
append_peers (GString *page, const EnjReport *report, const char *after, guint rows, gint64 now)
{
  const char *domains[ROWS];
  guint n = enj_report_list_remotes (report, after[0] ? after : NULL, domains, rows);
  g_autofree char *last = n > 0 ? g_strdup (domains[n - 1]) : NULL;

  g_string_append (page, "<h2 id=\"peers\">Other servers, called within an hour</h2>\n");
  open_table (page, "Server|State|#waiting|#failures in a row|#rests for|#last attempt|Result");
  for (guint i = 0; i < n; i++)
    {
      EnjRemoteInfo remote;

      enj_report_describe_remote (report, domains[i], &remote, now);
      append_remote (page, &remote, now);
    }
  close_table (page);
  if (n == rows)
    append_next (page, ENJ_PAGE_PEERS_PATH, last);
}

/* ---- Streams ------------------------------------------------------------------------ */

static void
append_stream (GString *page, const EnjStreamInfo *stream)
{
  g_string_append (page, "<tr>");
  append_cell (page, stream->name);
  append_cell (page, stream->state);
  append_cell (page, stream->local);
  append_cell (page, stream->remote);
  append_number (page, stream->pairs);
  append_cell (page, stream->address);
  g_string_append (page, "<td>");
  append_text (page, stream->tls[0] ? stream->tls : "in clear");
  g_string_append_c (page, ' ');
  append_text (page, stream->cipher);
  g_string_append (page, stream->direct_tls ? ", direct</td>" : "</td>");
  append_cell (page, stream->peer_proof);
  append_cell (page, stream->own_proof);
  g_string_append_printf (page, "<td>%s%s</td>", stream->bidi ? "bidi " : "",
                          stream->acknowledged ? "acknowledged" : "");
  append_number (page, stream->queue);
  append_number (page, stream->unproven);
  append_span (page, stream->age);
  append_span (page, stream->idle);
  g_string_append (page, "</tr>\n");
}

static void
append_streams (GString *page, const EnjReport *report, guint64 after, guint rows, gint64 now)
{
  guint64 ids[ROWS];
  guint64 next;
  guint n = enj_report_list_streams (report, after, NULL, ids, rows, &next);

  g_string_append_printf (page, "<h2 id=\"streams\">Streams: %u</h2>\n",
                          enj_report_count_streams (report));
  open_table (page, "Stream|State|Ours|Theirs|#pairs|Address|TLS|They proved|We proved|With|#queue|"
                    "#not proved|#age|#idle");
  for (guint i = 0; i < n; i++)
    {
      EnjStreamInfo stream;

      if (enj_report_describe_stream (report, ids[i], &stream, now))
        append_stream (page, &stream);
    }
  close_table (page);
  if (next)
    {
      g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, next);

      append_next (page, ENJ_PAGE_STREAMS_PATH, text);
    }
}

/* ---- Pages -------------------------------------------------------------------------- */

static void
append_head (GString *page, EnjSteward *steward, gint64 now)
{
  const EnjLoad load = enj_exchange_get_load (enj_steward_get_exchange (steward));
  const EnjUplinks *uplinks = enj_steward_get_uplinks (steward);
  g_autofree char *uptime = format_span_new (enj_steward_get_uptime (steward, now));

  g_string_append_printf (page,
                          "<header><h1>enjamb</h1><p>" PACKAGE_VERSION ", up for %s. "
                          "%u of %u links up%s; %u streams in, %u out; %u of components. "
                          "<a href=\"/metrics\">Metrics</a></p></header>\n",
                          uptime, uplinks ? enj_uplinks_count_up (uplinks) : 0,
                          uplinks ? enj_uplinks_count (uplinks) : 0,
                          enj_steward_stands_by (steward) ? ", standing by" : "", load.inbound,
                          load.outbound, load.hosted);
}

GString *
enj_page_new (EnjSteward *steward, const EnjSights *sights, gint64 now)
{
  EnjExchange *exchange = enj_steward_get_exchange (steward);
  const EnjReport *report = enj_exchange_get_report (exchange);
  GString *page = page_begin ("enjamb");

  append_head (page, steward, now);
  append_domains (page, steward, now);
  append_components (page, steward, now);
  g_string_append (page, "<h2 id=\"plots\">The last ten minutes</h2>\n<div class=\"plots\">\n");
  enj_sights_append (sights, page);
  g_string_append (page, "</div>\n");
  append_failures (page, report, now);
  append_peers (page, report, "", FIRST_ROWS, now);
  append_streams (page, report, 0, FIRST_ROWS, now);
  append_books (page, exchange);
  return page_end (page);
}

static void
append_way_back (GString *page)
{
  g_string_append (page, "<p><a href=\"" ENJ_PAGE_PATH "\">All at a glance</a></p>\n");
}

GString *
enj_page_peers_new (EnjSteward *steward, const char *after, gint64 now)
{
  GString *page = page_begin ("enjamb: other servers");

  append_way_back (page);
  append_peers (page, enj_exchange_get_report (enj_steward_get_exchange (steward)), after, ROWS,
                now);
  return page_end (page);
}

GString *
enj_page_streams_new (EnjSteward *steward, const char *after, gint64 now)
{
  GString *page = page_begin ("enjamb: streams");

  append_way_back (page);
  append_streams (page, enj_exchange_get_report (enj_steward_get_exchange (steward)),
                  g_ascii_strtoull (after, NULL, 10), ROWS, now);
  return page_end (page);
}

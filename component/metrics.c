#include "config.h"

#include "component/metrics.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "protocol/budget.h"
#include "protocol/law.h"
#include "protocol/report.h"
#include "component/exposition.h"
#include "component/journal.h"

/* ---- The process ------------------------------------------------------------------------ */

static gint64
get_microseconds (const struct timeval *time)
{
  return (gint64) time->tv_sec * G_USEC_PER_SEC + time->tv_usec;
}

/* 0 where nobody tells. */
static gint64
read_resident (void)
{
  g_autofree char *text = NULL;
  guint64 pages;
  char *end;

  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    return 0;
  (void) g_ascii_strtoull (text, &end, 10); /* All of it, seen or not. */
  pages = g_ascii_strtoull (end, NULL, 10);
  return (gint64) (pages * (guint64) getpagesize ());
}

static void
add_process (EnjExposition *out, const EnjSteward *steward, gint64 now)
{
  struct rusage usage = { .ru_utime = { 0, 0 } };

  enj_exposition_begin (out, ENJ_METRIC_INFO, "enjamb_build", NULL, "The program.");
  enj_exposition_add (out, 1, "version", PACKAGE_VERSION, NULL);
  enj_exposition_begin (out, ENJ_METRIC_GAUGE, "enjamb_uptime_seconds", "seconds",
                        "Since the start.");
  enj_exposition_add_seconds (out, enj_steward_get_uptime (steward, now), NULL);
  (void) getrusage (RUSAGE_SELF, &usage); /* It cannot fail, asked like that. */
  enj_exposition_begin (out, ENJ_METRIC_COUNTER, "process_cpu_seconds", "seconds",
                        "Time that the processor has spent on it.");
  enj_exposition_add_seconds (
    out, get_microseconds (&usage.ru_utime) + get_microseconds (&usage.ru_stime), NULL);
  enj_exposition_begin (out, ENJ_METRIC_GAUGE, "process_resident_memory_bytes", "bytes",
                        "Memory that the process takes.");
  enj_exposition_add (out, read_resident (), NULL);
  enj_exposition_begin (out, ENJ_METRIC_GAUGE, "enjamb_memory_held_bytes", "bytes",
                        "What is held for others; [limits] memory is of this.");
  enj_exposition_add (out, (gint64) enj_budget_get_held (), NULL);
  enj_exposition_begin (out, ENJ_METRIC_GAUGE, "enjamb_memory_limit_bytes", "bytes",
                        "[limits] memory.");
  enj_exposition_add (out, (gint64) enj_steward_get_config (steward)->limits.memory, NULL);
  enj_exposition_begin (out, ENJ_METRIC_COUNTER, "enjamb_log_lost", NULL,
                        "Lines of the log that could not be written.");
  enj_exposition_add (out, (gint64) enj_journal_get_lost (), NULL);
}

static void
add_certificates (EnjExposition *out, const EnjSteward *steward)
{
  const EnjConfig *config = enj_steward_get_config (steward);
  EnjSettings *settings = enj_steward_get_settings (steward);

  enj_exposition_begin (out, ENJ_METRIC_GAUGE, "enjamb_certificate_expiry_timestamp_seconds",
                        "seconds", "When our certificate ends, in seconds since 1970.");
  for (guint i = 0; i < config->components->len; i++)
    {
      const EnjConfigComponent *component = config->components->pdata[i];
      const EnjCredentials *credentials
        = enj_settings_get_credentials (settings, component->domain);

      if (credentials)
        enj_exposition_add (out, enj_credentials_get_expiry (credentials), "host",
                            component->domain, NULL);
    }
}

/* ---- Stanzas ---------------------------------------------------------------------------- */

static void
add_counter (EnjExposition *out, const char *name, guint64 value, const char *help)
{
  enj_exposition_begin (out, ENJ_METRIC_COUNTER, name, NULL, help);
  enj_exposition_add (out, (gint64) value, NULL);
}

static void
add_gauge (EnjExposition *out, const char *name, gint64 value, const char *help)
{
  enj_exposition_begin (out, ENJ_METRIC_GAUGE, name, NULL, help);
  enj_exposition_add (out, value, NULL);
}

static void
add_law (EnjExposition *out, const EnjExchange *exchange)
{
  const EnjCounters *counters = enj_exchange_get_counters (exchange);
  guint64 owned = enj_exchange_count_owned (exchange);

  add_counter (out, "enjamb_stanzas_accepted", counters->accepted,
               "Stanzas taken over from a stream.");
  add_counter (out, "enjamb_stanzas_settled", counters->settled,
               "Of those, how many have ended, with all that was made of them.");
  add_counter (out, "enjamb_stanzas_sent", counters->sent, "Stanzas taken from a service.");
  add_counter (out, "enjamb_stanzas_delivered", counters->delivered,
               "Stanzas given to a service.");
  add_counter (out, "enjamb_stanzas_confirmed", counters->confirmed,
               "Stanzas that the next server has proved to have.");
  add_counter (out, "enjamb_stanzas_unproven", counters->unproven,
               "Stanzas written where nothing can prove that they arrived.");
  add_counter (out, "enjamb_stanzas_bounced", counters->bounced,
               "Stanzas answered with an error of ours.");
  add_counter (out, "enjamb_stanzas_dropped", counters->dropped,
               "Errors and results that could not be delivered, and are answered to nobody.");
  add_counter (out, "enjamb_stanzas_refused", counters->refused,
               "Stanzas refused from their stream.");
  add_gauge (out, "enjamb_stanzas_owned", (gint64) owned,
             "Stanzas that we have now: they wait, are on their way, or are not proved yet.");
  add_gauge (out, "enjamb_stanzas_missing", enj_law_weigh (counters, owned),
             "Stanzas lost in silence: 0, or there is a bug.");
  enj_exposition_begin (out, ENJ_METRIC_COUNTER, "enjamb_stanzas_written", NULL,
                        "Stanzas written to a stream.");
  enj_exposition_add (out, (gint64) counters->written_link, "to", "link", NULL);
  enj_exposition_add (out, (gint64) counters->written_peer, "to", "peer", NULL);
}

static void
add_ends (EnjExposition *out, const EnjTally *tally)
{
  enj_exposition_begin (out, ENJ_METRIC_COUNTER, "enjamb_bounces", NULL,
                        "Stanzas answered with an error of ours, by its condition.");
  for (guint i = 0; i < ENJ_TALLY_N_BOUNCES; i++)
    enj_exposition_add (out, (gint64) tally->bounces[i], "condition",
                        enj_stanza_condition_format (i), NULL);
  enj_exposition_begin (out, ENJ_METRIC_COUNTER, "enjamb_drops", NULL,
                        "Stanzas dropped without a word, by the rule that wants it.");
  for (guint i = 0; i < ENJ_TALLY_N_DROPS; i++)
    enj_exposition_add (out, (gint64) tally->drops[i], "rule", enj_tally_format_drop (i), NULL);
}

static void
add_queues (EnjExposition *out, const EnjLoad *load)
{
  enj_exposition_begin (out, ENJ_METRIC_GAUGE, "enjamb_queue_stanzas", NULL,
                        "Stanzas that wait until they can be written, also while nobody is there.");
  enj_exposition_add (out, load->waiting_for_peers, "to", "peer", NULL);
  enj_exposition_add (out, load->waiting_for_links, "to", "link", NULL);
  enj_exposition_add (out, load->waiting_for_components, "to", "component", NULL);
  enj_exposition_begin (out, ENJ_METRIC_GAUGE, "enjamb_queue_unproven", NULL,
                        "Stanzas that have left by links, or to components that connect to us, "
                        "and may not have arrived.");
  enj_exposition_add (out, load->unproven_by_links, "to", "link", NULL);
  enj_exposition_add (out, load->unproven_by_components, "to", "component", NULL);
  add_gauge (out, "enjamb_queue_events", load->events, "Events that the loop has still to do.");
}

/* ---- Streams ---------------------------------------------------------------------------- */

static void
add_streams (EnjExposition *out, const EnjCounters *counters, const EnjLoad *load)
{
  enj_exposition_begin (out, ENJ_METRIC_GAUGE, "enjamb_s2s_connections", NULL,
                        "Streams with other servers, those under way too.");
  enj_exposition_add (out, load->inbound, "type", "s2sin", NULL);
  enj_exposition_add (out, load->outbound, "type", "s2sout", NULL);
  add_gauge (out, "enjamb_hosted_connections", load->hosted,
             "Connections of components, those under way too.");
  add_gauge (out, "enjamb_s2s_closing", load->ending,
             "Streams that we opened, and that are being closed.");
  add_counter (out, "enjamb_s2s_accepted", counters->streams_in,
               "Connections of other servers.");
  add_counter (out, "enjamb_s2s_initiated", counters->streams_out,
               "Connections to other servers.");
  enj_exposition_begin (out, ENJ_METRIC_COUNTER, "enjamb_s2s_dialback_checked", NULL,
                        "Pairs of domains whose keys were asked about.");
  enj_exposition_add (out, (gint64) counters->pairs_verified, "result", "valid", NULL);
  enj_exposition_add (out, (gint64) counters->pairs_failed, "result", "invalid", NULL);
  add_counter (out, "enjamb_s2s_dialback_unsolicited", counters->unsolicited,
               "Answers of dialback that nobody had asked for.");
}

/* Each a label of its own, and so with a word of its own. */
static const char *
format_failure (guint condition)
{
  switch (condition)
    {
    case ENJ_STREAM_STANZA_TOO_BIG:
      return "stanza-too-big";
    case ENJ_STREAM_HANDLED_COUNT_TOO_HIGH:
      return "handled-count-too-high";
    case ENJ_STREAM_DISCONNECTED:
      return "disconnected";
    default:
      return enj_stream_condition_format (condition);
    }
}

static void
add_up (EnjExposition *out, const EnjTally *tally)
{
  static const char *const mechanisms[ENJ_TALLY_N_PROOFS]
    = { "none", "dialback", "EXTERNAL", "certificate", "DANE", "DANE and authority" };
  static const char *const directions[] = { "in", "out" };
  const EnjTallyStreams *const both[] = { &tally->in, &tally->out };

  enj_exposition_begin (out, ENJ_METRIC_COUNTER, "enjamb_s2s_encrypted", NULL,
                        "Streams that came up, by the version of TLS.");
  for (guint i = 0; i < G_N_ELEMENTS (both); i++)
    for (guint j = 0; j < ENJ_TALLY_N_ENCRYPTIONS; j++)
      enj_exposition_add (out, (gint64) both[i]->encryptions[j], "direction", directions[i],
                          "protocol", enj_tally_format_encryption (j), NULL);
  enj_exposition_begin (out, ENJ_METRIC_COUNTER, "enjamb_s2s_authenticated", NULL,
                        "Streams that came up, by how the calling side proved itself.");
  for (guint i = 0; i < G_N_ELEMENTS (both); i++)
    for (guint j = 0; j < ENJ_TALLY_N_PROOFS; j++)
      enj_exposition_add (out, (gint64) both[i]->proofs[j], "direction", directions[i],
                          "mechanism", mechanisms[j], NULL);
  enj_exposition_begin (out, ENJ_METRIC_COUNTER, "enjamb_s2s_bidi", NULL,
                        "Streams that came up and serve both ways (XEP-0288).");
  for (guint i = 0; i < G_N_ELEMENTS (both); i++)
    enj_exposition_add (out, (gint64) both[i]->bidi, "direction", directions[i], NULL);
}

static void
add_closed (EnjExposition *out, const EnjTally *tally)
{
  add_counter (out, "enjamb_s2s_turned_away", tally->turned_away,
               "Connections of other servers that were not let in.");
  enj_exposition_begin (out, ENJ_METRIC_COUNTER, "enjamb_streams_closed", NULL,
                        "Streams and links that ended, by the error; none is in order.");
  enj_exposition_add (out, (gint64) tally->closed, "error", "none", NULL);
  for (guint i = 0; i < ENJ_TALLY_N_FAILURES; i++)
    enj_exposition_add (out, (gint64) tally->failures[i], "error", format_failure (i), NULL);
}

static void
add_links (EnjExposition *out, const EnjSteward *steward, gint64 now)
{
  const GPtrArray *components = enj_steward_get_config (steward)->components;
  const EnjReport *report = enj_exchange_get_report (enj_steward_get_exchange (steward));
  const EnjUplinks *uplinks = enj_steward_get_uplinks (steward);

  add_gauge (out, "enjamb_links", uplinks ? enj_uplinks_count (uplinks) : 0,
             "Links to servers of ours that are configured.");
  add_gauge (out, "enjamb_links_up", uplinks ? enj_uplinks_count_up (uplinks) : 0,
             "Of those, how many are up.");
  add_gauge (out, "enjamb_standing_by", enj_steward_stands_by (steward),
             "1 while another instance has the link, and nothing listens for other servers.");
  enj_exposition_begin (out, ENJ_METRIC_GAUGE, "enjamb_link_up", NULL,
                        "1 for a domain whose link is up.");
  for (guint i = 0; i < components->len; i++)
    {
      const EnjConfigComponent *component = components->pdata[i];
      EnjLinkInfo link;

      if (component->server
          && enj_report_describe_link (report, component->domain, &link, now))
        enj_exposition_add (out, strcmp (link.state, "up") == 0, "host", component->domain, NULL);
    }
}

static void
add_hosted (EnjExposition *out, const EnjSteward *steward, gint64 now)
{
  const GPtrArray *components = enj_steward_get_config (steward)->components;
  const EnjReport *report = enj_exchange_get_report (enj_steward_get_exchange (steward));

  enj_exposition_begin (out, ENJ_METRIC_GAUGE, "enjamb_component_up", NULL,
                        "1 for a domain whose component is connected to us.");
  for (guint i = 0; i < components->len; i++)
    {
      const EnjConfigComponent *component = components->pdata[i];
      EnjLinkInfo info;

      if (enj_report_describe_hosted (report, component->domain, &info, now))
        enj_exposition_add (out, strcmp (info.state, "up") == 0, "host", component->domain, NULL);
    }
}

static void
add_pace (EnjExposition *out, const EnjPace *pace, const char *direction)
{
  for (EnjMilestone i = 0; i < ENJ_N_MILESTONES; i++)
    enj_exposition_add_histogram (out, &pace->steps[i], "direction", direction, "step",
                                  enj_pace_format_step (i), NULL);
}

static void
add_latencies (EnjExposition *out, const EnjCounters *counters)
{
  enj_exposition_begin (out, ENJ_METRIC_HISTOGRAM, "enjamb_route_seconds", "seconds",
                        "From the end of a stanza on one stream to its last byte on another.");
  enj_exposition_add_histogram (out, &counters->route, NULL);
  enj_exposition_begin (out, ENJ_METRIC_HISTOGRAM, "enjamb_s2s_handshake_seconds", "seconds",
                        "Until the first pair of a stream is up: each step, and the whole.");
  add_pace (out, &counters->pace_in, "in");
  add_pace (out, &counters->pace_out, "out");
}

GString *
enj_metrics_new (const EnjSteward *steward, gint64 now)
{
  const EnjExchange *exchange = enj_steward_get_exchange (steward);
  const EnjCounters *counters = enj_exchange_get_counters (exchange);
  const EnjLoad load = enj_exchange_get_load (exchange);
  EnjExposition *out = enj_exposition_new ();

  add_process (out, steward, now);
  add_certificates (out, steward);
  add_links (out, steward, now);
  add_hosted (out, steward, now);
  add_law (out, exchange);
  add_ends (out, &counters->tally);
  add_queues (out, &load);
  add_streams (out, counters, &load);
  add_up (out, &counters->tally);
  add_closed (out, &counters->tally);
  add_latencies (out, counters);
  return enj_exposition_end_new (out);
}

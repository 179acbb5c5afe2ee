#include "config.h"

#include "component/listing.h"

#include <string.h>

static void
add (GVariantBuilder *builder, const char *name, GVariant *value)
{
  g_variant_builder_add (builder, "{sv}", name, value);
}

/* A peer may have had a hand in it, and GVariant takes UTF-8 alone. */
static void
add_text (GVariantBuilder *builder, const char *name, const char *text)
{
  g_variant_builder_add (builder, "{sv}", name,
                         g_variant_new_take_string (g_utf8_make_valid (text, -1)));
}

static void
add_number (GVariantBuilder *builder, const char *name, guint n)
{
  add (builder, name, g_variant_new_uint32 (n));
}

static void
add_time (GVariantBuilder *builder, const char *name, gint64 microseconds)
{
  add (builder, name, g_variant_new_int64 (microseconds));
}

static void
add_flag (GVariantBuilder *builder, const char *name, gboolean flag)
{
  add (builder, name, g_variant_new_boolean (flag));
}

/* ---- Streams -------------------------------------------------------------------- */

static void
append_stream (GVariantBuilder *builder, const EnjStreamInfo *info)
{
  g_variant_builder_open (builder, G_VARIANT_TYPE ("a{sv}"));
  add (builder, "id", g_variant_new_uint64 (info->id));
  add_text (builder, "name", info->name);
  add_text (builder, "direction", info->direction);
  add_text (builder, "state", info->state);
  add_text (builder, "local", info->local);
  add_text (builder, "remote", info->remote);
  add_number (builder, "pairs", info->pairs);
  add_text (builder, "address", info->address);
  add_flag (builder, "direct-tls", info->direct_tls);
  add_text (builder, "tls", info->tls);
  add_text (builder, "cipher", info->cipher);
  add_text (builder, "peer-proof", info->peer_proof);
  add_text (builder, "own-proof", info->own_proof);
  add_flag (builder, "bidi", info->bidi);
  add_flag (builder, "acknowledged", info->acknowledged);
  add_number (builder, "queue", info->queue);
  add (builder, "queue-bytes", g_variant_new_uint64 (info->queue_bytes));
  add_number (builder, "unproven", info->unproven);
  add_time (builder, "age-us", info->age);
  add_time (builder, "idle-us", info->idle);
  g_variant_builder_close (builder);
}

GVariant *
enj_listing_streams (const EnjReport *report, const char *remote, guint64 after, guint max,
                     guint64 *next, gint64 now)
{
  guint64 ids[ENJ_LISTING_PAGE];
  guint n = enj_report_list_streams (report, after, remote, ids, MIN (max, ENJ_LISTING_PAGE), next);
  EnjStreamInfo info;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < n; i++)
    if (enj_report_describe_stream (report, ids[i], &info, now))
      append_stream (&builder, &info);
  return g_variant_builder_end (&builder);
}

/* ---- Remote domains ------------------------------------------------------------------ */

static void
append_attempts (GVariantBuilder *builder, const EnjRemoteInfo *info, gint64 now)
{
  GVariantBuilder attempts;

  g_variant_builder_init (&attempts, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < info->n_attempts; i++)
    {
      const EnjAttempt *attempt = &info->attempts[i];

      g_variant_builder_open (&attempts, G_VARIANT_TYPE ("a{sv}"));
      add_time (&attempts, "ago-us", now - attempt->at);
      add_flag (&attempts, "succeeded", attempt->succeeded);
      add_text (&attempts, "step", attempt->succeeded ? "" : attempt->step);
      add_text (&attempts, "reason", attempt->reason);
      g_variant_builder_close (&attempts);
    }
  add (builder, "attempts", g_variant_builder_end (&attempts));
}

static void
append_remote (GVariantBuilder *builder, const EnjReport *report, const char *domain, gint64 now)
{
  EnjRemoteInfo info;

  enj_report_describe_remote (report, domain, &info, now);
  g_variant_builder_open (builder, G_VARIANT_TYPE ("a{sv}"));
  add_text (builder, "domain", info.domain);
  add_flag (builder, "connecting", info.connecting);
  add_number (builder, "waiting", info.waiting);
  add_time (builder, "rest-us", info.rest);
  add_number (builder, "failures", info.failures);
  append_attempts (builder, &info, now);
  g_variant_builder_close (builder);
}

GVariant *
enj_listing_remotes (const EnjReport *report, const char *remote, const char *after, guint max,
                     char **next, gint64 now)
{
  const char *domains[ENJ_LISTING_PAGE];
  const guint wanted = MIN (max, ENJ_LISTING_PAGE);
  GVariantBuilder builder;
  guint n = 0;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  if (remote)
    append_remote (&builder, report, remote, now);
  else
    n = enj_report_list_remotes (report, *after ? after : NULL, domains, wanted);
  *next = g_strdup (n > 0 && n == wanted ? domains[n - 1] : "");
  for (guint i = 0; i < n; i++)
    append_remote (&builder, report, domains[i], now);
  return g_variant_builder_end (&builder);
}

/* ---- Routes ------------------------------------------------------------------------------ */

static void
append_hosted (GVariantBuilder *builder, const EnjReport *report, const char *domain, gint64 now)
{
  EnjLinkInfo info;

  if (!enj_report_describe_hosted (report, domain, &info, now))
    return;
  add_text (builder, "component", info.state);
  add_time (builder, "component-age-us", info.age);
  add_text (builder, "component-error", info.error);
  add (builder, "component-stream", g_variant_new_uint64 (info.stream));
  add_number (builder, "component-waiting", info.waiting);
  add_number (builder, "component-unproven", info.unproven);
}

static void
append_link (GVariantBuilder *builder, const EnjReport *report, const char *domain, gint64 now)
{
  EnjLinkInfo info;

  if (!enj_report_describe_link (report, domain, &info, now))
    return;
  add_text (builder, "link", info.state);
  add_time (builder, "link-age-us", info.age);
  add_text (builder, "link-error", info.error);
  add_time (builder, "link-retry-us", info.retry);
  add (builder, "link-stream", g_variant_new_uint64 (info.stream));
  add_number (builder, "waiting", info.waiting);
  add_number (builder, "unproven", info.unproven);
}

static void
append_route (GVariantBuilder *builder, const EnjReport *report, const EnjConfig *config,
              const EnjConfigComponent *component, const EnjStandby *standby, gint64 now)
{
  static const char *const none[] = { NULL };
  const char *const *domains = (const char *const *) component->local_domains;
  g_autofree char *server = NULL;

  if (component->server)
    server = g_strdup_printf (strchr (component->server->host, ':') ? "[%s]:%u" : "%s:%u",
                              component->server->host, component->server->port);
  g_variant_builder_open (builder, G_VARIANT_TYPE ("a{sv}"));
  add_text (builder, "domain", component->domain);
  add_text (builder, "service", enj_config_format_service (component->service));
  add_text (builder, "server", server ? server : "");
  add (builder, "local-domains", g_variant_new_strv (domains ? domains : none, -1));
  add_flag (builder, "federates", config->federation.enabled);
  if (server)
    {
      append_link (builder, report, component->domain, now);
      add_flag (builder, "standing-by",
                standby && enj_standby_is_waiting (standby, component->domain));
    }
  append_hosted (builder, report, component->domain, now);
  g_variant_builder_close (builder);
}

GVariant *
enj_listing_routes (const EnjReport *report, const EnjConfig *config, const EnjStandby *standby,
                    gint64 now)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < config->components->len; i++)
    append_route (&builder, report, config, config->components->pdata[i], standby, now);
  return g_variant_builder_end (&builder);
}

#include "config.h"

#include "component/steward.h"

#include "protocol/law.h"
#include "protocol/log.h"
#include "component/listing.h"
#include "component/blocklist.h"

struct EnjSteward
{
  EnjExchange *exchange;
  EnjConfig *config;
  EnjSettings *settings;
  EnjUplinks *uplinks; /* or NULL */
  const EnjGate *gate; /* or NULL */
  EnjStewardBridge bridge;
  EnjBlocklist *blocked;
  gint64 start;
};

EnjSteward *
enj_steward_new (EnjExchange *exchange, EnjConfig *config, EnjSettings *settings,
                 const EnjStewardBridge *bridge, gint64 now)
{
  EnjSteward *self = g_new0 (EnjSteward, 1);

  self->exchange = exchange;
  self->config = enj_config_ref (config);
  self->settings = enj_settings_ref (settings);
  self->bridge = *bridge;
  self->blocked = enj_blocklist_new ();
  self->start = now;
  return self;
}

void
enj_steward_free (EnjSteward *self)
{
  if (!self)
    return;
  enj_blocklist_free (self->blocked);
  enj_settings_unref (self->settings);
  enj_config_unref (self->config);
  g_free (self);
}

/* With what is blocked laid over the policy of the configuration. */
static void
enforce (EnjSteward *self, const EnjSettings *settings, gint64 now)
{
  g_autoptr (EnjPolicy) policy
    = enj_policy_new_denying (self->config->policy, enj_blocklist_get (self->blocked));
  EnjSettings *covered = enj_settings_new_with_policy (settings, policy);

  enj_exchange_set_settings (self->exchange, covered, now);
  enj_settings_unref (self->settings);
  self->settings = covered;
}

void
enj_steward_set_config (EnjSteward *self, EnjConfig *config, EnjSettings *settings, gint64 now)
{
  EnjConfig *old = self->config;

  self->config = enj_config_ref (config);
  enforce (self, settings, now);
  enj_config_unref (old);
}

void
enj_steward_set_uplinks (EnjSteward *self, EnjUplinks *uplinks)
{
  self->uplinks = uplinks;
}

void
enj_steward_set_gate (EnjSteward *self, const EnjGate *gate)
{
  self->gate = gate;
}

gboolean
enj_steward_stands_by (const EnjSteward *self)
{
  return self->gate && enj_gate_get_state (self->gate) == ENJ_STANDBY_WAITING;
}

const EnjConfig *
enj_steward_get_config (const EnjSteward *self)
{
  return self->config;
}

EnjSettings *
enj_steward_get_settings (const EnjSteward *self)
{
  return self->settings;
}

EnjExchange *
enj_steward_get_exchange (const EnjSteward *self)
{
  return self->exchange;
}

EnjUplinks *
enj_steward_get_uplinks (const EnjSteward *self)
{
  return self->uplinks;
}

gint64
enj_steward_get_uptime (const EnjSteward *self, gint64 now)
{
  return now - self->start;
}

/* ---- Status ----------------------------------------------------------------------- */

static void
add (GVariantBuilder *builder, const char *name, GVariant *value)
{
  g_variant_builder_add (builder, "{sv}", name, value);
}

/* a{st}: names as in counters.h, with hyphens. */
static GVariant *
counters_to_variant (const EnjCounters *counters)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
#define X(field, text)                                                    \
  {                                                                       \
    g_autofree char *name = g_strdelimit (g_strdup (#field), "_", '-');   \
                                                                          \
    g_variant_builder_add (&builder, "{st}", name, counters->field);      \
  }
  ENJ_COUNTERS (X)
#undef X
  return g_variant_builder_end (&builder);
}

static GVariant *
certificates_to_variant (const EnjSteward *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < self->config->components->len; i++)
    {
      const EnjConfigComponent *component = self->config->components->pdata[i];
      const EnjCredentials *credentials
        = enj_settings_get_credentials (self->settings, component->domain);

      if (!credentials)
        continue;
      g_variant_builder_open (&builder, G_VARIANT_TYPE ("a{sv}"));
      add (&builder, "domain", g_variant_new_string (component->domain));
      add (&builder, "expires", g_variant_new_int64 (enj_credentials_get_expiry (credentials)));
      add (&builder, "self-signed",
           g_variant_new_boolean (enj_credentials_is_self_signed (credentials)));
      g_variant_builder_close (&builder);
    }
  return g_variant_builder_end (&builder);
}

static void
add_load (const EnjSteward *self, GVariantBuilder *builder)
{
  const EnjLoad load = enj_exchange_get_load (self->exchange);
  const guint links = self->uplinks ? enj_uplinks_count (self->uplinks) : 0;
  const guint up = self->uplinks ? enj_uplinks_count_up (self->uplinks) : 0;

  add (builder, "links", g_variant_new_uint32 (links));
  add (builder, "links-up", g_variant_new_uint32 (up));
  add (builder, "standing-by", g_variant_new_boolean (enj_steward_stands_by (self)));
  add (builder, "streams-in", g_variant_new_uint32 (load.inbound));
  add (builder, "streams-out", g_variant_new_uint32 (load.outbound));
  add (builder, "streams-closing", g_variant_new_uint32 (load.ending));
  add (builder, "streams-of-components", g_variant_new_uint32 (load.hosted));
  add (builder, "waiting-for-peers", g_variant_new_uint32 (load.waiting_for_peers));
  add (builder, "waiting-for-links", g_variant_new_uint32 (load.waiting_for_links));
  add (builder, "waiting-for-components", g_variant_new_uint32 (load.waiting_for_components));
}

GVariant *
enj_steward_status (const EnjSteward *self, gint64 now)
{
  const EnjCounters *counters = enj_exchange_get_counters (self->exchange);
  guint64 owned = enj_exchange_count_owned (self->exchange);
  g_autofree char *path = g_filename_display_name (self->config->path);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sv}"));
  add (&builder, "version", g_variant_new_string (PACKAGE_VERSION));
  add (&builder, "configuration", g_variant_new_string (path));
  add (&builder, "uptime-us", g_variant_new_int64 (enj_steward_get_uptime (self, now)));
  add_load (self, &builder);
  add (&builder, "owned", g_variant_new_uint64 (owned));
  add (&builder, "missing", g_variant_new_int64 (enj_law_weigh (counters, owned)));
  add (&builder, "counters", counters_to_variant (counters));
  add (&builder, "certificates", certificates_to_variant (self));
  add (&builder, "blocked", g_variant_new_strv (enj_blocklist_get (self->blocked), -1));
  return g_variant_builder_end (&builder);
}

/* ---- Lists ------------------------------------------------------------------------ */

static char *
domain_new (const char *address, GError **error)
{
  char *domain = NULL;

  return enj_jid_parse (address, NULL, &domain, NULL, error) ? domain : NULL;
}

GVariant *
enj_steward_streams (const EnjSteward *self, const char *remote, guint64 after, guint max,
                     guint64 *next, gint64 now, GError **error)
{
  g_autofree char *domain = *remote ? domain_new (remote, error) : NULL;

  if (*remote && !domain)
    return NULL;
  return enj_listing_streams (enj_exchange_get_report (self->exchange), domain, after, max, next,
                              now);
}

GVariant *
enj_steward_remotes (const EnjSteward *self, const char *remote, const char *after, guint max,
                     char **next, gint64 now, GError **error)
{
  g_autofree char *domain = *remote ? domain_new (remote, error) : NULL;

  if (*remote && !domain)
    return NULL;
  return enj_listing_remotes (enj_exchange_get_report (self->exchange), domain, after, max, next,
                              now);
}

GVariant *
enj_steward_routes (const EnjSteward *self, gint64 now)
{
  return enj_listing_routes (enj_exchange_get_report (self->exchange), self->config,
                             self->gate ? enj_gate_get_standby (self->gate) : NULL, now);
}

/* ---- To do ------------------------------------------------------------------------ */

gboolean
enj_steward_close (EnjSteward *self, const char *local, const char *remote, guint64 *place,
                   guint *n, gint64 now, GError **error)
{
  g_autofree char *ours = g_str_equal (local, "*") ? NULL : domain_new (local, error);
  g_autofree char *theirs = NULL;
  gboolean is_first;

  if (!ours && !g_str_equal (local, "*"))
    return FALSE;
  if (ours && !enj_config_find_component (self->config, ours))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s is none of our domains", ours);
      return FALSE;
    }
  theirs = g_str_equal (remote, "*") ? NULL : domain_new (remote, error);
  if (!theirs && !g_str_equal (remote, "*"))
    return FALSE;
  is_first = *place == 0;
  *n = enj_report_close_streams (enj_exchange_get_report (self->exchange), ours, theirs, *place,
                                 place, now);
  if (is_first || *n > 0) /* There may be many pages. */
    enj_log_message (NULL, "%u streams between %s and %s are closed as the operator wants%s", *n,
                     ours ? ours : "*", theirs ? theirs : "*",
                     *place ? "; there may be more" : "");
  return TRUE;
}

gboolean
enj_steward_reload (EnjSteward *self, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_auto (GStrv) problems = NULL;

  if (self->bridge.reload (self->bridge.data, &reason))
    {
      enj_log_message (NULL, "reloaded %s", self->config->path);
      return TRUE;
    }
  problems = g_strsplit (reason->message, "\n", -1);
  for (guint i = 0; problems[i]; i++)
    enj_log_warning (NULL, "nothing was reloaded: %s", problems[i]);
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

/* ---- Blocked domains -------------------------------------------------------------- */

/* What @domain means; NULL for what is no domain, or not of the world. */
static char *
pattern_new (const EnjSteward *self, const char *domain, GError **error)
{
  g_autofree char *pattern = enj_blocklist_pattern_new (domain, error);

  if (pattern && *pattern != '*'
      && enj_realm_classify (self->config->realm, pattern) != ENJ_REALM_REMOTE)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                   "%s is not remote: it is a component or among local-domains", pattern);
      return NULL;
    }
  return g_steal_pointer (&pattern);
}

gboolean
enj_steward_block (EnjSteward *self, const char *domain, gint64 now, GError **error)
{
  g_autofree char *pattern = pattern_new (self, domain, error);

  if (!pattern || !enj_blocklist_add (self->blocked, pattern, error))
    return FALSE;
  enj_log_message (NULL, "blocked %s", pattern);
  enforce (self, self->settings, now);
  return TRUE;
}

gboolean
enj_steward_unblock (EnjSteward *self, const char *domain, gint64 now, GError **error)
{
  g_autofree char *pattern = enj_blocklist_pattern_new (domain, error);

  if (!pattern || !enj_blocklist_remove (self->blocked, pattern, error))
    return FALSE;
  enj_log_message (NULL, "unblocked %s", pattern);
  enforce (self, self->settings, now);
  return TRUE;
}

gboolean
enj_steward_set_blocked (EnjSteward *self, const char *const *domains, gint64 now, GError **error)
{
  g_autoptr (GPtrArray) patterns = g_ptr_array_new_with_free_func (g_free);

  for (; *domains; domains++)
    {
      char *pattern = pattern_new (self, *domains, error);

      if (!pattern)
        return FALSE;
      g_ptr_array_add (patterns, pattern);
    }
  g_ptr_array_add (patterns, NULL);
  if (!enj_blocklist_replace (self->blocked, (const char *const *) patterns->pdata, error))
    return FALSE;
  enj_log_message (NULL, "%u domains are blocked",
                   g_strv_length ((char **) enj_blocklist_get (self->blocked)));
  enforce (self, self->settings, now);
  return TRUE;
}

const char *const *
enj_steward_get_blocked (const EnjSteward *self)
{
  return enj_blocklist_get (self->blocked);
}

gboolean
enj_steward_keeps_blocked (const EnjSteward *self)
{
  return enj_blocklist_is_kept (self->blocked);
}

void
enj_steward_keep_blocked (EnjSteward *self, const char *folder, gint64 now)
{
  enj_blocklist_keep (self->blocked, folder);
  enforce (self, self->settings, now);
}

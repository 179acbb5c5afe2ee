#include "config.h"

#include "component/steward.h"

#include "protocol/law.h"
#include "protocol/log.h"
#include "component/blocklist.h"

struct EnjSteward
{
  EnjExchange *exchange;
  EnjConfig *config;
  EnjSettings *settings;
  EnjUplinks *uplinks; /* or NULL */
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

/* ---- Status -------------------------------------------------------------------------- */

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
      g_variant_builder_add_parsed (&builder, "{'domain', <%s>}", component->domain);
      g_variant_builder_add_parsed (&builder, "{'expires', <%x>}",
                                    enj_credentials_get_expiry (credentials));
      g_variant_builder_add_parsed (&builder, "{'self-signed', <%b>}",
                                    enj_credentials_is_self_signed (credentials));
      g_variant_builder_close (&builder);
    }
  return g_variant_builder_end (&builder);
}

static void
add_load (const EnjSteward *self, GVariantDict *dict)
{
  const EnjLoad load = enj_exchange_get_load (self->exchange);

  g_variant_dict_insert (dict, "links", "u", self->uplinks ? enj_uplinks_count (self->uplinks) : 0);
  g_variant_dict_insert (dict, "links-up", "u",
                         self->uplinks ? enj_uplinks_count_up (self->uplinks) : 0);
  g_variant_dict_insert (dict, "streams-in", "u", load.inbound);
  g_variant_dict_insert (dict, "streams-out", "u", load.outbound);
  g_variant_dict_insert (dict, "streams-closing", "u", load.ending);
  g_variant_dict_insert (dict, "waiting-for-peers", "u", load.waiting_for_peers);
  g_variant_dict_insert (dict, "waiting-for-links", "u", load.waiting_for_links);
}

GVariant *
enj_steward_status (const EnjSteward *self, gint64 now)
{
  const EnjCounters *counters = enj_exchange_get_counters (self->exchange);
  guint64 owned = enj_exchange_count_owned (self->exchange);
  g_autofree char *path = g_filename_display_name (self->config->path);
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "version", "s", PACKAGE_VERSION);
  g_variant_dict_insert (&dict, "configuration", "s", path);
  g_variant_dict_insert (&dict, "uptime-us", "x", enj_steward_get_uptime (self, now));
  add_load (self, &dict);
  g_variant_dict_insert (&dict, "owned", "t", owned);
  g_variant_dict_insert (&dict, "missing", "x", enj_law_weigh (counters, owned));
  g_variant_dict_insert_value (&dict, "counters", counters_to_variant (counters));
  g_variant_dict_insert_value (&dict, "certificates", certificates_to_variant (self));
  g_variant_dict_insert (&dict, "blocked", "^as", enj_blocklist_get (self->blocked));
  return g_variant_dict_end (&dict);
}

/* ---- To do ----------------------------------------------------------------------------- */

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

/* ---- Blocked domains -------------------------------------------------------------------- */

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

void
enj_steward_keep_blocked (EnjSteward *self, const char *folder, gint64 now)
{
  enj_blocklist_keep (self->blocked, folder);
  enforce (self, self->settings, now);
}

#include "config.h"

#include "component/setup.h"

#include <string.h>

#include "protocol/wall.h"
#include "component/authorities.h"
#include "component/certificates.h"
#include "component/descriptors.h"

static void
add_terms (EnjSettings *settings, const EnjConfigComponent *component)
{
  g_autoptr (EnjTerms) terms = NULL;

  if (component->service != ENJ_SERVICE_HOSTED)
    return;
  terms = enj_terms_new (component->hosted_secret, (const char *const *) component->hosted_listen,
                         component->hosted_replaces);
  enj_settings_add_terms (settings, component->domain, terms);
}

/* For servers that connect to us, and for components that are to do so with TLS. */
static gboolean
needs_credentials (const EnjConfig *config, const EnjConfigComponent *component)
{
  for (char **name = component->hosted_listen; *name; name++)
    if (component->service == ENJ_SERVICE_HOSTED && g_str_has_prefix (*name, "tls://"))
      return TRUE;
  return config->federation.enabled;
}

static gboolean
add_credentials (EnjSettings *settings, const EnjConfig *config, gint64 wall, GError **error)
{
  for (guint i = 0; i < config->components->len; i++)
    {
      const EnjConfigComponent *component = config->components->pdata[i];
      g_autoptr (EnjCredentials) credentials = NULL;

      if (!needs_credentials (config, component))
        continue;
      credentials = enj_certificates_load_new (config->federation.certificates, component->domain,
                                               wall, error);
      if (!credentials)
        return FALSE;
      enj_settings_add_credentials (settings, component->domain, credentials);
    }
  return TRUE;
}

EnjSettings *
enj_setup_new (const EnjConfig *config, EnjDialbackKey *key, GError **error)
{
  const EnjConfigFederation *federation = &config->federation;
  EnjLimits limits = config->limits;
  gint64 wall = enj_wall_now ();
  g_autoptr (EnjDialbackKey) shared = NULL;
  g_autoptr (EnjTrust) trust = NULL;
  g_autoptr (EnjSettings) settings = NULL;

  if (federation->dialback_secret)
    shared = enj_dialback_key_new (federation->dialback_secret, federation->dialback_secret_len);
  limits.connections = enj_descriptors_allow (limits.connections);
  settings = enj_settings_new (config->realm, config->policy, shared ? shared : key,
                               &limits, federation->enabled,
                               !federation->refuse_private_addresses);
  enj_settings_set_shared (settings, shared != NULL);
  for (guint i = 0; i < config->components->len; i++)
    {
      const EnjConfigComponent *component = config->components->pdata[i];

      enj_settings_set_on_loss (settings, component->domain, component->on_loss);
      add_terms (settings, component);
    }
  if (federation->enabled)
    {
      trust = enj_authorities_load_new (federation->trust, (const char *const *) federation->crl,
                                        wall, error);
      if (!trust)
        return NULL;
      enj_settings_set_trust (settings, trust);
    }
  return add_credentials (settings, config, wall, error) ? g_steal_pointer (&settings) : NULL;
}

char *
enj_setup_parent_new (const EnjConfigComponent *component)
{
  const char *dot = strchr (component->domain, '.');

  for (guint i = 0; component->local_domains && component->local_domains[i]; i++)
    if (!g_str_has_prefix (component->local_domains[i], "*."))
      return g_strdup (component->local_domains[i]);
  return g_strdup (dot ? dot + 1 : component->domain);
}

#include "config.h"

#include "component/setup.h"

#include <string.h>

#include "protocol/log.h"
#include "protocol/wall.h"
#include "component/authorities.h"
#include "component/certificates.h"
#include "component/descriptors.h"

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
    }
  if (!federation->enabled)
    return g_steal_pointer (&settings);

  trust = enj_authorities_load_new (federation->trust, (const char *const *) federation->crl, wall,
                                    error);
  if (!trust)
    return NULL;
  enj_settings_set_trust (settings, trust);
  for (guint i = 0; i < config->components->len; i++)
    {
      const EnjConfigComponent *component = config->components->pdata[i];
      g_autoptr (EnjCredentials) credentials
        = enj_certificates_load_new (federation->certificates, component->domain, wall, error);

      if (!credentials)
        return NULL;
      enj_settings_add_credentials (settings, component->domain, credentials);
    }
  return g_steal_pointer (&settings);
}

void
enj_setup_tell_missing (const EnjConfig *config)
{
  for (guint i = 0; i < config->components->len; i++)
    {
      const EnjConfigComponent *component = config->components->pdata[i];

      if (component->service == ENJ_SERVICE_HOSTED)
        enj_log_warning (NULL,
                         "[component %s] service: 'hosted' is not in this version: whoever "
                         "writes there gets service-unavailable",
                         component->domain);
    }
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

#include "config.h"

#include "component/setup.h"

#include <string.h>

#include "component/certificates.h"

EnjSettings *
enj_setup_new (const EnjConfig *config, EnjDialbackKey *key, GError **error)
{
  const EnjConfigFederation *federation = &config->federation;
  gint64 wall = g_get_real_time () / G_USEC_PER_SEC;
  g_autoptr (EnjDialbackKey) shared = NULL;
  g_autoptr (EnjSettings) settings = NULL;

  if (federation->dialback_secret)
    shared = enj_dialback_key_new (federation->dialback_secret, federation->dialback_secret_len);
  settings = enj_settings_new (config->realm, config->policy, shared ? shared : key,
                               &config->limits, federation->enabled,
                               !federation->refuse_private_addresses);
  if (!federation->enabled)
    return g_steal_pointer (&settings);

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

char *
enj_setup_parent_new (const EnjConfigComponent *component)
{
  const char *dot = strchr (component->domain, '.');

  for (guint i = 0; component->local_domains && component->local_domains[i]; i++)
    if (!g_str_has_prefix (component->local_domains[i], "*."))
      return g_strdup (component->local_domains[i]);
  return g_strdup (dot ? dot + 1 : component->domain);
}

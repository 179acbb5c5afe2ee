#include "config.h"

#include "component/reload.h"

#include <string.h>

static gboolean
refuse (const char *group, const char *key, GError **error)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
               "[%s] %s: cannot change while enjamb runs, restart it", group, key);
  return FALSE;
}

static gboolean
is_same_listen (const EnjListen *a, const EnjListen *b)
{
  if (!a || !b)
    return a == b;
  return a->port == b->port && strcmp (a->host, b->host) == 0;
}

static gboolean
is_same_list (const GPtrArray *a, const GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (!is_same_listen (a->pdata[i], b->pdata[i]))
      return FALSE;
  return TRUE;
}

static gboolean
check_component (const EnjConfigComponent *old, const EnjConfigComponent *fresh, GError **error)
{
  g_autofree char *group = g_strdup_printf ("component %s", old->domain);

  if (!is_same_listen (old->server, fresh->server))
    return refuse (group, "server", error);
  if (old->service != fresh->service)
    return refuse (group, "service", error);
  if (!g_strv_equal ((const char *const *) old->hosted_listen,
                     (const char *const *) fresh->hosted_listen))
    return refuse (group, "hosted-listen", error);
  if (g_strcmp0 (old->secret, fresh->secret) != 0)
    return refuse (group, "secret", error);
  return TRUE;
}

static gboolean
refuse_component (const char *domain, const char *what, GError **error)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
               "[component %s]: cannot %s while enjamb runs, restart it", domain, what);
  return FALSE;
}

static gboolean
check_components (const EnjConfig *old, const EnjConfig *fresh, GError **error)
{
  for (guint i = 0; i < old->components->len; i++)
    {
      const EnjConfigComponent *component = old->components->pdata[i];
      const EnjConfigComponent *other = enj_config_find_component (fresh, component->domain);

      if (!other)
        return refuse_component (component->domain, "go away", error);
      if (!check_component (component, other, error))
        return FALSE;
    }
  for (guint i = 0; i < fresh->components->len; i++)
    {
      const EnjConfigComponent *component = fresh->components->pdata[i];

      if (!enj_config_find_component (old, component->domain))
        return refuse_component (component->domain, "be added", error);
    }
  return TRUE;
}

gboolean
enj_reload_is_possible (const EnjConfig *old, const EnjConfig *fresh, GError **error)
{
  const EnjConfigFederation *a = &old->federation;
  const EnjConfigFederation *b = &fresh->federation;

  if (!check_components (old, fresh, error))
    return FALSE;
  if (a->enabled != b->enabled)
    return refuse ("federation", "enabled", error);
  if (!is_same_list (a->listen, b->listen))
    return refuse ("federation", "listen", error);
  if (!is_same_list (a->listen_tls, b->listen_tls))
    return refuse ("federation", "listen-tls", error);
  if (!is_same_listen (a->dns_server, b->dns_server))
    return refuse ("federation", "dns-server", error);
  if (g_strcmp0 (a->dns_trust_anchor, b->dns_trust_anchor) != 0)
    return refuse ("federation", "dns-trust-anchor", error);
  if (g_strcmp0 (a->source_address, b->source_address) != 0)
    return refuse ("federation", "source-address", error);
  if (g_strcmp0 (old->control.socket, fresh->control.socket) != 0)
    return refuse ("control", "socket", error);
  if (!is_same_list (old->metrics_listen, fresh->metrics_listen))
    return refuse ("metrics", "listen", error);
  return TRUE;
}

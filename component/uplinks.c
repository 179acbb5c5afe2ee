#include "config.h"

#include "component/uplinks.h"

struct EnjUplinks
{
  GHashTable *by_domain; /* component domain to EnjUplink */
  guint n_up;
};

EnjUplinks *
enj_uplinks_new (EnjLoop *loop, EnjResolver *resolver, EnjExchange *exchange,
                 EnjSuccession *succession, const EnjConfig *config, GError **error)
{
  g_autoptr (EnjUplinks) self = g_new0 (EnjUplinks, 1);

  self->by_domain = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                           (GDestroyNotify) enj_uplink_free);
  for (guint i = 0; i < config->components->len; i++)
    {
      const EnjConfigComponent *component = config->components->pdata[i];
      EnjUplink *uplink;

      if (!component->server)
        continue;
      uplink = enj_uplink_new (loop, resolver, exchange, succession, component, &config->limits,
                               error);
      if (!uplink)
        return NULL;
      g_hash_table_insert (self->by_domain, g_strdup (component->domain), uplink);
    }
  return g_steal_pointer (&self);
}

void
enj_uplinks_free (EnjUplinks *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->by_domain);
  g_free (self);
}

void
enj_uplinks_set_missed (EnjUplinks *self, EnjUplinkFunc func, gpointer data)
{
  GHashTableIter iter;
  gpointer uplink;

  g_hash_table_iter_init (&iter, self->by_domain);
  while (g_hash_table_iter_next (&iter, NULL, &uplink))
    enj_uplink_set_missed (uplink, func, data);
}

EnjUplink *
enj_uplinks_find (const EnjUplinks *self, const char *domain)
{
  return g_hash_table_lookup (self->by_domain, domain);
}

void
enj_uplinks_handle (EnjUplinks *self, const EnjExchangeEvent *event, gint64 now)
{
  EnjUplink *uplink = enj_uplinks_find (self, event->local);

  if (event->type == ENJ_EXCHANGE_LINK_UP)
    {
      enj_uplink_came_up (uplink, event->header, event->end, now);
      self->n_up++;
    }
  else
    {
      enj_uplink_went_down (uplink, event->error, event->was_up, now);
      self->n_up -= event->was_up ? 1 : 0;
    }
}

guint
enj_uplinks_count (const EnjUplinks *self)
{
  return g_hash_table_size (self->by_domain);
}

guint
enj_uplinks_count_up (const EnjUplinks *self)
{
  return self->n_up;
}

static void
set_limits (gpointer key, gpointer value, gpointer user_data)
{
  (void) key;
  enj_uplink_set_limits (value, user_data);
}

void
enj_uplinks_set_limits (EnjUplinks *self, const EnjLimits *limits)
{
  g_hash_table_foreach (self->by_domain, set_limits, (gpointer) limits);
}

static void
stop (gpointer key, gpointer value, gpointer user_data)
{
  (void) key;
  (void) user_data;
  enj_uplink_stop (value);
}

void
enj_uplinks_stop (EnjUplinks *self)
{
  g_hash_table_foreach (self->by_domain, stop, NULL);
}

#include "config.h"

#include "protocol/servers.h"

#include <string.h>

#include "protocol/chance.h"

void
enj_servers_clear (EnjServers *self)
{
  while (self->n > 0)
    g_free (self->list[--self->n].host);
}

gboolean
enj_servers_may_use_port (guint16 port)
{
  return port >= 1024 || port == 443;
}

void
enj_servers_add (EnjServers *self, const char *host, guint16 port, gboolean direct_tls)
{
  g_return_if_fail (self->n < G_N_ELEMENTS (self->list));

  self->list[self->n++] = (EnjServer){
    .host = g_strdup (host),
    .port = port,
    .direct_tls = direct_tls,
  };
}

gboolean
enj_servers_add_records (EnjServers *self, const EnjSrvRecord *records, guint n,
                         gboolean direct_tls, gboolean secure)
{
  gboolean all_allowed = TRUE;

  for (guint i = 0; i < MIN (n, ENJ_SERVERS_MAX); i++)
    {
      EnjServer *server = &self->list[self->n];

      if (records[i].target[0] == '\0')
        continue; /* "." of RFC 2782: not offered */
      if (!enj_servers_may_use_port (records[i].port))
        {
          all_allowed = FALSE;
          continue;
        }
      enj_servers_add (self, records[i].target, records[i].port, direct_tls);
      server->priority = records[i].priority;
      server->weight = records[i].weight;
      server->is_secure = secure;
    }
  return all_allowed;
}

/* RFC 2782: by priority; those of weight 0 stand first among equals, so that
 * they have a chance at all. */
static gint
compare (gconstpointer a, gconstpointer b, gpointer user_data G_GNUC_UNUSED)
{
  const EnjServer *left = a;
  const EnjServer *right = b;

  if (left->priority != right->priority)
    return left->priority < right->priority ? -1 : 1;
  return (left->weight > 0) - (right->weight > 0);
}

/* Brings to the front of @servers, which are of one priority, the one that chance
 * picks by weight; the others keep their order. */
static void
pick_by_weight (EnjServer *servers, guint n)
{
  guint32 sum = 0;
  guint32 running = 0;
  guint32 random;
  guint picked = 0;
  EnjServer server;

  for (guint i = 0; i < n; i++)
    sum += servers[i].weight;

  random = enj_chance_below (sum + 1);
  for (guint i = 0; i < n; i++)
    {
      running += servers[i].weight;
      picked = i;
      if (running >= random)
        break;
    }

  server = servers[picked];
  memmove (servers + 1, servers, picked * sizeof *servers);
  servers[0] = server;
}

/* RFC 7673 3.1: what is secure has no say in it. */
void
enj_servers_order (EnjServers *self)
{
  EnjServer *list = self->list;

  g_qsort_with_data (list, (gint) self->n, sizeof *list, compare, NULL);

  for (guint first = 0; first < self->n; first++)
    {
      guint end = first + 1;

      while (end < self->n && list[end].priority == list[first].priority)
        end++;
      if (end - first > 1)
        pick_by_weight (list + first, end - first);
    }

  while (self->n > ENJ_SERVERS_MAX)
    g_free (list[--self->n].host);
}

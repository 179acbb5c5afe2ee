#include "config.h"

#include "component/zone.h"

#include "protocol/dns-answer.h"
#include "protocol/jid.h"

/* More says nothing more to a person. */
#define SERVERS_MAX 16
#define RECORDS_MAX 32

static void
server_free (gpointer data)
{
  EnjZoneServer *server = data;

  for (guint i = 0; i < server->records->len; i++)
    g_free ((gpointer) g_array_index (server->records, EnjTlsaRecord, i).data);
  g_array_unref (server->records);
  g_array_unref (server->addresses);
  g_free (server->host);
  g_free (server);
}

EnjZone *
enj_zone_new (const char *domain)
{
  EnjZone *self = g_new0 (EnjZone, 1);

  self->domain = g_strdup (domain);
  self->name = enj_jid_domain_new_ascii (domain);
  self->starttls = self->direct = ENJ_LOOKUP_NO_NAME;
  self->servers = g_ptr_array_new_with_free_func (server_free);
  return self;
}

void
enj_zone_free (EnjZone *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->servers);
  g_free (self->name);
  g_free (self->domain);
  g_free (self);
}

EnjZoneServer *
enj_zone_add_server (EnjZone *self, char *host, guint16 port, gboolean direct_tls)
{
  EnjZoneServer *server = g_new0 (EnjZoneServer, 1);

  server->host = host;
  server->port = port;
  server->direct_tls = direct_tls;
  server->found = server->certified = ENJ_LOOKUP_NO_NAME;
  server->addresses = g_array_new (FALSE, FALSE, sizeof (EnjAddress));
  server->records = g_array_new (FALSE, FALSE, sizeof (EnjTlsaRecord));
  g_ptr_array_add (self->servers, server);
  return server;
}

/* ---- Questions -------------------------------------------------------------------- */

typedef struct
{
  EnjZone *zone;
  gboolean direct_tls;
} Service;

static void
read_service (const guint8 *data, gsize len, gpointer user_data)
{
  const Service *service = user_data;
  EnjSrvRecord record;

  if (service->zone->servers->len < SERVERS_MAX && enj_dns_answer_parse_srv (data, len, &record))
    (void) enj_zone_add_server (service->zone, record.target, record.port, service->direct_tls);
}

static EnjLookupResult
ask_services (EnjZone *self, EnjLookup *lookup, const char *service, gboolean direct_tls)
{
  Service all = { self, direct_tls };
  g_autofree char *name = g_strdup_printf ("%s._tcp.%s", service, self->name);
  gboolean secure;
  EnjLookupResult result
    = enj_lookup_ask (lookup, name, ENJ_DNS_SRV, read_service, &all, &secure);

  self->is_secure = self->is_secure && secure;
  return result;
}

static void
read_address (const guint8 *data, gsize len, gpointer user_data)
{
  EnjZoneServer *server = user_data;
  EnjAddress address;

  if (server->addresses->len >= RECORDS_MAX || !enj_dns_answer_parse_address (data, len, &address))
    return;
  address.port = server->port;
  g_array_append_val (server->addresses, address);
}

static void
read_tlsa (const guint8 *data, gsize len, gpointer user_data)
{
  EnjZoneServer *server = user_data;
  EnjTlsaRecord record;

  if (server->records->len >= RECORDS_MAX || !enj_dns_answer_parse_tlsa (data, len, &record))
    return;
  record.data = g_memdup2 (record.data, record.len);
  g_array_append_val (server->records, record);
}

static void
ask_server (EnjZoneServer *server, EnjLookup *lookup)
{
  g_autofree char *name = g_strdup_printf ("_%u._tcp.%s", server->port, server->host);

  if (!*server->host)
    return;
  server->found = enj_dns_answer_merge (
    enj_lookup_ask (lookup, server->host, ENJ_DNS_AAAA, read_address, server, NULL),
    enj_lookup_ask (lookup, server->host, ENJ_DNS_A, read_address, server, NULL));
  if (server->found == ENJ_LOOKUP_FOUND)
    server->certified = enj_lookup_ask (lookup, name, ENJ_DNS_TLSA, read_tlsa, server,
                                        &server->is_secure);
}

static gboolean
is_absent (EnjLookupResult result)
{
  return result == ENJ_LOOKUP_NO_NAME || result == ENJ_LOOKUP_NO_DATA;
}

EnjZone *
enj_zone_new_asked (EnjLookup *lookup, const char *domain)
{
  EnjZone *self = enj_zone_new (domain);

  self->is_secure = TRUE;
  self->starttls = ask_services (self, lookup, "_xmpp-server", FALSE);
  self->direct = ask_services (self, lookup, "_xmpps-server", TRUE);
  if (is_absent (self->starttls) && is_absent (self->direct))
    {
      self->is_fallback = TRUE;
      (void) enj_zone_add_server (self, g_strdup (self->name), ENJ_ZONE_PORT, FALSE);
    }
  for (guint i = 0; i < self->servers->len; i++)
    ask_server (self->servers->pdata[i], lookup);
  return self;
}

#include "config.h"

#include "component/check-zone.h"

#include <string.h>

#define TTL 3600

/* What all of this is about, for the functions below. */
typedef struct
{
  const EnjZone *zone;
  const EnjConfigFederation *federation;
  const GArray *own;
  EnjFindings *findings;
  gboolean is_led_here; /* one server at least is where we listen, or may be */
} Case;

#define PROBLEM(self, ...) enj_findings_add ((self)->findings, ENJ_FINDING_PROBLEM, __VA_ARGS__)
#define NOTE(self, ...) enj_findings_add ((self)->findings, ENJ_FINDING_NOTE, __VA_ARGS__)
#define OK(self, ...) enj_findings_add ((self)->findings, ENJ_FINDING_OK, __VA_ARGS__)

static const char *
name_service (gboolean direct_tls)
{
  return direct_tls ? "_xmpps-server._tcp" : "_xmpp-server._tcp";
}

static const GPtrArray *
get_listens (const Case *self, gboolean direct_tls)
{
  return direct_tls ? self->federation->listen_tls : self->federation->listen;
}

static gboolean
is_absent (EnjLookupResult result)
{
  return result == ENJ_LOOKUP_NO_NAME || result == ENJ_LOOKUP_NO_DATA;
}

/* ---- Where we listen -------------------------------------------------------------- */

static gboolean
is_unspecified (const EnjAddress *address)
{
  static const guint8 any[16];

  return memcmp (address->bytes, any, address->length) == 0;
}

/* "::" takes IPv4 as well. */
static gboolean
covers (const EnjListen *listen, const EnjAddress *address)
{
  EnjAddress place;

  if (!enj_address_parse (&place, listen->host, listen->port) || place.port != address->port)
    return FALSE;
  if (is_unspecified (&place))
    return place.length >= address->length;
  return enj_address_equal (&place, address);
}

static gboolean
listens_at (const Case *self, const EnjAddress *address, gboolean direct_tls)
{
  const GPtrArray *listens = get_listens (self, direct_tls);

  for (guint i = 0; i < listens->len; i++)
    if (covers (listens->pdata[i], address))
      return TRUE;
  return FALSE;
}

static gboolean
has_port (const Case *self, guint16 port, gboolean direct_tls)
{
  const GPtrArray *listens = get_listens (self, direct_tls);

  for (guint i = 0; i < listens->len; i++)
    if (((const EnjListen *) listens->pdata[i])->port == port)
      return TRUE;
  return FALSE;
}

/* Of this machine: all of 127/8 is (RFC 1122 3.2.1.3), though only one is at an interface. */
static gboolean
is_own (const Case *self, const EnjAddress *address)
{
  EnjAddress place = *address;

  if (address->length == 4 && address->bytes[0] == 127)
    return TRUE;
  for (guint i = 0; i < self->own->len; i++)
    {
      place.port = g_array_index (self->own, EnjAddress, i).port;
      if (enj_address_equal (&place, &g_array_index (self->own, EnjAddress, i)))
        return TRUE;
    }
  return FALSE;
}

/* "192.0.2.1", without a port or brackets. */
static char *
format_host_new (const EnjAddress *address)
{
  char text[ENJ_ADDRESS_STRING];
  EnjAddress alone = *address;
  g_autofree char *host = NULL;
  guint16 port = 0;

  alone.port = 1;
  (void) enj_address_split (enj_address_format (&alone, text), &host, &port); /* It is ours. */
  return g_steal_pointer (&host);
}

static char *
format_listens_new (const Case *self, gboolean direct_tls)
{
  const GPtrArray *listens = get_listens (self, direct_tls);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < listens->len; i++)
    {
      const EnjListen *listen = listens->pdata[i];

      g_string_append_printf (text, strchr (listen->host, ':') ? "%s[%s]:%u" : "%s%s:%u",
                              i == 0 ? "" : ", ", listen->host, listen->port);
    }
  if (listens->len == 0)
    g_string_append (text, "empty");
  return g_string_free (text, FALSE);
}

/* ---- What to add ------------------------------------------------------------------ */

/* One that is there already where it can be, for it may have an address. */
static const char *
choose_target (const Case *self)
{
  for (guint i = 0; i < self->zone->servers->len; i++)
    {
      const EnjZoneServer *server = self->zone->servers->pdata[i];

      if (server->found == ENJ_LOOKUP_FOUND)
        return server->host;
    }
  return self->zone->name;
}

static gboolean
has_addresses (const Case *self, const char *host)
{
  for (guint i = 0; i < self->zone->servers->len; i++)
    {
      const EnjZoneServer *server = self->zone->servers->pdata[i];

      if (server->found == ENJ_LOOKUP_FOUND && strcmp (server->host, host) == 0)
        return TRUE;
    }
  return FALSE;
}

static void
add_services (const Case *self, gboolean direct_tls)
{
  const GPtrArray *listens = get_listens (self, direct_tls);

  for (guint i = 0; i < listens->len; i++)
    {
      guint16 port = ((const EnjListen *) listens->pdata[i])->port;
      gboolean is_told = FALSE;

      for (guint j = 0; j < i; j++)
        is_told = is_told || ((const EnjListen *) listens->pdata[j])->port == port;
      if (!is_told)
        enj_findings_add_record (self->findings, "%s.%s. %d IN SRV 0 5 %u %s.",
                                 name_service (direct_tls), self->zone->name, TTL, port,
                                 choose_target (self));
    }
}

static gboolean
is_of_use (const Case *self, const EnjAddress *address)
{
  EnjAddress place = *address;
  const GPtrArray *lists[] = { self->federation->listen, self->federation->listen_tls };

  if (is_unspecified (address)
      || (enj_address_is_private (address) && self->federation->refuse_private_addresses))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    for (guint j = 0; j < lists[i]->len; j++)
      {
        place.port = ((const EnjListen *) lists[i]->pdata[j])->port;
        if (covers (lists[i]->pdata[j], &place))
          return TRUE;
      }
  return FALSE;
}

/* Each address once: @told has those before. */
static void
add_address (const Case *self, const char *host, const EnjAddress *address, GHashTable *told)
{
  g_autofree char *text = format_host_new (address);

  if (!is_of_use (self, address) || !g_hash_table_add (told, g_strdup (text)))
    return;
  enj_findings_add_record (self->findings, "%s. %d IN %s %s", host, TTL,
                           address->length == 4 ? "A" : "AAAA", text);
}

/* What others could reach of our own; behind a router there is nothing that we know. */
static void
add_addresses (const Case *self, const char *host)
{
  const GPtrArray *lists[] = { self->federation->listen, self->federation->listen_tls };
  g_autoptr (GHashTable) told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  EnjAddress address;

  for (guint i = 0; i < self->own->len; i++)
    add_address (self, host, &g_array_index (self->own, EnjAddress, i), told);
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    for (guint j = 0; j < lists[i]->len; j++)
      if (enj_address_parse (&address, ((const EnjListen *) lists[i]->pdata[j])->host, 0))
        add_address (self, host, &address, told);
  if (g_hash_table_size (told) == 0)
    enj_findings_add_record (self->findings, "%s. %d IN A (the address that others reach us at)",
                             host, TTL);
}

static void
add_all (const Case *self)
{
  const char *target = choose_target (self);

  add_services (self, FALSE);
  add_services (self, TRUE);
  if (!has_addresses (self, target))
    add_addresses (self, target);
}

/* ---- Judgement -------------------------------------------------------------------- */

/* FALSE: nothing more is to be said of it. */
static gboolean
judge_answer (const Case *self, EnjLookupResult result, const char *name)
{
  switch (result)
    {
    case ENJ_LOOKUP_FOUND:
    case ENJ_LOOKUP_NO_NAME:
    case ENJ_LOOKUP_NO_DATA:
      return TRUE;
    case ENJ_LOOKUP_FORGED:
      PROBLEM (self,
               "DNSSEC finds the answer for %s to be forged: the signatures in the zone and the "
               "DS record above it do not fit each other, or are out of date; sign the zone anew",
               name);
      return FALSE;
    case ENJ_LOOKUP_FAILED:
    case ENJ_LOOKUP_REFUSED:
      PROBLEM (self,
               "no answer for %s: look at the name servers of the zone, and at dns-server here",
               name);
      return FALSE;
    }
  return FALSE;
}

static gboolean
judge_absence (const Case *self, const EnjZoneServer *server)
{
  if (!is_absent (server->found))
    return judge_answer (self, server->found, server->host);
  if (self->zone->is_fallback)
    PROBLEM (self,
             "other servers cannot find %s: it has neither SRV records nor an address; add to "
             "the zone",
             self->zone->name);
  else
    PROBLEM (self, "%s leads to %s, which has no address; add to the zone",
             name_service (server->direct_tls), server->host);
  if (self->zone->is_fallback)
    add_all (self);
  else
    add_addresses (self, server->host);
  return FALSE;
}

static void
judge_own_address (Case *self, const EnjZoneServer *server, const EnjAddress *address)
{
  char text[ENJ_ADDRESS_STRING];
  g_autofree char *listens = format_listens_new (self, server->direct_tls);

  (void) enj_address_format (address, text);
  if (listens_at (self, address, server->direct_tls))
    {
      self->is_led_here = TRUE;
      OK (self, "%s leads to %s, at %s", name_service (server->direct_tls), server->host, text);
    }
  else if (self->zone->is_fallback)
    {
      PROBLEM (self,
               "without an SRV record other servers try %s, where nothing listens ([federation] "
               "listen is %s); add to the zone",
               text, listens);
      add_all (self);
    }
  else
    PROBLEM (self,
             "%s leads to %s, at %s, where nothing listens ([federation] %s is %s): mend the "
             "record or that key",
             name_service (server->direct_tls), server->host, text,
             server->direct_tls ? "listen-tls" : "listen", listens);
}

static void
judge_address (Case *self, const EnjZoneServer *server, const EnjAddress *address)
{
  char text[ENJ_ADDRESS_STRING];

  (void) enj_address_format (address, text);
  if (enj_address_is_private (address) && self->federation->refuse_private_addresses)
    {
      PROBLEM (self,
               "%s is at %s, a private address, which other servers cannot reach: put the public "
               "one there",
               server->host, text);
      return;
    }
  if (is_own (self, address))
    {
      judge_own_address (self, server, address);
      return;
    }
  if (has_port (self, address->port, server->direct_tls))
    {
      self->is_led_here = TRUE;
      NOTE (self,
            "%s is at %s, which is no address of this machine: right where a router forwards that "
            "port to here, or for another instance",
            server->host, text);
    }
  else
    NOTE (self,
          "%s is at %s, which is neither an address of this machine nor a port that enjamb "
          "listens at",
          server->host, text);
}

/* RFC 2782: "." says that there is no such service, which may be so. */
static void
judge_refusal (const Case *self, const EnjZoneServer *server)
{
  const char *service = name_service (server->direct_tls);

  if (get_listens (self, server->direct_tls)->len > 0)
    PROBLEM (self,
             "%s.%s leads to \".\", which says that there is no service: take that record out",
             service, self->zone->name);
  else
    OK (self, "%s.%s leads to \".\": nobody tries what enjamb does not listen for", service,
        self->zone->name);
}

static void
judge_server (Case *self, const EnjZoneServer *server)
{
  if (!*server->host)
    judge_refusal (self, server);
  else if (judge_absence (self, server))
    for (guint i = 0; i < server->addresses->len; i++)
      judge_address (self, server, &g_array_index (server->addresses, EnjAddress, i));
}

/* One kind of record is there, and we listen for the other kind as well. */
static void
judge_missing_service (const Case *self, gboolean direct_tls)
{
  EnjLookupResult result = direct_tls ? self->zone->direct : self->zone->starttls;

  if (self->zone->is_fallback || !is_absent (result)
      || get_listens (self, direct_tls)->len == 0)
    return;
  NOTE (self, direct_tls ? "enjamb listens for direct TLS, which no record tells; add to the zone"
                         : "servers without direct TLS (XEP-0368) are told no port; add to the "
                           "zone");
  add_services (self, direct_tls);
}

/* Each record by itself is right, or is nobody's fault, and none leads here. */
static void
judge_no_way (const Case *self)
{
  if (self->federation->listen->len == 0 && self->federation->listen_tls->len == 0)
    {
      PROBLEM (self,
               "enjamb listens nowhere, so no record can lead to it: set [federation] listen");
      return;
    }
  PROBLEM (self, "no record leads to a port that enjamb listens at; the zone should have");
  add_all (self);
}

static void
judge_security (const Case *self, gboolean validating)
{
  if (!validating)
    {
      NOTE (self, "whether the zone is signed (DNSSEC) cannot be told: the name server passes no "
                  "signatures on, or dns-trust-anchor cannot be read");
      return;
    }
  if (!self->zone->is_secure)
    {
      NOTE (self, "the zone is not signed (DNSSEC): nobody would believe a TLSA record in it");
      return;
    }
  for (guint i = 0; i < self->zone->servers->len; i++)
    {
      const EnjZoneServer *server = self->zone->servers->pdata[i];

      if (server->found == ENJ_LOOKUP_FOUND && !server->is_secure)
        {
          NOTE (self, "%s stands in a zone that is not signed (DNSSEC): nobody would believe a "
                      "TLSA record there",
                server->host);
          return;
        }
    }
  OK (self, "signed, and the signatures are good (DNSSEC)");
}

void
enj_check_zone_judge (const EnjZone *zone, const EnjConfigFederation *federation,
                      const GArray *own, gboolean validating, EnjFindings *findings)
{
  Case self = { .zone = zone, .federation = federation, .own = own, .findings = findings };
  guint before = enj_findings_count (findings, ENJ_FINDING_PROBLEM);
  g_autofree char *starttls = g_strdup_printf ("%s.%s", name_service (FALSE), zone->name);
  g_autofree char *direct = g_strdup_printf ("%s.%s", name_service (TRUE), zone->name);

  enj_findings_turn_to (findings, "dns", zone->domain);
  if (!judge_answer (&self, zone->starttls, starttls)
      || !judge_answer (&self, zone->direct, direct))
    return;
  for (guint i = 0; i < zone->servers->len; i++)
    judge_server (&self, zone->servers->pdata[i]);
  judge_missing_service (&self, FALSE);
  judge_missing_service (&self, TRUE);
  if (!self.is_led_here && enj_findings_count (findings, ENJ_FINDING_PROBLEM) == before)
    judge_no_way (&self);
  judge_security (&self, validating);
}

/* zone.h - what the DNS tells the world of one of our domains.
 *
 * Both kinds of SRV records, or where there are none the domain itself at port 5269 (RFC 6120
 * 3.2.2), the addresses of each server, and the TLSA records of each (RFC 7673 3.4).  Facts only:
 * check-zone.h judges them. */
#pragma once

#include "protocol/address.h"
#include "protocol/dane.h"
#include "component/lookup.h"

/* Where no SRV record says otherwise (RFC 6120 3.2.2). */
#define ENJ_ZONE_PORT 5269

typedef struct
{
  char *host; /* A-labels; "" for "." */
  guint16 port;
  gboolean direct_tls;
  EnjLookupResult found; /* addresses, of either family */
  GArray *addresses;     /* EnjAddress with the port */
  EnjLookupResult certified; /* TLSA records */
  gboolean is_secure;    /* DNSSEC vouches for these, or that there are none */
  GArray *records;       /* EnjTlsaRecord, their data owned */
} EnjZoneServer;

typedef struct
{
  char *domain; /* canonical */
  char *name;   /* A-labels, no dot at the end */
  EnjLookupResult starttls; /* _xmpp-server._tcp */
  EnjLookupResult direct;   /* _xmpps-server._tcp */
  gboolean is_secure;       /* both answers */
  gboolean is_fallback;     /* there are no SRV records: the only server is the domain itself */
  GPtrArray *servers;       /* EnjZoneServer, in the order of the answers */
} EnjZone;

/* An empty one, for tests and for new_asked(). */
EnjZone *enj_zone_new (const char *domain);

/* @domain is canonical, and no IP literal. */
EnjZone *enj_zone_new_asked (EnjLookup *lookup, const char *domain);
void enj_zone_free (EnjZone *self);

/* Takes @host. */
EnjZoneServer *enj_zone_add_server (EnjZone *self, char *host, guint16 port, gboolean direct_tls);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjZone, enj_zone_free)

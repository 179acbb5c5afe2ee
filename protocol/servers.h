/* servers.h - the servers that a domain names, in the order to try them.
 *
 * SRV records (RFC 2782) of STARTTLS and of direct TLS, which count as one kind
 * (XEP-0368 3): by priority, by chance and weight among equals.
 *
 * Does not look up, and does not know what it means that there are none. */
#pragma once

#include <glib.h>

#define ENJ_SERVERS_MAX 16

typedef enum
{
  ENJ_LOOKUP_FOUND,
  ENJ_LOOKUP_NO_NAME, /* NXDOMAIN */
  ENJ_LOOKUP_NO_DATA, /* the name has no such records */
  ENJ_LOOKUP_FAILED,  /* SERVFAIL, REFUSED, no answer */
  ENJ_LOOKUP_FORGED,  /* DNSSEC has found it to be bogus */
  ENJ_LOOKUP_REFUSED  /* by us, for too much is looked up: nothing was asked */
} EnjLookupResult;

typedef struct
{
  guint16 priority;
  guint16 weight;
  guint16 port;
  char *target; /* without the last dot; "" for "." */
} EnjSrvRecord;

typedef struct
{
  char *host;
  guint16 priority;
  guint16 weight;
  guint16 port;
  gboolean direct_tls;
  gboolean is_secure; /* DNSSEC vouches for the record */
} EnjServer;

/* Zeroed to start with; @n of @list are there. */
typedef struct
{
  EnjServer list[2 * ENJ_SERVERS_MAX];
  guint n;
} EnjServers;

void enj_servers_clear (EnjServers *self);

/* What listens below 1024 is no XMPP server that hides behind another's name; 443 is what
 * XEP-0368 4 is for. */
gboolean enj_servers_may_use_port (guint16 port);

/* At most 16 of @records count, and those with "." not at all.  FALSE where a port was
 * refused; the others are there then. */
gboolean enj_servers_add_records (EnjServers *self, const EnjSrvRecord *records, guint n,
                                  gboolean direct_tls, gboolean secure);

void enj_servers_add (EnjServers *self, const char *host, guint16 port, gboolean direct_tls);

/* When all are there: the 16 that come first are kept. */
void enj_servers_order (EnjServers *self);

/* address.h - an IP address and a port, without a socket. */
#pragma once

#include <glib.h>

typedef struct
{
  guint8 bytes[16]; /* network order; an IPv4 address takes the first four */
  guint8 length;    /* 4 or 16 */
  guint16 port;     /* host order */
} EnjAddress;

#define ENJ_ADDRESS_STRING 64

/* "192.0.2.1", "2001:db8::1"; no brackets, no port.  FALSE for a name. */
gboolean enj_address_parse (EnjAddress *self, const char *text, guint16 port);

/* "192.0.2.1:5269", "[2001:db8::1]:5269" into @buffer, which it returns. */
const char *enj_address_format (const EnjAddress *self, char buffer[ENJ_ADDRESS_STRING]);

/* Who stands behind it, as one: "192.0.2.1", for a v4-mapped address too, or the network
 * of IPv6 that a single customer has, "2001:db8:1:2::/64", into @buffer. */
const char *enj_address_format_source (const EnjAddress *self, char buffer[ENJ_ADDRESS_STRING]);

/* The same place: a v4-mapped address equals the IPv4 address inside it. */
gboolean enj_address_equal (const EnjAddress *a, const EnjAddress *b);

/* No place for a public server: unspecified and 0/8, loopback, private (RFC
 * 1918, 6598, 4193, site-local, 64:ff9b:1::/48), link-local, multicast, 240/4;
 * and those of IPv4 inside a v4-mapped, v4-compatible, NAT64 (64:ff9b::/96) or
 * 6to4 address.  Documentation, benchmarking (198.18/15) and 192.0.0/24 are
 * not: nothing of anybody's is there to be reached. */
gboolean enj_address_is_private (const EnjAddress *self);

/* Splits "host:port", "[v6]:port", "host", "[v6]"; @port keeps its value where
 * none is given.  FALSE for anything else, port 0 too; both are then left
 * alone.  A host is not checked to be a name.  @host is newly allocated. */
gboolean enj_address_split (const char *text, char **host, guint16 *port);

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

gboolean enj_address_equal (const EnjAddress *a, const EnjAddress *b);

/* Loopback, private (RFC 1918, 6598, ULA), link-local, unspecified, multicast
 * or reserved, v4-mapped forms of them too: no place for a public server. */
gboolean enj_address_is_private (const EnjAddress *self);

/* Splits "host:port", "[v6]:port", "host", "[v6]"; @port keeps its value where
 * none is given.  FALSE for anything else.  @host is newly allocated. */
gboolean enj_address_split (const char *text, char **host, guint16 *port);

#include "config.h"

#include "protocol/address.h"

#include <arpa/inet.h>
#include <string.h>

#define PORT_DIGITS 5

typedef struct
{
  guint8 bytes[16];
  guint8 bits;
} Prefix;

/* The IANA special-purpose registries (RFC 6890), as far as something of somebody else's could
 * answer there. */
static const Prefix private_v4[] = {
  { { 0 }, 8 },          /* this host, RFC 1122 */
  { { 10 }, 8 },         /* RFC 1918 */
  { { 100, 64 }, 10 },   /* shared with the provider, RFC 6598 */
  { { 127 }, 8 },        /* loopback */
  { { 169, 254 }, 16 },  /* link-local, RFC 3927; clouds keep their secrets there */
  { { 172, 16 }, 12 },   /* RFC 1918 */
  { { 192, 168 }, 16 },  /* RFC 1918 */
  { { 224 }, 3 },        /* multicast 224/4, reserved 240/4, broadcast */
};

static const Prefix private_v6[] = {
  { { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48 },   /* translation inside a site, RFC 8215 */
  { { 0xfc }, 7 },                                  /* unique local, RFC 4193 */
  { { 0xfe, 0x80 }, 10 },                           /* link-local */
  { { 0xfe, 0xc0 }, 10 },                           /* site-local of old, RFC 3879 */
  { { 0xff }, 8 },                                  /* multicast */
};

static const Prefix mapped_v4 = { { [10] = 0xff, [11] = 0xff }, 96 };

/* IPv6 addresses that lead to the IPv4 address inside them, and where it stands.  Unspecified
 * and loopback, :: and ::1, count as v4-compatible forms of 0/8. */
static const struct
{
  Prefix prefix;
  guint8 offset;
} embedded_v4[] = {
  { { { [10] = 0xff, [11] = 0xff }, 96 }, 12 },      /* v4-mapped, RFC 4291 */
  { { { 0 }, 96 }, 12 },                             /* v4-compatible, RFC 4291 */
  { { { 0x00, 0x64, 0xff, 0x9b }, 96 }, 12 },        /* NAT64, RFC 6052 */
  { { { 0x20, 0x02 }, 16 }, 2 },                     /* 6to4, RFC 3056 */
};

static gboolean
has_prefix (const guint8 *bytes, const Prefix *prefix)
{
  guint whole = prefix->bits / 8;
  guint rest = prefix->bits % 8;

  if (memcmp (bytes, prefix->bytes, whole) != 0)
    return FALSE;

  return rest == 0 || (bytes[whole] ^ prefix->bytes[whole]) >> (8 - rest) == 0;
}

static gboolean
has_any_prefix (const guint8 *bytes, const Prefix *prefixes, guint n)
{
  for (guint i = 0; i < n; i++)
    if (has_prefix (bytes, &prefixes[i]))
      return TRUE;

  return FALSE;
}

static gboolean
is_private_v4 (const guint8 *bytes)
{
  return has_any_prefix (bytes, private_v4, G_N_ELEMENTS (private_v4));
}

/* The IPv4 address where it is one, mapped or not; NULL for IPv6. */
static const guint8 *
get_v4 (const EnjAddress *self)
{
  if (self->length == 4)
    return self->bytes;
  if (has_prefix (self->bytes, &mapped_v4))
    return self->bytes + 12;
  return NULL;
}

static gboolean
parse_port (const char *text, guint16 *port)
{
  guint value = 0;
  gsize digits = strspn (text, "0123456789");

  if (digits == 0 || digits > PORT_DIGITS || text[digits])
    return FALSE;

  for (const char *p = text; *p; p++)
    value = value * 10 + (guint) (*p - '0');
  if (value == 0 || value > G_MAXUINT16)
    return FALSE;

  *port = (guint16) value;
  return TRUE;
}

/* Whether it could be the name of a host is the caller's question; here it is only no list, no
 * URI and no address of somebody. */
static gboolean
is_plain_host (const char *text, gsize len)
{
  for (gsize i = 0; i < len; i++)
    if (g_ascii_iscntrl (text[i]) || strchr (" []/@,;", text[i]))
      return FALSE;

  return len > 0;
}

gboolean
enj_address_parse (EnjAddress *self, const char *text, guint16 port)
{
  EnjAddress parsed = { .port = port };

  if (inet_pton (AF_INET, text, parsed.bytes) == 1)
    parsed.length = 4;
  else if (inet_pton (AF_INET6, text, parsed.bytes) == 1)
    parsed.length = 16;
  else
    return FALSE;

  *self = parsed;
  return TRUE;
}

const char *
enj_address_format (const EnjAddress *self, char buffer[ENJ_ADDRESS_STRING])
{
  gboolean is_v4 = self->length == 4;
  char text[INET6_ADDRSTRLEN];

  if (!inet_ntop (is_v4 ? AF_INET : AF_INET6, self->bytes, text, sizeof text))
    g_assert_not_reached ();
  g_snprintf (buffer, ENJ_ADDRESS_STRING, is_v4 ? "%s:%u" : "[%s]:%u", text, self->port);
  return buffer;
}

const char *
enj_address_format_source (const EnjAddress *self, char buffer[ENJ_ADDRESS_STRING])
{
  const guint8 *v4 = get_v4 (self);
  guint8 network[16] = { 0 };
  char text[INET6_ADDRSTRLEN];

  memcpy (network, self->bytes, 8);
  if (!inet_ntop (v4 ? AF_INET : AF_INET6, v4 ? v4 : network, text, sizeof text))
    g_assert_not_reached ();
  g_snprintf (buffer, ENJ_ADDRESS_STRING, v4 ? "%s" : "%s/64", text);
  return buffer;
}

gboolean
enj_address_equal (const EnjAddress *a, const EnjAddress *b)
{
  const guint8 *v4_a = get_v4 (a);
  const guint8 *v4_b = get_v4 (b);

  if (a->port != b->port || !v4_a != !v4_b)
    return FALSE;

  return v4_a ? memcmp (v4_a, v4_b, 4) == 0 : memcmp (a->bytes, b->bytes, 16) == 0;
}

gboolean
enj_address_is_private (const EnjAddress *self)
{
  if (self->length == 4)
    return is_private_v4 (self->bytes);

  for (guint i = 0; i < G_N_ELEMENTS (embedded_v4); i++)
    if (has_prefix (self->bytes, &embedded_v4[i].prefix)
        && is_private_v4 (self->bytes + embedded_v4[i].offset))
      return TRUE;

  return has_any_prefix (self->bytes, private_v6, G_N_ELEMENTS (private_v6));
}

gboolean
enj_address_split (const char *text, char **host, guint16 *port)
{
  gboolean has_bracket = text[0] == '[';
  const char *start = has_bracket ? text + 1 : text;
  const char *end = start + strcspn (start, has_bracket ? "]" : ":");
  const char *rest = end + (has_bracket && *end);
  g_autofree char *found = g_strndup (start, (gsize) (end - start));
  EnjAddress address;

  if (has_bracket ? !*end || !enj_address_parse (&address, found, 0) || address.length != 16
                  : !is_plain_host (start, (gsize) (end - start)))
    return FALSE;
  if (*rest && (*rest != ':' || !parse_port (rest + 1, port)))
    return FALSE;

  *host = g_steal_pointer (&found);
  return TRUE;
}

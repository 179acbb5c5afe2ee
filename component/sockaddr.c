#include "config.h"

#include "component/sockaddr.h"

#include <netinet/in.h>
#include <string.h>

socklen_t
enj_sockaddr_from_address (struct sockaddr_storage *self, const EnjAddress *address)
{
  struct sockaddr_in *v4 = (struct sockaddr_in *) self;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) self;

  memset (self, 0, sizeof *self);
  if (address->length == 4)
    {
      v4->sin_family = AF_INET;
      v4->sin_port = g_htons (address->port);
      memcpy (&v4->sin_addr, address->bytes, 4);
      return sizeof *v4;
    }

  v6->sin6_family = AF_INET6;
  v6->sin6_port = g_htons (address->port);
  memcpy (&v6->sin6_addr, address->bytes, 16);
  return sizeof *v6;
}

gboolean
enj_sockaddr_to_address (const struct sockaddr_storage *self, EnjAddress *address)
{
  const struct sockaddr_in *v4 = (const struct sockaddr_in *) self;
  const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *) self;
  EnjAddress found = { .length = 4 };

  if (self->ss_family == AF_INET)
    {
      found.port = g_ntohs (v4->sin_port);
      memcpy (found.bytes, &v4->sin_addr, 4);
    }
  else if (self->ss_family != AF_INET6)
    return FALSE;
  else
    {
      found.port = g_ntohs (v6->sin6_port);
      found.length = IN6_IS_ADDR_V4MAPPED (&v6->sin6_addr) ? 4 : 16;
      memcpy (found.bytes, v6->sin6_addr.s6_addr + 16 - found.length, found.length);
    }

  *address = found;
  return TRUE;
}

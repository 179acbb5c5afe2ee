/* sockaddr.h - addresses as the kernel wants them, and back.
 *
 * Carries numbers only: no names, no scopes, no Unix paths. */
#pragma once

#include <sys/socket.h>

#include "protocol/address.h"

/* Its length. */
socklen_t enj_sockaddr_from_address (struct sockaddr_storage *self, const EnjAddress *address);

/* A v4-mapped address becomes the IPv4 address inside it.  FALSE for another
 * family. */
gboolean enj_sockaddr_to_address (const struct sockaddr_storage *self, EnjAddress *address);

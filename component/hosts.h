/* hosts.h - addresses in a hosts file (hosts(5)).
 *
 * Does not read the file, nor take names that are only part of one. */
#pragma once

#include "protocol/address.h"

/* Fills @addresses, of @max elements and port 0, in the order of @text.  Their
 * number; case and a dot at the end of @name do not count. */
guint enj_hosts_find (const char *text, const char *name, EnjAddress *addresses, guint max);

/* RFC 6761 6.3: "localhost" and all below it, which no name server is asked for. */
gboolean enj_hosts_is_localhost (const char *name);

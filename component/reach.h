/* reach.h - a connection to a host, for a command that can wait for it.
 *
 * Looks the name up, hosts file and all, as the daemon does for its links, and tries the
 * addresses one after the other.  Says nothing on the connection. */
#pragma once

#include "component/errand.h"
#include "component/resolver.h"

/* @timeout in seconds.  A connected, non-blocking socket that is the caller's; -1 with a
 * G_FILE_ERROR that does not name the address. */
int enj_reach_dial (EnjErrand *errand, const EnjAddress *address, guint64 timeout,
                    GError **error);

/* @host is a name or a literal, @timeout is for each address.  As
 * dial(). */
int enj_reach_connect (EnjErrand *errand, EnjResolver *resolver, const char *host, guint16 port,
                       guint64 timeout, GError **error);

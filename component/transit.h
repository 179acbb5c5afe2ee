/* transit.h - how many bytes a TCP socket has taken from us and given to us.
 *
 * Counted by the kernel for the connection, whichever process it was, so that one
 * that comes after another knows where that stood when it was killed. */
#pragma once

#include <glib.h>

/* FALSE where it is no TCP connection or the kernel does not count. */
gboolean enj_transit_count (int fd, guint64 *taken, guint64 *given);

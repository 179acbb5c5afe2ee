/* notify.h - tells the service manager how we are (sd_notify(3)).
 *
 * One datagram each to $NOTIFY_SOCKET, without libsystemd; nothing where that
 * is not set.  Never waits, and nobody need care whether it arrived: FALSE is
 * for those who want to tell. */
#pragma once

#include <glib.h>

gboolean enj_notify_ready (void);
gboolean enj_notify_reloading (void); /* followed by ready() when it is over */
gboolean enj_notify_stopping (void);
gboolean enj_notify_watchdog (void);

/* Any assignments, with a descriptor of which the manager gets a copy, or -1. */
gboolean enj_notify_with (const char *text, int fd);

/* One line for people: "2 links up, 14 streams". */
gboolean enj_notify_status (const char *status);

/* How often watchdog() is awaited at the latest, in microseconds: half of what
 * the manager allows (sd_watchdog_enabled(3)).  0 for never. */
gint64 enj_notify_get_watchdog_interval (void);

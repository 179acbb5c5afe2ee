/* wall.h - the time on the wall, as those who know it have told.
 *
 * Seconds since 1970, for certificates, delays and entity time; everything
 * that waits uses the monotonic time that is handed down instead.  The
 * program, or a test, sets where it comes from, once; GnuTLS follows. */
#pragma once

#include <glib.h>

typedef gint64 (*EnjWallFunc) (void);

/* Before it is called the time is 0, and no certificate is valid. */
void enj_wall_set (EnjWallFunc func);
gint64 enj_wall_now (void);

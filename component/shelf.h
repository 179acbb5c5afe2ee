/* shelf.h - memory in a descriptor, of one size for good, that outlives the process.
 *
 * Sealed: nobody can cut it off under those who look at it, nor run what is in it.  It
 * is not in a core dump.  Does not look at what it holds. */
#pragma once

#include <glib.h>

/* All zero; NULL where it is not to be had.  The caller's are the memory, for munmap(), and
 * @fd. */
gpointer enj_shelf_new (const char *name, gsize size, int *fd);

/* That of another process; takes @fd where it fails.  NULL with a G_FILE_ERROR for what is no
 * shelf of that size. */
gpointer enj_shelf_open (int fd, gsize size, GError **error);

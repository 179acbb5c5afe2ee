/* sockfile.h - a Unix socket that listens, and its file.
 *
 * What a process that is gone has left at the path is removed; what another one listens at, or
 * what is no socket, stays, and is an error: EADDRINUSE and EEXIST.  The file has its mode from
 * the first moment on. */
#pragma once

#include <sys/types.h>

#include <glib.h>

typedef struct EnjSockfile EnjSockfile;

/* @fd is set, non-blocking and closed on exec: the caller's.  G_FILE_ERROR with the path in the
 * message. */
EnjSockfile *enj_sockfile_new (const char *path, mode_t mode, int *fd, GError **error);

/* Removes the file, unless another has been put in its place; before @fd is closed, for until
 * then no other can have its number. */
void enj_sockfile_free (EnjSockfile *self);

/* What would stand in the way of new(), as errno; 0 for nothing.  Nobody can connect meanwhile. */
int enj_sockfile_try (const char *path);

const char *enj_sockfile_get_path (const EnjSockfile *self);

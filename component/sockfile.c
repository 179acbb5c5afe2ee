#include "config.h"

#include "component/sockfile.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

struct EnjSockfile
{
  char *path;
  dev_t device;
  ino_t inode;
};

static int
open_socket (void)
{
  return socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static gboolean
fill_address (struct sockaddr_un *address, const char *path)
{
  gsize len = strlen (path);

  *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
  if (len >= sizeof address->sun_path)
    {
      errno = ENAMETOOLONG;
      return FALSE;
    }
  memcpy (address->sun_path, path, len);
  return TRUE;
}

/* Does anybody listen there?  With EAGAIN there is no room for another, so somebody does. */
static gboolean
is_alive (const struct sockaddr_un *address)
{
  int fd = open_socket ();
  gboolean refused;

  if (fd < 0)
    return TRUE; /* It cannot be told, and nothing is removed. */
  refused = connect (fd, (const struct sockaddr *) address, sizeof *address) != 0
            && errno == ECONNREFUSED;
  (void) close (fd); /* Nothing was said on it. */
  return !refused;
}

/* FALSE with errno. */
static gboolean
make_room (const struct sockaddr_un *address)
{
  struct stat status;

  if (lstat (address->sun_path, &status) != 0)
    return errno == ENOENT;
  if (S_ISSOCK (status.st_mode) && !is_alive (address))
    return unlink (address->sun_path) == 0;
  errno = EADDRINUSE;
  return FALSE;
}

/* The mode of a socket that is not yet bound is that of its file, less what the umask takes: so
 * it is never wider than @mode, and as wide in the end.  FALSE with errno. */
static gboolean
listen_at (int fd, const struct sockaddr_un *address, mode_t mode)
{
  return fchmod (fd, mode) == 0 && make_room (address)
         && bind (fd, (const struct sockaddr *) address, sizeof *address) == 0
         && chmod (address->sun_path, mode) == 0 && listen (fd, BACKLOG) == 0;
}

EnjSockfile *
enj_sockfile_new (const char *path, mode_t mode, int *fd, GError **error)
{
  struct sockaddr_un address;
  struct stat status;
  EnjSockfile *self;
  int code;

  *fd = fill_address (&address, path) ? open_socket () : -1;
  if (*fd < 0 || !listen_at (*fd, &address, mode) || lstat (path, &status) != 0)
    {
      code = errno;
      if (*fd >= 0)
        (void) close (*fd); /* of no use */
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s", path,
                   code == EADDRINUSE ? "is in use" : g_strerror (code));
      return NULL;
    }
  self = g_new0 (EnjSockfile, 1);
  self->path = g_strdup (path);
  self->device = status.st_dev;
  self->inode = status.st_ino;
  return self;
}

void
enj_sockfile_free (EnjSockfile *self)
{
  struct stat status;

  if (!self)
    return;
  if (lstat (self->path, &status) == 0 && status.st_dev == self->device
      && status.st_ino == self->inode)
    (void) unlink (self->path); /* Who comes next finds that nobody listens there. */
  g_free (self->path);
  g_free (self);
}

const char *
enj_sockfile_get_path (const EnjSockfile *self)
{
  return self->path;
}

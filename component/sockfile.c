#include "config.h"

#include "component/sockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

/* Whoever makes a socket in the same folder needs less than one of these; the loop waits. */
#define LOCK_TRIES 5
#define LOCK_PAUSE 1000 /* microseconds */

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

/* What is at the path, as errno; 0 for nothing, or what a process that is gone has left there. */
static int
find_fault (const struct sockaddr_un *address, gboolean *is_stale)
{
  struct stat status;

  *is_stale = FALSE;
  if (lstat (address->sun_path, &status) != 0)
    return errno == ENOENT ? 0 : errno;
  if (!S_ISSOCK (status.st_mode))
    return EEXIST;
  *is_stale = !is_alive (address);
  return *is_stale ? 0 : EADDRINUSE;
}

/* FALSE with errno. */
static gboolean
make_room (const struct sockaddr_un *address, gboolean may_remove)
{
  gboolean is_stale;

  errno = find_fault (address, &is_stale);
  if (errno == 0 && is_stale && !may_remove)
    errno = EADDRINUSE;
  return errno == 0 && (!is_stale || unlink (address->sun_path) == 0);
}

/* The mode of a socket that is not yet bound is that of its file, less what the umask takes: so
 * it is never wider than @mode, and as wide in the end.  FALSE with errno. */
static gboolean
bind_and_listen (int fd, const struct sockaddr_un *address, mode_t mode)
{
  return bind (fd, (const struct sockaddr *) address, sizeof *address) == 0
         && chmod (address->sun_path, mode) == 0 && listen (fd, BACKLOG) == 0;
}

/* Of two that find the same dead socket, the second would remove the first one's new one, which
 * looks dead until it listens.  The folder itself is locked, so that nothing is left behind.  -1
 * with EWOULDBLOCK where somebody holds the lock for so long that it is no other of us. */
static int
lock_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int code;

  for (guint i = 0; fd >= 0; i++)
    {
      if (flock (fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
      code = errno;
      if (code != EWOULDBLOCK || i == LOCK_TRIES)
        {
          (void) close (fd); /* It was opened to be locked. */
          errno = code;
          return -1;
        }
      g_usleep (LOCK_PAUSE);
    }
  return -1;
}

/* FALSE with errno. */
static gboolean
listen_at (int fd, const struct sockaddr_un *address, mode_t mode)
{
  int lock = lock_folder (address->sun_path);
  gboolean may_remove = lock >= 0 || errno != EWOULDBLOCK; /* Some folders cannot be locked. */
  gboolean done = fchmod (fd, mode) == 0 && make_room (address, may_remove)
                  && bind_and_listen (fd, address, mode);
  int code = errno;

  if (lock >= 0)
    (void) close (lock); /* That unlocks it. */
  errno = code;
  return done;
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

int
enj_sockfile_try (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct sockaddr_un address;
  gboolean is_stale;
  int code;

  if (!fill_address (&address, path))
    return errno;
  code = find_fault (&address, &is_stale);
  return code == 0 && access (folder, W_OK | X_OK) != 0 ? errno : code;
}

const char *
enj_sockfile_get_path (const EnjSockfile *self)
{
  return self->path;
}

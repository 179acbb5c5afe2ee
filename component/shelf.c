#include "config.h"

#include "component/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Linux 6.3, which may be told to refuse all others. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define FLAGS (MFD_CLOEXEC | MFD_ALLOW_SEALING)
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static gpointer
map (int fd, gsize size)
{
  gpointer at = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  if (at == MAP_FAILED)
    return NULL;
  (void) madvise (at, size, MADV_DONTDUMP); /* advice */
  return at;
}

gpointer
enj_shelf_new (const char *name, gsize size, int *fd)
{
  gpointer at = NULL;

  *fd = memfd_create (name, FLAGS | MFD_NOEXEC_SEAL);
  if (*fd < 0 && errno == EINVAL)
    *fd = memfd_create (name, FLAGS);
  if (*fd < 0)
    return NULL;
  if (ftruncate (*fd, (off_t) size) == 0 && fcntl (*fd, F_ADD_SEALS, SEALS) == 0)
    at = map (*fd, size);
  if (!at)
    (void) close (*fd); /* nothing is in it */
  return at;
}

gpointer
enj_shelf_open (int fd, gsize size, GError **error)
{
  struct stat status;
  int seals = fcntl (fd, F_GET_SEALS);
  gpointer at = NULL;

  if (fstat (fd, &status) != 0 || seals < 0 || (seals & SEALS) != SEALS)
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not of our making");
  else if (status.st_size != (off_t) size)
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "of another version");
  else if (!(at = map (fd, size)))
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "no room for it");
  if (!at)
    (void) close (fd); /* of no use */
  return at;
}

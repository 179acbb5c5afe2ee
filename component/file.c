#include "config.h"

#include "component/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

static void
set_error (GError **error, int code)
{
  g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (code), g_strerror (code));
}

/* One allocation, for a buffer that grows leaves copies of a secret behind. */
static char *
read_all (int fd, gsize room, gsize *len, GError **error)
{
  char *data = g_malloc (room + 2);
  gsize used = 0;
  gssize n = 1;

  while (n != 0 && used <= room)
    {
      n = read (fd, data + used, room + 1 - used);
      if (n > 0)
        used += (gsize) n;
      else if (n < 0 && errno != EINTR)
        {
          set_error (error, errno);
          enj_file_wipe (data, used);
          return NULL;
        }
    }

  if (used > room)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_AGAIN, "grew while it was read");
      enj_file_wipe (data, used);
      return NULL;
    }

  data[used] = '\0';
  *len = used;
  return data;
}

char *
enj_file_read_new (const char *path, gsize max, gsize *len, GError **error)
{
  struct stat status;
  char *data = NULL;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd < 0 || fstat (fd, &status) != 0)
    set_error (error, errno);
  else if (S_ISDIR (status.st_mode))
    set_error (error, EISDIR);
  else if (!S_ISREG (status.st_mode))
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "is not a regular file");
  else if ((guint64) status.st_size > max)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                 "is larger than %" G_GSIZE_FORMAT " bytes", max);
  else
    data = read_all (fd, (gsize) status.st_size, len, error);

  if (fd >= 0)
    (void) close (fd); /* only read from: nothing can be lost */
  return data;
}

void
enj_file_wipe (char *data, gsize len)
{
  if (data)
    gnutls_memset (data, 0, len);
  g_free (data);
}

char *
enj_file_resolve_new (const char *beside, const char *name)
{
  g_autofree char *relative = NULL;
  g_autofree char *folder = NULL;

  if (g_path_is_absolute (name))
    return g_strdup (name);

  relative = g_path_get_dirname (beside);
  folder = g_canonicalize_filename (relative, NULL);
  return g_build_filename (folder, name, NULL);
}

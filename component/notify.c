#include "config.h"

#include "component/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* "/path", or "@name" in the abstract name space, which starts with a NUL. */
static gboolean
fill_address (struct sockaddr_un *address, socklen_t *len)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  gsize size = path ? strlen (path) : 0;

  if (size < 2 || size >= sizeof address->sun_path || (*path != '/' && *path != '@'))
    return FALSE;
  *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
  memcpy (address->sun_path, path, size);
  if (*path == '@')
    address->sun_path[0] = '\0';
  *len = (socklen_t) (offsetof (struct sockaddr_un, sun_path) + size);
  return TRUE;
}

static gboolean
notify (const char *text)
{
  struct sockaddr_un address;
  socklen_t len;
  gssize sent;
  int fd;

  if (!fill_address (&address, &len))
    return FALSE;
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return FALSE;
  sent = sendto (fd, text, strlen (text), MSG_NOSIGNAL, (const struct sockaddr *) &address, len);
  (void) close (fd); /* the datagram is out, or is not */
  return sent == (gssize) strlen (text);
}

gboolean
enj_notify_ready (void)
{
  return notify ("READY=1");
}

/* Type=notify-reload wants the time with it. */
gboolean
enj_notify_reloading (void)
{
  g_autofree char *text = g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
                                           g_get_monotonic_time ());

  return notify (text);
}

gboolean
enj_notify_stopping (void)
{
  return notify ("STOPPING=1");
}

gboolean
enj_notify_watchdog (void)
{
  return notify ("WATCHDOG=1");
}

/* A newline would start another assignment. */
gboolean
enj_notify_status (const char *status)
{
  g_autofree char *text = g_strconcat ("STATUS=", status, NULL);

  return notify (g_strdelimit (text, "\n", ' '));
}

gint64
enj_notify_get_watchdog_interval (void)
{
  const char *interval = g_getenv ("WATCHDOG_USEC");
  const char *pid = g_getenv ("WATCHDOG_PID");
  guint64 usec, wanted;

  if (!interval || !g_ascii_string_to_unsigned (interval, 10, 2, G_MAXINT64, &usec, NULL))
    return 0;
  if (pid && (!g_ascii_string_to_unsigned (pid, 10, 1, G_MAXINT32, &wanted, NULL) ||
              (pid_t) wanted != getpid ()))
    return 0;
  return (gint64) (usec / 2);
}

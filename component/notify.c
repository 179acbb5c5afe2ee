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

gboolean
enj_notify_with (const char *text, int passed)
{
  union
  {
    struct cmsghdr header;
    char room[CMSG_SPACE (sizeof (int))];
  } control = { .room = "" };
  struct sockaddr_un address;
  struct iovec line = { (char *) text, strlen (text) };
  struct msghdr message = { .msg_name = &address, .msg_iov = &line, .msg_iovlen = 1 };
  gssize sent;
  int fd;

  if (!fill_address (&address, &message.msg_namelen))
    return FALSE;
  if (passed >= 0)
    {
      message.msg_control = &control;
      message.msg_controllen = sizeof control;
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN (sizeof (int));
      memcpy (CMSG_DATA (&control.header), &passed, sizeof passed);
    }
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return FALSE;
  sent = sendmsg (fd, &message, MSG_NOSIGNAL);
  (void) close (fd); /* the datagram is out, or is not */
  return sent == (gssize) strlen (text);
}

static gboolean
notify (const char *text)
{
  return enj_notify_with (text, -1);
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

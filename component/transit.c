#include "config.h"

#include "component/transit.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>
#include <linux/tcp.h>

#define TRIES 100

/* TCP_CLOSE_WAIT of <netinet/tcp.h>, which does not go with <linux/tcp.h>. */
#define STATE_CLOSE_WAIT 8

static gboolean
read_info (int fd, struct tcp_info *info)
{
  socklen_t len = sizeof *info;

  *info = (struct tcp_info){ 0 };
  return getsockopt (fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0
         && len >= offsetof (struct tcp_info, tcpi_bytes_received) + sizeof (guint64);
}

/* What came is what was read and what waits; what left is what was acknowledged and what was not.
 * The peer goes on meanwhile: both looks have to agree. */
gboolean
enj_transit_count (int fd, guint64 *taken, guint64 *given)
{
  struct tcp_info before, after;
  int queued, unread;

  for (guint i = 0; i < TRIES; i++)
    {
      if (!read_info (fd, &before) || ioctl (fd, SIOCOUTQ, &queued) != 0
          || ioctl (fd, SIOCINQ, &unread) != 0 || !read_info (fd, &after))
        return FALSE;
      if (before.tcpi_bytes_acked == after.tcpi_bytes_acked
          && before.tcpi_bytes_received == after.tcpi_bytes_received
          && before.tcpi_state == after.tcpi_state)
        {
          *taken = before.tcpi_bytes_acked + (guint64) queued;
          *given = before.tcpi_bytes_received - (guint64) unread;
          /* The end of what the other side says is counted as a byte. */
          *given -= before.tcpi_state == STATE_CLOSE_WAIT;
          return TRUE;
        }
    }
  return FALSE;
}

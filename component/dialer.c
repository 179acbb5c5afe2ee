#include "config.h"

#include "component/dialer.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "protocol/targets.h"
#include "component/sockaddr.h"

struct EnjDialer
{
  EnjLoop *loop;
  EnjWatch *watch; /* NULL when it has ended */
  EnjDeferred failed;
  int fd; /* -1: none, or the receiver's */
  char *why;
  guint64 timeout;
  EnjDialerFunc func;
  gpointer data;
};

static void
close_socket (EnjDialer *self)
{
  g_clear_pointer (&self->watch, enj_watch_free);
  if (self->fd >= 0)
    (void) close (self->fd); /* Nothing was said on it. */
  self->fd = -1;
}

static void
report_failure (gpointer data)
{
  EnjDialer *self = data;

  self->func (-1, self->why, self->data);
}

static void
fail_take (EnjDialer *self, char *why)
{
  close_socket (self);
  self->why = why;
  enj_loop_defer (self->loop, &self->failed);
}

/* What we ourselves have run out of is no fault of the remote server. */
static const char *
get_words (int code)
{
  return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM
           ? ENJ_TARGETS_SCARCE
           : g_strerror (code);
}

static void
fail (EnjDialer *self, int code)
{
  fail_take (self, g_strdup (get_words (code)));
}

static void
on_event (guint32 events, gint64 now, gpointer data)
{
  EnjDialer *self = data;
  int code = 0;
  socklen_t len = sizeof code;
  int fd;

  (void) now;
  if (events & ENJ_LOOP_DUE)
    {
      fail_take (self, g_strdup_printf ("no answer within %" G_GUINT64_FORMAT " s",
                                        self->timeout));
      return;
    }
  if (getsockopt (self->fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0)
    code = errno;
  if (code != 0)
    {
      fail (self, code);
      return;
    }

  g_clear_pointer (&self->watch, enj_watch_free);
  fd = self->fd;
  self->fd = -1;
  self->func (fd, NULL, self->data);
}

static gboolean
bind_source (int fd, const EnjAddress *source)
{
  EnjAddress address = *source;
  struct sockaddr_storage storage;
  socklen_t len;
  int yes = 1;

  address.port = 0;
  len = enj_sockaddr_from_address (&storage, &address);
  /* The port is chosen at connect(), so that one serves many destinations; an old kernel
   * chooses it now. */
  (void) setsockopt (fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  return bind (fd, (struct sockaddr *) &storage, len) == 0;
}

static gboolean
start (EnjDialer *self, const EnjAddress *address, const EnjAddress *source, GError **error)
{
  struct sockaddr_storage storage;
  socklen_t len = enj_sockaddr_from_address (&storage, address);

  self->fd = socket (storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->fd < 0
      || (source && source->length == address->length && !bind_source (self->fd, source))
      || (connect (self->fd, (struct sockaddr *) &storage, len) != 0 && errno != EINPROGRESS))
    {
      int code = errno;

      g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (code), get_words (code));
      return FALSE;
    }

  self->watch = enj_loop_watch (self->loop, self->fd, EPOLLOUT, on_event, self, error);
  return self->watch != NULL;
}

EnjDialer *
enj_dialer_new (EnjLoop *loop, const EnjAddress *address, const EnjAddress *source,
                guint64 timeout, EnjDialerFunc func, gpointer data)
{
  EnjDialer *self = g_new0 (EnjDialer, 1);
  g_autoptr (GError) error = NULL;

  self->loop = loop;
  self->failed = (EnjDeferred){ .func = report_failure, .data = self };
  self->timeout = timeout;
  self->func = func;
  self->data = data;
  if (start (self, address, source, &error))
    enj_watch_set_deadline (self->watch,
                            enj_loop_now (loop) + (gint64) timeout * G_TIME_SPAN_SECOND);
  else
    fail_take (self, g_strdup (error->message));
  return self;
}

void
enj_dialer_free (EnjDialer *self)
{
  if (!self)
    return;

  enj_deferred_clear (&self->failed);
  close_socket (self);
  g_free (self->why);
  g_free (self);
}

#include "config.h"

#include "component/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "protocol/log.h"
#include "component/sockaddr.h"
#include "component/sockfile.h"

#define BACKLOG 128
#define ACCEPTS_PER_TURN 32
#define REST (200 * G_TIME_SPAN_MILLISECOND)
#define LOG_INTERVAL (10 * G_TIME_SPAN_SECOND)

struct EnjListener
{
  EnjWatch *watch;
  int fd;
  int reserve; /* -1 where even that was not to be had */
  EnjAddress address;
  EnjSockfile *file; /* of a Unix socket */
  EnjListenerFunc func;
  gpointer data;
  EnjWake scarce;
  gboolean paused;
  gboolean resting;
  gint64 next_line; /* the log stays silent before */
  gboolean *freed;  /* in the function: tells accept_all() that it is gone */
};

/* Errors of the connection that was to be accepted, not of ours: accept(2), and what firewalls
 * and half-open connections add to it. */
static const int harmless[] = {
  ECONNABORTED, ECONNRESET, EINTR,      EPERM,       EPROTO,      ETIMEDOUT, ENETDOWN,
  ENETUNREACH,  EHOSTDOWN,  EHOSTUNREACH, ENOPROTOOPT, EOPNOTSUPP, ENONET,
};

static gboolean
is_harmless (int code)
{
  for (guint i = 0; i < G_N_ELEMENTS (harmless); i++)
    if (harmless[i] == code)
      return TRUE;

  return FALSE;
}

static int
open_reserve (void)
{
  return open ("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* The first that waits is turned away, so that it knows.  FALSE: nobody was waiting; the kernel
 * looks for a descriptor before it looks for a connection. */
static gboolean
turn_one_away (EnjListener *self)
{
  gboolean is_one_waiting = TRUE;

  if (self->reserve >= 0)
    {
      int fd;

      (void) close (self->reserve); /* /dev/null has nothing to lose. */
      fd = accept4 (self->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
      is_one_waiting = fd >= 0 || errno != EAGAIN;
      if (fd >= 0)
        (void) close (fd); /* Nothing was said on it. */
    }
  self->reserve = open_reserve ();
  return is_one_waiting;
}

static void
update_events (EnjListener *self)
{
  enj_watch_set_events (self->watch, self->paused || self->resting ? 0 : EPOLLIN);
}

static void
rest (EnjListener *self, int code, gint64 now)
{
  if (code == EMFILE || code == ENFILE)
    {
      if (!turn_one_away (self))
        return;
      enj_wake (self->scarce);
    }

  self->resting = TRUE;
  update_events (self);
  enj_watch_set_deadline (self->watch, now + REST);

  if (now >= self->next_line)
    {
      char text[ENJ_ADDRESS_STRING];

      enj_log_warning (NULL, "cannot accept connections on %s: %s",
                       self->file ? enj_sockfile_get_path (self->file)
                                  : enj_address_format (&self->address, text),
                       g_strerror (code));
      self->next_line = now + LOG_INTERVAL;
    }
}

static void
accept_all (EnjListener *self, gint64 now)
{
  gboolean freed = FALSE;

  self->freed = &freed;
  for (guint i = 0; i < ACCEPTS_PER_TURN && !self->paused; i++)
    {
      struct sockaddr_storage storage;
      socklen_t len = sizeof storage;
      EnjAddress peer = { .length = 0 };
      int fd = accept4 (self->fd, (struct sockaddr *) &storage, &len,
                        SOCK_CLOEXEC | SOCK_NONBLOCK);

      if (fd < 0 && is_harmless (errno))
        continue;
      if (fd < 0)
        {
          if (errno != EAGAIN)
            rest (self, errno, now);
          break;
        }

      if (!self->file && !enj_sockaddr_to_address (&storage, &peer))
        (void) close (fd); /* A listener of IP accepts nothing else. */
      else
        self->func (fd, &peer, self->data);
      if (freed)
        return;
    }
  self->freed = NULL;
}

static void
on_event (guint32 events, gint64 now, gpointer data)
{
  EnjListener *self = data;

  if (events & ENJ_LOOP_DUE)
    {
      /* What was not to be had may be there again, and will be wanted again. */
      if (self->reserve < 0)
        self->reserve = open_reserve ();
      self->resting = FALSE;
      update_events (self);
    }
  else
    accept_all (self, now);
}

static gboolean
is_any (const EnjAddress *address)
{
  static const guint8 any[16];

  return address->length == 16 && memcmp (address->bytes, any, sizeof any) == 0;
}

static int
open_socket (const EnjAddress *address, gboolean listens)
{
  struct sockaddr_storage storage;
  socklen_t len = enj_sockaddr_from_address (&storage, address);
  int fd = socket (storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int yes = 1;
  int v6_only = !is_any (address);
  int code;

  if (fd < 0)
    return -1;

  if (setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0
      && (address->length == 4
          || setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only) == 0)
      && bind (fd, (struct sockaddr *) &storage, len) == 0
      && (!listens || listen (fd, BACKLOG) == 0))
    return fd;

  code = errno;
  (void) close (fd); /* Of no use, and errno is that of the failure. */
  errno = code;
  return -1;
}

/* Puts the address that was taken at last into @address. */
static int
open_any_socket (EnjAddress *address, gboolean listens)
{
  int fd = open_socket (address, listens);

  if (fd < 0 && is_any (address) && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
    {
      *address = (EnjAddress){ .length = 4, .port = address->port };
      fd = open_socket (address, listens);
      if (fd >= 0 && listens)
        enj_log_message (NULL, "there is no IPv6 here: listening on 0.0.0.0:%u", address->port);
    }
  return fd;
}

static void
read_address (int fd, EnjAddress *address)
{
  struct sockaddr_storage storage;
  socklen_t len = sizeof storage;
  EnjAddress bound;

  if (getsockname (fd, (struct sockaddr *) &storage, &len) == 0
      && enj_sockaddr_to_address (&storage, &bound))
    *address = bound;
}

EnjListener *
enj_listener_new_taken (EnjLoop *loop, int fd, EnjListenerFunc func, gpointer data, GError **error)
{
  EnjListener *self = g_new0 (EnjListener, 1);

  self->fd = fd;
  self->reserve = open_reserve ();
  self->func = func;
  self->data = data;
  self->next_line = G_MININT64;
  read_address (fd, &self->address);
  self->watch = enj_loop_watch (loop, fd, EPOLLIN, on_event, self, error);
  if (!self->watch)
    g_clear_pointer (&self, enj_listener_free);
  return self;
}

const char *
enj_listener_explain (int code)
{
  if (code == EADDRINUSE)
    return "it is in use: 'ss -ltnp' tells by whom";
  if (code == EADDRNOTAVAIL)
    return "no interface of this machine has that address";
  if (code == EACCES)
    return "a port below 1024 is for a socket unit of the service manager (systemd.socket(5))";
  return g_strerror (code);
}

EnjListener *
enj_listener_new (EnjLoop *loop, const EnjAddress *address, EnjListenerFunc func, gpointer data,
                  GError **error)
{
  EnjAddress bound = *address;
  int fd = open_any_socket (&bound, TRUE);
  int code = errno;
  char text[ENJ_ADDRESS_STRING];

  if (fd >= 0)
    return enj_listener_new_taken (loop, fd, func, data, error);
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s",
               enj_address_format (address, text), enj_listener_explain (code));
  return NULL;
}

EnjListener *
enj_listener_new_unix (EnjLoop *loop, const char *path, mode_t mode, EnjListenerFunc func,
                       gpointer data, GError **error)
{
  int fd;
  EnjSockfile *file = enj_sockfile_new (path, mode, &fd, error);
  EnjListener *self = file ? enj_listener_new_taken (loop, fd, func, data, error) : NULL;

  if (self)
    self->file = file;
  else
    enj_sockfile_free (file);
  return self;
}

int
enj_listener_try (const EnjAddress *address)
{
  EnjAddress bound = *address;
  int fd = open_any_socket (&bound, FALSE);
  int code = errno;

  if (fd < 0)
    return code;
  (void) close (fd); /* It was bound, and no more. */
  return 0;
}

void
enj_listener_free (EnjListener *self)
{
  if (!self)
    return;

  if (self->freed)
    *self->freed = TRUE;
  enj_watch_free (self->watch);
  enj_sockfile_free (self->file);
  (void) close (self->fd); /* Connections that wait are refused by the kernel. */
  if (self->reserve >= 0)
    (void) close (self->reserve);
  g_free (self);
}

const EnjAddress *
enj_listener_get_address (const EnjListener *self)
{
  return &self->address;
}

int
enj_listener_get_socket (const EnjListener *self)
{
  return self->fd;
}

void
enj_listener_set_scarce (EnjListener *self, EnjWake scarce)
{
  self->scarce = scarce;
}

void
enj_listener_set_paused (EnjListener *self, gboolean paused)
{
  self->paused = paused;
  update_events (self);
}

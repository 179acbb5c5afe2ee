#include "config.h"

#include "component/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "protocol/rate.h"

/* So much leaves one socket in a turn; what is left, in the next. */
#define WRITTEN_PER_TURN (256 * 1024)

/* The kernel finds a dead peer without our help: after 2 minutes of silence four questions, half
 * a minute apart. */
#define KEEPALIVE_IDLE 120
#define KEEPALIVE_INTERVAL 30
#define KEEPALIVE_COUNT 4

/* Our share of a handshake that goes on is done by then.  Who only waits for the peer keeps nobody
 * out: with 64 places, five hundred that stand still hold up who comes behind them for 2 s. */
#define HANDSHAKE_TIME (ENJ_SECOND / 4)

/* From top to bottom; no way back. */
typedef enum
{
  WIRE_OPEN,
  WIRE_LINGERING, /* all is written and our side is shut */
  WIRE_CLOSED
} WireState;

struct EnjWire
{
  EnjLoop *loop;
  EnjWatch *watch;
  EnjSession *session;
  int fd;
  WireState state;
  EnjDeferred writing;
  EnjDeferred closing;
  gboolean always_read;
  gboolean blocked; /* the kernel takes no more for now */
  gboolean mute;    /* nor ever again */
  gboolean ended;   /* the peer has said all */
  int write_error;
  guint patience; /* seconds, as the kernel knows it */
  EnjRate rate;
  gint64 resume; /* when reading goes on; ENJ_NEVER while it does */
  EnjTurnstile *turnstile; /* NULL: none, or behind us */
  EnjPass pass;
  gint64 leave; /* the turnstile, at the latest */
  EnjKeepsake *keepsake; /* NULL for none */
  EnjWireClosed closed;
  gpointer data;
};

static void
set_option (int fd, int level, int option, int value)
{
  /* It works without, and a socket that is not TCP has none of these. */
  (void) setsockopt (fd, level, option, &value, sizeof value);
}

/* We wait for the turn to end before we write: the kernel need not wait as well. */
static void
set_options (int fd)
{
  set_option (fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option (fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option (fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE);
  set_option (fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL);
  set_option (fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT);
}

/* What we have written and nobody confirms for so long ends the connection (RFC 5482): no answer
 * to that is needed from the other program, as our own deadline does.  That of a reload holds
 * from the next time on. */
static void
set_patience (EnjWire *self)
{
  guint patience = (guint) self->session->settings->limits.stall_timeout;

  if (self->patience == patience)
    return;
  self->patience = patience;
  set_option (self->fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
              (int) MIN ((guint64) patience * 1000, G_MAXINT));
}

static void
report_closed (gpointer data)
{
  EnjWire *self = data;

  self->closed (self, self->data);
}

static void
close_socket (EnjWire *self)
{
  self->state = WIRE_CLOSED;
  enj_pass_leave (&self->pass);
  g_clear_pointer (&self->watch, enj_watch_free);
  if (self->fd >= 0)
    (void) close (self->fd); /* TCP reports its errors to those who read and write. */
  self->fd = -1;
}

static void
finish (EnjWire *self)
{
  /* Others have a copy of this socket: the connection ends now all the same. */
  if (self->keepsake && self->fd >= 0)
    (void) shutdown (self->fd, SHUT_RDWR);
  close_socket (self);
  enj_deferred_clear (&self->writing);
  enj_loop_defer (self->loop, &self->closing);
}

/* ---- What is waited for ----------------------------------------------- */

static gboolean
wants_to_read (const EnjWire *self)
{
  return !self->ended && self->resume == ENJ_NEVER && self->pass.state != ENJ_PASS_WAITING
         && !(self->state == WIRE_OPEN && self->session->input_paused);
}

/* Before the first byte of the peer's is read; once for each wire. */
static void
mind_handshake (EnjWire *self)
{
  gint64 now = enj_loop_now (self->loop);

  if (!self->turnstile || !self->session->tls)
    return;

  if (self->pass.state == ENJ_PASS_OUTSIDE)
    enj_pass_enter (&self->pass, self->turnstile);
  if (self->pass.state == ENJ_PASS_INSIDE && self->leave == ENJ_NEVER)
    self->leave = now + HANDSHAKE_TIME;
  if (self->leave <= now || self->state != WIRE_OPEN
      || enj_session_is_encrypted (self->session))
    {
      self->turnstile = NULL;
      self->leave = ENJ_NEVER;
      enj_pass_leave (&self->pass);
    }
}

static void
update (EnjWire *self)
{
  gboolean writes = self->state == WIRE_OPEN && self->blocked;

  if (self->state == WIRE_CLOSED)
    return;

  mind_handshake (self);
  enj_watch_set_events (self->watch, (wants_to_read (self) ? (guint32) EPOLLIN : 0)
                                         | (writes ? (guint32) EPOLLOUT : 0));
  if (self->state == WIRE_OPEN)
    enj_watch_set_deadline (self->watch,
                            MIN (MIN (self->resume, self->leave),
                                 enj_session_deadline (self->session)));
}

/* ---- The end ---------------------------------------------------------- */

/* To close with bytes unread sends a reset, and that makes the peer forget what it has not read:
 * our error. */
static void
linger (EnjWire *self, gint64 now)
{
  guint64 timeout = self->session->settings->limits.close_timeout;

  if (self->ended || shutdown (self->fd, SHUT_WR) != 0)
    {
      finish (self);
      return;
    }
  self->state = WIRE_LINGERING;
  self->resume = ENJ_NEVER;
  enj_watch_set_deadline (self->watch, now + (gint64) timeout * ENJ_SECOND);
}

/* ---- Writing ---------------------------------------------------------- */

/* TRUE: there may be more to write in this turn. */
static gboolean
write_some (EnjWire *self, gsize *left, gint64 now)
{
  gsize len;
  const guint8 *data = enj_session_peek (self->session, &len);
  gssize n;

  if (self->keepsake)
    enj_keepsake_put (self->keepsake, data, len);
  /* Behind our end tag there is nothing to go on with. */
  if (self->keepsake && !enj_session_is_open (self->session))
    enj_keepsake_void (self->keepsake);
  len = MIN (len, *left);
  if (len == 0 || self->blocked || self->mute)
    return FALSE;

  n = send (self->fd, data, len, MSG_NOSIGNAL);
  if (n >= 0)
    {
      if (self->keepsake)
        enj_keepsake_taken (self->keepsake, (gsize) n);
      enj_session_drained (self->session, (gsize) n, now);
      *left -= (gsize) n;
      self->blocked = (gsize) n < len;
    }
  else if (errno == EAGAIN || errno == EINTR)
    self->blocked = TRUE;
  else
    {
      /* What the peer said before may still wait to be read: that, and the end behind it, is
       * told to the session by reading. */
      self->mute = TRUE;
      self->write_error = errno;
    }
  return TRUE;
}

static void
write_all (gpointer data)
{
  EnjWire *self = data;
  gint64 now = enj_loop_now (self->loop);
  gsize left = WRITTEN_PER_TURN;
  gsize len;

  if (self->session->cut)
    finish (self);
  if (self->state != WIRE_OPEN)
    return;

  set_patience (self);
  while (write_some (self, &left, now))
    continue;
  enj_session_peek (self->session, &len);
  if (enj_session_is_over (self->session) && (len == 0 || self->mute))
    linger (self, now);
  else if (len > 0 && !self->blocked && !self->mute)
    enj_loop_defer (self->loop, &self->writing);
  update (self);
}

static void
note_output (gpointer data)
{
  EnjWire *self = data;

  if (self->state == WIRE_OPEN || (self->state == WIRE_LINGERING && self->session->cut))
    enj_loop_defer (self->loop, &self->writing);
}

/* ---- Reading ---------------------------------------------------------- */

static void
hear_end (EnjWire *self, int code, gint64 now)
{
  self->ended = TRUE;
  if (code == 0)
    code = self->write_error;
  if (self->state == WIRE_LINGERING)
    finish (self);
  else
    enj_session_eof (self->session, code ? g_strerror (code) : NULL, now);
}

/* FALSE: it was more than there may be.  The rate of a reload holds at once. */
static gboolean
take_from_rate (EnjWire *self, gsize len, gint64 now)
{
  guint64 rate = self->session->settings->limits.rate;

  if (rate != self->rate.per_second)
    enj_rate_init (&self->rate, rate, 2 * rate, now);
  return enj_rate_take (&self->rate, len, now);
}

static void
hear (EnjWire *self, const guint8 *data, gsize len, gint64 now)
{
  if (self->state == WIRE_LINGERING)
    return;

  enj_session_feed (self->session, data, len, now);
  if (!self->always_read && !take_from_rate (self, len, now))
    {
      self->resume = enj_rate_ready (&self->rate, now);
      if (self->resume <= now)
        self->resume = ENJ_NEVER;
    }
}

static void
read_some (EnjWire *self, gint64 now)
{
  guint8 *kept = self->keepsake ? enj_keepsake_reserve (self->keepsake, ENJ_LOOP_BUFFER) : NULL;
  guint8 *buffer = kept ? kept : enj_loop_get_buffer (self->loop);
  gssize n = recv (self->fd, buffer, ENJ_LOOP_BUFFER, 0);

  if (n > 0 && kept)
    enj_keepsake_received (self->keepsake, (gsize) n);
  if (n > 0)
    hear (self, buffer, (gsize) n, now);
  else if (n == 0)
    hear_end (self, 0, now);
  else if (errno != EAGAIN && errno != EINTR)
    hear_end (self, errno, now);
}

static void
come_due (EnjWire *self, gint64 now)
{
  if (self->state == WIRE_LINGERING)
    {
      finish (self);
      return;
    }

  if (self->resume <= now)
    self->resume = ENJ_NEVER;
  if (enj_session_deadline (self->session) <= now)
    enj_session_tick (self->session, now);
}

static void
on_event (guint32 events, gint64 now, gpointer data)
{
  EnjWire *self = data;

  if (events & ENJ_LOOP_DUE)
    come_due (self, now);
  if (events & EPOLLOUT)
    self->blocked = FALSE;

  /* Of a connection that is gone there is no more than what the kernel has, and it says so again
   * and again: that is read at any rate. */
  if ((events & (EPOLLERR | EPOLLHUP)) && self->ended)
    self->mute = TRUE;
  else if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
    read_some (self, now);

  if ((events & EPOLLOUT) || enj_session_is_over (self->session))
    note_output (self);
  update (self);
}

EnjWire *
enj_wire_new (EnjLoop *loop, int fd, EnjSession *session, gboolean always_read,
              EnjWireClosed closed, gpointer data, GError **error)
{
  EnjWire *self = g_new0 (EnjWire, 1);
  guint64 rate = session->settings->limits.rate;

  self->loop = loop;
  self->session = session;
  self->fd = fd;
  self->writing = (EnjDeferred){ .func = write_all, .data = self, .rank = ENJ_LOOP_WRITE };
  self->closing = (EnjDeferred){ .func = report_closed, .data = self };
  self->always_read = always_read;
  self->resume = ENJ_NEVER;
  self->leave = ENJ_NEVER;
  self->pass.admitted = (EnjWake){ note_output, self };
  self->closed = closed;
  self->data = data;
  enj_rate_init (&self->rate, rate, 2 * rate, enj_loop_now (loop));
  set_options (fd);
  set_patience (self);
  self->watch = enj_loop_watch (loop, fd, EPOLLIN, on_event, self, error);
  if (!self->watch)
    {
      enj_wire_free (self);
      return NULL;
    }

  session->output = (EnjWake){ note_output, self };
  note_output (self); /* It may have spoken already. */
  return self;
}

void
enj_wire_set_turnstile (EnjWire *self, EnjTurnstile *turnstile)
{
  self->turnstile = turnstile;
  update (self); /* With direct TLS it has begun. */
}

void
enj_wire_set_keepsake (EnjWire *self, EnjKeepsake *keepsake)
{
  self->keepsake = keepsake;
}

int
enj_wire_get_socket (const EnjWire *self)
{
  return self->fd;
}

void
enj_wire_free (EnjWire *self)
{
  if (!self)
    return;

  self->session->output = (EnjWake){ NULL, NULL };
  enj_deferred_clear (&self->writing);
  enj_deferred_clear (&self->closing);
  /* What nobody can go on with must not live on by the copies that others have. */
  if (self->keepsake && self->fd >= 0 && !enj_keepsake_is_valid (self->keepsake))
    (void) shutdown (self->fd, SHUT_RDWR); /* it may be over */
  close_socket (self);
  g_free (self);
}

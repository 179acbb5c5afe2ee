/* What one event costs while other connections are idle: 10 000 of them against 10.
 *
 * The peers are a second process, so that only our side is measured. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "component/loop.h"

#define FEW 10
#define MANY 10000
#define ROUNDS 41
#define EVENTS 1000

/* Descriptors beside those of the connections. */
#define SPARE 64

typedef struct
{
  EnjLoop *loop;
  EnjWatch *watch;
  int fd;
} Connection;

typedef struct
{
  GMainContext *context;
  EnjLoop *loop;
  Connection *connections; /* the first is the busy one */
  guint n;
  int peer; /* of the busy one */
  guint n_events;
} Side;

static Side *current;

/* As a wire does: read, move the deadline, answer. */
static void
on_event (guint32 events, gint64 now, gpointer data)
{
  Connection *connection = data;
  guint8 *buffer = enj_loop_get_buffer (connection->loop);
  gssize n = recv (connection->fd, buffer, ENJ_LOOP_BUFFER, 0);

  if (!(events & EPOLLIN) || n != 1 || send (connection->fd, buffer, 1, MSG_NOSIGNAL) != 1)
    g_error ("the peer is gone");
  enj_watch_set_deadline (connection->watch, now + 300 * G_USEC_PER_SEC);
  current->n_events++;
}

/* Fills @peers with the other ends. */
static void
side_init (Side *self, guint n, int *peers)
{
  self->context = g_main_context_new ();
  self->loop = enj_loop_new (self->context, NULL);
  self->connections = g_new0 (Connection, n);
  self->n = n;
  for (guint i = 0; i < n; i++)
    {
      Connection *connection = &self->connections[i];
      int pair[2];

      if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        g_error ("socketpair: %s", g_strerror (errno));
      peers[i] = pair[1];
      connection->loop = self->loop;
      connection->fd = pair[0];
      connection->watch
          = enj_loop_watch (self->loop, pair[0], EPOLLIN, on_event, connection, NULL);
      enj_watch_set_deadline (connection->watch,
                              enj_loop_now (self->loop) + (300 + (gint64) i) * G_USEC_PER_SEC);
    }
  self->peer = peers[0];
}

static void
side_clear (Side *self)
{
  for (guint i = 0; i < self->n; i++)
    {
      enj_watch_free (self->connections[i].watch);
      close (self->connections[i].fd);
    }
  enj_loop_free (self->loop);
  g_main_context_unref (self->context);
  g_free (self->connections);
}

/* The second process: one byte, one answer, as often as the first one counts. */
static void
play_peers (const Side sides[2])
{
  for (guint round = 0; round < 2 * ROUNDS; round++)
    for (guint i = 0; i < EVENTS; i++)
      {
        char byte = 'x';

        if (send (sides[round % 2].peer, &byte, 1, MSG_NOSIGNAL) != 1
            || recv (sides[round % 2].peer, &byte, 1, 0) != 1)
          _exit (1);
      }
  _exit (0);
}

static gint64
run_round (Side *self)
{
  struct timespec before;
  struct timespec after;

  current = self;
  self->n_events = 0;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &before);
  while (self->n_events < EVENTS)
    g_main_context_iteration (self->context, TRUE);
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &after);
  return (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const gint64 *left = a;
  const gint64 *right = b;

  return (*left > *right) - (*left < *right);
}

/* As many connections as there are descriptors for, both ends of each until we have forked. */
static guint
get_many (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return FEW;
  limit.rlim_cur = limit.rlim_max;
  (void) setrlimit (RLIMIT_NOFILE, &limit); /* Or with what there is. */
  return (guint) CLAMP ((limit.rlim_cur - SPARE) / 2, FEW, MANY);
}

int
main (void)
{
  guint many = get_many ();
  g_autofree int *peers = g_new (int, FEW + many);
  gint64 times[2][ROUNDS];
  Side sides[2];
  pid_t child;

  side_init (&sides[0], FEW, peers);
  side_init (&sides[1], many, peers + FEW);
  child = fork ();
  if (child == 0)
    play_peers (sides);
  for (guint i = 0; i < FEW + many; i++)
    close (peers[i]);

  for (guint i = 0; i < ROUNDS; i++)
    for (guint j = 0; j < 2; j++)
      times[j][i] = run_round (&sides[j]);

  for (guint j = 0; j < 2; j++)
    {
      qsort (times[j], ROUNDS, sizeof times[j][0], compare);
      side_clear (&sides[j]);
    }
  waitpid (child, NULL, 0);
  printf ("loop: one event %.2f us with %u connections, %.2f us with %u, ratio %.2f\n",
          (double) times[0][ROUNDS / 2] / EVENTS / 1000, (guint) FEW,
          (double) times[1][ROUNDS / 2] / EVENTS / 1000, many,
          (double) times[1][ROUNDS / 2] / (double) times[0][ROUNDS / 2]);
  return 0;
}

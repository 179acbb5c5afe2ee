#include "config.h"

#include "component/loop.h"

#include <errno.h>
#include <unistd.h>

#define EVENTS_PER_TURN 256

/* To clear away a connection that is gone costs more than most of what others say.  Ten thousand
 * that go at once are cleared away by and by, and nobody's words wait for the last of them. */
#define GONE_PER_TURN 16

#define NOT_IN_HEAP G_MAXUINT

struct EnjWatch
{
  EnjLoop *loop;
  int fd;
  guint32 events;
  EnjWatchFunc func; /* NULL: freed in this turn */
  gpointer data;
  gint64 due;
  gint64 looked_at; /* its key in the heap: due, or an earlier one that was moved since */
  guint index;      /* its place in the heap */
};

struct EnjLoop
{
  GSource *source;
  gpointer tag; /* of the descriptor in the source */
  int epoll;
  gint64 (*clock) (void);
  gint64 now;
  guint64 turn;
  gboolean in_turn;
  gboolean writing; /* the jobs that think have run */
  gboolean doomed;
  GPtrArray *heap;   /* EnjWatch by looked_at */
  GPtrArray *freed;  /* EnjWatch that epoll may have reported already */
  GQueue jobs[ENJ_LOOP_N_RANKS];
  GQueue later[ENJ_LOOP_N_RANKS]; /* for the next turn */
  guint8 *buffer;
};

typedef struct
{
  GSource source;
  EnjLoop *loop;
} Source;

/* ---- The heap --------------------------------------------------------- */

static EnjWatch *
heap_at (const EnjLoop *self, guint index)
{
  return g_ptr_array_index (self->heap, index);
}

static void
heap_put (EnjLoop *self, guint index, EnjWatch *watch)
{
  self->heap->pdata[index] = watch;
  watch->index = index;
}

static void
heap_up (EnjLoop *self, EnjWatch *watch)
{
  guint index = watch->index;

  while (index > 0 && watch->looked_at < heap_at (self, (index - 1) / 2)->looked_at)
    {
      heap_put (self, index, heap_at (self, (index - 1) / 2));
      index = (index - 1) / 2;
    }
  heap_put (self, index, watch);
}

static void
heap_down (EnjLoop *self, EnjWatch *watch)
{
  guint index = watch->index;
  guint child;

  while ((child = 2 * index + 1) < self->heap->len)
    {
      if (child + 1 < self->heap->len
          && heap_at (self, child + 1)->looked_at < heap_at (self, child)->looked_at)
        child++;
      if (watch->looked_at <= heap_at (self, child)->looked_at)
        break;
      heap_put (self, index, heap_at (self, child));
      index = child;
    }
  heap_put (self, index, watch);
}

static void
heap_remove (EnjLoop *self, EnjWatch *watch)
{
  guint index = watch->index;
  EnjWatch *last;

  if (index == NOT_IN_HEAP)
    return;

  last = heap_at (self, self->heap->len - 1);
  g_ptr_array_set_size (self->heap, (int) self->heap->len - 1);
  watch->index = NOT_IN_HEAP;
  if (last == watch)
    return;

  heap_put (self, index, last);
  heap_up (self, last);
  heap_down (self, last);
}

static void
heap_add (EnjLoop *self, EnjWatch *watch)
{
  g_ptr_array_add (self->heap, watch);
  watch->index = self->heap->len - 1;
  heap_up (self, watch);
}

/* ---- A turn ----------------------------------------------------------- */

static gboolean
has_jobs (const EnjLoop *self)
{
  for (guint rank = 0; rank < ENJ_LOOP_N_RANKS; rank++)
    if (self->jobs[rank].length > 0)
      return TRUE;

  return FALSE;
}

static void
run_sockets (EnjLoop *self)
{
  struct epoll_event ready[EVENTS_PER_TURN];
  int n = epoll_wait (self->epoll, ready, EVENTS_PER_TURN, 0);
  guint gone = 0;

  for (int i = 0; i < n; i++)
    {
      EnjWatch *watch = ready[i].data.ptr;
      gboolean waits = (ready[i].events & EPOLLHUP) && gone++ >= GONE_PER_TURN;

      /* What waits is reported again, behind all that is ready by now. */
      if (watch->func && !waits)
        watch->func (ready[i].events, self->now, watch->data);
    }
}

static void
run_due (EnjLoop *self)
{
  while (self->heap->len > 0 && heap_at (self, 0)->looked_at <= self->now)
    {
      EnjWatch *watch = heap_at (self, 0);

      if (watch->due == ENJ_NEVER)
        heap_remove (self, watch);
      else if (watch->due > self->now)
        {
          watch->looked_at = watch->due;
          heap_down (self, watch);
        }
      else
        {
          heap_remove (self, watch);
          watch->due = ENJ_NEVER;
          watch->func (ENJ_LOOP_DUE, self->now, watch->data);
        }
    }
}

static void
put_job (GQueue *queue, EnjDeferred *job)
{
  job->queue = queue;
  job->link.data = job;
  g_queue_push_tail_link (queue, &job->link);
}

static void
run_jobs (EnjLoop *self, EnjLoopRank rank)
{
  GList *link;

  while ((link = g_queue_pop_head_link (&self->jobs[rank])))
    {
      EnjDeferred *job = link->data;

      job->queue = NULL;
      job->turn = self->turn;
      job->func (job->data);
    }
}

static void
end_turn (EnjLoop *self)
{
  GList *link;

  for (guint rank = 0; rank < ENJ_LOOP_N_RANKS; rank++)
    while ((link = g_queue_pop_head_link (&self->later[rank])))
      put_job (&self->jobs[rank], link->data);

  g_ptr_array_set_size (self->freed, 0);
  self->writing = FALSE;
  self->in_turn = FALSE;
}

/* ---- The source ------------------------------------------------------- */

static gboolean
prepare (GSource *source, int *timeout)
{
  EnjLoop *self = ((Source *) source)->loop;
  gint64 left;

  *timeout = -1;
  if (has_jobs (self))
    return TRUE;
  if (self->heap->len == 0)
    return FALSE;

  /* Rounded up: a poll that ends too early only turns the loop for nothing. */
  left = heap_at (self, 0)->looked_at - self->clock ();
  *timeout = left <= 0 ? 0 : (int) MIN ((left - 1) / 1000 + 1, G_MAXINT);
  return left <= 0;
}

static gboolean
check (GSource *source)
{
  EnjLoop *self = ((Source *) source)->loop;

  return g_source_query_unix_fd (source, self->tag) != 0 || has_jobs (self)
         || (self->heap->len > 0 && heap_at (self, 0)->looked_at <= self->clock ());
}

static gboolean
dispatch (GSource *source, GSourceFunc func, gpointer data)
{
  EnjLoop *self = ((Source *) source)->loop;

  (void) func;
  (void) data;
  self->now = self->clock ();
  self->turn++;
  self->in_turn = TRUE;

  if (g_source_query_unix_fd (source, self->tag) != 0)
    run_sockets (self);
  run_due (self);
  run_jobs (self, ENJ_LOOP_THINK);
  self->writing = TRUE;
  self->now = self->clock (); /* What leaves now has been here for a turn. */
  run_jobs (self, ENJ_LOOP_WRITE);
  end_turn (self);

  if (self->doomed)
    enj_loop_free (self);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .prepare = prepare, .check = check, .dispatch = dispatch };

/* ---- Public ----------------------------------------------------------- */

static void
set_error (GError **error, const char *what)
{
  int code = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s", what,
               g_strerror (code));
}

EnjLoop *
enj_loop_new (GMainContext *context, GError **error)
{
  int epoll = epoll_create1 (EPOLL_CLOEXEC);
  EnjLoop *self;

  if (epoll < 0)
    {
      set_error (error, "epoll_create1");
      return NULL;
    }

  self = g_new0 (EnjLoop, 1);
  self->epoll = epoll;
  self->clock = g_get_monotonic_time;
  self->heap = g_ptr_array_new ();
  self->freed = g_ptr_array_new_with_free_func (g_free);
  self->buffer = g_malloc (ENJ_LOOP_BUFFER);
  self->source = g_source_new (&source_funcs, sizeof (Source));
  ((Source *) self->source)->loop = self;
  g_source_set_static_name (self->source, "enjamb");
  self->tag = g_source_add_unix_fd (self->source, epoll, G_IO_IN);
  (void) g_source_attach (self->source, context); /* Destroyed by its pointer, not its id. */
  return self;
}

void
enj_loop_free (EnjLoop *self)
{
  if (!self)
    return;
  if (self->in_turn)
    {
      self->doomed = TRUE;
      return;
    }

  g_source_destroy (self->source);
  g_source_unref (self->source);
  (void) close (self->epoll); /* Nothing was written to it. */
  g_ptr_array_unref (self->heap);
  g_ptr_array_unref (self->freed);
  g_free (self->buffer);
  g_free (self);
}

gint64
enj_loop_now (const EnjLoop *self)
{
  return self->in_turn ? self->now : self->clock ();
}

void
enj_loop_set_clock (EnjLoop *self, gint64 (*clock) (void))
{
  self->clock = clock;
}

guint8 *
enj_loop_get_buffer (EnjLoop *self)
{
  return self->buffer;
}

EnjWatch *
enj_loop_watch (EnjLoop *self, int fd, guint32 events, EnjWatchFunc func, gpointer data,
                GError **error)
{
  EnjWatch *watch = g_new0 (EnjWatch, 1);
  struct epoll_event wanted = { .events = events, .data.ptr = watch };

  if (fd >= 0 && epoll_ctl (self->epoll, EPOLL_CTL_ADD, fd, &wanted) != 0)
    {
      set_error (error, "epoll_ctl");
      g_free (watch);
      return NULL;
    }

  watch->loop = self;
  watch->fd = fd;
  watch->events = events;
  watch->func = func;
  watch->data = data;
  watch->due = ENJ_NEVER;
  watch->index = NOT_IN_HEAP;
  return watch;
}

void
enj_watch_free (EnjWatch *self)
{
  if (!self)
    return;

  heap_remove (self->loop, self);
  if (self->fd >= 0 && epoll_ctl (self->loop->epoll, EPOLL_CTL_DEL, self->fd, NULL) != 0)
    g_critical ("descriptor %d was closed before its watch was freed", self->fd);

  self->func = NULL;
  if (self->loop->in_turn)
    g_ptr_array_add (self->loop->freed, self);
  else
    g_free (self);
}

void
enj_watch_set_events (EnjWatch *self, guint32 events)
{
  struct epoll_event wanted = { .events = events, .data.ptr = self };

  g_return_if_fail (self->fd >= 0);
  if (self->events == events)
    return;

  self->events = events;
  if (epoll_ctl (self->loop->epoll, EPOLL_CTL_MOD, self->fd, &wanted) != 0)
    g_critical ("descriptor %d was closed before its watch was freed", self->fd);
}

void
enj_watch_set_deadline (EnjWatch *self, gint64 due)
{
  EnjLoop *loop = self->loop;

  self->due = due;
  if (due == ENJ_NEVER || (self->index != NOT_IN_HEAP && due >= self->looked_at))
    return;

  /* Never inside the turn that set it: it would not end while one keeps setting it. */
  self->looked_at = loop->in_turn ? MAX (due, loop->now + 1) : due;
  if (self->index == NOT_IN_HEAP)
    heap_add (loop, self);
  else
    heap_up (loop, self);
}

void
enj_loop_defer (EnjLoop *self, EnjDeferred *job)
{
  gboolean is_late = self->in_turn && (job->turn == self->turn
                                       || (job->rank == ENJ_LOOP_THINK && self->writing));

  if (!job->queue)
    put_job (is_late ? &self->later[job->rank] : &self->jobs[job->rank], job);
}

void
enj_deferred_clear (EnjDeferred *job)
{
  if (job->queue)
    g_queue_unlink (job->queue, &job->link);
  job->queue = NULL;
}

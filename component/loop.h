/* loop.h - sockets, deadlines and work put off, as one GSource.
 *
 * One epoll descriptor and one heap of deadlines, however many watches there
 * are.  A turn reads the clock, runs the watches that are ready or due, but
 * few of those that hung up, and then the jobs that were put off, at depth one:
 * first those that think, then, by a second look at the clock, those that write.
 *
 * Runs in whatever GMainContext it is given and needs nobody to own that.
 * Does not read or write sockets, and is used from one thread only. */
#pragma once

#include <sys/epoll.h>

#include <glib.h>

#include "protocol/deadlines.h"

typedef struct EnjLoop EnjLoop;
typedef struct EnjWatch EnjWatch;

/* Beside EPOLLIN and the others: the deadline has come, and is taken out. */
#define ENJ_LOOP_DUE (1u << 24)

typedef void (*EnjWatchFunc) (guint32 events, gint64 now, gpointer data);

typedef enum
{
  ENJ_LOOP_THINK,
  ENJ_LOOP_WRITE,
  ENJ_LOOP_N_RANKS
} EnjLoopRank;

/* A job, kept by whoever needs it done.  The fields below are the loop's. */
typedef struct
{
  void (*func) (gpointer data);
  gpointer data;
  EnjLoopRank rank;

  GList link;
  GQueue *queue;
  guint64 turn;
} EnjDeferred;

/* NULL as @context is the default one.  G_FILE_ERROR for want of descriptors. */
EnjLoop *enj_loop_new (GMainContext *context, GError **error);

/* After the last watch and job; inside a turn it ends with the turn. */
void enj_loop_free (EnjLoop *self);

/* The time of the turn; outside of one, of this moment.  Monotonic microseconds. */
gint64 enj_loop_now (const EnjLoop *self);

/* Another clock, for tests. */
void enj_loop_set_clock (EnjLoop *self, gint64 (*clock) (void));

/* Room to read into, lent until the function that asked returns. */
#define ENJ_LOOP_BUFFER 65536
guint8 *enj_loop_get_buffer (EnjLoop *self);

/* Watches @fd, level-triggered, which stays the caller's and is closed after
 * the watch is freed; -1 for a deadline alone.  G_FILE_ERROR where the kernel has no
 * room for another.  Errors and hang-ups are reported whatever @events say. */
EnjWatch *enj_loop_watch (EnjLoop *self, int fd, guint32 events, EnjWatchFunc func, gpointer data,
                          GError **error);

/* At any time, inside any function of the loop too; never called again then. */
void enj_watch_free (EnjWatch *self);

void enj_watch_set_events (EnjWatch *self, guint32 events);

/* ENJ_NEVER for none.  To store a later one costs nothing: the old one is looked
 * at when it has come.  One that has passed is due in the next turn. */
void enj_watch_set_deadline (EnjWatch *self, gint64 due);

/* Runs @job at the end of this turn, or of the next where there is none.  A job
 * runs at most once a turn, queued twice once; one that thinks and is queued by
 * one that writes runs in the next turn. */
void enj_loop_defer (EnjLoop *self, EnjDeferred *job);

/* Takes it out again, where it is queued: before its owner goes. */
void enj_deferred_clear (EnjDeferred *job);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjLoop, enj_loop_free)

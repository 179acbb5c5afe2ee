#include "config.h"

#include "component/thrift.h"

#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "protocol/limits.h"

#define EVERY (10 * ENJ_SECOND)

struct EnjThrift
{
  EnjWatch *watch;
  const EnjCounters *counters;
  EnjCounters then; /* what they were the last time */
};

static void
give_back (void)
{
#ifdef __GLIBC__
  (void) malloc_trim (0); /* There may be nothing. */
#endif
}

static void
handle_deadline (guint32 events, gint64 now, gpointer data)
{
  EnjThrift *self = data;

  (void) events;
  if (memcmp (&self->then, self->counters, sizeof self->then) != 0)
    {
      self->then = *self->counters;
      give_back ();
    }
  enj_watch_set_deadline (self->watch, now + EVERY);
}

EnjThrift *
enj_thrift_new (EnjLoop *loop, const EnjCounters *counters, GError **error)
{
  g_autofree EnjThrift *self = g_new0 (EnjThrift, 1);

  self->counters = counters;
  self->watch = enj_loop_watch (loop, -1, 0, handle_deadline, self, error);
  if (!self->watch)
    return NULL;
  enj_watch_set_deadline (self->watch, enj_loop_now (loop) + EVERY);
  return g_steal_pointer (&self);
}

void
enj_thrift_free (EnjThrift *self)
{
  if (!self)
    return;
  enj_watch_free (self->watch);
  g_free (self);
}

#include "config.h"

#include "protocol/backoff.h"

#include "protocol/chance.h"

void
enj_backoff_init (EnjBackoff *self, guint64 max)
{
  *self = (EnjBackoff){ .max = MAX (max, 1) };
}

void
enj_backoff_reset (EnjBackoff *self)
{
  self->failures = 0;
}

/* Between half of @seconds and all of it, but one second at the least. */
static gint64
jitter (guint64 seconds)
{
  guint32 half = (guint32) MIN (seconds, G_MAXINT32 / 1000) * 500;
  gint64 milliseconds = half + enj_chance_below (half + 1);

  return MAX (milliseconds, 1000) * 1000;
}

gint64
enj_backoff_next (EnjBackoff *self)
{
  guint64 seconds = 1;

  for (guint i = 0; i < self->failures && seconds < self->max; i++)
    seconds *= 2;
  if (seconds < self->max)
    self->failures++;
  return jitter (MIN (seconds, self->max));
}

gint64
enj_backoff_longest (EnjBackoff *self)
{
  return jitter (self->max);
}

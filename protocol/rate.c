#include "config.h"

#include "protocol/rate.h"

/* The bucket counts in millionths, so that one microsecond adds exactly @per_second of them and
 * nothing is rounded away, however often it is asked. */
#define ONE 1000000

/* Far enough from the ends of gint64 that the sum of two never overflows. */
#define FULL_MAX (G_MAXINT64 / 2)
#define DEBT_MAX (-FULL_MAX)

static gint64
scale (guint64 n)
{
  return n > FULL_MAX / ONE ? FULL_MAX : (gint64) n * ONE;
}

static void
refill (EnjRate *self, gint64 now)
{
  gint64 full = scale (self->burst);
  guint64 missing = (guint64) (full - self->tokens);
  guint64 elapsed;

  if (now <= self->last)
    return;

  elapsed = (guint64) (now - self->last);
  self->last = now;
  if (elapsed > missing / self->per_second)
    self->tokens = full;
  else
    self->tokens += (gint64) (elapsed * self->per_second);
}

void
enj_rate_init (EnjRate *self, guint64 per_second, guint64 burst, gint64 now)
{
  *self = (EnjRate){
    .tokens = scale (burst),
    .last = now,
    .per_second = per_second,
    .burst = burst,
  };
}

gboolean
enj_rate_take (EnjRate *self, guint64 n, gint64 now)
{
  gint64 wanted = scale (n);
  gboolean enough;

  if (self->per_second == 0)
    return TRUE;

  refill (self, now);
  enough = self->tokens >= wanted;
  self->tokens = self->tokens < DEBT_MAX + wanted ? DEBT_MAX : self->tokens - wanted;
  return enough;
}

gboolean
enj_rate_try (EnjRate *self, guint64 n, gint64 now)
{
  if (self->per_second == 0)
    return TRUE;

  refill (self, now);
  return self->tokens >= scale (n) && enj_rate_take (self, n, now);
}

gboolean
enj_rate_is_full (EnjRate *self, gint64 now)
{
  if (self->per_second == 0)
    return TRUE;

  refill (self, now);
  return self->tokens >= scale (self->burst);
}

gint64
enj_rate_ready (EnjRate *self, gint64 now)
{
  guint64 debt;
  guint64 wait;

  if (self->per_second == 0)
    return now;

  refill (self, now);
  if (self->tokens >= 0)
    return now;

  debt = (guint64) -self->tokens;
  wait = debt / self->per_second + (debt % self->per_second != 0);
  return now > G_MAXINT64 - (gint64) wait ? G_MAXINT64 : now + (gint64) wait;
}

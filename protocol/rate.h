/* rate.h - a token bucket.  Does not read the clock. */
#pragma once

#include <glib.h>

typedef struct
{
  gint64 tokens; /* in millionths */
  gint64 last;
  guint64 per_second;
  guint64 burst;
} EnjRate;

/* @per_second 0 is no limit.  Starts full.  Times in monotonic microseconds. */
void enj_rate_init (EnjRate *self, guint64 per_second, guint64 burst, gint64 now);

/* Takes @n, below zero if need be; TRUE where there was enough for them. */
gboolean enj_rate_take (EnjRate *self, guint64 n, gint64 now);

/* The same, but takes nothing where there is not enough. */
gboolean enj_rate_try (EnjRate *self, guint64 n, gint64 now);

/* Nothing has been taken, or all has come back since. */
gboolean enj_rate_is_full (EnjRate *self, gint64 now);

/* The moment at which the bucket is out of debt; at most @now when it is. */
gint64 enj_rate_ready (EnjRate *self, gint64 now);

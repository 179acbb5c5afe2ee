/* backoff.h - how long to wait before trying again.
 *
 * Doubles from one second up to a limit, with jitter so that many do not come
 * back at once (RFC 6120 3.3).  Does not read the clock. */
#pragma once

#include <glib.h>

typedef struct
{
  guint failures;
  guint64 max; /* seconds */
} EnjBackoff;

void enj_backoff_init (EnjBackoff *self, guint64 max);
void enj_backoff_reset (EnjBackoff *self);

/* The next delay in microseconds: half to all of 1, 2, 4... seconds, never
 * under one. */
gint64 enj_backoff_next (EnjBackoff *self);

/* The longest delay, for what a person has to mend. */
gint64 enj_backoff_longest (EnjBackoff *self);

#include "config.h"

#include "protocol/histogram.h"

static const gint64 bounds[ENJ_HISTOGRAM_BUCKETS] = {
  100,    250,    500,     1000,    2500,    5000,     10000,    25000,    50000,
  100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000, G_MAXINT64,
};

void
enj_histogram_observe (EnjHistogram *self, gint64 duration)
{
  guint bucket = 0;

  while (duration > bounds[bucket])
    bucket++;
  self->counts[bucket]++;
  self->sum += (guint64) MAX (duration, 0);
}

guint64
enj_histogram_count (const EnjHistogram *self)
{
  guint64 count = 0;

  for (guint i = 0; i < ENJ_HISTOGRAM_BUCKETS; i++)
    count += self->counts[i];
  return count;
}

gint64
enj_histogram_get_bound (guint bucket)
{
  return bounds[bucket];
}

#include "config.h"

#include "component/trend.h"

void
enj_trend_add (EnjTrend *self, guint64 value)
{
  self->samples[self->next] = value;
  self->next = (self->next + 1) % ENJ_TREND_SAMPLES;
  self->count = MIN (self->count + 1, ENJ_TREND_SAMPLES);
}

guint64
enj_trend_get (const EnjTrend *self, guint index)
{
  guint oldest = (self->next + ENJ_TREND_SAMPLES - self->count) % ENJ_TREND_SAMPLES;

  return self->samples[(oldest + index) % ENJ_TREND_SAMPLES];
}

guint
enj_trend_list (const EnjTrend *self, guint64 *values)
{
  for (guint i = 0; i < self->count; i++)
    values[i] = enj_trend_get (self, i);
  return self->count;
}

guint
enj_trend_list_growth (const EnjTrend *self, guint64 *values)
{
  for (guint i = 1; i < self->count; i++)
    values[i - 1] = enj_trend_get (self, i) - enj_trend_get (self, i - 1);
  return MAX (self->count, 1) - 1;
}

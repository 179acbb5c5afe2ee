/* trend.h - a number over the last minutes, in samples.
 *
 * Whoever keeps it says how far apart they are.  When it is full, the oldest is forgotten.  All
 * zero is empty. */
#pragma once

#include <glib.h>

#define ENJ_TREND_SAMPLES 120

typedef struct
{
  guint64 samples[ENJ_TREND_SAMPLES];
  guint next;
  guint count;
} EnjTrend;

void enj_trend_add (EnjTrend *self, guint64 value);

/* 0 is the oldest. */
guint64 enj_trend_get (const EnjTrend *self, guint index);

/* What was added lately, and how much each differs from the one before, where the number only
 * grows; one fewer than there are samples.  Into @values, which has room for ENJ_TREND_SAMPLES;
 * how many there are. */
guint enj_trend_list (const EnjTrend *self, guint64 *values);
guint enj_trend_list_growth (const EnjTrend *self, guint64 *values);

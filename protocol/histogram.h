/* histogram.h - how long things took, counted by size.
 *
 * Bounds are the same for all: from a tenth of a millisecond to half a minute, so that those of
 * several processes can be added.  All zero is empty.
 *
 * Does not read the clock, and does not know what is measured. */
#pragma once

#include <glib.h>

/* The last of them takes what is longer than every bound. */
#define ENJ_HISTOGRAM_BUCKETS 18

typedef struct
{
  guint64 counts[ENJ_HISTOGRAM_BUCKETS];
  guint64 sum; /* microseconds */
} EnjHistogram;

/* One took so many microseconds; below zero is zero. */
void enj_histogram_observe (EnjHistogram *self, gint64 duration);

guint64 enj_histogram_count (const EnjHistogram *self);

/* The most, in microseconds, that a bucket takes, itself included; G_MAXINT64 for the last. */
gint64 enj_histogram_get_bound (guint bucket);

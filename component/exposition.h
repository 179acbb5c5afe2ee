/* exposition.h - numbers as text, in the form of OpenMetrics 1.0.
 *
 * One family after the other, each with its samples.  Escapes, adds the suffixes that the form
 * asks for, and ends with # EOF, so that who reads knows that it is whole.
 *
 * Does not know what the numbers are, and trusts its caller with names: letters, digits and
 * underscores, each family once, each set of labels once in it. */
#pragma once

#include "protocol/histogram.h"

#define ENJ_EXPOSITION_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

typedef struct EnjExposition EnjExposition;

typedef enum
{
  ENJ_METRIC_COUNTER, /* only grows: "_total" is added */
  ENJ_METRIC_GAUGE,
  ENJ_METRIC_INFO, /* 1, and text as labels: "_info" is added */
  ENJ_METRIC_HISTOGRAM
} EnjMetricType;

EnjExposition *enj_exposition_new (void);
void enj_exposition_free (EnjExposition *self);

/* @unit is NULL, or the last word of @name: "seconds", "bytes". */
void enj_exposition_begin (EnjExposition *self, EnjMetricType type, const char *name,
                           const char *unit, const char *help);

/* One sample of the family that was begun last; names and values of labels in turn, then NULL. */
void enj_exposition_add (EnjExposition *self, gint64 value, ...) G_GNUC_NULL_TERMINATED;
void enj_exposition_add_seconds (EnjExposition *self, gint64 microseconds, ...)
    G_GNUC_NULL_TERMINATED;
void enj_exposition_add_histogram (EnjExposition *self, const EnjHistogram *histogram, ...)
    G_GNUC_NULL_TERMINATED;

/* Ends it; and frees it. */
GString *enj_exposition_end_new (EnjExposition *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjExposition, enj_exposition_free)

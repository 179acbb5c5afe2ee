/* deadlines.h - named deadlines, earliest first.
 *
 * A machine keeps one moment for each thing it waits for in a plain array
 * that is indexed by an enum of its own: monotonic microseconds, or
 * ENJ_NEVER for what it does not wait for.
 *
 * Does not read the clock, keep the array or call anybody back. */
#pragma once

#include <glib.h>

#define ENJ_NEVER G_MAXINT64

/* The earliest of the @n moments, ENJ_NEVER when there is none. */
gint64 enj_deadlines_earliest (const gint64 *due, guint n);

/* Takes out the earliest deadline that has come by @now: its index goes to
 * @which, its moment becomes ENJ_NEVER. Among equals the lowest index is first.
 * FALSE when none is due; @which is then left alone. */
gboolean enj_deadlines_next_due (gint64 *due, guint n, gint64 now, guint *which);

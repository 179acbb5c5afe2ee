/* berths.h - places for our own attempts to connect, bounded in all and at one address.
 *
 * An attempt has one from when it is dialled until its stream is ready or its connection
 * closed, as the oldest inbound ones are bounded until they prove something: whoever chooses
 * the names that we write to must not choose how much we open, nor to whom (XEP-0205).  In
 * all there are limits.unauthenticated, and at most half of limits.connections, which leaves
 * the others to those who come to us; for each address, or /64, there are
 * limits.unauthenticated-per-address.
 *
 * The newest of an address is the first, and so is an address of which none waited yet: under
 * a flood the oldest are those that nobody needs any more.
 *
 * Does not connect, and does not know how long anybody is ready to wait. */
#pragma once

#include "protocol/limits.h"
#include "protocol/wake.h"

typedef struct EnjBerths EnjBerths;
typedef struct EnjBerth EnjBerth;

/* @wake: next() may have one. */
EnjBerths *enj_berths_new (const EnjLimits *limits, EnjWake wake);

/* After all others are freed; those that were abandoned go along. */
void enj_berths_free (EnjBerths *self);

/* For those that are dialled from now on. */
void enj_berths_set_limits (EnjBerths *self, const EnjLimits *limits);

/* For the connection @ticket of @call to @source (enj_address_format_source()): it waits. */
EnjBerth *enj_berth_new (EnjBerths *self, guint64 call, guint ticket, const char *source);

/* Its connection is closed, or came to nothing, or needs no place any more. */
void enj_berth_free (EnjBerth *self);

/* Nobody wants it any more; what was dialled may still go on for limits.connect-timeout. */
void enj_berth_abandon (EnjBerth *self);

/* It was dialled, but there is no room yet for what we know nothing of: it waits again, and
 * nothing is dialled for a while. */
void enj_berth_put_off (EnjBerth *self, gint64 now);

gboolean enj_berth_is_waiting (const EnjBerth *self);

/* The next that is to be dialled, and has its place from now on.  FALSE where there is none. */
gboolean enj_berths_next (EnjBerths *self, guint64 *call, guint *ticket, gint64 now);

/* In monotonic microseconds. */
gint64 enj_berths_deadline (const EnjBerths *self);
void enj_berths_tick (EnjBerths *self, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjBerths, enj_berths_free)

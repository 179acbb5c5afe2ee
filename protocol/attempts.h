/* attempts.h - the connections that one call is trying for, side by side, by ticket.
 *
 * Each waits for a berth (berths.h), and has it until the stream on it is ready or its
 * connection closed.
 *
 * Does not choose the targets, and does not connect. */
#pragma once

#include "protocol/berths.h"
#include "protocol/race.h"

typedef struct EnjAttempts EnjAttempts;

/* @berths is borrowed; @call is what they are known by there. */
EnjAttempts *enj_attempts_new (EnjBerths *berths, guint64 call);

/* Abandons all. */
void enj_attempts_free (EnjAttempts *self);

void enj_attempts_add (EnjAttempts *self, guint ticket, EnjTarget *target);

/* Where it leads, borrowed until that attempt is gone; NULL where there is no such attempt. */
EnjTarget *enj_attempts_find (const EnjAttempts *self, guint ticket);

/* It has no room for a while, and waits again. */
void enj_attempts_put_off (EnjAttempts *self, guint ticket, gint64 now);

/* It came to nothing.  FALSE where there is no such one. */
gboolean enj_attempts_lose (EnjAttempts *self, guint ticket);

/* The connection of this one is there; the others are closed.  Its berth, owned by the caller. */
EnjBerth *enj_attempts_steal_won (EnjAttempts *self, guint ticket);

/* One of them waits for a berth. */
gboolean enj_attempts_are_waiting (const EnjAttempts *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjAttempts, enj_attempts_free)

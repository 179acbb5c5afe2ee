/* waiting.h - stanzas that wait for a stream: bounded, dated, in order.
 *
 * Owns a reference to each.  Does not bounce: what comes out too old or does
 * not go in is the caller's to answer. */
#pragma once

#include "protocol/stanza.h"

typedef struct EnjWaiting EnjWaiting;

/* @max_age in microseconds. */
EnjWaiting *enj_waiting_new (guint64 max_stanzas, guint64 max_bytes, gint64 max_age);
void enj_waiting_free (EnjWaiting *self);

/* For what comes from now on; what waits already is kept, for as long as it was to. */
void enj_waiting_set_limits (EnjWaiting *self, guint64 max_stanzas, guint64 max_bytes,
                             gint64 max_age);

/* FALSE when it is full, or all memory is used up (budget.h); the stanza is then not taken.
 * For errors and results, which go back to nobody, there is sixteen times the room, they take
 * none of the others', and an empty queue takes one whatever memory is used up. */
gboolean enj_waiting_push (EnjWaiting *self, EnjStanza *stanza, gint64 now);

/* Back to the front, for what had been taken out and could not be sent after
 * all; never refused.  It is as old as it was. */
void enj_waiting_push_front (EnjWaiting *self, EnjStanza *stanza, gint64 now);

/* The oldest; NULL when empty. */
EnjStanza *enj_waiting_peek (const EnjWaiting *self);

/* The same taken out, owned by the caller. */
EnjStanza *enj_waiting_steal (EnjWaiting *self);

/* The oldest, if it is over its age at @now; NULL if none is. */
EnjStanza *enj_waiting_steal_expired (EnjWaiting *self, gint64 now);

/* When the oldest comes of age, or ENJ_NEVER. */
gint64 enj_waiting_deadline (const EnjWaiting *self);
guint enj_waiting_length (const EnjWaiting *self);
gsize enj_waiting_bytes (const EnjWaiting *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjWaiting, enj_waiting_free)

/* barrier.h - stanzas that have left us where nothing acknowledges them, until an
 * answer to a ping that stood behind them proves that they were handled.
 *
 * Good for a peer that works through what it reads in order, as Prosody does with the
 * stream of a component: any answer to a ping, an error too, then proves all that was
 * written before it (XEP-0199).
 *
 * A ping is due behind 64 stanzas, or 50 ms after the first that has none behind it.
 * At most four are out at once: while an answer takes no longer than the writing of
 * 256 stanzas, each 64 have their own, so that little is in doubt when the stream
 * dies; where it takes longer, pings become rarer and each proves more.
 *
 * Speaks no XML, reads no clock and bounds nothing: the owner writes the pings, knows
 * whose answer counts, and sends no more while too much is in here. */
#pragma once

#include "protocol/stanza.h"

typedef struct EnjBarrier EnjBarrier;

EnjBarrier *enj_barrier_new (void);
void enj_barrier_free (EnjBarrier *self);

/* A stanza has left us (its last byte was taken by the kernel); in the order of the
 * stream. */
void enj_barrier_note_sent (EnjBarrier *self, EnjStanza *stanza, gint64 now);

/* When ping() should be called, or ENJ_NEVER.  After hurry() at once, where anything has
 * no ping behind it: the owner sends nothing more before an answer comes. */
gint64 enj_barrier_deadline (const EnjBarrier *self);
void enj_barrier_hurry (EnjBarrier *self);

/* The id of a ping that is written now, behind all that was noted and @unsent stanzas
 * that are still on their way out; borrowed until it is answered.  Nobody can guess it.
 * As a keepalive it may be one that is not due.  NULL while four are out. */
const char *enj_barrier_ping (EnjBarrier *self, guint unsent, gint64 now);

/* Has it the form of those ids, which nobody else writes?  An answer with one may come when
 * nobody waits for it any more, even on another stream: it is for nobody then. */
gboolean enj_barrier_is_form_of_id (const char *id);

/* Is it the id of a ping that is not answered yet? */
gboolean enj_barrier_is_awaited (const EnjBarrier *self, const char *id);

/* Of the stanzas before that ping, how many were not noted yet: they have left, though we
 * have not seen it (TLS).  Note them before answer(). */
guint enj_barrier_count_beyond (const EnjBarrier *self, const char *id);

/* The ping of that id is answered: lets go of all that stood before it, tells how many in
 * @confirmed, and forgets older pings.  FALSE, and nothing changes, where the id is not
 * awaited, or count_beyond() is not nought. */
gboolean enj_barrier_answer (EnjBarrier *self, const char *id, guint *confirmed);

/* When the oldest ping that is not answered was written, or ENJ_NEVER. */
gint64 enj_barrier_waits_since (const EnjBarrier *self);

guint enj_barrier_count (const EnjBarrier *self);
gsize enj_barrier_get_size (const EnjBarrier *self); /* in bytes */

/* The oldest that is not proved, owned by the caller, and when it left; NULL when there is
 * none.  @left may be NULL. */
EnjStanza *enj_barrier_steal (EnjBarrier *self, gint64 *left);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjBarrier, enj_barrier_free)

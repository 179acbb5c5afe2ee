/* sounding.h - pings that prove what a server without XEP-0198 has of what we have sent it
 * on one stream (barrier.h, XEP-0199).
 *
 * Asks only for the pair that the stream was opened for, where the answer has a way back
 * that is there already (session->ways), and one question at a time: behind 32 stanzas, or
 * a second after the first.  Before a domain has answered once, nothing is expected of it:
 * what has left is unproven; answers to an iq, which pings are, too, always are.
 * From then on what has left is kept until an answer proves it; sends no more while too
 * much is kept (queue-stanzas, queue-bytes); where no answer comes for 60 s the stream
 * ends; or, where other instances have our domains (settings.h), the answers go there, and
 * from then on what has left it is unproven.  Where the way back is lost it is kept so long,
 * too, for a peer that breaks loses both streams, one after the other: then it is unproven.
 * The peer's end tag behind ours proves all.
 *
 * Arms ENJ_WAIT_PROOF of the session: its owner calls tick() then.
 *
 * Bounces nothing: what is kept when the session is over is stolen from it. */
#pragma once

#include "protocol/counters.h"
#include "protocol/session.h"

typedef struct EnjSounding EnjSounding;

/* Both are borrowed. */
EnjSounding *enj_sounding_new (EnjSession *session, EnjCounters *counters);
void enj_sounding_free (EnjSounding *self);

/* A stanza's last byte has left: counted as unproven now, or kept. */
void enj_sounding_note_sent (EnjSounding *self, EnjStanza *stanza);

/* The session is over: no way back leads over it. */
void enj_sounding_note_over (EnjSounding *self);
void enj_sounding_tick (EnjSounding *self, gint64 now);

/* What is kept: how many, and the oldest, owned by the caller; NULL when there is none. */
guint enj_sounding_count (const EnjSounding *self);
EnjStanza *enj_sounding_steal (EnjSounding *self, gint64 *left);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjSounding, enj_sounding_free)

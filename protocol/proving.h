/* proving.h - pings on one session that prove what it has sent (barrier.h), and that
 * the peer is there (XEP-0199).
 *
 * Any answer from whom we ask counts, an error too.  Sends no more while too much is
 * not proved (queue-stanzas, queue-bytes).  Where nothing at all is heard for 30 s behind
 * a ping, the session ends.  Where other things are heard and no answer, or other instances
 * have our domains (settings.h), proving goes off for the rest of it, for the answers may go
 * elsewhere (ejabberd shares them out among the connections of a component): what has left is
 * then counted as unproven.  Towards a component it is patient: one that has never answered may
 * know no pings, and proving is off after 10 s until it does answer one.
 *
 * Arms ENJ_WAIT_ACK and ENJ_WAIT_ANSWER of the session: its owner calls tick() then.
 *
 * Sends nothing again and bounces nothing: what is not proved when the session is over is
 * stolen from it. */
#pragma once

#include "protocol/barrier.h"
#include "protocol/counters.h"
#include "protocol/session.h"

typedef struct EnjProving EnjProving;

/* @from, an address of ours, asks @to.  All are borrowed. */
EnjProving *enj_proving_new (EnjSession *session, EnjCounters *counters, const char *from,
                             const char *to);
void enj_proving_free (EnjProving *self);
void enj_proving_set_patient (EnjProving *self);

/* For the session: a stanza's last byte has left. */
void enj_proving_note_sent (EnjProving *self, EnjStanza *stanza);

/* TRUE: it was the answer to a ping, and is nobody else's; where it comes too late, or on
 * another stream than the ping, it proves nothing. */
gboolean enj_proving_handle (EnjProving *self, const EnjStanza *stanza);

/* A ping that is not needed to prove anything: is the peer there? */
void enj_proving_ask (EnjProving *self);

/* Nothing more is sent: a last ping goes at once, where one is needed. */
void enj_proving_hurry (EnjProving *self);

/* Nothing is on its way, or waits to be proved. */
gboolean enj_proving_is_done (const EnjProving *self);

void enj_proving_tick (EnjProving *self, gint64 now);

/* Has left and is not proved. */
guint enj_proving_count (const EnjProving *self);

/* The oldest of these, owned by the caller, and when it left; NULL when there is none.
 * For a session that is over. */
EnjStanza *enj_proving_steal (EnjProving *self, gint64 *left);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjProving, enj_proving_free)

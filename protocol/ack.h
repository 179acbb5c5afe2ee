/* ack.h - the counts of stream management on one stream (XEP-0198 4).
 *
 * Outgoing: stanzas that have left us, until the peer's count has passed them.
 * Incoming: how many of the peer's stanzas have come to their end with us, in
 * order; our count passes a stanza when its receipt is done, not when it came.
 *
 * Speaks no XML and reads no clock: management.h does. */
#pragma once

#include "protocol/stanza.h"

typedef struct EnjAck EnjAck;

/* @done runs when the count of what is done with us has grown. */
EnjAck *enj_ack_new (void (*done) (gpointer), gpointer user_data);
void enj_ack_free (EnjAck *self);

/* A stanza has left us (its last byte was taken by the kernel). */
void enj_ack_note_sent (EnjAck *self, EnjStanza *stanza, gint64 now);

/* The peer has handled @h (modulo 2^32).  FALSE where that is more than was sent (M06). */
gboolean enj_ack_confirm (EnjAck *self, guint32 h);
guint enj_ack_count_unconfirmed (const EnjAck *self);
gsize enj_ack_get_unconfirmed_size (const EnjAck *self); /* in bytes */

/* How many more than were sent @h counts; 0 where it may be true.  The peer may be
 * quicker than we are at seeing what has left. */
guint32 enj_ack_count_beyond (const EnjAck *self, guint32 h);

/* The oldest that is not confirmed, owned by the caller, and @left, which may be NULL, when it
 * left; NULL when there is none. */
EnjStanza *enj_ack_steal_unconfirmed (EnjAck *self, gint64 *left);

/* A stanza of the peer has come: gives it the receipt that counts it.  Before anybody
 * else has it. */
void enj_ack_note_received (EnjAck *self, EnjStanza *stanza);
guint32 enj_ack_get_handled (const EnjAck *self);

/* Received, and not yet done with. */
guint enj_ack_count_owed (const EnjAck *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjAck, enj_ack_free)

/* peers.h - all pairs of our domains and remote ones, and the questions about keys.
 *
 * Finds for each pair (peer.h) the stream that carries it, and for each dialback
 * question the one to ask on; opens calls (calls.h) where there is none, and tells
 * senders and askers why one failed, at once while the remote domain rests.
 *
 * Does not look up, connect or bounce: such wishes are events. */
#pragma once

#include "protocol/calls.h"
#include "protocol/inquiry.h"
#include "protocol/peers-event.h"
#include "protocol/roster.h"

typedef struct EnjPeers EnjPeers;

EnjPeers *enj_peers_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake);
void enj_peers_free (EnjPeers *self);

/* For what is opened from now on; streams to domains that are now denied end. */
void enj_peers_set_settings (EnjPeers *self, EnjSettings *settings, gint64 now);

/* FALSE when the queue for that peer is full. */
gboolean enj_peers_send (EnjPeers *self, const char *local, const char *remote, EnjStanza *stanza,
                         gint64 now);

/* For streams that peers have opened; next() is to be called then.  What goes back is to be
 * fetched from it. */
EnjRoster *enj_peers_get_roster (EnjPeers *self);

/* For all that is about streams alone. */
EnjCalls *enj_peers_get_calls (EnjPeers *self);

/* Asks @question->remote about its key.  The answer is a VERDICT. */
void enj_peers_verify (EnjPeers *self, const EnjQuestion *question, gint64 now);

/* Nobody waits for the answers to the session @asker any more. */
void enj_peers_forget_asker (EnjPeers *self, guint64 asker);

/* Who has wished, and where the answers go; NULL when that is gone. */
EnjTargets *enj_peers_find_targets (const EnjPeers *self, guint64 id);

/* The connection is there: the session to drive, NULL when it is not wanted
 * any more.  Give it back by enj_calls_closed() when the connection is closed. */
EnjSession *enj_peers_dialled (EnjPeers *self, guint64 id, guint ticket, gint64 now);

/* It is not; @why NULL: there was no room, and another try is wished for later. */
void enj_peers_dial_failed (EnjPeers *self, guint64 id, guint ticket, const char *why, gint64 now);

gboolean enj_peers_next (EnjPeers *self, EnjPeersEvent *event, gint64 now);
gint64 enj_peers_deadline (const EnjPeers *self);
void enj_peers_tick (EnjPeers *self, gint64 now);

/* Streams that are up and have written all go on; there is no other any more: what waits, or
 * comes later, is bounced with @text. */
void enj_peers_refuse (EnjPeers *self, const char *text, gint64 now);

/* Ends all in order, for good: what comes later is bounced with @text, too. */
void enj_peers_close (EnjPeers *self, const char *text, gint64 now);

/* Whom we could not reach. */
const EnjFailures *enj_peers_get_failures (const EnjPeers *self);

/* Stanzas that wait, or go back, or have not left us as a whole. */
guint enj_peers_count_waiting (const EnjPeers *self);

/* Those, and what peers have not confirmed. */
guint enj_peers_count_owned (const EnjPeers *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjPeers, enj_peers_free)

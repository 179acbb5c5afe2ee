/* peer.h - one pair of a domain of ours and a remote one: its stanzas.
 *
 * Keeps what waits, and writes it over the one stream that carries the pair at a
 * time, in order (S27): that of a call of ours, or one that the peer has opened and
 * that takes stanzas, too (XEP-0288 2.2).
 *
 * Does not choose the stream and does not bounce: peers.h does. */
#pragma once

#include "protocol/call.h"
#include "protocol/inbound.h"

typedef struct EnjPeer EnjPeer;

EnjPeer *enj_peer_new (const char *local, const char *remote, const EnjLimits *limits);
void enj_peer_free (EnjPeer *self);

/* For what comes from now on. */
void enj_peer_set_limits (EnjPeer *self, const EnjLimits *limits);
const char *enj_peer_get_local (const EnjPeer *self);
const char *enj_peer_get_remote (const EnjPeer *self);

/* "local remote", for tables. */
const char *enj_peer_get_key (const EnjPeer *self);

/* FALSE when too much waits already. */
gboolean enj_peer_push (EnjPeer *self, EnjStanza *stanza, gint64 now);

/* What a stream did not write as a whole, the newest first. */
void enj_peer_take_back (EnjPeer *self, EnjStanza *stanza, gint64 now);

/* After that: TRUE where streams have been losing this pair's stanzas for longer than anything
 * may wait.  A peer that takes streams and no stanzas must not keep them for ever. */
gboolean enj_peer_is_losing (EnjPeer *self, gint64 now);

/* What has the stream: one or the other, or NULL.  Borrowed. */
void enj_peer_set_call (EnjPeer *self, EnjCall *call);
void enj_peer_set_inbound (EnjPeer *self, EnjInbound *inbound);
EnjCall *enj_peer_get_call (const EnjPeer *self);
EnjInbound *enj_peer_get_inbound (const EnjPeer *self);

/* Stanzas may be written now, but for want of room. */
gboolean enj_peer_is_up (const EnjPeer *self);

/* Writes what waits.  A stanza that the other side says it does not take (XEP-0478) is stolen
 * from it: call again then.  FALSE when there is no more to do. */
gboolean enj_peer_flush (EnjPeer *self, EnjStanza **too_large, gint64 now);

/* The oldest that waits, or NULL; the same if it is over its age.  Owned by the caller. */
EnjStanza *enj_peer_steal (EnjPeer *self);
EnjStanza *enj_peer_steal_expired (EnjPeer *self, gint64 now);

/* Whose the oldest is, as turns.h names him: newly allocated, or NULL where none waits.  The oldest
 * if it is his, or NULL; owned by the caller. */
char *enj_peer_dup_source (const EnjPeer *self);
EnjStanza *enj_peer_steal_of (EnjPeer *self, const char *source);

gint64 enj_peer_deadline (const EnjPeer *self);
guint enj_peer_count_waiting (const EnjPeer *self);

/* One more try on another connection (D16): TRUE once until the pair is up. */
gboolean enj_peer_may_retry (EnjPeer *self);
void enj_peer_note_up (EnjPeer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjPeer, enj_peer_free)

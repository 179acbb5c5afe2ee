/* peers.h - all pairs of our domains and remote ones.
 *
 * Finds the record (peer.h) for whatever comes in, makes and forgets it, keeps
 * the time for all.
 *
 * Does not look up, connect or bounce: such wishes are events. */
#pragma once

#include "protocol/peer.h"

typedef struct EnjPeers EnjPeers;

EnjPeers *enj_peers_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake);
void enj_peers_free (EnjPeers *self);

/* For what is opened from now on; streams to domains that are now denied end. */
void enj_peers_set_settings (EnjPeers *self, EnjSettings *settings, gint64 now);

/* An address of ours that DNS must never lead to. */
void enj_peers_forbid (EnjPeers *self, const EnjAddress *address);

/* FALSE when the queue for that peer is full. */
gboolean enj_peers_send (EnjPeers *self, const char *local, const char *remote, EnjStanza *stanza,
                         gint64 now);

/* Asks @remote whether it made @key for our stream @stream_id.  The answer is
 * a VERDICT with @asker. */
void enj_peers_verify (EnjPeers *self, guint64 asker, const char *local, const char *remote,
                       const char *stream_id, const char *key, gint64 now);

/* Wishes fulfilled; an @id that is gone is ignored. */
void enj_peers_srv (EnjPeers *self, guint64 id, guint ticket, EnjLookupResult result,
                    gboolean secure, const EnjSrvRecord *records, guint n, gint64 now);
void enj_peers_addresses (EnjPeers *self, guint64 id, guint ticket, EnjLookupResult result,
                          gboolean secure, const EnjAddress *addresses, guint n, gint64 now);
void enj_peers_tlsa (EnjPeers *self, guint64 id, guint ticket, EnjLookupResult result,
                     gboolean secure, const EnjTlsaRecord *records, guint n, gint64 now);
void enj_peers_dial_failed (EnjPeers *self, guint64 id, guint ticket, const char *why, gint64 now);

/* The connection is there: the session to drive, NULL when it is not wanted
 * any more.  Give it back by closed() when the connection is closed. */
EnjSession *enj_peers_dialled (EnjPeers *self, guint64 id, guint ticket, gint64 now);
gboolean enj_peers_closed (EnjPeers *self, EnjSession *session);

/* Clear the event by enj_peer_event_clear(). */
gboolean enj_peers_next (EnjPeers *self, EnjPeerEvent *event, gint64 now);

gint64 enj_peers_deadline (const EnjPeers *self);
void enj_peers_tick (EnjPeers *self, gint64 now);

/* Ends the streams to @remote in order.  What waits is bounced with @text.
 * NULL as @remote ends all, for good: what comes later is bounced, too. */
void enj_peers_close (EnjPeers *self, const char *remote, const char *text, gint64 now);

/* Stanzas that wait or have not left us as a whole. */
guint enj_peers_count_waiting (const EnjPeers *self);
guint enj_peers_count_streams (const EnjPeers *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjPeers, enj_peers_free)

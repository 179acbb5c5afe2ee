/* peer.h - one pair of a domain of ours and a remote one.
 *
 * Keeps what waits for a stream, wishes for look-ups and connections, opens
 * and uses the outbound stream, carries dialback questions to the authoritative
 * server.  The pair's stanzas go over one stream at a time, in order (S27).
 *
 * Does not look up, connect or bounce: such wishes are events, put where its
 * owner (peers.h) finds them. */
#pragma once

#include "protocol/counters.h"
#include "protocol/dialback.h"
#include "protocol/session.h"
#include "protocol/targets.h"

typedef struct EnjPeer EnjPeer;

typedef enum
{
  ENJ_PEER_LOOKUP_SRV,       /* id, ticket, name */
  ENJ_PEER_LOOKUP_ADDRESSES, /* id, ticket, name */
  ENJ_PEER_LOOKUP_TLSA,      /* id, ticket, name */
  ENJ_PEER_DIAL,             /* id, ticket, address */
  ENJ_PEER_BOUNCE,           /* stanza, condition, error_type, text */
  ENJ_PEER_VERDICT,          /* asker, local, remote, answer, condition */
  ENJ_PEER_UP,               /* local, remote */
  ENJ_PEER_DOWN              /* local, remote, text */
} EnjPeerEventType;

/* Clear it; the receiver may steal the stanza. */
typedef struct
{
  EnjPeerEventType type;
  guint64 id;
  guint ticket;
  char *name;
  EnjAddress address;
  EnjStanza *stanza;
  EnjStanzaCondition condition;
  const char *error_type;
  char *text;
  guint64 asker;
  char *local;
  char *remote;
  EnjDialbackType answer;
} EnjPeerEvent;

void enj_peer_event_clear (EnjPeerEvent *event);

/* What all peers share, and hand up by. */
typedef struct
{
  EnjSettings *settings;
  EnjCounters *counters;
  EnjWake wake;
  GArray *forbidden; /* of EnjAddress */
  GHashTable *dying; /* EnjSession to EnjOutbound, over but not yet closed */
  GQueue dirty;      /* of EnjPeer: those that want process() */
  GQueue events;     /* of EnjPeerEvent, newly allocated */
  gint64 due;        /* not later than the earliest of all peers */
  char *goodbye;     /* why no stream is opened any more; NULL while some are */
} EnjPeerCommon;

EnjPeer *enj_peer_new (EnjPeerCommon *common, guint64 id, const char *local, const char *remote);
void enj_peer_free (EnjPeer *self);

const guint64 *enj_peer_get_id (const EnjPeer *self);
const char *enj_peer_get_local (const EnjPeer *self);
const char *enj_peer_get_remote (const EnjPeer *self);

/* FALSE when the queue is full. */
gboolean enj_peer_send (EnjPeer *self, EnjStanza *stanza, gint64 now);
void enj_peer_verify (EnjPeer *self, guint64 asker, const char *stream_id, const char *key,
                      gint64 now);

/* To be told how wishes were fulfilled, and then to go on; NULL when there are none any more. */
EnjTargets *enj_peer_get_targets (EnjPeer *self);
void enj_peer_go_on (EnjPeer *self, gint64 now);
EnjSession *enj_peer_dialled (EnjPeer *self, guint ticket, gint64 now);

/* For one that was taken from the queue of the dirty ones. */
void enj_peer_process (EnjPeer *self, gint64 now);
void enj_peer_tick (EnjPeer *self, gint64 now);

/* Bounces what waits with @text, and ends the stream in order. */
void enj_peer_close (EnjPeer *self, const char *text, gint64 now);

/* The same, where policy has come to deny the remote domain. */
void enj_peer_deny (EnjPeer *self, gint64 now);

/* There is nothing to remember: it may be freed. */
gboolean enj_peer_is_done (const EnjPeer *self);
gboolean enj_peer_has_stream (const EnjPeer *self);

/* Stanzas that wait or have not left us as a whole. */
guint enj_peer_count_waiting (const EnjPeer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjPeer, enj_peer_free)

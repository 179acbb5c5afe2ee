/* peers-event.h - what peers.h has to tell and wishes for, in order. */
#pragma once

#include "protocol/address.h"
#include "protocol/news.h"
#include "protocol/targets.h"

typedef enum
{
  ENJ_PEERS_LOOKUP_SRV,       /* id, ticket, remote, name, source */
  ENJ_PEERS_LOOKUP_ADDRESSES, /* the same */
  ENJ_PEERS_LOOKUP_TLSA,      /* the same */
  ENJ_PEERS_DIAL,             /* id, ticket, remote, address */
  ENJ_PEERS_STANZA,           /* stanza: of a remote domain, on a stream of ours */
  ENJ_PEERS_VERDICT,          /* asker, local, remote, answer, condition, proof */
  ENJ_PEERS_UP,               /* local, remote, proof, evidence: NULL in clear */
  ENJ_PEERS_DOWN              /* local, remote, text: NULL in order */
} EnjPeersEventType;

/* Clear it; the receiver may steal what it wants. */
typedef struct
{
  EnjPeersEventType type;
  guint64 id; /* of the call */
  guint ticket;
  char *name;
  char *source; /* who has caused it, as turns.h names them */
  EnjAddress address;
  EnjStanza *stanza;
  EnjStanzaCondition condition;
  char *text;
  guint64 asker;
  char *local;
  char *remote;
  EnjDialbackType answer;
  EnjProof proof;
  EnjEvidence *evidence;
} EnjPeersEvent;

void enj_peers_event_clear (EnjPeersEvent *event);

/* All zero but for wake is empty. */
typedef struct
{
  GQueue queue;
  EnjWake wake;
} EnjPeersEventQueue;

void enj_peers_event_queue_clear (EnjPeersEventQueue *self);

/* A new one at the end, to be filled in; wakes. */
EnjPeersEvent *enj_peers_event_queue_push (EnjPeersEventQueue *self, EnjPeersEventType type,
                                           const char *local, const char *remote);

/* What the call @id to @remote wishes for, on account of @source; never to give up. */
void enj_peers_event_queue_push_wish (EnjPeersEventQueue *self, guint64 id, const char *remote,
                                      const char *source, const EnjTargetsWish *wish);

/* FALSE when there are none. */
gboolean enj_peers_event_queue_pop (EnjPeersEventQueue *self, EnjPeersEvent *event);

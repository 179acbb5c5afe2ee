/* exchange-event.h - what an exchange has to tell and wishes for, in order. */
#pragma once

#include "protocol/address.h"
#include "protocol/news.h"
#include "protocol/peers-event.h"
#include "protocol/router.h"

typedef enum
{
  ENJ_EXCHANGE_LOOKUP_SRV,       /* id, ticket, name, source: answer with srv() */
  ENJ_EXCHANGE_LOOKUP_ADDRESSES, /* id, ticket, name: answer with addresses() */
  ENJ_EXCHANGE_LOOKUP_TLSA,      /* id, ticket, name: answer with tlsa() */
  ENJ_EXCHANGE_DIAL,             /* id, ticket, address: with dialled() or dial_failed() */
  ENJ_EXCHANGE_DELIVER,          /* local, stanza: for the service of that component */
  ENJ_EXCHANGE_LINK_UP,          /* local, header, end */
  ENJ_EXCHANGE_LINK_DOWN,        /* local, error, was_up */
  ENJ_EXCHANGE_HOSTED_UP,        /* local: its component has connected */
  ENJ_EXCHANGE_HOSTED_DOWN,      /* local, error: it is away */
  ENJ_EXCHANGE_STREAM_UP,        /* local, remote, outgoing, proof */
  ENJ_EXCHANGE_STREAM_DOWN       /* local, remote, outgoing, error */
} EnjExchangeEventType;

/* Clear it; the receiver may steal what it wants.  @error is NULL for an end
 * in order. */
typedef struct
{
  EnjExchangeEventType type;
  guint64 id;    /* one for all wishes of one attempt to reach a server */
  guint ticket;  /* of the wish */
  char *name;
  char *source; /* who has caused it, as turns.h names them */
  EnjAddress address;
  EnjStanza *stanza;
  char *local;
  char *remote;
  gboolean outgoing;
  EnjProof proof;
  gboolean was_up;
  guint64 header; /* positions, as link.h has them */
  guint64 end;
  GError *error;
  guint8 share; /* the queue's own */
} EnjExchangeEvent;

void enj_exchange_event_clear (EnjExchangeEvent *event);

/* Who has places for stanzas to services: the link and the services, and the peers by domain;
 * those of them that share one by chance only share their limit. */
#define ENJ_SHARES (ENJ_N_ORIGINS + 64)

/* All zero but for wake is empty. */
typedef struct
{
  GQueue queue;
  guint held[ENJ_SHARES]; /* stanzas for services */
  guint from_peers;       /* of them */
  EnjWake wake;
} EnjExchangeEventQueue;

void enj_exchange_event_queue_clear (EnjExchangeEventQueue *self);

/* A new one at the end, to be filled in; wakes. */
EnjExchangeEvent *enj_exchange_event_queue_push (EnjExchangeEventQueue *self,
                                                 EnjExchangeEventType type, const char *local,
                                                 const char *remote);

/* @stanza is for the service of @local, @remote is the domain that it comes from.  FALSE, and not
 * taken, where the services do not keep up: there is room for as much as some turns of the loop
 * bring, for less where all memory is used up (budget.h), for twice that of errors and results,
 * which go back to nobody.  Users and peers have room apart, and of the peers' one domain has
 * half at most.  What services cause themselves is bounded by what they were given. */
gboolean enj_exchange_event_queue_deliver (EnjExchangeEventQueue *self, EnjOrigin origin,
                                           const char *local, const char *remote,
                                           EnjStanza *stanza);

/* That a link is up, with positions as link.h has them, or down: takes @error. */
void enj_exchange_event_queue_pass_link_up (EnjExchangeEventQueue *self, const char *local,
                                            guint64 header, guint64 end);
void enj_exchange_event_queue_pass_link_down (EnjExchangeEventQueue *self, const char *local,
                                              gboolean was_up, GError *error);

/* What the peers wish for, and that an outgoing stream is down, handed on. */
void enj_exchange_event_queue_pass_wish (EnjExchangeEventQueue *self, EnjPeersEvent *wish);
void enj_exchange_event_queue_pass_down (EnjExchangeEventQueue *self, const EnjPeersEvent *down);

/* FALSE when there are none. */
gboolean enj_exchange_event_queue_pop (EnjExchangeEventQueue *self, EnjExchangeEvent *event);
guint enj_exchange_event_queue_count (const EnjExchangeEventQueue *self);

/* Stanzas on their way to a service. */
guint enj_exchange_event_queue_count_deliveries (const EnjExchangeEventQueue *self);

/* targets.h - where to connect for a domain: several wishes side by side.
 *
 * RFC 6120 3.2 and XEP-0368 3: both kinds of SRV record, mixed by priority and
 * weight, all targets, all addresses of each; A and AAAA of the domain itself
 * only where there is no SRV record; "." is a refusal.  Addresses are raced (RFC
 * 8305 5).  Where the DNS is secure, TLSA records come along (RFC 7673 3).
 *
 * The caller looks up and connects, this remembers and decides. */
#pragma once

#include "protocol/enjamb.h"
#include "protocol/race.h"
#include "protocol/servers.h"

typedef struct EnjTargets EnjTargets;

typedef enum
{
  ENJ_TARGETS_LOOKUP_SRV,       /* name: answer with srv() */
  ENJ_TARGETS_LOOKUP_ADDRESSES, /* name: answer with addresses() */
  ENJ_TARGETS_LOOKUP_TLSA,      /* name: answer with tlsa() */
  ENJ_TARGETS_CONNECT,          /* target: answer with connected() or failed() */
  ENJ_TARGETS_GIVE_UP           /* error: an ENJ_STANZA_ERROR, for the senders; the last */
} EnjTargetsWishType;

/* All is borrowed, until the next function that changes anything. */
typedef struct
{
  EnjTargetsWishType type;
  guint ticket; /* never 0; the answer quotes it */
  const char *name; /* A-labels */
  EnjTarget *target;
  const GError *error;
  gboolean is_final; /* error: "cancel" rather than "wait" */
} EnjTargetsWish;

/* @domain canonical.  @host, @port and @direct_tls are taken instead of SRV records; a @host of
 * NULL is for the DNS.  @allow_private lets all that lead to private addresses, and @host to
 * the port of another service: TRUE for the administrator's own choice. */
EnjTargets *enj_targets_new (const char *domain, const char *host, guint16 port,
                             gboolean direct_tls, gboolean allow_private);

/* Where the peer at @from, of @domain, has sent us (RFC 6120 4.9.3.19): @host is a canonical
 * domain or an IP address.  A domain with a @port of 0 is looked up as any other; the one where
 * we are, with a port, is where we are.  TLS is a must, wherever it leads, for by TLS we were sent;
 * and what the DNS says of another domain proves nobody. */
EnjTargets *enj_targets_new_moved (const char *domain, const char *host, guint16 port,
                                   const EnjTarget *from, gboolean allow_private);
void enj_targets_free (EnjTargets *self);

/* Each wish is given once.  FALSE: none for now. */
gboolean enj_targets_next (EnjTargets *self, EnjTargetsWish *wish, gint64 now);

/* When next() has one that waits for the time, in monotonic microseconds, or ENJ_NEVER. */
gint64 enj_targets_deadline (const EnjTargets *self);

/* Answers; those to a ticket that is gone are ignored.  At most 16 records, 8 addresses each and
 * 10 places to connect to count.  @secure: DNSSEC says that all of it is true. */
void enj_targets_srv (EnjTargets *self, guint ticket, EnjLookupResult result, gboolean secure,
                      const EnjSrvRecord *records, guint n);
void enj_targets_addresses (EnjTargets *self, guint ticket, EnjLookupResult result,
                            gboolean secure, const EnjAddress *addresses, guint n);
void enj_targets_tlsa (EnjTargets *self, guint ticket, EnjLookupResult result, gboolean secure,
                       const EnjTlsaRecord *records, guint n);

/* The race is over: nothing more is wished for until failed(), and the other attempts count as
 * not tried; their tickets are gone. */
void enj_targets_connected (EnjTargets *self, guint ticket);

/* Not connected; or, after connected(), no use (N11).  @why, for the senders, names no host.  With
 * SCARCE nobody was even tried, for want of a descriptor of ours: it says nothing of the remote
 * server, and ends in resource-constraint. */
#define ENJ_TARGETS_SCARCE "there are too many connections here"
void enj_targets_failed (EnjTargets *self, guint ticket, const char *why);

/* An address never to connect to: our own listener. */
void enj_targets_forbid (EnjTargets *self, const EnjAddress *address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTargets, enj_targets_free)

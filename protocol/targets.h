/* targets.h - where to connect for a domain, one wish after the other.
 *
 * RFC 6120 3.2: SRV by priority and weight, all targets, all addresses of
 * each; A and AAAA of the domain itself only where there is no SRV record; "."
 * is a refusal.  Where _xmpp-server leads nowhere, _xmpps-server is asked for.
 *
 * The caller looks up and connects, this remembers and decides. */
#pragma once

#include "protocol/address.h"
#include "protocol/enjamb.h"

typedef struct EnjTargets EnjTargets;

typedef enum
{
  ENJ_TARGETS_LOOKUP_SRV,       /* name: answer with srv() */
  ENJ_TARGETS_LOOKUP_ADDRESSES, /* name: answer with addresses() */
  ENJ_TARGETS_CONNECT,          /* address: answer with failed(), or never */
  ENJ_TARGETS_GIVE_UP           /* error: an ENJ_STANZA_ERROR, for the senders */
} EnjTargetsWishType;

typedef struct
{
  EnjTargetsWishType type;
  const char *name; /* A-labels; of a CONNECT the host that the address is of */
  EnjAddress address;
  gboolean direct_tls;
  const GError *error;
  gboolean is_final; /* error: "cancel" rather than "wait" */
} EnjTargetsWish;

typedef enum
{
  ENJ_LOOKUP_FOUND,
  ENJ_LOOKUP_NO_NAME, /* NXDOMAIN */
  ENJ_LOOKUP_NO_DATA, /* the name has no such records */
  ENJ_LOOKUP_FAILED   /* SERVFAIL, REFUSED, no answer */
} EnjLookupResult;

typedef struct
{
  guint16 priority;
  guint16 weight;
  guint16 port;
  char *target; /* without the last dot; "" for "." */
} EnjSrvRecord;

/* @domain canonical; @host, @port and @direct_tls are the [peer] address, NULL for DNS.
 * @allow_private lets DNS lead to private addresses; @host always may. */
EnjTargets *enj_targets_new (const char *domain, const char *host, guint16 port,
                             gboolean direct_tls, gboolean allow_private);
void enj_targets_free (EnjTargets *self);

/* What to do now.  The same answer until one of the following was called. */
void enj_targets_next (EnjTargets *self, EnjTargetsWish *wish);

/* Answers.  At most 16 records, 8 addresses each and 10 attempts count. */
void enj_targets_srv (EnjTargets *self, EnjLookupResult result, const EnjSrvRecord *records,
                      guint n);
void enj_targets_addresses (EnjTargets *self, EnjLookupResult result, const EnjAddress *addresses,
                            guint n);
void enj_targets_failed (EnjTargets *self, const char *why);

/* An address never to connect to: our own listener. */
void enj_targets_forbid (EnjTargets *self, const EnjAddress *address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTargets, enj_targets_free)

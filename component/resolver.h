/* resolver.h - names to addresses, without waiting.
 *
 * libunbound in a thread of its own, driven by its descriptor; before it the
 * hosts file, localhost (RFC 6761) and literals, for addresses only.  A look-up
 * has two tries of 10 s (N13); limits.lookups of them run at once, no more than
 * limits.lookups-per-source of those that one peer has caused, and of one user's no more than
 * he leaves to others; but one that takes long makes room (turns.h), so that dead name servers
 * delay no healthy one.  What has had no turn within 30 s is refused.  Answers are cached by
 * libunbound, for their TTL at most (N14).
 *
 * Does not try search domains, choose among answers or connect. */
#pragma once

#include "protocol/address.h"
#include "protocol/dane.h"
#include "protocol/servers.h"
#include "component/configuration.h"
#include "component/loop.h"

typedef struct EnjResolver EnjResolver;

/* From the loop, once; all is borrowed.  FOUND comes with at least one.  @secure: DNSSEC vouches
 * for it, for records of services and TLSA also where it says that there are none. */
typedef void (*EnjResolverSrvFunc) (EnjLookupResult result, gboolean secure,
                                    const EnjSrvRecord *records, guint n, gpointer data);
typedef void (*EnjResolverAddressesFunc) (EnjLookupResult result, gboolean secure,
                                          const EnjAddress *addresses, guint n, gpointer data);
typedef void (*EnjResolverTlsaFunc) (EnjLookupResult result, gboolean secure,
                                     const EnjTlsaRecord *records, guint n, gpointer data);

/* dns-server, dns-trust-anchor and both limits of @config.  G_FILE_ERROR where
 * libunbound does not want them.  Without a trust anchor that can be read, or a
 * server that passes on what DNSSEC needs, answers are not validated. */
EnjResolver *enj_resolver_new (EnjLoop *loop, const EnjConfig *config, GError **error);

/* Those of a new configuration. */
void enj_resolver_set_limits (EnjResolver *self, const EnjLimits *limits);

/* What is still looked up gets no answer. */
void enj_resolver_free (EnjResolver *self);

/* @source: who has caused it, as turns.h names them.  Ids are never 0.  At most 64 SRV
 * records. */
guint64 enj_resolver_srv (EnjResolver *self, const char *name, const char *source,
                          EnjResolverSrvFunc func, gpointer data);

/* At most 64 TLSA records; @name is of the form "_5269._tcp.host". */
guint64 enj_resolver_tlsa (EnjResolver *self, const char *name, const char *source,
                           EnjResolverTlsaFunc func, gpointer data);

/* IPv6 and IPv4 by turns (RFC 8305 4), at most 64 each, with port 0.  Secure where one
 * family is: nobody can take its place unseen (RFC 7673 3.2). */
guint64 enj_resolver_addresses (EnjResolver *self, const char *name, const char *source,
                                EnjResolverAddressesFunc func, gpointer data);

/* No answer then; an id that has been answered is ignored. */
void enj_resolver_cancel (EnjResolver *self, guint64 id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjResolver, enj_resolver_free)

/* lookup.h - questions to the DNS, one after the other, for a command that can wait.
 *
 * Sees what others see: unlike resolver.h it reads no hosts file and takes no name for
 * localhost.  Asks the name server that the configuration names, and validates by its trust
 * anchor.  Does not judge the answers. */
#pragma once

#include "protocol/servers.h"
#include "component/configuration.h"
#include "component/dns.h"
#include "component/errand.h"

typedef struct EnjLookup EnjLookup;

/* @errand outlives it.  G_FILE_ERROR as enj_dns_new(). */
EnjLookup *enj_lookup_new (EnjErrand *errand, const EnjConfigFederation *federation,
                           GError **error);
void enj_lookup_free (EnjLookup *self);

/* The data of one record, once for each; @data is the caller's. */
typedef void (*EnjLookupRead) (const guint8 *record, gsize len, gpointer data);

/* @type as in dns.h.  Waits for ten seconds at most, and for
 * one after it has waited so long once.  FOUND comes with records; @secure, where it is not NULL:
 * DNSSEC vouches for the answer. */
EnjLookupResult enj_lookup_ask (EnjLookup *self, const char *name, int type, EnjLookupRead read,
                                gpointer data, gboolean *secure);

/* The signatures of the root come through, and fit the trust anchor. */
gboolean enj_lookup_is_validating (EnjLookup *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjLookup, enj_lookup_free)

/* bounds.h - the names that the authorities above a certificate may certify
 * (RFC 5280 4.2.1.10).
 *
 * Limits of a DNS name are meant for xmppAddr and SRVName as well: an authority
 * that may certify b.example only must not give out an address at a.example.
 * Read once for a chain, then asked for any number of names.  Immutable.
 *
 * Does not look at who signed what: trust.h does. */
#pragma once

#include "protocol/trust.h"

typedef struct EnjBounds EnjBounds;

/* Of the authorities in @chain, which are behind the leaf, and, where @trust is given, of those
 * that it believes above them: they have limits too, and need not be sent.  NULL where nobody has
 * any. */
EnjBounds *enj_bounds_new (const EnjChain *chain, const EnjTrust *trust);
void enj_bounds_free (EnjBounds *self);

/* May all of them certify @domain, canonical?  @self may be NULL. */
gboolean enj_bounds_allow (const EnjBounds *self, const char *domain);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjBounds, enj_bounds_free)

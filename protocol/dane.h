/* dane.h - what the DNS, secured, says about the certificate of a host.
 *
 * TLSA records (RFC 6698, 7671) of one target, and whether a chain fits one of
 * them; GnuTLS's DANE code compares.  Immutable, counted.
 *
 * Does not ask the DNS: only secure answers are to be put in here (A01, A02). */
#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

#include "protocol/trust.h"

typedef struct EnjDane EnjDane;

/* As on the wire (RFC 6698 2.1): usage, selector, matching type, data. */
typedef struct
{
  const guint8 *data;
  gsize len;
} EnjTlsaRecord;

/* NULL where none of them is usable: then it is as if there were none (7671 4.1). */
EnjDane *enj_dane_new (const EnjTlsaRecord *records, guint n);
EnjDane *enj_dane_ref (EnjDane *self);
void enj_dane_unref (EnjDane *self);

typedef enum
{
  ENJ_DANE_FITS_NOT,
  ENJ_DANE_FITS_TRUSTED, /* by usages 0 and 1 only: as long as the chain is believed as well */
  ENJ_DANE_FITS          /* whoever is believed */
} EnjDaneFit;

/* Does any record fit the chain @der, the leaf first (A05)?  DANE-EE settles the name as well:
 * @domain and @host (canonical; may be NULL) are for the other usages (A06), @trust, and what
 * those it believes may certify, for 0 and 1. */
EnjDaneFit enj_dane_get_fit (const EnjDane *self, const gnutls_datum_t *der, guint n,
                             const char *domain, const char *host, EnjTrust *trust);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjDane, enj_dane_unref)

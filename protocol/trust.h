/* trust.h - whom we believe: certificate authorities, and what they revoked.
 *
 * PEM texts come in, once for the process; immutable and counted when shared.
 * Judges a chain (RFC 6120 13.7.2.2), not names. */
#pragma once

#include "protocol/chain.h"

typedef struct EnjTrust EnjTrust;

EnjTrust *enj_trust_new (void);

/* Believes this one certificate, DER; NULL where it cannot be read. */
EnjTrust *enj_trust_new_for (const gnutls_datum_t *anchor);
EnjTrust *enj_trust_ref (EnjTrust *self);
void enj_trust_unref (EnjTrust *self);

/* Before sharing.  FALSE with G_FILE_ERROR_INVAL where there is none in it. */
gboolean enj_trust_add_anchors (EnjTrust *self, const char *pem, gsize len, GError **error);

/* Certificate revocation lists.  The anchors first: a list that none of them signed is refused. */
gboolean enj_trust_add_crls (EnjTrust *self, const char *pem, gsize len, GError **error);

/* When the first of the lists is out of date, which is told and does no harm; G_MAXINT64 without
 * lists. */
gint64 enj_trust_get_next_update (const EnjTrust *self);

/* NULL where it is trusted at the time on the wall; else why not, in words for a log, static. */
const char *enj_trust_check (EnjTrust *self, const EnjChain *chain);

/* The one that is believed and has signed @crt, by its name and key; it need not be shown by
 * anybody.  NULL where there is none, or it is @crt itself. */
gnutls_x509_crt_t enj_trust_get_issuer (const EnjTrust *self, gnutls_x509_crt_t crt);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTrust, enj_trust_unref)

/* evidence.h - what a peer has shown of itself in one TLS handshake.
 *
 * The only judge of certificates: EXTERNAL, dialback with a certificate
 * (XEP-0344) and our own policy as initiator all ask here (XEP-0178 3).
 * Counted: a question about a key may outlive the stream. */
#pragma once

#include "protocol/dane.h"
#include "protocol/tls.h"
#include "protocol/trust.h"

typedef struct EnjEvidence EnjEvidence;

/* @tls is up.  @trust may be NULL: nobody is believed. */
EnjEvidence *enj_evidence_new (const EnjTls *tls, EnjTrust *trust);
EnjEvidence *enj_evidence_ref (EnjEvidence *self);
void enj_evidence_unref (EnjEvidence *self);

/* Judges the chain anew where @trust, which may be NULL, is another than before: for all who
 * have a reference. */
void enj_evidence_set_trust (EnjEvidence *self, EnjTrust *trust);

/* Is the chain believed, whatever its names are and whether or not it has ended since? */
gboolean enj_evidence_is_believed (const EnjEvidence *self);

/* Does the certificate prove @domain (canonical) by PKIX?  @why, static or of the
 * evidence, says why not: "no certificate", "expired", "another name"... */
gboolean enj_evidence_proves (const EnjEvidence *self, const char *domain, const char **why);

/* The same by DANE.  @host: the target that the records are of. */
EnjDaneFit enj_evidence_get_fit (const EnjEvidence *self, const EnjDane *dane,
                                 const char *domain, const char *host);

/* Seconds since 1970; 0 where there is no certificate. */
gint64 enj_evidence_get_expiry (const EnjEvidence *self);

/* SHA-256 of the leaf in lower case hexadecimal; NULL for none. */
const char *enj_evidence_get_fingerprint (const EnjEvidence *self);

/* The leaf in DER; NULL for none. */
const gnutls_datum_t *enj_evidence_get_leaf (const EnjEvidence *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjEvidence, enj_evidence_unref)

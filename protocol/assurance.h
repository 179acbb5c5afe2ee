/* assurance.h - how sure we are that the server at the other end of our stream
 * is the one of the domain that we wanted.
 *
 * Puts together what the DNS said about the target, what the peer showed in
 * TLS, and what policy asks for (XEP-0178 3, RFC 7673, RFC 6120 13.7.2).
 *
 * Does not negotiate, and looks at no header. */
#pragma once

#include "protocol/evidence.h"
#include "protocol/news.h"
#include "protocol/race.h"
#include "protocol/settings.h"

typedef struct EnjAssurance EnjAssurance;

/* @domain, canonical, is what @target was found for; @target may be NULL: nothing is known. */
EnjAssurance *enj_assurance_new (const char *domain, EnjTarget *target, EnjSettings *settings);
void enj_assurance_free (EnjAssurance *self);

/* What the peer has shown is judged anew. */
void enj_assurance_set_settings (EnjAssurance *self, EnjSettings *settings);

/* Is TLS to be had before anything else, for @remote (A03)? */
gboolean enj_assurance_needs_tls (const EnjAssurance *self, const char *remote);

/* TLS is up.  Takes @evidence. */
void enj_assurance_take_evidence (EnjAssurance *self, EnjEvidence *evidence);
EnjEvidence *enj_assurance_get_evidence (const EnjAssurance *self);

/* CERTIFICATE, DANE or DANE_TRUSTED where the peer's certificate proves @remote, else NONE.  What
 * DANE says of the target is taken for its domain only, and there instead of PKIX (A11). */
EnjProof enj_assurance_get_proof (const EnjAssurance *self, const char *remote);

/* Is what the peer has shown enough for @remote?  FALSE: @why says what is missing, static
 * or of the evidence. */
gboolean enj_assurance_is_enough (const EnjAssurance *self, const char *remote, const char **why);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjAssurance, enj_assurance_free)

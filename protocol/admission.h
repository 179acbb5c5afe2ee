/* admission.h - who may say what: the trust boundary, in one place.
 *
 * Three questions, each answered from its arguments alone: may this header
 * open a stream, may this pair ask to be verified, may this stanza pass.  All
 * names are compared in canonical form.  Changes nothing. */
#pragma once

#include "protocol/condition.h"
#include "protocol/header.h"
#include "protocol/pairs.h"
#include "protocol/settings.h"
#include "protocol/stanza.h"

/* The domains of a peer's header in canonical form; NULL where it had none.
 * FALSE with ENJ_STREAM_ERROR: no domain, an IP literal, `to` that is not
 * ours, `from` that is ours or behind a link, a peer that policy denies. */
gboolean enj_admission_header (const EnjSettings *settings, const EnjHeader *header, char **from,
                               char **to, GError **error);

/* FALSE with ENJ_STANZA_ERROR, whose code is the condition of the dialback
 * error (XEP-0220 2.5).  Neither certificates nor counts of pairs are looked at. */
gboolean enj_admission_pair (const EnjSettings *settings, const char *from, const char *to,
                             gboolean encrypted, GError **error);

/* The stanza with canonical addresses; NULL with ENJ_STREAM_ERROR unless its
 * (from, to) is a valid pair of @pairs and encryption is as policy wants. */
EnjStanza *enj_admission_stanza_new (const EnjSettings *settings, const EnjPairs *pairs,
                                     gboolean encrypted, EnjStanza *stanza, GError **error);

/* Is TLS to be had before anything else?  @domain may be NULL: not yet known. */
gboolean enj_admission_needs_tls (const EnjSettings *settings, const char *domain);

/* Is a key no proof for @domain? */
gboolean enj_admission_needs_certificate (const EnjSettings *settings, const char *domain);

/* receiving.h - one stream as the receiving and the authoritative server sees it
 * (XEP-0220 2.2): who has proved what to us, and what may pass for it.
 *
 * Keeps the pairs of the stream, hands out questions (no more than
 * dialbacks-per-stream at once, the others wait), answers db:verify.  Used by
 * inbound, and by outbound where bidi is on.
 *
 * Does not verify: an answer is handed in.  A certificate is asked for what it
 * proves by evidence.h only (XEP-0344). */
#pragma once

#include "protocol/counters.h"
#include "protocol/news.h"
#include "protocol/pairs.h"
#include "protocol/session.h"

typedef struct EnjReceiving EnjReceiving;

EnjReceiving *enj_receiving_new (EnjSession *session, EnjCounters *counters, EnjNewsQueue *news);
void enj_receiving_free (EnjReceiving *self);

/* A new header was exchanged: keys are for @stream_id from now on.  Pairs stay. */
void enj_receiving_set_stream_id (EnjReceiving *self, const char *stream_id);

/* STARTTLS: all that was proved is void (RFC 6120 5.4.3.3). */
void enj_receiving_reset (EnjReceiving *self);

/* What the certificate shows; NULL in clear.  With it all distrust begins anew. */
void enj_receiving_set_evidence (EnjReceiving *self, EnjEvidence *evidence);

/* After a failed EXTERNAL as @domain its certificate proves that no more (E23).  May be NULL. */
void enj_receiving_distrust (EnjReceiving *self, const char *domain);

/* db:result and db:verify without a type.  Ends the session where the peer goes too far. */
void enj_receiving_handle (EnjReceiving *self, const EnjDialback *request);

/* To a QUESTION; ignored for a pair that is not waiting for it. */
void enj_receiving_answer (EnjReceiving *self, const char *local, const char *remote,
                           EnjDialbackType type, EnjStanzaCondition condition, EnjProof proof,
                           gint64 now);

/* By EXTERNAL. */
void enj_receiving_admit (EnjReceiving *self, const char *local, const char *remote,
                          EnjProof proof);

/* As initiator with bidi: by the certificate or by our own look-up (B10).  Logs nothing: the
 * pair that it is the inverse of has been told. */
void enj_receiving_admit_inverse (EnjReceiving *self, const char *local, const char *remote,
                                  EnjProof proof);

/* The stanza with canonical addresses; NULL, and the session has failed. */
EnjStanza *enj_receiving_pass_new (EnjReceiving *self, EnjStanza *stanza);

gboolean enj_receiving_has_pair (const EnjReceiving *self, const char *local, const char *remote);
gboolean enj_receiving_is_asking (const EnjReceiving *self);

/* A pair whose sender @settings denies, that is in clear where TLS is asked for now, that a key
 * has proved where a certificate is, or a certificate that is not believed any more, ends the
 * session. */
void enj_receiving_check (EnjReceiving *self, EnjSettings *settings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjReceiving, enj_receiving_free)

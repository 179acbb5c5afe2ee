/* inbound.h - one server-to-server stream that a peer opened to us.
 *
 * Offers STARTTLS, answers dialback in the receiving and the authoritative
 * role (XEP-0220 2.2), and lets a stanza pass only for a pair (from domain, to
 * domain) that was verified on this very stream.
 *
 * Does not verify: it hands out questions and is told the answers.  The
 * driver's functions are those of session.h. */
#pragma once

#include "protocol/counters.h"
#include "protocol/news.h"
#include "protocol/session.h"

typedef struct EnjInbound EnjInbound;

EnjInbound *enj_inbound_new (gboolean direct_tls, EnjSettings *settings, EnjCounters *counters,
                             EnjWake wake, gint64 now);
void enj_inbound_free (EnjInbound *self);
EnjSession *enj_inbound_get_session (EnjInbound *self);

/* STANZA, QUESTION and ADMITTED.  FALSE when there are none. */
gboolean enj_inbound_next (EnjInbound *self, EnjNews *news);

/* The answer to a question: valid, with how it was proved, invalid, or an error
 * with its condition.  A pair that is not waiting for one is ignored. */
void enj_inbound_answer (EnjInbound *self, const char *local, const char *remote,
                         EnjDialbackType type, EnjStanzaCondition condition, EnjProof proof,
                         gint64 now);

/* May @remote write to @local here? */
gboolean enj_inbound_has_pair (const EnjInbound *self, const char *local, const char *remote);

/* New settings; a pair whose sender they deny ends the stream. */
void enj_inbound_set_settings (EnjInbound *self, EnjSettings *settings, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjInbound, enj_inbound_free)

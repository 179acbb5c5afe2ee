/* inbound.h - one server-to-server stream that a peer opened to us.
 *
 * Offers STARTTLS, EXTERNAL where a certificate proves the peer (XEP-0178 3),
 * dialback in the receiving and the authoritative role (XEP-0220 2.2), bidi
 * (XEP-0288) and acknowledgements (XEP-0198).  Lets a stanza pass only for a
 * pair (from domain, to domain) that was proved on this very stream, and with
 * bidi writes only for the inverse of such a pair.
 *
 * Does not verify keys: it hands out questions and is told the answers.  Asks
 * the peer nothing itself.  The driver's functions are those of session.h. */
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

/* May @local write to @remote here?  Bidi is on, and the inverse is admitted (B08). */
gboolean enj_inbound_may_send (const EnjInbound *self, const char *local, const char *remote);

/* For such a pair. */
EnjSend enj_inbound_send (EnjInbound *self, EnjStanza *stanza, gint64 now);

/* TRUE once when there is room again after send() has said FULL. */
gboolean enj_inbound_take_room (EnjInbound *self);

/* The oldest that left us and that the peer has not confirmed (XEP-0198), owned by the
 * caller; NULL when there is none.  For a session that is over. */
EnjStanza *enj_inbound_steal_unconfirmed (EnjInbound *self, gint64 *left);

/* Stanzas that have not left as a whole, or that the peer has not confirmed. */
guint enj_inbound_count_owned (const EnjInbound *self);

/* New settings; a pair that they do not want, or not proved this way, ends the stream. */
void enj_inbound_set_settings (EnjInbound *self, EnjSettings *settings, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjInbound, enj_inbound_free)

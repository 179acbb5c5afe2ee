/* inbound.h - one server-to-server stream that a peer opened to us.
 *
 * Offers STARTTLS, EXTERNAL where a certificate proves the peer (XEP-0178 3),
 * dialback in the receiving and the authoritative role (XEP-0220 2.2), bidi
 * (XEP-0288) and acknowledgements (XEP-0198).  Lets a stanza pass only for a
 * pair (from domain, to domain) that was proved on this very stream, and with
 * bidi writes only for the inverse of such a pair.
 *
 * Does not verify keys: it hands out questions and is told the answers.  Asks
 * the peer nothing itself.  News (STANZA, QUESTION, ADMITTED), answers and what is
 * unconfirmed are the lane's; the driver's functions are those of session.h. */
#pragma once

#include "protocol/lane.h"

typedef struct EnjInbound EnjInbound;

EnjInbound *enj_inbound_new (gboolean direct_tls, EnjSettings *settings, EnjCounters *counters,
                             EnjWake wake, gint64 now);
void enj_inbound_free (EnjInbound *self);
EnjLane *enj_inbound_get_lane (EnjInbound *self);
EnjSession *enj_inbound_get_session (EnjInbound *self);

/* May @remote write to @local here? */
gboolean enj_inbound_has_pair (const EnjInbound *self, const char *local, const char *remote);

/* May @local write to @remote here?  Bidi is on, and the inverse is admitted (B08). */
gboolean enj_inbound_may_send (const EnjInbound *self, const char *local, const char *remote);

/* For such a pair. */
EnjSend enj_inbound_send (EnjInbound *self, EnjStanza *stanza, gint64 now);

/* TRUE once when there is room again after send() has said FULL. */
gboolean enj_inbound_take_room (EnjInbound *self);

/* New settings; a pair that they do not want, or not proved this way, ends the stream. */
void enj_inbound_set_settings (EnjInbound *self, EnjSettings *settings, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjInbound, enj_inbound_free)

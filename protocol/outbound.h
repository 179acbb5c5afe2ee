/* outbound.h - one server-to-server stream that we opened.
 *
 * Carries stanzas from our domains to the peer's, once the peer has accepted
 * each pair of them, and questions about keys that were presented to us
 * (XEP-0220 2.1, 2.6).
 *
 * Does not connect, does not resolve names, does not queue: a stanza is
 * written or not taken.  News (READY, UP, REFUSED, ANSWER; with bidi STANZA, QUESTION,
 * ADMITTED; or MOVED), answers and what is unconfirmed are the lane's; the driver's
 * functions are those of session.h. */
#pragma once

#include "protocol/lane.h"
#include "protocol/race.h"

typedef struct EnjOutbound EnjOutbound;

/* @local and @remote, here and below, are canonical domains: those of our header.  @target is
 * where the connection leads; NULL: STARTTLS, and nothing is known of it. */
EnjOutbound *enj_outbound_new (const char *local, const char *remote, EnjTarget *target,
                               EnjSettings *settings, EnjCounters *counters, EnjWake wake,
                               gint64 now);
void enj_outbound_free (EnjOutbound *self);
EnjLane *enj_outbound_get_lane (EnjOutbound *self);
EnjSession *enj_outbound_get_session (EnjOutbound *self);

/* New settings.  FALSE, and it ends: they want more of the peer than it has shown, or have none
 * of who has proved himself here. */
gboolean enj_outbound_set_settings (EnjOutbound *self, EnjSettings *settings, gint64 now);

/* EXTERNAL is left out where dialback is spoken.  At once. */
void enj_outbound_avoid_external (EnjOutbound *self);

/* It is over: the peer has refused EXTERNAL, and answered nothing by dialback afterwards (E10). */
gboolean enj_outbound_is_shunned (const EnjOutbound *self);

gboolean enj_outbound_is_ready (const EnjOutbound *self);

/* May this pair be put here?  Another local domain where dialback is spoken; another remote
 * one only where the peer has dialback errors, too (D56), and policy does not mind. */
gboolean enj_outbound_may_carry (const EnjOutbound *self, const char *local, const char *remote);

/* Asks the peer to accept a pair, unless that is done or under way (D01). */
void enj_outbound_authorise (EnjOutbound *self, const char *local, const char *remote,
                             gint64 now);

/* Asks whether @key for our stream @id is the peer's; forget() waits no longer. */
void enj_outbound_verify (EnjOutbound *self, const char *local, const char *remote,
                          const char *id, const char *key, gint64 now);
void enj_outbound_forget (EnjOutbound *self, const char *local, const char *remote,
                          const char *id);

gboolean enj_outbound_is_up (const EnjOutbound *self, const char *local, const char *remote);

/* Writes a stanza of a pair that is up. */
EnjSend enj_outbound_send (EnjOutbound *self, EnjStanza *stanza, gint64 now);

/* What the peer has shown; NULL in clear. */
EnjEvidence *enj_outbound_get_evidence (const EnjOutbound *self);
gboolean enj_outbound_has_bidi (const EnjOutbound *self);

/* TLS, and who the peer is, are behind us: no other target would do better (N11). */
gboolean enj_outbound_is_settled (const EnjOutbound *self);

/* It ended where the peer could not do the TLS, or the proof, that is asked for. */
gboolean enj_outbound_is_breach (const EnjOutbound *self);

/* No pair and no question needs it (D24). */
gboolean enj_outbound_is_idle (const EnjOutbound *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjOutbound, enj_outbound_free)

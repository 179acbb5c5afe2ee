/* negotiating.h - how a stream that we open comes to be ready: headers, TLS by
 * STARTTLS or at once (XEP-0368), features, SASL EXTERNAL (XEP-0178 3).
 *
 * Judges the peer's certificate by assurance.h before it says anything to it.
 * Where EXTERNAL is not offered, or fails, the stream is ready for dialback.
 * Used by outbound, which hands down what the session tells.
 *
 * Speaks no dialback, and carries nothing. */
#pragma once

#include "protocol/assurance.h"
#include "protocol/features.h"
#include "protocol/session.h"

typedef struct EnjNegotiating EnjNegotiating;

/* @local and @remote are of our header; @target may be NULL.  Everything is borrowed but
 * a reference to @target. */
EnjNegotiating *enj_negotiating_new (EnjSession *session, const char *local, const char *remote,
                                     EnjTarget *target);
void enj_negotiating_free (EnjNegotiating *self);

/* Our header, or TLS where the target is for direct TLS. */
void enj_negotiating_start (EnjNegotiating *self);
void enj_negotiating_send_header (EnjNegotiating *self);

/* For what is still to be judged. */
void enj_negotiating_set_settings (EnjNegotiating *self, EnjSettings *settings);

/* For the session: the peer's header has come; TLS is up; an element came.  FALSE: it is
 * none of the negotiation.  Each may make it ready, or end the session. */
void enj_negotiating_opened (EnjNegotiating *self);
void enj_negotiating_secured (EnjNegotiating *self);
gboolean enj_negotiating_handle (EnjNegotiating *self, const EnjElement *element);

gboolean enj_negotiating_is_ready (const EnjNegotiating *self);

/* Ready, and the peer has accepted us by EXTERNAL. */
gboolean enj_negotiating_is_external (const EnjNegotiating *self);

/* EXTERNAL is left out where dialback is spoken.  Before the peer's features come. */
void enj_negotiating_avoid_external (EnjNegotiating *self);

/* The peer has refused it. */
gboolean enj_negotiating_was_refused (const EnjNegotiating *self);

/* The newest of the peer. */
EnjFeatures enj_negotiating_get_features (const EnjNegotiating *self);
gboolean enj_negotiating_speaks_dialback (const EnjNegotiating *self);

/* <bidi/> where the peer offers it, we have not authenticated yet, and need no further
 * proof of who it is (XEP-0288 2.2).  Once; with EXTERNAL it has been done.  FALSE: no bidi. */
gboolean enj_negotiating_request_bidi (EnjNegotiating *self);
gboolean enj_negotiating_has_bidi (const EnjNegotiating *self);

const EnjAssurance *enj_negotiating_get_assurance (const EnjNegotiating *self);

/* TLS, and who the peer is, are behind us: no other target would do better. */
gboolean enj_negotiating_is_settled (const EnjNegotiating *self);

/* It ended where the peer could not do the TLS, or the proof, that is asked for. */
gboolean enj_negotiating_is_breach (const EnjNegotiating *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjNegotiating, enj_negotiating_free)

/* management.h - stream management on one session (XEP-0198): acknowledgements,
 * without resumption.
 *
 * Answers <enable/>, <r/> and <a/>, asks for acknowledgements behind what was
 * sent (every 32 stanzas, 5 s after the first that was not asked for, and as
 * keepalive), ends a session whose peer does not answer for 30 s (M12).  Reads no
 * more while over 400 stanzas of the peer are not done with, sends no more while
 * the peer has confirmed too little (queue-stanzas, queue-bytes).
 *
 * Arms ENJ_WAIT_ACK of the session: its owner calls tick() then.
 *
 * Does not bounce: what is not confirmed when the session is over is stolen
 * from it. */
#pragma once

#include "protocol/ack.h"
#include "protocol/counters.h"
#include "protocol/session.h"

typedef struct EnjManagement EnjManagement;

EnjManagement *enj_management_new (EnjSession *session, EnjCounters *counters);
void enj_management_free (EnjManagement *self);

/* We have offered <sm/> behind authentication: <enable/> is welcome from now on (M01, M02). */
void enj_management_allow (EnjManagement *self);

/* The peer has offered it: sends <enable/>. */
void enj_management_enable (EnjManagement *self);

/* TRUE: it was an element of urn:xmpp:sm:3 and has been dealt with.  While the
 * session closes, too: the peer's last <a/> comes then. */
gboolean enj_management_handle (EnjManagement *self, const EnjElement *element);

/* Each stanza of the peer, before anybody else has it. */
void enj_management_note_received (EnjManagement *self, EnjStanza *stanza);

/* Our last <a/> has left, and no other can follow it: a stanza that comes now stays the peer's, who
 * tells its sender that it has not arrived.  Where it is delivered all the same, both is true. */
gboolean enj_management_is_past (const EnjManagement *self);

/* For the session: a stanza's last byte has left.  FALSE: nothing here will prove that the peer
 * has it, and it is not kept. */
gboolean enj_management_note_sent (EnjManagement *self, EnjStanza *stanza);

/* A clean end begins: the last <a/> (M07). */
void enj_management_note_closing (EnjManagement *self);

/* Instead of white space on a quiet stream; FALSE where acknowledgements are off. */
gboolean enj_management_probe (EnjManagement *self);

void enj_management_tick (EnjManagement *self, gint64 now);

/* The oldest that the peer has not confirmed; NULL when there is none.  For a session that is
 * over. */
EnjStanza *enj_management_steal_unconfirmed (EnjManagement *self, gint64 *left);
guint enj_management_count_unconfirmed (const EnjManagement *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjManagement, enj_management_free)

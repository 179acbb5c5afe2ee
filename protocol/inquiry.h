/* inquiry.h - dialback questions under way: from the stream that brought a key to the
 * authoritative server, and the answer back (XEP-0220 2.1.2).
 *
 * Puts each to a stream of ours that leads to that server, never to the one that has
 * brought the key (XEP-0288 2.2); where DANE already says that the asker is whom it says
 * to be, nobody is asked (RFC 7673 3.3).
 *
 * Does not open streams: peers.h does, for what find_waiting() tells. */
#pragma once

#include "protocol/calls.h"
#include "protocol/verifier.h"

typedef struct EnjInquiry EnjInquiry;

/* Free the names by clear(). */
typedef struct
{
  guint64 asker;
  char *local;
  char *remote;
  EnjDialbackType answer;
  EnjStanzaCondition condition;
  EnjProof proof;
} EnjVerdict;

void enj_verdict_clear (EnjVerdict *verdict);

/* @calls is borrowed. */
EnjInquiry *enj_inquiry_new (EnjCalls *calls);
void enj_inquiry_free (EnjInquiry *self);

void enj_inquiry_add (EnjInquiry *self, const EnjQuestion *question, gint64 now);

/* Puts those about @remote to what is ready. */
void enj_inquiry_place (EnjInquiry *self, const char *remote, gint64 now);

/* The local domain of one about @remote that waits for a stream, NULL where none does; TRUE
 * where @call has brought one. */
const char *enj_inquiry_find_waiting (const EnjInquiry *self, const char *remote);
gboolean enj_inquiry_is_from (const EnjInquiry *self, const char *remote, guint64 call);

/* Who has caused what @call looks up; "nobody" where nobody waits for that any more. */
const char *enj_inquiry_get_source (const EnjInquiry *self, const EnjCall *call);

/* Those about @remote that wait for a stream have none. */
void enj_inquiry_fail (EnjInquiry *self, const char *remote, EnjStanzaCondition condition,
                       gint64 now);

/* The stream of a call has ended: what was put there, and what came from there.  @is_ours:
 * we ended it, and the next one asks again. */
void enj_inquiry_hang_up (EnjInquiry *self, const EnjCall *call, EnjStanzaCondition condition,
                          gboolean is_ours, gint64 now);

/* A server of the remote domain of @call is known: whom do its records prove?  TRUE where
 * @call is to leave it at that. */
gboolean enj_inquiry_meet (EnjInquiry *self, const EnjCall *call, const EnjTarget *target,
                           gint64 now);

/* An answer on @call. */
void enj_inquiry_answer (EnjInquiry *self, EnjCall *call, const EnjNews *news, gint64 now);

void enj_inquiry_forget (EnjInquiry *self, guint64 asker);

/* Gives up what is due.  Verdicts for the sessions that have asked; the calls have theirs. */
void enj_inquiry_tick (EnjInquiry *self, gint64 now);
gint64 enj_inquiry_deadline (const EnjInquiry *self);
gboolean enj_inquiry_next (EnjInquiry *self, EnjVerdict *verdict);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjInquiry, enj_inquiry_free)

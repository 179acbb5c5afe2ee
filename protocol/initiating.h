/* initiating.h - one stream as the initiating and the asking server sees it
 * (XEP-0220 2.1): what we have proved to the peer, and what we asked it.
 *
 * Keeps our pairs and the questions about keys, and takes an answer only for
 * what was put on this very stream (3.1).  Used by outbound, for several pairs
 * (2.6).
 *
 * Does not decide whom to ask, nor keep stanzas. */
#pragma once

#include "protocol/counters.h"
#include "protocol/news.h"
#include "protocol/pairs.h"
#include "protocol/session.h"

typedef struct EnjInitiating EnjInitiating;

EnjInitiating *enj_initiating_new (EnjSession *session, EnjCounters *counters,
                                   EnjNewsQueue *news);
void enj_initiating_free (EnjInitiating *self);

/* A new header of the peer: keys are for @stream_id from now on (D05); NULL: none may be made. */
void enj_initiating_set_stream_id (EnjInitiating *self, const char *stream_id);

/* db:result, unless that pair is proved or under way (D01). */
void enj_initiating_authorise (EnjInitiating *self, const char *local, const char *remote);

/* Proved in another way: EXTERNAL. */
void enj_initiating_accept (EnjInitiating *self, const char *local, const char *remote,
                            EnjProof proof);

/* db:verify of @key for our stream @id; forget() waits no longer. */
void enj_initiating_verify (EnjInitiating *self, const char *local, const char *remote,
                            const char *id, const char *key);
void enj_initiating_forget (EnjInitiating *self, const char *local, const char *remote,
                            const char *id);

/* A typed db:result or db:verify; what was not asked is counted and ignored. */
void enj_initiating_handle (EnjInitiating *self, const EnjDialback *answer);

/* Without bidi nobody proves or asks anything on our stream. */
void enj_initiating_refuse (EnjInitiating *self, const EnjDialback *request);

/* The answer to a pair did not come: told as refused. */
void enj_initiating_tick (EnjInitiating *self, gint64 now);
gint64 enj_initiating_deadline (const EnjInitiating *self);

gboolean enj_initiating_is_up (const EnjInitiating *self, const char *local, const char *remote);
gboolean enj_initiating_has (const EnjInitiating *self, const char *local, const char *remote);

/* Of the pairs, in no particular order; NULL past the end. */
const char *enj_initiating_get_remote (const EnjInitiating *self, guint index);

/* The peer has found a key of ours invalid: no pair is up any more, and none will be (D09). */
gboolean enj_initiating_is_spoiled (const EnjInitiating *self);

/* Pairs proved or under way, and questions: with none the stream is of no use. */
guint enj_initiating_count_pairs (const EnjInitiating *self);
guint enj_initiating_count_up (const EnjInitiating *self);
guint enj_initiating_count_questions (const EnjInitiating *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjInitiating, enj_initiating_free)

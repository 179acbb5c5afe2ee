/* roster.h - all pairs (peer.h), and what becomes of their stanzas.
 *
 * A stanza leaves over a stream that is found for its pair, waits for one, or goes
 * back with the reason: too old, too large, refused, lost too often.  Which remote
 * domains are to be looked after is noted here, too.
 *
 * Does not call anybody, and does not make the errors. */
#pragma once

#include "protocol/calls.h"
#include "protocol/peer.h"
#include "protocol/returns.h"

typedef struct EnjRoster EnjRoster;

/* @calls and @failures are borrowed. */
EnjRoster *enj_roster_new (EnjSettings *settings, EnjCalls *calls, EnjFailures *failures);
void enj_roster_free (EnjRoster *self);
void enj_roster_set_settings (EnjRoster *self, EnjSettings *settings);

/* FALSE when too much waits for that pair already. */
gboolean enj_roster_send (EnjRoster *self, const char *local, const char *remote,
                          EnjStanza *stanza, gint64 now);

/* Streams for the pairs of @remote that want one, as far as there are any; @refusal is why there
 * will be no others, or NULL.  Then writes what can be written. */
void enj_roster_serve (EnjRoster *self, const char *remote, const EnjReason *refusal, gint64 now);

/* The local domain of a pair that still wants a stream, or NULL. */
const char *enj_roster_find_caller (const EnjRoster *self, const char *remote);

/* Whose stanza is the first that wants it, as turns.h names him; newly allocated, or NULL.  What is
 * first there of his goes back; FALSE where nothing is. */
char *enj_roster_dup_source (const EnjRoster *self, const char *remote);
gboolean enj_roster_refuse_source (EnjRoster *self, const char *remote, const EnjReason *reason);

/* ---- Streams that peers have opened (XEP-0288 2.2) ----------------------- */

/* Might one be lent to the pair, until lose_inbound()?  Not while another stream has its
 * stanzas (S27). */
gboolean enj_roster_may_borrow (const EnjRoster *self, const char *local, const char *remote);
gboolean enj_roster_is_waiting (const EnjRoster *self, const char *local, const char *remote);
void enj_roster_lend (EnjRoster *self, const char *local, const char *remote,
                      EnjInbound *inbound);

/* It has room again; it is over. */
void enj_roster_note_room (EnjRoster *self, const EnjInbound *inbound);
void enj_roster_lose_inbound (EnjRoster *self, EnjInbound *inbound, gint64 now);

/* ---- What streams do to pairs ------------------------------------------- */

void enj_roster_note_up (EnjRoster *self, const char *local, const char *remote);

/* The peer does not take the pair on the stream of @call, which is left.  With @reason its
 * stanzas go back, now and for a while. */
void enj_roster_refuse (EnjRoster *self, const EnjCall *call, const char *local,
                        const char *remote, const EnjReason *reason, gint64 now);

/* TRUE once until the pair is up, where it is on @call: it leaves it, to try another (D16). */
gboolean enj_roster_may_retry (EnjRoster *self, const EnjCall *call, const char *local,
                               const char *remote);

/* The stream of @call has ended. */
void enj_roster_hang_up (EnjRoster *self, EnjCall *call, gint64 now);

/* All that waits for domains which policy denies goes back. */
void enj_roster_deny (EnjRoster *self, const EnjReason *reason);

/* ---- Going back --------------------------------------------------------- */

gboolean enj_roster_next_return (EnjRoster *self, EnjReturn *item);

/* ---- Marks and time ----------------------------------------------------- */

/* @remote is to be looked after; the next of them, newly allocated, or NULL. */
void enj_roster_mark (EnjRoster *self, const char *remote);
void enj_roster_mark_all (EnjRoster *self);
char *enj_roster_steal_marked (EnjRoster *self);

/* No attempt for stanzas before @until, in monotonic microseconds. */
void enj_roster_pause (EnjRoster *self, const char *remote, gint64 until);
gboolean enj_roster_is_pausing (const EnjRoster *self, const char *remote, gint64 now);

/* Not later than the earliest of all. */
gint64 enj_roster_deadline (const EnjRoster *self);
void enj_roster_tick (EnjRoster *self, gint64 now);

guint enj_roster_count_waiting_for (const EnjRoster *self, const char *remote);

/* Those of all, and what goes back. */
guint enj_roster_count_owned (const EnjRoster *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjRoster, enj_roster_free)

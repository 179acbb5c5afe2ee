/* call.h - one attempt to reach a remote server, from the first look-up to the
 * end of its stream.
 *
 * Finds out where to connect, passes over targets that are of no use (N11), follows
 * a peer that says see-other-host once (S25), goes back by dialback to one that has
 * hung up behind EXTERNAL (E10), and holds the stream while it lasts;
 * several pairs may use it (XEP-0220 2.6).
 *
 * Does not look up or connect: its wishes are fulfilled by others.  Does not keep
 * stanzas or questions. */
#pragma once

#include "protocol/attempts.h"
#include "protocol/failures.h"
#include "protocol/history.h"
#include "protocol/memory.h"
#include "protocol/outbound.h"
#include "protocol/targets.h"

typedef struct EnjCall EnjCall;

/* What all calls share, and hand up by. */
typedef struct
{
  EnjSettings *settings;
  EnjCounters *counters;
  EnjWake wake;
  GArray *forbidden; /* of EnjAddress */
  EnjBerths *berths;
  EnjHistory *history; /* of all attempts */
  GHashTable *dying;   /* EnjSession to EnjOutbound, over but not yet closed */
  GHashTable *berthed; /* EnjSession to EnjBerth, of those that were never ready */
  EnjMemory *shunned; /* "local remote" to gint64, time until which EXTERNAL is avoided */
  GQueue dirty;      /* of EnjCall: those that want process() */
} EnjCallCommon;

/* From @local to @remote, canonical; others may join.  A probe is after what the DNS knows, and
 * never connects. */
EnjCall *enj_call_new (EnjCallCommon *common, guint64 id, const char *local, const char *remote,
                       gboolean is_probe);
void enj_call_free (EnjCall *self);

const guint64 *enj_call_get_id (const EnjCall *self);
const char *enj_call_get_local (const EnjCall *self);
gboolean enj_call_is_probe (const EnjCall *self);

/* The remote domains that it leads to, its own first; NULL past the end. */
const char *enj_call_get_remote (const EnjCall *self, guint index);
void enj_call_add_remote (EnjCall *self, const char *remote);
gboolean enj_call_leads_to (const EnjCall *self, const char *remote);

/* ---- On the way ---------------------------------------------------------- */

/* Look-ups and connections that it wishes for, each once; FALSE: none for now.  Connections
 * wait for a berth. */
gboolean enj_call_next_wish (EnjCall *self, EnjTargetsWish *wish, gint64 now);

/* When it may have another, in monotonic microseconds. */
gint64 enj_call_deadline (const EnjCall *self);

/* Where the answers go; NULL when nothing is looked for any more. */
EnjTargets *enj_call_get_targets (EnjCall *self);
EnjAttempts *enj_call_get_attempts (const EnjCall *self);
void enj_call_dial_failed (EnjCall *self, guint ticket, const char *why);

/* The connection is there: the session to drive; NULL when it is not wanted any more. */
EnjSession *enj_call_dialled (EnjCall *self, guint ticket, gint64 now);

/* ---- The stream ---------------------------------------------------------- */

/* For one that was taken from the queue of the dirty ones, when its news are fetched.  TRUE
 * where the stream has ended: for good, or for another attempt. */
gboolean enj_call_process (EnjCall *self);

/* FALSE when there are none. */
gboolean enj_call_next (EnjCall *self, EnjNews *news);

/* Pairs and questions may be put to its stream. */
gboolean enj_call_is_ready (const EnjCall *self);

/* It looks up, connects or negotiates: nothing may be put there yet. */
gboolean enj_call_is_attempt (const EnjCall *self);

/* When it got where. */
const EnjMilestones *enj_call_get_milestones (const EnjCall *self);

/* NULL while there is none. */
EnjOutbound *enj_call_get_outbound (const EnjCall *self);
const EnjAddress *enj_call_get_address (const EnjCall *self);

/* May the pair be put there, too?  For a remote domain of another name the caller has
 * made sure that it is served at the same address. */
gboolean enj_call_may_carry (const EnjCall *self, const char *local, const char *remote);

/* Nobody waits for the answer to a question any more. */
void enj_call_forget (EnjCall *self, const char *local, const char *remote, const char *id);

/* No more pairs; or not one more byte than is written: what waits has the next call. */
void enj_call_shut (EnjCall *self);
void enj_call_retire (EnjCall *self, gint64 now);

/* New settings: a stream that they do not want ends in the same way. */
void enj_call_set_settings (EnjCall *self, EnjSettings *settings, gint64 now);

/* Policy has come to deny a domain that it leads to: ends with an error, the same way.  One that
 * is ending goes on with that. */
void enj_call_deny (EnjCall *self, gint64 now);

/* ---- The end ------------------------------------------------------------- */

gboolean enj_call_is_over (const EnjCall *self);

/* We ended it ourselves. */
gboolean enj_call_is_spent (const EnjCall *self);

/* Why it failed; NULL for one that was of use, or that we ended ourselves. */
const EnjReason *enj_call_get_reason (const EnjCall *self);

gboolean enj_call_was_up (const EnjCall *self, const char *local, const char *remote);

/* The pairs that were up: TRUE the first time for each; and all of them, FALSE past the end. */
gboolean enj_call_note_up (EnjCall *self, const char *local, const char *remote);
gboolean enj_call_get_up (const EnjCall *self, guint index, const char **local,
                          const char **remote);

/* An answer to a question has come: it was of use. */
void enj_call_note_use (EnjCall *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjCall, enj_call_free)

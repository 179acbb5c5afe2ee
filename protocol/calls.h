/* calls.h - all our attempts at remote servers and all streams to them.
 *
 * Finds the one that may carry a pair or a question, so that there is one attempt at a
 * remote domain at a time and one stream for many pairs (XEP-0220 2.6): of other local
 * domains to the same remote one, and of other remote domains at the same address.
 *
 * Does not know what waits for them. */
#pragma once

#include "protocol/call.h"

typedef struct EnjCalls EnjCalls;

/* @wake: next_dirty() has one. */
EnjCalls *enj_calls_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake);
void enj_calls_free (EnjCalls *self);

/* For what is started from now on. */
void enj_calls_set_settings (EnjCalls *self, EnjSettings *settings, gint64 now);

/* An address of ours that DNS must never lead to; once more is no matter. */
void enj_calls_forbid (EnjCalls *self, const EnjAddress *address);

/* For pairs and questions of @remote.  A probe never connects and is never found. */
EnjCall *enj_calls_start (EnjCalls *self, const char *local, const char *remote);
EnjCall *enj_calls_probe (EnjCalls *self, const char *local, const char *remote);

/* NULL where there is none.  @asker: not that one, for it has brought the key itself
 * (XEP-0288 2.2); 0 is nobody. */
EnjCall *enj_calls_find (const EnjCalls *self, guint64 id);
EnjCall *enj_calls_find_attempt (const EnjCalls *self, const char *remote);
EnjCall *enj_calls_find_ready (const EnjCalls *self, const char *local, const char *remote,
                               guint64 asker);

/* One that leads to @address and may carry the pair (D56). */
EnjCall *enj_calls_find_at (const EnjCalls *self, const EnjAddress *address, const char *local,
                            const char *remote);

/* The one that @session, of an outbound stream, is the stream of; NULL where that has ended. */
EnjCall *enj_calls_find_of (const EnjCalls *self, const EnjSession *session);

/* It leads to @remote, too. */
void enj_calls_add_remote (EnjCalls *self, EnjCall *call, const char *remote);

/* One that may connect now, where CONNECT was its wish before: the same wish.  NULL where none
 * may. */
EnjCall *enj_calls_next_dial (EnjCalls *self, EnjTargetsWish *wish, gint64 now);

/* A connection of the call is there, as enj_call_dialled(); its stream has ended. */
EnjSession *enj_calls_dialled (EnjCalls *self, EnjCall *call, guint ticket, gint64 now);
void enj_calls_hang_up (EnjCalls *self, EnjCall *call);

/* Streams to @remote that nobody needs are closed (D24). */
void enj_calls_close_idle (EnjCalls *self, const char *remote, gint64 now);

/* It is not to be found any more, and freed; its stream, if any, when that is closed. */
void enj_calls_drop (EnjCalls *self, EnjCall *call);
gboolean enj_calls_closed (EnjCalls *self, EnjSession *session);

/* One that has something to tell; NULL when none has. */
EnjCall *enj_calls_next_dirty (EnjCalls *self);

/* When next_dial() may have one only for the time, in monotonic microseconds. */
gint64 enj_calls_deadline (const EnjCalls *self);
void enj_calls_tick (EnjCalls *self, gint64 now);

/* How they went. */
EnjHistory *enj_calls_get_history (const EnjCalls *self);

/* All of them, in a new array. */
GPtrArray *enj_calls_list_new (const EnjCalls *self);

/* Streams that are there, over or not. */
guint enj_calls_count_streams (const EnjCalls *self);

/* Ends those that have nothing to write on yet, and those that have not written all. */
void enj_calls_retire_stuck (EnjCalls *self, gint64 now);

/* Closes all that are of use, in order. */
void enj_calls_retire_ready (EnjCalls *self, gint64 now);

/* Those that we have begun to end. */
guint enj_calls_count_ending (const EnjCalls *self);

/* Stanzas in them that have not left as a whole. */
guint enj_calls_count_unsent (const EnjCalls *self);

/* Those, and what the peers have not confirmed; of streams that are over, too. */
guint enj_calls_count_owned (const EnjCalls *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjCalls, enj_calls_free)

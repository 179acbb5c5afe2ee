/* failures.h - whom we could not reach: why, when, and until when they rest.
 *
 * One record for each remote domain, shared by all its pairs, and one for each
 * pair that a remote domain refuses.  A rest doubles with each failure in a
 * row, with jitter (RFC 6120 3.3); meanwhile nothing is tried, and whoever
 * writes there has the last reason at once.
 *
 * Bounded in number, and forgotten after an hour.  Does not try again. */
#pragma once

#include "protocol/enjamb.h"

typedef struct EnjFailures EnjFailures;

/* What senders and askers are told. */
typedef struct
{
  EnjStanzaCondition condition;
  const char *error_type;     /* "cancel" or "wait", static */
  const char *text;           /* names nobody */
  EnjStanzaCondition verdict; /* to a dialback request (XEP-0220 2.5, D33) */
  guint64 rest;               /* seconds at the least, but no more than may be at most */
} EnjReason;

/* Of a stream that was of no use and ended with @error, which may be NULL; @is_breach: the peer
 * could not do what is asked for (RFC 6120 8.3.3.16, 8.3.3.17). */
EnjReason enj_reason_of_stream (const GError *error, gboolean is_breach);

/* Of places to connect that were not found, or not reached: @error (targets.h) lends its text. */
EnjReason enj_reason_of_targets (const GError *error, gboolean is_final);

/* It is our own lack of room: no failure of the other side, and nothing to note. */
gboolean enj_reason_is_ours (const EnjReason *self);

/* Times are monotonic microseconds. */
typedef struct
{
  EnjReason reason;
  gint64 at;         /* the last failure */
  gint64 rest_until; /* no attempt before */
  guint attempts;    /* that failed in a row */
} EnjFailure;

EnjFailures *enj_failures_new (void);
void enj_failures_free (EnjFailures *self);

/* One more attempt at @name has failed.  @max: the longest rest, in seconds. */
void enj_failures_note (EnjFailures *self, const char *name, const EnjReason *reason,
                        guint64 max, gint64 now);

/* An attempt has succeeded. */
void enj_failures_forget (EnjFailures *self, const char *name);

/* The record, until the next call that changes any; NULL where there is none. */
const EnjFailure *enj_failures_find (const EnjFailures *self, const char *name);

/* The same while it rests. */
const EnjFailure *enj_failures_find_resting (const EnjFailures *self, const char *name,
                                             gint64 now);
guint enj_failures_count (const EnjFailures *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjFailures, enj_failures_free)

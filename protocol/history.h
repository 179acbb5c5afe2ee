/* history.h - how our last attempts to reach each remote domain went.
 *
 * For whoever asks why a domain is not reached: some attempts of each, those that succeeded
 * too.  Bounded in number, in bytes, and forgotten after an hour without one.
 *
 * Decides nothing: until when a domain rests failures.h knows. */
#pragma once

#include "protocol/milestones.h"

typedef struct EnjHistory EnjHistory;

/* How many of each domain are kept. */
#define ENJ_HISTORY_ATTEMPTS 5

typedef struct
{
  gint64 at;          /* when it ended, monotonic microseconds */
  gboolean succeeded; /* a pair came up */
  const char *step;   /* the one it failed at, static: "DNS", "TCP", "TLS", "authentication" */
  const char *reason; /* "" for one that succeeded; printable, and cut */
  EnjMilestones milestones;
} EnjAttempt;

EnjHistory *enj_history_new (void);
void enj_history_free (EnjHistory *self);

/* An attempt at @domain begins. */
void enj_history_begin (EnjHistory *self, const char *domain, gint64 now);

/* It has ended, with a pair that is up, where @reason is NULL.  @reason may hold what a peer
 * said. */
void enj_history_note (EnjHistory *self, const char *domain, const EnjMilestones *milestones,
                       const char *reason, gint64 now);

/* Those of one domain, the newest first, until the next call that changes any; the number. */
guint enj_history_find (const EnjHistory *self, const char *domain,
                        EnjAttempt attempts[ENJ_HISTORY_ATTEMPTS]);

/* At most @max domains in order of their spelling, behind @after, or from the first where that
 * is NULL; borrowed in the same way.  Fewer: these were the last. */
guint enj_history_list (const EnjHistory *self, const char *after, const char **domains,
                        guint max);
guint enj_history_count (const EnjHistory *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjHistory, enj_history_free)

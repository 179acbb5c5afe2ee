/* budget.h - the bytes that the process holds for its peers, in all (limits.memory).
 *
 * Whoever allocates what a peer or a user chooses the size of says so, and says so again
 * when it is freed: contents and heads of stanzas, their places where they wait for a stream or a
 * service, buffers of streams, the bookkeeping of what is to be confirmed.  Records of one size
 * (of a pair of domains, of a question about one, of what leaves or goes back) count by number.
 * What a library keeps for itself (GnuTLS, expat) is not among it.
 *
 * Refuses nothing: those who would take on more ask first.  One for the process, whatever
 * the number of bridges; any thread. */
#pragma once

#include <glib.h>

/* What a small record counts for: its fields, its place in a list, and what malloc adds; and one
 * with names of domains and a table's place. */
#define ENJ_BUDGET_RECORD 128
#define ENJ_BUDGET_NAMED 512

void enj_budget_charge (gsize bytes);
void enj_budget_release (gsize bytes);
gsize enj_budget_get_held (void);

/* Without limit until it is called. */
void enj_budget_set_limit (guint64 bytes);

/* As much is held as may be; and an eighth more, for what must go on all the same. */
gboolean enj_budget_is_over (void);
gboolean enj_budget_is_far_over (void);

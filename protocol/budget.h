/* budget.h - the bytes that the process holds for its peers, in all (limits.memory).
 *
 * Whoever allocates what a peer or a user chooses the size of says so, and says so again
 * when it is freed: contents and heads of stanzas, their places where they wait for a stream or a
 * service, buffers of streams.  Records of one size are not among it (of a pair of domains, of
 * what is to be confirmed, of what goes back): each has a stanza or a stream that is bounded.
 * Nor is what a library keeps for itself (GnuTLS, expat).
 *
 * Refuses nothing: those who would take on more ask first.  One for the process, whatever
 * the number of bridges; any thread. */
#pragma once

#include <glib.h>

void enj_budget_charge (gsize bytes);
void enj_budget_release (gsize bytes);
gsize enj_budget_get_held (void);

/* Without limit until it is called. */
void enj_budget_set_limit (guint64 bytes);

/* As much is held as may be; and an eighth more, for what must go on all the same. */
gboolean enj_budget_is_over (void);
gboolean enj_budget_is_far_over (void);

/* pairs.h - which (from domain, to domain) are authorised on one stream.
 *
 * The unit of trust: nothing is ever authorised but a pair, and a failed
 * proof never leaves it more trusted than before. */
#pragma once

#include <glib.h>

typedef struct EnjPairs EnjPairs;

typedef enum
{
  ENJ_PAIR_NONE,
  ENJ_PAIR_PENDING,
  ENJ_PAIR_VALID
} EnjPairState;

EnjPairs *enj_pairs_new (void);
void enj_pairs_free (EnjPairs *self);

EnjPairState enj_pairs_get (const EnjPairs *self, const char *from, const char *to);

/* NONE removes it. */
void enj_pairs_set (EnjPairs *self, const char *from, const char *to, EnjPairState state);

guint enj_pairs_count (const EnjPairs *self, EnjPairState state);

/* Is @from the sender of any valid pair? */
gboolean enj_pairs_has_sender (const EnjPairs *self, const char *from);

/* The pair at @index in no particular order; FALSE past the end. */
gboolean enj_pairs_get_nth (const EnjPairs *self, guint index, const char **from, const char **to,
                            EnjPairState *state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjPairs, enj_pairs_free)

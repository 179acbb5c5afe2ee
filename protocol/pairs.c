#include "config.h"

#include "protocol/pairs.h"

#include <string.h>

#include "protocol/budget.h"

typedef struct
{
  char *from;
  char *to;
  EnjPairState state;
} Pair;

/* Few on nearly every stream, bounded on all: a list is the fastest table. */
struct EnjPairs
{
  GArray *pairs;
};

static void
pair_clear (gpointer data)
{
  Pair *pair = data;

  enj_budget_release (ENJ_BUDGET_RECORD);
  g_free (pair->from);
  g_free (pair->to);
}

static Pair *
find (const EnjPairs *self, const char *from, const char *to, guint *index)
{
  for (guint i = 0; i < self->pairs->len; i++)
    {
      Pair *pair = &g_array_index (self->pairs, Pair, i);

      if (strcmp (pair->from, from) == 0 && strcmp (pair->to, to) == 0)
        {
          if (index)
            *index = i;
          return pair;
        }
    }
  return NULL;
}

EnjPairs *
enj_pairs_new (void)
{
  EnjPairs *self = g_new0 (EnjPairs, 1);

  self->pairs = g_array_new (FALSE, FALSE, sizeof (Pair));
  g_array_set_clear_func (self->pairs, pair_clear);
  return self;
}

void
enj_pairs_free (EnjPairs *self)
{
  if (!self)
    return;
  g_array_unref (self->pairs);
  g_free (self);
}

EnjPairState
enj_pairs_get (const EnjPairs *self, const char *from, const char *to)
{
  const Pair *pair = find (self, from, to, NULL);

  return pair ? pair->state : ENJ_PAIR_NONE;
}

void
enj_pairs_set (EnjPairs *self, const char *from, const char *to, EnjPairState state)
{
  guint index;
  Pair *pair = find (self, from, to, &index);

  if (pair && state == ENJ_PAIR_NONE)
    {
      g_array_remove_index_fast (self->pairs, index);
    }
  else if (pair)
    {
      pair->state = state;
    }
  else if (state != ENJ_PAIR_NONE)
    {
      Pair fresh = { g_strdup (from), g_strdup (to), state };

      enj_budget_charge (ENJ_BUDGET_RECORD);
      g_array_append_val (self->pairs, fresh);
    }
}

guint
enj_pairs_count (const EnjPairs *self, EnjPairState state)
{
  guint n = 0;

  for (guint i = 0; i < self->pairs->len; i++)
    n += g_array_index (self->pairs, Pair, i).state == state;
  return n;
}

gboolean
enj_pairs_has_sender (const EnjPairs *self, const char *from)
{
  for (guint i = 0; i < self->pairs->len; i++)
    {
      const Pair *pair = &g_array_index (self->pairs, Pair, i);

      if (pair->state == ENJ_PAIR_VALID && strcmp (pair->from, from) == 0)
        return TRUE;
    }
  return FALSE;
}

gboolean
enj_pairs_get_nth (const EnjPairs *self, guint index, const char **from, const char **to,
                   EnjPairState *state)
{
  const Pair *pair;

  if (index >= self->pairs->len)
    return FALSE;
  pair = &g_array_index (self->pairs, Pair, index);
  *from = pair->from;
  *to = pair->to;
  *state = pair->state;
  return TRUE;
}

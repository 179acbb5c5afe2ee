#include "config.h"

#include "protocol/standing.h"

#include <string.h>

#include "protocol/budget.h"

/* Of reference-counted, interned strings. */
typedef struct
{
  char *local;
  char *remote;
} Pair;

static void
pair_clear (gpointer data)
{
  Pair *pair = data;

  enj_budget_release (ENJ_BUDGET_RECORD);
  g_ref_string_release (pair->local);
  g_ref_string_release (pair->remote);
}

void
enj_standing_clear (EnjStanding *self)
{
  g_clear_pointer (&self->pairs, g_array_unref);
}

void
enj_standing_reset (EnjStanding *self)
{
  enj_standing_clear (self);
  self->peer_proof = NULL;
  self->own_proof = NULL;
  self->has_bidi = FALSE;
  self->is_acknowledged = FALSE;
  self->milestones.at[ENJ_MILESTONE_AUTHENTICATED] = 0;
}

static void
remember (EnjStanding *self, const char *local, const char *remote)
{
  const Pair fresh = { g_ref_string_new_intern (local), g_ref_string_new_intern (remote) };

  if (!self->pairs)
    {
      self->pairs = g_array_new (FALSE, FALSE, sizeof (Pair));
      g_array_set_clear_func (self->pairs, pair_clear);
    }
  enj_budget_charge (ENJ_BUDGET_RECORD);
  g_array_append_val (self->pairs, fresh);
}

gboolean
enj_standing_add_pair (EnjStanding *self, const EnjLog *log, const char *local,
                       const char *remote, const char *tls, const char *proof, const char *peer,
                       gint64 now)
{
  EnjLog line = *log;
  gboolean is_first = !self->milestones.at[ENJ_MILESTONE_AUTHENTICATED];

  if (is_first)
    self->milestones.at[ENJ_MILESTONE_AUTHENTICATED] = now;
  line.local = local;
  line.remote = remote;
  enj_log_info (&line, "stream up, %s, %s%s%s%s%s", tls, proof, peer ? ", " : "",
                peer ? peer : "", self->has_bidi ? ", bidi" : "",
                self->is_acknowledged ? ", acknowledged" : "");
  if (!enj_standing_has (self, local, remote))
    remember (self, local, remote);
  return is_first;
}

guint
enj_standing_count_pairs (const EnjStanding *self)
{
  return self->pairs ? self->pairs->len : 0;
}

gboolean
enj_standing_get_pair (const EnjStanding *self, const char **local, const char **remote)
{
  const Pair *pair;

  if (enj_standing_count_pairs (self) == 0)
    return FALSE;
  pair = &g_array_index (self->pairs, Pair, 0);
  *local = pair->local;
  *remote = pair->remote;
  return TRUE;
}

gboolean
enj_standing_has (const EnjStanding *self, const char *local, const char *remote)
{
  for (guint i = 0; i < enj_standing_count_pairs (self); i++)
    {
      const Pair *pair = &g_array_index (self->pairs, Pair, i);

      if ((!local || strcmp (pair->local, local) == 0)
          && (!remote || strcmp (pair->remote, remote) == 0))
        return TRUE;
    }
  return FALSE;
}

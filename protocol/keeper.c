#include "config.h"

#include "protocol/keeper.h"

void
enj_keeper_clear_held (EnjKeeper *self)
{
  g_queue_clear_full (&self->held, (GDestroyNotify) enj_stanza_unref);
}

void
enj_keeper_clear (EnjKeeper *self)
{
  enj_keeper_clear_held (self);
  g_queue_clear_full (&self->doubtful, (GDestroyNotify) enj_stanza_unref);
}

gboolean
enj_keeper_write (EnjKeeper *self, EnjOrigin origin, const char *component, guint64 end,
                  EnjStanza *stanza)
{
  EnjReceipt *receipt = NULL;
  gboolean written;

  if (!self->write || enj_stanza_get_receipt (stanza))
    return TRUE;
  written = self->write (origin, component, end, stanza, &receipt, self->data);
  if (receipt)
    enj_stanza_set_receipt (stanza, receipt);
  self->has_missed |= !written;
  enj_receipt_unref (receipt);
  return written;
}

static gboolean
is_for_goal (EnjKeeperMode mode, EnjKeeperGoal goal)
{
  switch (mode)
    {
    case ENJ_KEEPER_PASSES:
      return FALSE;
    case ENJ_KEEPER_HOLDS_FOR_HOSTED:
      return goal == ENJ_KEEPER_FOR_HOSTED;
    case ENJ_KEEPER_HOLDS_FOR_PEERS:
      return goal == ENJ_KEEPER_FOR_PEER || goal == ENJ_KEEPER_FOR_HOSTED;
    case ENJ_KEEPER_HOLDS_FOR_OTHERS:
      return goal != ENJ_KEEPER_FOR_PEER;
    case ENJ_KEEPER_HOLDS_ALL:
      return TRUE;
    }
  return FALSE;
}

gboolean
enj_keeper_hold (EnjKeeper *self, EnjKeeperGoal goal, EnjStanza *stanza)
{
  if (!self->write || self->has_missed || !is_for_goal (self->mode, goal))
    return FALSE;
  g_queue_push_tail (goal == ENJ_KEEPER_FOR_SENDER ? &self->doubtful : &self->held,
                     enj_stanza_ref (stanza));
  return TRUE;
}

guint
enj_keeper_count (const EnjKeeper *self)
{
  return self->held.length + self->doubtful.length;
}

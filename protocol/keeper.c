#include "config.h"

#include "protocol/keeper.h"

void
enj_keeper_clear (EnjKeeper *self)
{
  g_queue_clear_full (&self->held, (GDestroyNotify) enj_stanza_unref);
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

gboolean
enj_keeper_hold (EnjKeeper *self, EnjStanza *stanza)
{
  if (!self->is_handing_over || self->has_missed)
    return FALSE;
  g_queue_push_tail (&self->held, enj_stanza_ref (stanza));
  return TRUE;
}

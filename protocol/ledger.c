#include "config.h"

#include "protocol/ledger.h"

struct EnjLedger
{
  EnjCounters counters;
};

EnjLedger *
enj_ledger_new (void)
{
  return g_rc_box_new0 (EnjLedger);
}

void
enj_ledger_free (EnjLedger *self)
{
  if (self)
    g_rc_box_release (self);
}

EnjCounters *
enj_ledger_get_counters (EnjLedger *self)
{
  return &self->counters;
}

/* A program may keep a stanza for longer than we live: each receipt holds on
 * to the ledger. */
static void
settle (gpointer data, guint64 number)
{
  EnjLedger *self = data;

  (void) number; /* Which one it was matters to nobody yet. */
  self->counters.settled++;
  enj_ledger_free (self);
}

void
enj_ledger_enter (EnjLedger *self, EnjStanza *stanza)
{
  EnjReceipt *receipt
    = enj_receipt_new (settle, g_rc_box_acquire (self), ++self->counters.accepted);

  enj_stanza_set_receipt (stanza, receipt);
  enj_receipt_unref (receipt);
}

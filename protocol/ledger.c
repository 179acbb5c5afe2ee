#include "config.h"

#include "protocol/ledger.h"

#include "protocol/budget.h"

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

/* One stanza that is out.  A program may keep it for longer than we live: each holds on to the
 * ledger. */
typedef struct
{
  EnjLedger *ledger;
  EnjReceipt *behind; /* whoever brought the stanza waits for its end, too; NULL for nobody */
} Entry;

static void
settle (gpointer data, guint64 number)
{
  Entry *entry = data;
  EnjReceipt *behind = entry->behind;

  (void) number; /* Which one it was matters to nobody yet. */
  enj_budget_release (ENJ_BUDGET_RECORD);
  entry->ledger->counters.settled++;
  enj_ledger_free (entry->ledger);
  g_free (entry);
  enj_receipt_unref (behind);
}

void
enj_ledger_enter (EnjLedger *self, EnjStanza *stanza, gint64 now)
{
  Entry *entry = g_new (Entry, 1);
  EnjReceipt *behind = enj_stanza_get_receipt (stanza);
  EnjReceipt *receipt;

  enj_budget_charge (ENJ_BUDGET_RECORD);
  entry->ledger = g_rc_box_acquire (self);
  entry->behind = behind ? enj_receipt_ref (behind) : NULL;
  receipt = enj_receipt_new (settle, entry, ++self->counters.accepted);
  enj_receipt_set_since (receipt, now);
  enj_stanza_set_receipt (stanza, receipt);
  enj_receipt_unref (receipt);
}

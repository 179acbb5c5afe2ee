/* ledger.h - the stanzas that we took over, until the end of their last heir.
 *
 * Keeps the counters of the process and gives each stanza that is entered a
 * receipt.  Does not keep the stanzas, nor know where they are. */
#pragma once

#include "protocol/counters.h"
#include "protocol/stanza.h"

typedef struct EnjLedger EnjLedger;

EnjLedger *enj_ledger_new (void);

/* What is still out is counted to its end, for whoever looks. */
void enj_ledger_free (EnjLedger *self);
EnjCounters *enj_ledger_get_counters (EnjLedger *self);

/* From now on it is ours: counted as accepted now, as settled at its end, and a
 * receipt that it has (XEP-0198) is done then, too.  Before anybody else has it. */
void enj_ledger_enter (EnjLedger *self, EnjStanza *stanza, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjLedger, enj_ledger_free)

/* law.h - no stanza is lost in silence: the law, and whether it holds.
 *
 *   accepted + sent + bounced = delivered + confirmed + unproven + bounced + dropped + owned
 *
 * Each stanza that was accepted from a stream, sent by a service or made by us as an error
 * comes to one end, or is owned.  The counters (counters.h) are of what happened; what is
 * owned is counted where it is kept, so a stanza that is freed in silence breaks the law.
 *
 * Counts nothing itself. */
#pragma once

#include "protocol/counters.h"

/* How many have begun and are not accounted for: 0 where the law holds, less than that where one
 * has come to two ends. */
gint64 enj_law_weigh (const EnjCounters *counters, guint64 owned);

/* The law in one line, for people; new. */
char *enj_law_format (const EnjCounters *counters, guint64 owned);

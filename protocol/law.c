#include "config.h"

#include "protocol/law.h"

gint64
enj_law_weigh (const EnjCounters *counters, guint64 owned)
{
  guint64 begun = counters->accepted + counters->sent + counters->bounced;
  guint64 ended = counters->delivered + counters->confirmed + counters->unproven
                  + counters->bounced + counters->dropped;

  return (gint64) (begun - ended - owned);
}

#define N G_GUINT64_FORMAT

char *
enj_law_format (const EnjCounters *counters, guint64 owned)
{
  return g_strdup_printf ("accepted %" N ", sent %" N ", delivered %" N ", confirmed %" N
                          ", unproven %" N ", bounced %" N ", dropped %" N ", owned %" N,
                          counters->accepted, counters->sent, counters->delivered,
                          counters->confirmed, counters->unproven, counters->bounced,
                          counters->dropped, owned);
}

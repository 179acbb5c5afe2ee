#include "config.h"

#include "component/sights.h"

#include "protocol/budget.h"
#include "component/plot.h"
#include "component/trend.h"

#define EVERY_SECONDS (ENJ_SIGHTS_EVERY / G_USEC_PER_SEC)

typedef enum
{
  SIGHT_TAKEN,
  SIGHT_LINKS,
  SIGHT_PEERS,
  SIGHT_BOUNCED,
  SIGHT_OWNED,
  SIGHT_STREAMS,
  SIGHT_MEMORY,
  N_SIGHTS
} Sight;

static const struct
{
  const char *name;
  const char *unit;
  gboolean grows; /* a counter: what is seen is how fast it grows */
} sights[N_SIGHTS] = {
  [SIGHT_TAKEN] = { "Stanzas taken over", "a second", TRUE },
  [SIGHT_LINKS] = { "Written to our servers", "a second", TRUE },
  [SIGHT_PEERS] = { "Written to other servers", "a second", TRUE },
  [SIGHT_BOUNCED] = { "Answered with errors", "a second", TRUE },
  [SIGHT_OWNED] = { "Stanzas with us", "now", FALSE },
  [SIGHT_STREAMS] = { "Streams", "now", FALSE },
  [SIGHT_MEMORY] = { "Held for others", "KiB now", FALSE },
};

struct EnjSights
{
  const EnjExchange *exchange;
  EnjTrend trends[N_SIGHTS];
};

EnjSights *
enj_sights_new (const EnjExchange *exchange)
{
  EnjSights *self = g_new0 (EnjSights, 1);

  self->exchange = exchange;
  enj_sights_sample (self);
  return self;
}

void
enj_sights_free (EnjSights *self)
{
  g_free (self);
}

void
enj_sights_sample (EnjSights *self)
{
  const EnjCounters *counters = enj_exchange_get_counters (self->exchange);
  const EnjLoad load = enj_exchange_get_load (self->exchange);

  enj_trend_add (&self->trends[SIGHT_TAKEN], counters->accepted + counters->sent);
  enj_trend_add (&self->trends[SIGHT_LINKS], counters->written_link);
  enj_trend_add (&self->trends[SIGHT_PEERS], counters->written_peer);
  enj_trend_add (&self->trends[SIGHT_BOUNCED], counters->bounced);
  enj_trend_add (&self->trends[SIGHT_OWNED], enj_exchange_count_owned (self->exchange));
  enj_trend_add (&self->trends[SIGHT_STREAMS], load.inbound + load.outbound);
  enj_trend_add (&self->trends[SIGHT_MEMORY], enj_budget_get_held () / 1024);
}

/* Tenths, for what comes once in a while. */
static void
append_number (GString *page, guint64 value, gboolean is_rate)
{
  guint64 tenths = value * 10 / EVERY_SECONDS;

  if (!is_rate)
    g_string_append_printf (page, "%" G_GUINT64_FORMAT, value);
  else if (tenths < 100 && tenths % 10 > 0)
    g_string_append_printf (page, "%u.%u", (guint) (tenths / 10), (guint) (tenths % 10));
  else
    g_string_append_printf (page, "%" G_GUINT64_FORMAT, value / EVERY_SECONDS);
}

static void
append_one (const EnjSights *self, GString *page, Sight sight)
{
  guint64 values[ENJ_TREND_SAMPLES];
  gboolean is_rate = sights[sight].grows;
  guint n = is_rate ? enj_trend_list_growth (&self->trends[sight], values)
                    : enj_trend_list (&self->trends[sight], values);
  guint64 top = 0;

  for (guint i = 0; i < n; i++)
    top = MAX (top, values[i]);
  g_string_append (page, "<figure><figcaption>");
  g_string_append_printf (page, "%s <b>", sights[sight].name);
  append_number (page, n > 0 ? values[n - 1] : 0, is_rate);
  g_string_append_printf (page, "</b> %s, at most ", sights[sight].unit);
  append_number (page, top, is_rate);
  g_string_append (page, "</figcaption>");
  enj_plot_append (page, values, n, ENJ_TREND_SAMPLES - (is_rate ? 1 : 0), sights[sight].name);
  g_string_append (page, "</figure>\n");
}

void
enj_sights_append (const EnjSights *self, GString *page)
{
  for (guint i = 0; i < N_SIGHTS; i++)
    append_one (self, page, i);
}

#include "config.h"

#include "protocol/departures.h"

#include "protocol/budget.h"

/* A stanza, and where in the stream its last byte stands. */
typedef struct
{
  EnjStanza *stanza;
  guint64 end;
} Departure;

static EnjStanza *
steal (Departure *departure)
{
  EnjStanza *stanza;

  if (!departure)
    return NULL;
  stanza = departure->stanza;
  g_free (departure);
  enj_budget_release (ENJ_BUDGET_RECORD);
  return stanza;
}

void
enj_departures_clear (EnjDepartures *self)
{
  EnjStanza *stanza;

  while ((stanza = enj_departures_steal_newest (self)))
    enj_stanza_unref (stanza);
}

void
enj_departures_push (EnjDepartures *self, EnjStanza *stanza, gsize length)
{
  Departure *departure = g_new (Departure, 1);

  enj_budget_charge (ENJ_BUDGET_RECORD);
  departure->stanza = enj_stanza_ref (stanza);
  departure->end = self->taken + length;
  g_queue_push_tail (&self->queue, departure);
}

void
enj_departures_take (EnjDepartures *self, gsize len)
{
  self->taken += len;
}

/* The queue behind TLS need never be empty while there is more to say, so it is marked how long
 * it was when the last of some bytes had gone in. */
void
enj_departures_written (EnjDepartures *self, gsize len, gsize ahead)
{
  self->mark -= MIN (len, self->mark);
  if (self->mark > 0)
    return;
  self->left = MAX (self->left, ahead > 0 ? self->marked : self->taken);
  self->marked = self->taken;
  self->mark = ahead;
}

gboolean
enj_departures_prove (EnjDepartures *self, guint count)
{
  const Departure *last = count > 0 ? g_queue_peek_nth (&self->queue, count - 1) : NULL;

  if (!last || last->end > self->taken)
    return FALSE;
  self->left = MAX (self->left, last->end);
  return TRUE;
}

EnjStanza *
enj_departures_next (EnjDepartures *self)
{
  const Departure *first = g_queue_peek_head (&self->queue);

  return first && first->end <= self->left ? steal (g_queue_pop_head (&self->queue)) : NULL;
}

EnjStanza *
enj_departures_steal_newest (EnjDepartures *self)
{
  return steal (g_queue_pop_tail (&self->queue));
}

guint
enj_departures_count (const EnjDepartures *self)
{
  return self->queue.length;
}

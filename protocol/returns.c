#include "config.h"

#include "protocol/returns.h"

#include "protocol/budget.h"

void
enj_returns_push_take (EnjReturns *self, EnjStanza *stanza, const EnjReason *reason)
{
  EnjReturn *item = g_new (EnjReturn, 1);

  enj_budget_charge (ENJ_BUDGET_RECORD);
  *item = (EnjReturn){ .stanza = stanza,
                       .condition = reason->condition,
                       .error_type = reason->error_type,
                       .text = g_strdup (reason->text) };
  g_queue_push_tail (&self->queue, item);
}

gboolean
enj_returns_next (EnjReturns *self, EnjReturn *item)
{
  g_autofree EnjReturn *first = g_queue_pop_head (&self->queue);

  if (!first)
    return FALSE;
  enj_budget_release (ENJ_BUDGET_RECORD);
  *item = *first;
  return TRUE;
}

void
enj_returns_clear (EnjReturns *self)
{
  EnjReturn item;

  while (enj_returns_next (self, &item))
    {
      enj_stanza_unref (item.stanza);
      g_free (item.text);
    }
}

guint
enj_returns_count (const EnjReturns *self)
{
  return self->queue.length;
}

#include "config.h"

#include "component/turnstile.h"

struct EnjTurnstile
{
  guint64 limit;
  guint64 n_inside;
  GQueue waiting; /* of EnjPass */
};

EnjTurnstile *
enj_turnstile_new (void)
{
  return g_new0 (EnjTurnstile, 1);
}

void
enj_turnstile_free (EnjTurnstile *self)
{
  g_return_if_fail (!self || (self->n_inside == 0 && self->waiting.length == 0));
  g_free (self);
}

static void
admit (EnjTurnstile *self)
{
  while (self->n_inside < self->limit && self->waiting.length > 0)
    {
      EnjPass *pass = self->waiting.head->data;

      g_queue_unlink (&self->waiting, &pass->link);
      pass->state = ENJ_PASS_INSIDE;
      self->n_inside++;
      enj_wake (pass->admitted);
    }
}

void
enj_turnstile_set_limit (EnjTurnstile *self, guint64 limit)
{
  self->limit = limit;
  admit (self);
}

void
enj_pass_enter (EnjPass *pass, EnjTurnstile *turnstile)
{
  g_return_if_fail (pass->state == ENJ_PASS_OUTSIDE);

  pass->turnstile = turnstile;
  if (turnstile->n_inside < turnstile->limit)
    {
      pass->state = ENJ_PASS_INSIDE;
      turnstile->n_inside++;
      return;
    }
  pass->state = ENJ_PASS_WAITING;
  pass->link = (GList){ .data = pass };
  g_queue_push_tail_link (&turnstile->waiting, &pass->link);
}

void
enj_pass_leave (EnjPass *pass)
{
  EnjTurnstile *turnstile = pass->turnstile;
  EnjPassState state = pass->state;

  pass->state = ENJ_PASS_OUTSIDE;
  pass->turnstile = NULL;
  switch (state)
    {
    case ENJ_PASS_OUTSIDE:
      break;
    case ENJ_PASS_WAITING:
      g_queue_unlink (&turnstile->waiting, &pass->link);
      break;
    case ENJ_PASS_INSIDE:
      turnstile->n_inside--;
      admit (turnstile);
      break;
    }
}

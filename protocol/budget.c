#include "config.h"

#include "protocol/budget.h"

static gsize held;
static gsize limit = G_MAXSIZE;

void
enj_budget_charge (gsize bytes)
{
  (void) g_atomic_pointer_add (&held, (gssize) bytes); /* The sum before is of no interest. */
}

void
enj_budget_release (gsize bytes)
{
  (void) g_atomic_pointer_add (&held, -(gssize) bytes);
}

gsize
enj_budget_get_held (void)
{
  return g_atomic_pointer_get (&held);
}

void
enj_budget_set_limit (guint64 bytes)
{
  g_atomic_pointer_set (&limit, (gsize) MIN (bytes, G_MAXSIZE));
}

gboolean
enj_budget_is_over (void)
{
  return enj_budget_get_held () >= g_atomic_pointer_get (&limit);
}

gboolean
enj_budget_is_far_over (void)
{
  gsize most = g_atomic_pointer_get (&limit);

  return enj_budget_get_held () >= most && enj_budget_get_held () - most >= most / 8;
}

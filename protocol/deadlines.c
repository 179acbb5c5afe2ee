#include "config.h"

#include "protocol/deadlines.h"

/* The index of the earliest, the lowest among equals; @n when nothing is awaited. */
static guint
find_earliest (const gint64 *due, guint n)
{
  gint64 earliest = ENJ_NEVER;
  guint found = n;

  for (guint i = 0; i < n; i++)
    if (due[i] < earliest)
      {
        earliest = due[i];
        found = i;
      }

  return found;
}

gint64
enj_deadlines_earliest (const gint64 *due, guint n)
{
  guint found = find_earliest (due, n);

  return found < n ? due[found] : ENJ_NEVER;
}

gboolean
enj_deadlines_next_due (gint64 *due, guint n, gint64 now, guint *which)
{
  guint found = find_earliest (due, n);

  if (found == n || due[found] > now)
    return FALSE;

  due[found] = ENJ_NEVER;
  *which = found;
  return TRUE;
}

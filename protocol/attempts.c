#include "config.h"

#include "protocol/attempts.h"

typedef struct
{
  EnjTarget *target;
  EnjBerth *berth; /* NULL where it goes without this one */
} Attempt;

struct EnjAttempts
{
  EnjBerths *berths;
  guint64 call;
  GHashTable *by_ticket; /* to Attempt, owned */
};

static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;

  if (attempt->berth)
    enj_berth_abandon (attempt->berth);
  enj_target_unref (attempt->target);
  g_free (attempt);
}

EnjAttempts *
enj_attempts_new (EnjBerths *berths, guint64 call)
{
  EnjAttempts *self = g_new0 (EnjAttempts, 1);

  self->berths = berths;
  self->call = call;
  self->by_ticket = g_hash_table_new_full (NULL, NULL, NULL, attempt_free);
  return self;
}

void
enj_attempts_free (EnjAttempts *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->by_ticket);
  g_free (self);
}

static Attempt *
find (const EnjAttempts *self, guint ticket)
{
  return g_hash_table_lookup (self->by_ticket, GUINT_TO_POINTER (ticket));
}

void
enj_attempts_add (EnjAttempts *self, guint ticket, EnjTarget *target)
{
  Attempt *attempt = g_new0 (Attempt, 1);

  attempt->target = enj_target_ref (target);
  attempt->berth = enj_berth_new (self->berths, self->call, ticket, target->source);
  g_hash_table_insert (self->by_ticket, GUINT_TO_POINTER (ticket), attempt);
}

EnjTarget *
enj_attempts_find (const EnjAttempts *self, guint ticket)
{
  Attempt *attempt = find (self, ticket);

  return attempt ? attempt->target : NULL;
}

void
enj_attempts_put_off (EnjAttempts *self, guint ticket, gint64 now)
{
  Attempt *attempt = find (self, ticket);

  if (attempt && !enj_berth_is_waiting (attempt->berth))
    enj_berth_put_off (attempt->berth, now);
}

gboolean
enj_attempts_lose (EnjAttempts *self, guint ticket)
{
  Attempt *attempt = find (self, ticket);

  if (!attempt)
    return FALSE;
  g_clear_pointer (&attempt->berth, enj_berth_free);
  return g_hash_table_remove (self->by_ticket, GUINT_TO_POINTER (ticket));
}

EnjBerth *
enj_attempts_steal_won (EnjAttempts *self, guint ticket)
{
  Attempt *won = find (self, ticket);
  EnjBerth *berth;
  GHashTableIter iter;
  gpointer value;

  g_return_val_if_fail (won, NULL);

  berth = g_steal_pointer (&won->berth);
  g_hash_table_iter_init (&iter, self->by_ticket);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_clear_pointer (&((Attempt *) value)->berth, enj_berth_free);
  g_hash_table_remove_all (self->by_ticket);
  return berth;
}

gboolean
enj_attempts_are_waiting (const EnjAttempts *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->by_ticket);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (enj_berth_is_waiting (((Attempt *) value)->berth))
      return TRUE;
  return FALSE;
}

#include "config.h"

#include "protocol/berths.h"

#include "protocol/deadlines.h"

/* How long nothing is dialled where there was no room, in microseconds. */
#define PAUSE ENJ_SECOND

typedef struct
{
  EnjBerths *berths;
  char *name;
  guint64 n_taken;
  GQueue waiting; /* of EnjBerth, the newest first */
  gboolean is_listed;
  GList link; /* among those of which one may be dialled */
} Source;

struct EnjBerth
{
  Source *source;
  guint64 call;
  guint ticket;
  gboolean is_taken;
  gint64 due; /* where it was abandoned: until then it may be under way */
  GList link; /* among those that wait, or were abandoned */
};

struct EnjBerths
{
  EnjWake wake;
  guint64 in_all;
  guint64 per_source;
  gint64 timeout; /* of an attempt, in microseconds */
  guint64 n_taken;
  GHashTable *sources; /* name to Source, owned */
  GQueue order;        /* of Source: those with one that may be dialled, but for room in all */
  GQueue abandoned;    /* of EnjBerth, owned */
  gint64 pause_until;
  gint64 due; /* the earliest of the abandoned, or not later */
};

static void
source_free (gpointer data)
{
  Source *source = data;

  g_free (source->name);
  g_free (source);
}

/* Lists it where it belongs, after a change; forgets it where nothing is left of it.  What gets a
 * place back comes after those that have none: a flood would pass its own on for ever. */
static void
update (Source *source, gboolean is_new)
{
  EnjBerths *self = source->berths;
  gboolean may_dial = source->waiting.length > 0 && source->n_taken < self->per_source;

  if (may_dial && !source->is_listed && is_new)
    g_queue_push_head_link (&self->order, &source->link);
  else if (may_dial && !source->is_listed)
    g_queue_push_tail_link (&self->order, &source->link);
  if (!may_dial && source->is_listed)
    g_queue_unlink (&self->order, &source->link);
  source->is_listed = may_dial;
  if (self->order.length > 0 && self->n_taken < self->in_all)
    enj_wake (self->wake);
  if (source->waiting.length == 0 && source->n_taken == 0)
    g_hash_table_remove (self->sources, source->name);
}

static Source *
find_source (EnjBerths *self, const char *name)
{
  Source *source = g_hash_table_lookup (self->sources, name);

  if (source)
    return source;
  source = g_new0 (Source, 1);
  source->berths = self;
  source->name = g_strdup (name);
  source->link.data = source;
  g_hash_table_insert (self->sources, source->name, source);
  return source;
}

EnjBerths *
enj_berths_new (const EnjLimits *limits, EnjWake wake)
{
  EnjBerths *self = g_new0 (EnjBerths, 1);

  self->sources = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, source_free);
  self->due = ENJ_NEVER;
  self->wake = wake;
  enj_berths_set_limits (self, limits);
  return self;
}

void
enj_berths_free (EnjBerths *self)
{
  if (!self)
    return;
  self->wake = (EnjWake){ 0 };
  while (self->abandoned.length > 0)
    {
      EnjBerth *berth = self->abandoned.head->data;

      g_queue_unlink (&self->abandoned, &berth->link);
      enj_berth_free (berth);
    }
  g_return_if_fail (g_hash_table_size (self->sources) == 0);
  g_hash_table_unref (self->sources);
  g_free (self);
}

void
enj_berths_set_limits (EnjBerths *self, const EnjLimits *limits)
{
  g_autoptr (GList) sources = g_hash_table_get_values (self->sources);

  self->in_all = MIN (limits->unauthenticated, MAX (limits->connections / 2, 1));
  self->per_source = limits->unauthenticated_per_address;
  self->timeout = (gint64) limits->connect_timeout * ENJ_SECOND;
  for (GList *item = sources; item; item = item->next)
    update (item->data, FALSE);
}

static void
wait_for_turn (EnjBerth *self)
{
  self->link = (GList){ .data = self };
  g_queue_push_head_link (&self->source->waiting, &self->link);
  update (self->source, TRUE);
}

EnjBerth *
enj_berth_new (EnjBerths *berths, guint64 call, guint ticket, const char *source)
{
  EnjBerth *self = g_new0 (EnjBerth, 1);

  self->source = find_source (berths, source);
  self->call = call;
  self->ticket = ticket;
  wait_for_turn (self);
  return self;
}

/* From among those that have a place, or that wait for one. */
static void
leave (EnjBerth *self)
{
  if (self->is_taken)
    {
      self->source->n_taken--;
      self->source->berths->n_taken--;
    }
  else
    g_queue_unlink (&self->source->waiting, &self->link);
  self->is_taken = FALSE;
}

void
enj_berth_free (EnjBerth *self)
{
  if (!self)
    return;
  leave (self);
  update (self->source, FALSE);
  g_free (self);
}

void
enj_berth_abandon (EnjBerth *self)
{
  EnjBerths *berths = self->source->berths;

  if (!self->is_taken)
    {
      enj_berth_free (self);
      return;
    }
  berths->due = MIN (berths->due, self->due);
  self->link = (GList){ .data = self };
  g_queue_push_tail_link (&berths->abandoned, &self->link);
}

void
enj_berth_put_off (EnjBerth *self, gint64 now)
{
  g_return_if_fail (self->is_taken);

  self->source->berths->pause_until = now + PAUSE;
  leave (self);
  wait_for_turn (self);
}

gboolean
enj_berth_is_waiting (const EnjBerth *self)
{
  return !self->is_taken;
}

gboolean
enj_berths_next (EnjBerths *self, guint64 *call, guint *ticket, gint64 now)
{
  EnjBerth *berth;
  Source *source;

  if (self->order.length == 0 || self->n_taken >= self->in_all || now < self->pause_until)
    return FALSE;

  source = self->order.head->data;
  berth = source->waiting.head->data;
  g_queue_unlink (&source->waiting, &berth->link);
  berth->is_taken = TRUE;
  berth->due = now + self->timeout;
  source->n_taken++;
  self->n_taken++;
  /* The others of it come after all other addresses. */
  g_queue_unlink (&self->order, &source->link);
  g_queue_push_tail_link (&self->order, &source->link);
  update (source, FALSE);
  *call = berth->call;
  *ticket = berth->ticket;
  return TRUE;
}

gint64
enj_berths_deadline (const EnjBerths *self)
{
  gboolean is_pausing = self->pause_until > 0 && self->order.length > 0
                        && self->n_taken < self->in_all;

  return is_pausing ? MIN (self->due, self->pause_until) : self->due;
}

void
enj_berths_tick (EnjBerths *self, gint64 now)
{
  GList *next;

  if (now >= self->pause_until)
    self->pause_until = 0;
  if (now < self->due)
    return;
  self->due = ENJ_NEVER;
  for (GList *item = self->abandoned.head; item; item = next)
    {
      EnjBerth *berth = item->data;

      next = item->next;
      if (now < berth->due)
        {
          self->due = MIN (self->due, berth->due);
          continue;
        }
      g_queue_unlink (&self->abandoned, &berth->link);
      enj_berth_free (berth);
    }
}

#include "config.h"

#include "protocol/turns.h"

/* For each that may run at once so many may run slowly besides, and so many wait. */
#define SLOW_FACTOR 16
#define WAITING_FACTOR 32

typedef enum
{
  KIND_OURS,
  KIND_OTHERS,
  N_KINDS
} Kind;

typedef struct
{
  guint64 running;
  guint64 slow;
} Count;

struct EnjTurnsSource
{
  EnjTurns *turns;
  char *name;
  Kind kind;
  Count count;
  GQueue waiting; /* of EnjTurn, the newest last */
  GList link;
};

struct EnjTurns
{
  guint64 in_all;
  guint64 per_source;
  Count kinds[N_KINDS];
  GHashTable *sources; /* name to EnjTurnsSource, owned; our own is "" */
  GQueue order;        /* of EnjTurnsSource, that whose turn was longest ago first */
};

static void
source_free (gpointer data)
{
  EnjTurnsSource *source = data;

  g_queue_unlink (&source->turns->order, &source->link);
  g_free (source->name);
  g_free (source);
}

EnjTurns *
enj_turns_new (guint64 in_all, guint64 per_source)
{
  EnjTurns *self = g_new0 (EnjTurns, 1);

  self->sources = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, source_free);
  enj_turns_set_limits (self, in_all, per_source);
  return self;
}

void
enj_turns_free (EnjTurns *self)
{
  if (!self)
    return;
  g_return_if_fail (g_hash_table_size (self->sources) == 0);
  g_hash_table_unref (self->sources);
  g_free (self);
}

void
enj_turns_set_limits (EnjTurns *self, guint64 in_all, guint64 per_source)
{
  self->in_all = in_all;
  self->per_source = per_source;
}

/* A quarter is always left for the other kind, where there are four. */
static guint64
get_share (const EnjTurns *self)
{
  return self->in_all - self->in_all / 4;
}

static guint64
get_limit (const EnjTurnsSource *source)
{
  guint64 share = get_share (source->turns);

  return source->kind == KIND_OURS ? share : MIN (share, source->turns->per_source);
}

static gboolean
has_room (const Count *count, guint64 limit)
{
  return count->running < limit && count->slow < limit * SLOW_FACTOR;
}

static gboolean
may_run (const EnjTurnsSource *source)
{
  const EnjTurns *self = source->turns;
  const Count all = { self->kinds[KIND_OURS].running + self->kinds[KIND_OTHERS].running,
                      self->kinds[KIND_OURS].slow + self->kinds[KIND_OTHERS].slow };

  return source->waiting.length > 0 && has_room (&all, self->in_all)
         && has_room (&self->kinds[source->kind], get_share (self))
         && has_room (&source->count, get_limit (source));
}

static EnjTurnsSource *
find_source (EnjTurns *self, const char *name)
{
  EnjTurnsSource *source = g_hash_table_lookup (self->sources, name ? name : "");

  if (source)
    return source;
  source = g_new0 (EnjTurnsSource, 1);
  source->turns = self;
  source->name = g_strdup (name ? name : "");
  source->kind = name ? KIND_OTHERS : KIND_OURS;
  source->link.data = source;
  g_queue_push_tail_link (&self->order, &source->link);
  g_hash_table_insert (self->sources, source->name, source);
  return source;
}

EnjTurn *
enj_turns_wait (EnjTurns *self, EnjTurn *turn, const char *source)
{
  EnjTurn *oldest;

  g_return_val_if_fail (turn->state == ENJ_TURN_OUTSIDE, NULL);
  g_return_val_if_fail (!source || *source, NULL);

  turn->source = find_source (self, source);
  turn->state = ENJ_TURN_WAITING;
  turn->link = (GList){ .data = turn };
  g_queue_push_tail_link (&turn->source->waiting, &turn->link);
  if (turn->source->waiting.length <= get_limit (turn->source) * WAITING_FACTOR)
    return NULL;
  oldest = turn->source->waiting.head->data;
  enj_turn_leave (oldest);
  return oldest;
}

EnjTurn *
enj_turns_next (EnjTurns *self)
{
  for (GList *item = self->order.head; item; item = item->next)
    {
      EnjTurnsSource *source = item->data;
      EnjTurn *turn;

      if (!may_run (source))
        continue;
      g_queue_unlink (&self->order, item);
      g_queue_push_tail_link (&self->order, item);
      turn = source->waiting.tail->data;
      g_queue_unlink (&source->waiting, &turn->link);
      turn->state = ENJ_TURN_RUNNING;
      source->count.running++;
      self->kinds[source->kind].running++;
      return turn;
    }
  return NULL;
}

void
enj_turn_slow_down (EnjTurn *turn)
{
  EnjTurnsSource *source = turn->source;

  g_return_if_fail (turn->state == ENJ_TURN_RUNNING);

  turn->state = ENJ_TURN_SLOW;
  source->count.running--;
  source->count.slow++;
  source->turns->kinds[source->kind].running--;
  source->turns->kinds[source->kind].slow++;
}

void
enj_turn_leave (EnjTurn *turn)
{
  EnjTurnsSource *source = turn->source;
  EnjTurnState state = turn->state;

  turn->state = ENJ_TURN_OUTSIDE;
  turn->source = NULL;
  switch (state)
    {
    case ENJ_TURN_OUTSIDE:
      return;
    case ENJ_TURN_WAITING:
      g_queue_unlink (&source->waiting, &turn->link);
      break;
    case ENJ_TURN_RUNNING:
      source->count.running--;
      source->turns->kinds[source->kind].running--;
      break;
    case ENJ_TURN_SLOW:
      source->count.slow--;
      source->turns->kinds[source->kind].slow--;
      break;
    }
  if (source->waiting.length == 0 && source->count.running == 0 && source->count.slow == 0)
    g_hash_table_remove (source->turns->sources, source->name);
}

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
  gboolean is_user;
  Count count;
  GQueue waiting; /* of EnjTurn, the newest last */
  GList link;
};

struct EnjTurns
{
  guint64 in_all;
  guint64 per_source;
  Count kinds[N_KINDS];
  guint64 n_waiting;   /* of our own */
  GHashTable *sources; /* name to EnjTurnsSource, owned; ourselves are "" */
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
get_left (guint64 limit, guint64 taken)
{
  return limit > taken ? limit - taken : 0;
}

/* What is left to all of @kind together. */
static Count
get_free (const EnjTurns *self, Kind kind)
{
  const Count *ours = &self->kinds[KIND_OURS];
  const Count *others = &self->kinds[KIND_OTHERS];
  guint64 share = get_share (self);

  return (Count){
    MIN (get_left (self->in_all, ours->running + others->running),
         get_left (share, self->kinds[kind].running)),
    MIN (get_left (self->in_all * SLOW_FACTOR, ours->slow + others->slow),
         get_left (share * SLOW_FACTOR, self->kinds[kind].slow)),
  };
}

/* Another server has so many.  A user of ours has no more than he leaves to all others: a room
 * may well have members at a thousand servers, and has half of all places where nobody else wants
 * any. */
static Count
get_limit (const EnjTurnsSource *source)
{
  const EnjTurns *self = source->turns;

  if (source->is_user)
    return get_free (self, source->kind);
  if (source->kind == KIND_OTHERS)
    return (Count){ self->per_source, self->per_source * SLOW_FACTOR };
  return (Count){ G_MAXUINT64, G_MAXUINT64 };
}

static gboolean
may_run (const EnjTurnsSource *source)
{
  const Count left = get_free (source->turns, source->kind);
  const Count limit = get_limit (source);

  return source->waiting.length > 0 && left.running > 0 && left.slow > 0
         && source->count.running < limit.running && source->count.slow < limit.slow;
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
  source->is_user = name && g_str_has_prefix (name, ENJ_TURNS_USER);
  source->kind = name && !source->is_user ? KIND_OTHERS : KIND_OURS;
  source->link.data = source;
  g_queue_push_tail_link (&self->order, &source->link);
  g_hash_table_insert (self->sources, source->name, source);
  return source;
}

/* Whose look-ups are too many now that one more of @source waits; NULL: nobody's.  Ours wait in
 * one room, and who has most of it gives. */
static EnjTurnsSource *
find_crowded (EnjTurns *self, EnjTurnsSource *source)
{
  guint64 share = get_share (self);
  EnjTurnsSource *most = NULL;

  if (source->kind == KIND_OTHERS)
    return source->waiting.length > MIN (share, self->per_source) * WAITING_FACTOR ? source : NULL;
  if (self->n_waiting <= share * WAITING_FACTOR)
    return NULL;
  for (GList *item = self->order.head; item; item = item->next)
    {
      EnjTurnsSource *other = item->data;

      if (other->kind == KIND_OURS
          && (!most || other->waiting.length > most->waiting.length))
        most = other;
    }
  return most;
}

EnjTurn *
enj_turns_wait (EnjTurns *self, EnjTurn *turn, const char *source)
{
  EnjTurnsSource *crowded;
  EnjTurn *oldest;

  g_return_val_if_fail (turn->state == ENJ_TURN_OUTSIDE, NULL);
  g_return_val_if_fail (!source || *source, NULL);

  turn->source = find_source (self, source);
  turn->state = ENJ_TURN_WAITING;
  turn->link = (GList){ .data = turn };
  g_queue_push_tail_link (&turn->source->waiting, &turn->link);
  self->n_waiting += turn->source->kind == KIND_OURS;
  crowded = find_crowded (self, turn->source);
  if (!crowded)
    return NULL;
  oldest = crowded->waiting.head->data;
  enj_turn_leave (oldest);
  return oldest;
}

static void
stop_waiting (EnjTurn *turn)
{
  g_queue_unlink (&turn->source->waiting, &turn->link);
  turn->source->turns->n_waiting -= turn->source->kind == KIND_OURS;
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
      stop_waiting (turn);
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

  switch (turn->state)
    {
    case ENJ_TURN_OUTSIDE:
      return;
    case ENJ_TURN_WAITING:
      stop_waiting (turn);
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
  turn->state = ENJ_TURN_OUTSIDE;
  turn->source = NULL;
  if (source->waiting.length == 0 && source->count.running == 0 && source->count.slow == 0)
    g_hash_table_remove (source->turns->sources, source->name);
}

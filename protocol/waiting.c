#include "config.h"

#include "protocol/waiting.h"

#include "protocol/budget.h"
#include "protocol/deadlines.h"

typedef struct
{
  EnjStanza *stanza;
  gint64 due;
} Item;

/* With its place in the queue. */
#define ITEM_SIZE (sizeof (Item) + sizeof (GList))

/* Of an error or a result that finds no room nobody may be told (RFC 6120 8.3.1), and when much
 * cannot be delivered many errors come at once. */
#define ANSWERS_TIMES 16

struct EnjWaiting
{
  guint64 max_stanzas;
  guint64 max_bytes;
  gint64 max_age;
  gsize bytes;
  GQueue items; /* of Item, the oldest first */
  guint n_answerable; /* among them */
  gsize answerable_bytes;
};

EnjWaiting *
enj_waiting_new (guint64 max_stanzas, guint64 max_bytes, gint64 max_age)
{
  EnjWaiting *self = g_new0 (EnjWaiting, 1);

  self->max_stanzas = max_stanzas;
  self->max_bytes = max_bytes;
  self->max_age = max_age;
  g_queue_init (&self->items);
  return self;
}

void
enj_waiting_set_limits (EnjWaiting *self, guint64 max_stanzas, guint64 max_bytes, gint64 max_age)
{
  self->max_stanzas = max_stanzas;
  self->max_bytes = max_bytes;
  self->max_age = max_age;
}

void
enj_waiting_free (EnjWaiting *self)
{
  EnjStanza *stanza;

  if (!self)
    return;

  while ((stanza = enj_waiting_steal (self)))
    enj_stanza_unref (stanza);
  g_free (self);
}

/* Counts a stanza that is here now, or leaves. */
static void
count (EnjWaiting *self, const EnjStanza *stanza, gboolean is_here)
{
  gsize size = enj_stanza_get_size (stanza);

  self->bytes += is_here ? size : -size;
  if (!enj_stanza_is_answerable (stanza))
    return;
  self->n_answerable += is_here ? 1 : -1;
  self->answerable_bytes += is_here ? size : -size;
}

static Item *
item_new (EnjWaiting *self, EnjStanza *stanza, gint64 now)
{
  Item *item = g_new (Item, 1);

  enj_budget_charge (ITEM_SIZE);
  item->stanza = enj_stanza_ref (stanza);
  /* What comes back has waited before: behind a stream that comes and goes it would for ever. */
  item->due = enj_stanza_wait_until (
    stanza, now < ENJ_NEVER - self->max_age ? now + self->max_age : ENJ_NEVER);
  count (self, stanza, TRUE);
  return item;
}

/* The first of a queue may only be on its way through: others have used up the memory.  An error
 * always is, for it may be what tells a sender so. */
static gboolean
has_memory (const EnjWaiting *self, gboolean is_answerable)
{
  if (self->items.length > 0)
    return !enj_budget_is_over ();
  return !is_answerable || !enj_budget_is_far_over ();
}

/* Answers do not use up the room of what can be answered: where much goes back both ways, that
 * would go back for their sake as well, and nothing would arrive any more. */
static gboolean
has_room (const EnjWaiting *self, const EnjStanza *stanza, gboolean is_answerable)
{
  guint64 times = is_answerable ? 1 : ANSWERS_TIMES;
  guint64 length = is_answerable ? self->n_answerable : self->items.length;
  guint64 bytes = is_answerable ? self->answerable_bytes : self->bytes;
  guint64 max_bytes = times * self->max_bytes;

  return length < times * self->max_stanzas && bytes < max_bytes
         && enj_stanza_get_size (stanza) <= max_bytes - bytes;
}

gboolean
enj_waiting_push (EnjWaiting *self, EnjStanza *stanza, gint64 now)
{
  gboolean is_answerable = enj_stanza_is_answerable (stanza);

  if (!has_room (self, stanza, is_answerable) || !has_memory (self, is_answerable))
    return FALSE;

  g_queue_push_tail (&self->items, item_new (self, stanza, now));
  return TRUE;
}

void
enj_waiting_push_front (EnjWaiting *self, EnjStanza *stanza, gint64 now)
{
  Item *item = item_new (self, stanza, now);

  /* It came before those behind it, and must not hold them up over their age. */
  item->due = MIN (item->due, enj_waiting_deadline (self));
  g_queue_push_head (&self->items, item);
}

EnjStanza *
enj_waiting_peek (const EnjWaiting *self)
{
  const Item *oldest = self->items.head ? self->items.head->data : NULL;

  return oldest ? oldest->stanza : NULL;
}

EnjStanza *
enj_waiting_steal (EnjWaiting *self)
{
  g_autofree Item *item = g_queue_pop_head (&self->items);

  if (!item)
    return NULL;

  enj_budget_release (ITEM_SIZE);
  count (self, item->stanza, FALSE);
  return item->stanza;
}

EnjStanza *
enj_waiting_steal_expired (EnjWaiting *self, gint64 now)
{
  gint64 due = enj_waiting_deadline (self);

  return due != ENJ_NEVER && due <= now ? enj_waiting_steal (self) : NULL;
}

gint64
enj_waiting_deadline (const EnjWaiting *self)
{
  const Item *oldest = self->items.head ? self->items.head->data : NULL;

  return oldest ? oldest->due : ENJ_NEVER;
}

guint
enj_waiting_length (const EnjWaiting *self)
{
  return self->items.length;
}

gsize
enj_waiting_bytes (const EnjWaiting *self)
{
  return self->bytes;
}

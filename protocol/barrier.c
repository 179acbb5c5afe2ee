#include "config.h"

#include "protocol/barrier.h"

#include <string.h>

#include "protocol/budget.h"
#include "protocol/deadlines.h"
#include "protocol/limits.h"
#include "protocol/token.h"

/* A ping goes behind so many stanzas, and behind fewer after this time. */
#define PING_COUNT 64
#define PING_AFTER (ENJ_SECOND / 20)

/* So many pings are out at once. */
#define PINGS_MAX 4

#define PREFIX "enj-b-"

/* The ring when it is made; it doubles, and goes when it is empty. */
#define SLOTS_MIN 16

typedef struct
{
  EnjStanza *stanza;
  gint64 left;
} Slot;

typedef struct
{
  guint64 end; /* the number of the last stanza before it */
  gint64 written;
  char id[sizeof PREFIX + ENJ_TOKEN_SIZE - 1];
} Ping;

/* Stanzas are numbered from 1, as they leave. */
struct EnjBarrier
{
  Slot *slots; /* a ring of n_slots, a power of two; NULL while empty */
  guint n_slots;
  guint first; /* the oldest */
  guint n;
  gsize size;
  guint64 noted;   /* the newest's number */
  guint64 covered; /* that of the last one before the newest ping */
  gint64 since;    /* when the first that is not covered left */
  gboolean hurried;
  guint n_pings;
  Ping *pings; /* of PINGS_MAX, those that are not answered, oldest first; NULL for none */
};

EnjBarrier *
enj_barrier_new (void)
{
  return g_new0 (EnjBarrier, 1);
}

void
enj_barrier_free (EnjBarrier *self)
{
  EnjStanza *stanza;

  if (!self)
    return;
  while ((stanza = enj_barrier_steal (self, NULL)))
    enj_stanza_unref (stanza);
  g_free (self->pings);
  g_free (self);
}

/* ---- The ring ------------------------------------------------------------- */

static void
drop_slots (EnjBarrier *self)
{
  enj_budget_release (self->n_slots * sizeof *self->slots);
  g_clear_pointer (&self->slots, g_free);
  self->n_slots = 0;
}

static void
grow (EnjBarrier *self)
{
  guint n_slots = self->n_slots > 0 ? 2 * self->n_slots : SLOTS_MIN;
  Slot *slots = g_new (Slot, n_slots);

  for (guint i = 0; i < self->n; i++)
    slots[i] = self->slots[(self->first + i) & (self->n_slots - 1)];
  drop_slots (self);
  enj_budget_charge (n_slots * sizeof *slots);
  self->slots = slots;
  self->n_slots = n_slots;
  self->first = 0;
}

void
enj_barrier_note_sent (EnjBarrier *self, EnjStanza *stanza, gint64 now)
{
  if (self->n == self->n_slots)
    grow (self);
  self->slots[(self->first + self->n) & (self->n_slots - 1)]
    = (Slot){ .stanza = enj_stanza_ref (stanza), .left = now };
  self->n++;
  self->size += enj_stanza_get_size (stanza);
  self->noted++;
  if (self->noted == self->covered + 1)
    self->since = now;
}

EnjStanza *
enj_barrier_steal (EnjBarrier *self, gint64 *left)
{
  Slot slot;

  if (self->n == 0)
    return NULL;
  slot = self->slots[self->first];
  self->first = (self->first + 1) & (self->n_slots - 1);
  self->size -= enj_stanza_get_size (slot.stanza);
  if (--self->n == 0)
    {
      drop_slots (self);
      self->first = 0;
    }
  if (left)
    *left = slot.left;
  return slot.stanza;
}

guint
enj_barrier_count (const EnjBarrier *self)
{
  return self->n;
}

gsize
enj_barrier_get_size (const EnjBarrier *self)
{
  return self->size;
}

/* ---- Pings ------------------------------------------------------------------ */

/* What was stolen needs no ping any more. */
static guint64
count_uncovered (const EnjBarrier *self)
{
  guint64 uncovered = self->noted > self->covered ? self->noted - self->covered : 0;

  return MIN (uncovered, self->n);
}

gint64
enj_barrier_deadline (const EnjBarrier *self)
{
  guint64 uncovered = count_uncovered (self);

  if (uncovered == 0 || self->n_pings == PINGS_MAX)
    return ENJ_NEVER;
  return self->hurried || uncovered >= PING_COUNT ? self->since : self->since + PING_AFTER;
}

void
enj_barrier_hurry (EnjBarrier *self)
{
  self->hurried = TRUE;
}

const char *
enj_barrier_ping (EnjBarrier *self, guint unsent, gint64 now)
{
  Ping *ping;

  if (self->n_pings == PINGS_MAX)
    return NULL;
  if (!self->pings)
    self->pings = g_new (Ping, PINGS_MAX);
  ping = &self->pings[self->n_pings++];
  ping->end = self->covered = self->noted + unsent;
  ping->written = now;
  memcpy (ping->id, PREFIX, sizeof PREFIX);
  enj_token_fill (ping->id + strlen (PREFIX));
  self->hurried = FALSE;
  return ping->id;
}

gboolean
enj_barrier_is_form_of_id (const char *id)
{
  return id && strncmp (id, PREFIX, strlen (PREFIX)) == 0
         && strlen (id) == strlen (PREFIX) + ENJ_TOKEN_SIZE - 1;
}

/* NULL where it is not awaited. */
static const Ping *
find (const EnjBarrier *self, const char *id)
{
  for (guint i = 0; id && i < self->n_pings; i++)
    if (strcmp (self->pings[i].id, id) == 0)
      return &self->pings[i];
  return NULL;
}

gboolean
enj_barrier_is_awaited (const EnjBarrier *self, const char *id)
{
  return find (self, id) != NULL;
}

guint
enj_barrier_count_beyond (const EnjBarrier *self, const char *id)
{
  const Ping *ping = find (self, id);

  return ping && ping->end > self->noted ? (guint) (ping->end - self->noted) : 0;
}

gboolean
enj_barrier_answer (EnjBarrier *self, const char *id, guint *confirmed)
{
  const Ping *ping = find (self, id);
  guint64 behind;
  guint answered;

  *confirmed = 0;
  if (!ping || ping->end > self->noted)
    return FALSE;
  behind = self->noted - ping->end;
  answered = (guint) (ping - self->pings) + 1;
  self->n_pings -= answered;
  memmove (self->pings, self->pings + answered, self->n_pings * sizeof *self->pings);
  if (self->n_pings == 0)
    g_clear_pointer (&self->pings, g_free);
  for (; self->n > behind; (*confirmed)++)
    enj_stanza_unref (enj_barrier_steal (self, NULL));
  return TRUE;
}

gint64
enj_barrier_waits_since (const EnjBarrier *self)
{
  return self->n_pings > 0 ? self->pings[0].written : ENJ_NEVER;
}

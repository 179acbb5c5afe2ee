#include "config.h"

#include "protocol/bytes.h"

#include <string.h>

#include "protocol/budget.h"

/* The first allocation; small enough for ten thousand quiet streams. */
#define SIZE_MIN 256

/* What a usual stanza needs is had even where others have used up all. */
#define SIZE_MODEST 4096

static gsize
next_size (const EnjBytes *self, gsize needed)
{
  gsize size = MAX (self->size, SIZE_MIN / 2);

  do
    size = size > self->limit / 2 ? self->limit : size * 2;
  while (size < needed);

  return size;
}

static gboolean
grow (EnjBytes *self, gsize needed)
{
  gsize length = self->end - self->start;
  gsize size = next_size (self, needed);
  guint8 *data;

  if (self->is_modest && size > SIZE_MODEST && enj_budget_is_over ())
    return FALSE;

  /* What was taken from the front is not copied on.  Behind that, the allocator can often grow
   * in place. */
  if (self->start > 0)
    {
      memmove (self->data, self->data + self->start, length);
      self->start = 0;
      self->end = length;
    }
  data = g_try_realloc (self->data, size);
  if (!data)
    return FALSE;

  enj_budget_charge (size - self->size);
  self->data = data;
  self->size = size;
  return TRUE;
}

static gboolean
make_more_room (EnjBytes *self, gsize len)
{
  gsize length = self->end - self->start;

  /* Moving what is left pays only where at least as much was taken before: each byte is then
   * moved once on average.  At the limit there is no other way. */
  if (length + len <= self->size && (self->start >= length || self->size == self->limit))
    {
      memmove (self->data, self->data + self->start, length);
      self->start = 0;
      self->end = length;
      return TRUE;
    }

  return grow (self, length + len);
}

/* Inline, for nearly always there is room: a stanza is written in some fifty pieces. */
static inline gboolean
make_room (EnjBytes *self, gsize len)
{
  gsize length = self->end - self->start;

  if (len > self->limit - length)
    return FALSE;

  return len <= self->size - self->end || make_more_room (self, len);
}

void
enj_bytes_init (EnjBytes *self, gsize limit)
{
  *self = (EnjBytes){ .limit = limit };
}

void
enj_bytes_clear (EnjBytes *self)
{
  enj_budget_release (self->size);
  g_free (self->data);
  *self = (EnjBytes){ .limit = self->limit, .is_modest = self->is_modest };
}

void
enj_bytes_trim (EnjBytes *self, gsize most)
{
  if (self->size > most)
    enj_bytes_clear (self);
}

gboolean
enj_bytes_append (EnjBytes *self, gconstpointer data, gsize len)
{
  if (len == 0)
    return TRUE;
  if (!make_room (self, len))
    return FALSE;

  memcpy (self->data + self->end, data, len);
  self->end += len;
  return TRUE;
}

guint8 *
enj_bytes_reserve (EnjBytes *self, gsize len)
{
  return make_room (self, len) ? self->data + self->end : NULL;
}

void
enj_bytes_commit (EnjBytes *self, gsize len)
{
  g_return_if_fail (len <= self->size - self->end);

  self->end += len;
  if (self->start == self->end)
    enj_bytes_clear (self);
}

gsize
enj_bytes_length (const EnjBytes *self)
{
  return self->end - self->start;
}

const guint8 *
enj_bytes_peek (const EnjBytes *self, gsize *len)
{
  *len = self->end - self->start;
  return *len > 0 ? self->data + self->start : NULL;
}

void
enj_bytes_drained (EnjBytes *self, gsize len)
{
  g_return_if_fail (len <= self->end - self->start);

  self->start += len;
  if (self->start == self->end)
    enj_bytes_clear (self);
}

/* bytes.h - a queue of bytes: appended behind, taken from the front.
 *
 * Holds no memory while it is empty, grows by doubling up to its limit, and
 * never grows past it: append() then takes nothing and says so.  Memory that
 * cannot be had counts as the limit reached, it does not abort.  What it holds is
 * charged to budget.h. */
#pragma once

#include <glib.h>

typedef struct
{
  guint8 *data;
  gsize start;
  gsize end;
  gsize size;
  gsize limit;
  gboolean is_modest; /* grows over a few kilobytes only while budget.h has some left */
} EnjBytes;

/* @limit in bytes.  clear() keeps it, and modesty: the queue can be used again. */
void enj_bytes_init (EnjBytes *self, gsize limit);
void enj_bytes_clear (EnjBytes *self);

/* Clears what has more than @most bytes of memory. */
void enj_bytes_trim (EnjBytes *self, gsize most);

/* All of it or, FALSE, nothing. */
gboolean enj_bytes_append (EnjBytes *self, gconstpointer data, gsize len);

/* Room for @len more bytes, at least one, to write in place; NULL over the
 * limit.  commit() says how many were written, none too. */
guint8 *enj_bytes_reserve (EnjBytes *self, gsize len);
void enj_bytes_commit (EnjBytes *self, gsize len);

/* peek() is NULL when empty; its bytes stay until the queue is changed. */
gsize enj_bytes_length (const EnjBytes *self);
const guint8 *enj_bytes_peek (const EnjBytes *self, gsize *len);
void enj_bytes_drained (EnjBytes *self, gsize len);

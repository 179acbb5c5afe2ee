/* departures.h - stanzas on their way out: each kept until its last byte has left.
 *
 * Counts the bytes of a stream as they are taken from its queue, and what TLS
 * still holds of them.  Does not hold the bytes. */
#pragma once

#include "protocol/stanza.h"

/* All zero is empty. */
typedef struct
{
  GQueue queue;
  guint64 taken;  /* bytes of the stream that TLS or the driver took */
  guint64 left;   /* of them, those that have left us */
  guint64 marked; /* those that have left us when... */
  gsize mark;     /* ...so many encrypted bytes more are written */
} EnjDepartures;

void enj_departures_clear (EnjDepartures *self);

/* @stanza is in the stream's queue, its last byte is number @length there. */
void enj_departures_push (EnjDepartures *self, EnjStanza *stanza, gsize length);

/* @len bytes were taken from the stream's queue. */
void enj_departures_take (EnjDepartures *self, gsize len);

/* @len bytes were written to the connection; @ahead bytes of what was taken, in
 * encrypted form, were not. */
void enj_departures_written (EnjDepartures *self, gsize len, gsize ahead);

/* The peer has the oldest @count: they have left, though it was not seen yet.
 * FALSE, and nothing changes, where so many were not even taken. */
gboolean enj_departures_prove (EnjDepartures *self, guint count);

/* The oldest stanza that has left as a whole, owned by the caller; NULL. */
EnjStanza *enj_departures_next (EnjDepartures *self);

/* The newest that has not, owned by the caller; NULL. */
EnjStanza *enj_departures_steal_newest (EnjDepartures *self);
guint enj_departures_count (const EnjDepartures *self);

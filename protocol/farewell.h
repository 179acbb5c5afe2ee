/* farewell.h - how an exchange goes down without losing a stanza.
 *
 * Inbound streams close first and are read to their end; queues are delivered
 * or, when it takes too long, bounced, and whoever has no stream by then gets none;
 * the links, which the bounces need, close and are read to their end; outbound streams,
 * which carry what is read there, close last. */
#pragma once

#include "protocol/exchange.h"

typedef struct EnjFarewell EnjFarewell;

/* Begins.  @exchange is borrowed. */
EnjFarewell *enj_farewell_new (EnjExchange *exchange, gint64 now);

/* The same for who has a successor: all streams with peers close, the links stay up, and what did
 * not get to its end by then is held (keeper.h). */
EnjFarewell *enj_farewell_new_handing_over (EnjExchange *exchange, gint64 now);
void enj_farewell_free (EnjFarewell *self);

/* To be called when anything has happened, and at the deadline.  TRUE when
 * the exchange has nothing left. */
gboolean enj_farewell_advance (EnjFarewell *self, gint64 now);
gint64 enj_farewell_deadline (const EnjFarewell *self);

/* No more waiting for queues and peers; still in order. */
void enj_farewell_hurry (EnjFarewell *self, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjFarewell, enj_farewell_free)

/* sights.h - the last minutes of a bridge, in small pictures.
 *
 * Keeps samples of what goes through it and of what it holds, for whoever looks.  Knows what
 * each picture is called; does not know the clock: whoever keeps it says when to look. */
#pragma once

#include "protocol/exchange.h"

typedef struct EnjSights EnjSights;

/* Between two samples, in microseconds. */
#define ENJ_SIGHTS_EVERY (5 * G_USEC_PER_SEC)

/* @exchange is borrowed. */
EnjSights *enj_sights_new (const EnjExchange *exchange);
void enj_sights_free (EnjSights *self);

/* One sample more of each. */
void enj_sights_sample (EnjSights *self);

/* Pictures with their names and numbers, as HTML. */
void enj_sights_append (const EnjSights *self, GString *page);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjSights, enj_sights_free)

/* chance.h - randomness, from one place, so that tests can hand it in. */
#pragma once

#include <glib.h>

typedef void (*EnjChanceFunc) (guint8 *data, gsize len, gpointer user_data);

/* From the kernel (getrandom), unless a test set a source. */
void enj_chance_fill (guint8 *data, gsize len);

/* 0 <= result < @bound, without bias; @bound > 0.  Takes four bytes as one
 * big-endian number, and four more while it is of the last incomplete row of
 * @bound: a source that gives 0xff for ever never ends. */
guint32 enj_chance_below (guint32 bound);

/* NULL goes back to the kernel. */
void enj_chance_set_source (EnjChanceFunc func, gpointer user_data);

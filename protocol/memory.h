/* memory.h - something for each of many names that others choose, up to a number.
 *
 * When it is full, what was put there the longest ago is forgotten.
 *
 * Does not know what the values are, nor the time. */
#pragma once

#include <glib.h>

typedef struct EnjMemory EnjMemory;

/* @free_value may be NULL. */
EnjMemory *enj_memory_new (guint max, GDestroyNotify free_value);
void enj_memory_free (EnjMemory *self);

/* Takes @value, instead of what was there. */
void enj_memory_put_take (EnjMemory *self, const char *name, gpointer value);

/* Borrowed, until the next function that changes anything; NULL where there is none. */
gpointer enj_memory_find (const EnjMemory *self, const char *name);

/* It counts as put there now. */
void enj_memory_renew (EnjMemory *self, const char *name);
void enj_memory_forget (EnjMemory *self, const char *name);
void enj_memory_forget_all (EnjMemory *self);
guint enj_memory_count (const EnjMemory *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjMemory, enj_memory_free)

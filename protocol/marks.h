/* marks.h - names of what is to be looked after, each once, the oldest first.
 *
 * Does not know what is to be done. */
#pragma once

#include <glib.h>

/* All zero is empty. */
typedef struct
{
  GHashTable *set; /* borrowed from the queue: a table is searched from its start each time */
  GQueue queue;
} EnjMarks;

void enj_marks_clear (EnjMarks *self);
void enj_marks_add (EnjMarks *self, const char *name);

/* Newly allocated, or NULL. */
char *enj_marks_steal (EnjMarks *self);

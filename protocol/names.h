/* names.h - a set of names that takes nothing while it is empty.
 *
 * Most streams have no use for most of their sets, and there are many streams.  Does not
 * know what a name is: bytes are compared. */
#pragma once

#include <glib.h>

/* All zero is empty. */
typedef struct
{
  GHashTable *set;
} EnjNames;

void enj_names_clear (EnjNames *self);

/* Takes @name. */
void enj_names_add_take (EnjNames *self, char *name);

/* TRUE where it was there. */
gboolean enj_names_remove (EnjNames *self, const char *name);
gboolean enj_names_has (const EnjNames *self, const char *name);
guint enj_names_count (const EnjNames *self);

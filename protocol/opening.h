/* opening.h - what the tag that opens a stream declares, while it is read.
 *
 * Namespaces and the language hold for all that is inside; the header's own
 * meaning is header.h's. */
#pragma once

#include "protocol/bytes.h"
#include "protocol/element.h"

typedef struct
{
  char *lang; /* or NULL */

  /* Private. */
  EnjBytes declarations; /* prefix, namespace, both terminated */
} EnjOpening;

/* @limit: of the declarations, in bytes. */
void enj_opening_init (EnjOpening *self, gsize limit);
void enj_opening_clear (EnjOpening *self);

/* As expat tells: NULL for the default one, and for none.  FALSE over the limit. */
gboolean enj_opening_declare (EnjOpening *self, const char *prefix, const char *uri);

/* An xml:lang.  One that is longer than any is not written onto stanzas, each of which it
 * would swell. */
void enj_opening_speak (EnjOpening *self, const char *lang);

/* The declarations as attributes of @ns, named "" for the default one, else by prefix. */
void enj_opening_build (const EnjOpening *self, const char *ns, EnjElementBuilder *builder);

/* The tag as tag.h has it; forgets the declarations. */
char *enj_opening_end_tag_new (EnjOpening *self, const char *triplet, char separator);

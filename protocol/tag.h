/* tag.h - the start tag of a stream, as far as it tells how to read what is inside.
 *
 * Name, prefix and namespaces, but no attribute.  For a parser that comes back in
 * the middle of a stream. */
#pragma once

#include "protocol/bytes.h"

/* @triplet is namespace, name and prefix with @separator between, as expat gives it.
 * @declarations are pairs of prefix and namespace, each terminated.  NULL where it
 * would be longer than 2 KiB: then a parser is not much larger. */
char *enj_tag_new (const char *triplet, char separator, const EnjBytes *declarations);

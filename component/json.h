/* json.h - a GVariant as JSON (RFC 8259).
 *
 * Dictionaries with strings as keys are objects; arrays and tuples are arrays; a variant is what
 * is in it; a maybe without a value is null.  Exact for integers; text is UTF-8, with control
 * characters escaped, those above ASCII too, so that a terminal can be shown it.
 *
 * Does not read JSON. */
#pragma once

#include <glib.h>

/* One line, without a newline.  New string. */
char *enj_json_new (GVariant *value);

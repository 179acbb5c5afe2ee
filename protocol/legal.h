/* legal.h - what XML can carry at all.
 *
 * A program may hand us any bytes as text.  What is not UTF-8, and the
 * characters that XML does not have (XML 1.0, 2.2: most control characters),
 * become U+FFFD here, because on the wire they would cost the whole stream.
 * Does not escape. */
#pragma once

#include <glib.h>

/* A legal copy of @text; NULL for NULL. */
char *enj_legal_text_new (const char *text);
void enj_legal_text_append (GString *out, const char *text, gsize len);

/* Enough to keep a mistake from breaking out of a tag: among the ASCII
 * characters those of a name without a colon, anything above.  What a parser
 * calls a name always passes. */
gboolean enj_legal_is_name (const char *name);

/* escape.h - the only place that escapes.
 *
 * In text: & < > and CR.  In attributes, which are always in double quotes:
 * & < " and TAB, LF, CR as character references.  The apostrophe is never
 * escaped: ninety thousand of them would swell a stanza past the limits of the
 * next hop. */
#pragma once

#include "protocol/bytes.h"

/* FALSE when the limit of @out is reached; it then holds a part. */
gboolean enj_escape_text (EnjBytes *out, const char *text, gsize len);
gboolean enj_escape_attribute (EnjBytes *out, const char *value, gsize len);

/* Writes ` name="value"`; nothing for a NULL value. */
gboolean enj_escape_write_attribute (EnjBytes *out, const char *name, const char *value);

/* Nothing in @value would be escaped in an attribute. */
gboolean enj_escape_is_plain (const char *value, gsize len);

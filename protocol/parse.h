/* parse.h - one element or stanza from a piece of text.
 *
 * enj_stanza_parse() and enj_stanza_get_element() of enjamb.h are here too. */
#pragma once

#include "protocol/element.h"

/* One whole element; @default_ns for names without a declaration, or NULL.
 * The same limits and refusals as on a stream; ENJ_STREAM_ERROR. */
EnjElement *enj_parse_element (const char *xml, gssize len, const char *default_ns,
                               GError **error);

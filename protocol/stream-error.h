/* stream-error.h - <stream:error/> (RFC 6120 4.9) to a GError and back. */
#pragma once

#include "protocol/bytes.h"
#include "protocol/condition.h"
#include "protocol/element.h"

/* What the peer said: ENJ_STREAM_ERROR with its text, escaped for a log. */
GError *enj_stream_error_parse_new (const EnjElement *element);

/* Where <see-other-host/> sends us (4.9.3.19): a canonical domain, or an address without brackets,
 * new string; @port 0 where it names none.  FALSE where it does not, or to what is neither. */
gboolean enj_stream_error_find_other_host (const EnjElement *element, char **host, guint16 *port);

/* The element alone, without an end of the stream: all or, FALSE, nothing. */
gboolean enj_stream_error_format (const GError *error, EnjBytes *out);

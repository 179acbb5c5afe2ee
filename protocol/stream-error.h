/* stream-error.h - <stream:error/> (RFC 6120 4.9) to a GError and back. */
#pragma once

#include "protocol/bytes.h"
#include "protocol/condition.h"
#include "protocol/element.h"

/* What the peer said: ENJ_STREAM_ERROR with its text, escaped for a log. */
GError *enj_stream_error_parse_new (const EnjElement *element);

/* The element alone, without an end of the stream: all or, FALSE, nothing. */
gboolean enj_stream_error_format (const GError *error, EnjBytes *out);

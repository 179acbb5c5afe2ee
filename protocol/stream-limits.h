/* stream-limits.h - what a stream takes at most, as its owner announces it (XEP-0478). */
#pragma once

#include "protocol/bytes.h"
#include "protocol/element.h"

/* 0 is unknown (L06). */
typedef struct
{
  guint64 max_bytes;
  guint64 idle_seconds;
} EnjStreamLimits;

/* @element is <limits/>, or the parent of one: features, or <bidi/> (B18).  All 0
 * where there is none; what is no number counts as absent. */
EnjStreamLimits enj_stream_limits_parse (const EnjElement *element);

/* <limits/>.  All or, FALSE, nothing. */
gboolean enj_stream_limits_format (const EnjStreamLimits *limits, EnjBytes *out);

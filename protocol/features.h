/* features.h - stream features (RFC 6120 4.3.2), what we offer and what we read. */
#pragma once

#include "protocol/bytes.h"
#include "protocol/element.h"
#include "protocol/stream-limits.h"

typedef enum
{
  ENJ_FEATURE_STARTTLS = 1 << 0,
  ENJ_FEATURE_STARTTLS_REQUIRED = 1 << 1,
  ENJ_FEATURE_DIALBACK = 1 << 2,
  ENJ_FEATURE_DIALBACK_ERRORS = 1 << 3,
  ENJ_FEATURE_EXTERNAL = 1 << 4,
  /* Something mandatory-to-negotiate that we do not know (S47). */
  ENJ_FEATURE_UNKNOWN_REQUIRED = 1 << 5,
  ENJ_FEATURE_BIDI = 1 << 6, /* XEP-0288 */
  ENJ_FEATURE_SM = 1 << 7    /* XEP-0198 */
} EnjFeatures;

/* STARTTLS alone counts as required, even without <required/> (T02). */
EnjFeatures enj_features_parse (const EnjElement *element);

/* @limits are announced beside them; NULL for none.  FALSE: the queue is over its limit. */
gboolean enj_features_format (EnjFeatures features, const EnjStreamLimits *limits, EnjBytes *out);

/* metrics.h - the numbers of a bridge as text, for those who watch many (exposition.h).
 *
 * Names and labels are told in enjamb(8).  No label holds what others choose: domains are our
 * own, conditions and versions those that there are.
 *
 * Does not answer anybody. */
#pragma once

#include "component/steward.h"

/* All of them, at @now. */
GString *enj_metrics_new (const EnjSteward *steward, gint64 now);

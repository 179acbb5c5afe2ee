/* pace.h - how long conversations with other servers take until the first pair is up.
 *
 * Step by step, and as a whole.  All zero is empty. */
#pragma once

#include "protocol/histogram.h"
#include "protocol/milestones.h"

/* At the place of a milestone: from the one before it that was passed.  At that of the start,
 * where no way leads to: the whole. */
typedef struct
{
  EnjHistogram steps[ENJ_N_MILESTONES];
} EnjPace;

void enj_pace_note (EnjPace *self, const EnjMilestones *milestones);

/* "dns", "tcp", "tls", "authentication", and "whole". */
const char *enj_pace_format_step (EnjMilestone milestone);

/* milestones.h - when a conversation with another server got where. */
#pragma once

#include <glib.h>

typedef enum
{
  ENJ_MILESTONE_START,
  ENJ_MILESTONE_RESOLVED,  /* the DNS has told where to connect */
  ENJ_MILESTONE_CONNECTED, /* for one that a peer has opened the first */
  ENJ_MILESTONE_ENCRYPTED,
  ENJ_MILESTONE_AUTHENTICATED, /* the first pair is up */
  ENJ_N_MILESTONES
} EnjMilestone;

/* Monotonic microseconds; 0 for what was not reached. */
typedef struct
{
  gint64 at[ENJ_N_MILESTONES];
} EnjMilestones;

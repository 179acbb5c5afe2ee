#include "config.h"

#include "protocol/pace.h"

void
enj_pace_note (EnjPace *self, const EnjMilestones *milestones)
{
  gint64 first = 0;
  gint64 last = 0;

  for (guint i = 0; i < ENJ_N_MILESTONES; i++)
    {
      gint64 at = milestones->at[i];

      if (!at)
        continue;
      if (last)
        enj_histogram_observe (&self->steps[i], at - last);
      first = first ? first : at;
      last = at;
    }
  enj_histogram_observe (&self->steps[ENJ_MILESTONE_START], last - first);
}

const char *
enj_pace_format_step (EnjMilestone milestone)
{
  static const char *const names[ENJ_N_MILESTONES]
    = { "whole", "dns", "tcp", "tls", "authentication" };

  return names[milestone];
}

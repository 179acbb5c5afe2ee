#include "config.h"

#include "protocol/pace.h"

static void
assert_step (const EnjPace *pace, EnjMilestone milestone, guint count, guint64 sum)
{
  g_test_message ("%s", enj_pace_format_step (milestone));
  g_assert_cmpuint (enj_histogram_count (&pace->steps[milestone]), ==, count);
  g_assert_cmpuint (pace->steps[milestone].sum, ==, sum);
}

static void
a_call_has_all_steps (void)
{
  const EnjMilestones milestones = { .at = { 1000, 1010, 1210, 4210, 9210 } };
  EnjPace pace = { 0 };

  enj_pace_note (&pace, &milestones);
  assert_step (&pace, ENJ_MILESTONE_START, 1, 8210);
  assert_step (&pace, ENJ_MILESTONE_RESOLVED, 1, 10);
  assert_step (&pace, ENJ_MILESTONE_CONNECTED, 1, 200);
  assert_step (&pace, ENJ_MILESTONE_ENCRYPTED, 1, 3000);
  assert_step (&pace, ENJ_MILESTONE_AUTHENTICATED, 1, 5000);
}

/* Of one who has connected to us we know no more; in clear there is one step fewer. */
static void
what_was_not_passed_took_no_time (void)
{
  const EnjMilestones milestones = { .at = { 0, 0, 1000, 0, 1700 } };
  EnjPace pace = { 0 };

  enj_pace_note (&pace, &milestones);
  assert_step (&pace, ENJ_MILESTONE_START, 1, 700);
  assert_step (&pace, ENJ_MILESTONE_RESOLVED, 0, 0);
  assert_step (&pace, ENJ_MILESTONE_CONNECTED, 0, 0);
  assert_step (&pace, ENJ_MILESTONE_ENCRYPTED, 0, 0);
  assert_step (&pace, ENJ_MILESTONE_AUTHENTICATED, 1, 700);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pace/a-call-has-all-steps", a_call_has_all_steps);
  g_test_add_func ("/pace/what-was-not-passed-took-no-time", what_was_not_passed_took_no_time);
  return g_test_run ();
}

/* What it leaves behind; its conversations are played by tests/transcripts. */
#include "config.h"

#include "protocol/receiving.h"

#include "tests/support/talk.h"

#define LOCAL "comp.local.test"
#define REMOTE "remote.test"

/* RFC 6120 5.4.3.3: who has proved himself in clear has not done so behind STARTTLS. */
static void
test_reset (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();
  g_autoptr (EnjWays) ways = enj_ways_new ();
  EnjCounters counters = { 0 };
  EnjNewsQueue news = { .queue = G_QUEUE_INIT };
  g_autoptr (EnjReceiving) receiving = enj_receiving_new (&talk->session, &counters, &news);

  talk->session.ways = ways;
  enj_receiving_admit_inverse (receiving, LOCAL, REMOTE, ENJ_PROOF_DIALBACK);
  g_assert_true (enj_ways_lead_back (ways, LOCAL, REMOTE));
  enj_receiving_reset (receiving);
  g_assert_false (enj_receiving_has_pair (receiving, LOCAL, REMOTE));
  g_assert_false (enj_ways_lead_back (ways, LOCAL, REMOTE));

  enj_receiving_admit_inverse (receiving, LOCAL, REMOTE, ENJ_PROOF_CERTIFICATE);
  g_assert_true (enj_ways_lead_back (ways, LOCAL, REMOTE));
  enj_ways_leave (ways, talk->session.id);
  g_assert_false (enj_ways_lead_back (ways, LOCAL, REMOTE));
  enj_news_queue_clear (&news);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/receiving/starttls-leaves-no-way-back", test_reset);
  return g_test_run ();
}

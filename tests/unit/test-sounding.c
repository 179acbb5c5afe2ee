/* That it minds its own; what it proves is played in tests/world/test-world-proof.c. */
#include "config.h"

#include "protocol/sounding.h"

#include "protocol/management.h"

#include "tests/support/talk.h"

#define LOCAL "comp.local.test"
#define REMOTE "remote.test"

static EnjStanza *
message_new (void)
{
  return enj_stanza_new (ENJ_STANZA_MESSAGE, NULL, "a@" LOCAL, "b@" REMOTE, NULL, NULL);
}

/* The peer has asked for XEP-0198 late: what it does not acknowledge holds the stream, and an
 * answer to a ping does not let go. */
static void
test_hold (void)
{
  g_autoptr (EnjTalk) talk = enj_talk_new_open ();
  g_autoptr (EnjWays) ways = enj_ways_new ();
  g_autoptr (EnjStanza) stanza = message_new ();
  EnjSession *session = &talk->session;
  EnjCounters counters = { 0 };
  g_autoptr (EnjManagement) management = enj_management_new (session, &counters);
  g_autoptr (EnjSounding) sounding = enj_sounding_new (session, &counters);

  session->settings->limits.queue_stanzas = 2;
  session->ways = ways;
  session->log.local = LOCAL;
  session->log.remote = REMOTE;
  enj_ways_open (ways, session->id, LOCAL, REMOTE);
  enj_management_enable (management);
  g_assert_true (enj_management_note_sent (management, stanza));
  g_assert_true (enj_management_note_sent (management, stanza));
  g_assert_cmpint (enj_session_send (session, stanza), ==, ENJ_SEND_FULL);
  enj_sounding_note_sent (sounding, stanza);
  g_assert_cmpint (enj_session_send (session, stanza), ==, ENJ_SEND_FULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sounding/lets-go-of-its-own-hold-only", test_hold);
  return g_test_run ();
}

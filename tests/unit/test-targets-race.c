#include "config.h"

#include "protocol/targets.h"

#include "protocol/deadlines.h"
#include "tests/support/hunt.h"
#include "tests/support/proves.h"

#define MS G_TIME_SPAN_MILLISECOND

static void
test_families (void)
{
  static const char *const expected[] = {
    "[2001:db8::1]:5269", "198.51.100.1:5269", "[2001:db8::2]:5269",
    "198.51.100.2:5269",  "[2001:db8::3]:5269", "198.51.100.3:5269",
    "[2001:db8::4]:5269", "198.51.100.4:5269",
  };
  EnjTestHunt hunt;

  enj_test_proves ("N05");
  enj_test_hunt_start (&hunt, FALSE);
  SRV (&hunt, "1 0 5269 a.example", "2 0 5269 b.example");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (&hunt, "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8::5",
             "2001:db8::6", "2001:db8::7", "2001:db8::8", "2001:db8::9", "198.51.100.1",
             "198.51.100.2", "198.51.100.3", "198.51.100.4", "198.51.100.5");

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    enj_test_hunt_fails_at (&hunt, expected[i], FALSE);
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "b.example");
  enj_test_hunt_stop (&hunt);
}

/* One family is dark, the first server too: nobody waits for a time-out. */
static void
test_dark (void)
{
  EnjTestHunt hunt;

  enj_test_proves ("N05");
  enj_test_hunt_start (&hunt, FALSE);
  SRV (&hunt, "1 0 5269 a.example", "2 0 5269 b.example");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (&hunt, "2001:db8::1", "198.51.100.1");
  enj_test_hunt_connects (&hunt, "[2001:db8::1]:5269", FALSE);
  enj_test_hunt_quiet (&hunt);
  g_assert_cmpint (enj_targets_deadline (hunt.targets), ==, hunt.now + 250 * MS);
  hunt.now += 249 * MS;
  enj_test_hunt_quiet (&hunt);
  hunt.now += 1 * MS;
  enj_test_hunt_connects (&hunt, "198.51.100.1:5269", FALSE);

  /* The next server has a lower rank, and is given a little more time before. */
  enj_test_hunt_quiet (&hunt);
  g_assert_cmpint (enj_targets_deadline (hunt.targets), ==, hunt.now + 1000 * MS);
  hunt.now += 1000 * MS;
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "b.example");
  g_assert_cmpint (enj_targets_deadline (hunt.targets), ==, ENJ_NEVER);
  ADDRESSES (&hunt, "198.51.100.2");
  enj_test_hunt_connects (&hunt, "198.51.100.2:5269", FALSE);
  enj_test_hunt_quiet (&hunt);
  g_assert_cmpint (enj_targets_deadline (hunt.targets), ==, ENJ_NEVER);
  enj_test_hunt_stop (&hunt);
}

/* What has connected is of no use: the next one, and what was slower has its turn again. */
static void
test_next_after_tls (void)
{
  guint slow;
  guint fast;
  guint again;
  EnjTestHunt hunt;

  enj_test_proves ("N11");
  enj_test_hunt_start (&hunt, FALSE);
  SRV (&hunt, "1 0 5269 a.example", "2 0 5269 b.example");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (&hunt, "198.51.100.1", "198.51.100.2");
  slow = enj_test_hunt_connects (&hunt, "198.51.100.1:5269", FALSE);
  hunt.now += 250 * MS;
  fast = enj_test_hunt_connects (&hunt, "198.51.100.2:5269", FALSE);
  enj_targets_connected (hunt.targets, fast);
  hunt.now += 5000 * MS;
  enj_test_hunt_quiet (&hunt);
  g_assert_cmpint (enj_targets_deadline (hunt.targets), ==, ENJ_NEVER);

  enj_targets_failed (hunt.targets, slow, "cancelled");
  enj_test_hunt_quiet (&hunt);
  enj_targets_failed (hunt.targets, fast, "TLS: no cipher");
  again = enj_test_hunt_connects (&hunt, "198.51.100.1:5269", FALSE);
  g_assert_cmpuint (again, !=, slow);
  enj_targets_failed (hunt.targets, again, "refused");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "b.example");
  ADDRESSES (&hunt, "198.51.100.3");
  enj_test_hunt_fails_at (&hunt, "198.51.100.3:5269", FALSE);

  /* That a server was there and failed tells more. */
  enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);
  g_assert_cmpstr (hunt.wish.error->message, ==, "TLS: no cipher");
  enj_test_hunt_stop (&hunt);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/targets/families-take-turns", test_families);
  g_test_add_func ("/targets/nobody-waits-for-the-dark", test_dark);
  g_test_add_func ("/targets/the-next-one-where-tls-fails", test_next_after_tls);
  return g_test_run ();
}

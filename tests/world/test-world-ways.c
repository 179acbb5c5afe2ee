/* Which way a stanza takes where streams are written to from both ends (XEP-0288). */
#include "config.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/world/pair.h"

#define MESSAGE(from, to, id) "<message from='a@" from "' to='b@" to "' id='" id "'/>"

static void
send_and_run (EnjWorldServer *server, const char *xml)
{
  g_assert_true (enj_world_send (server, xml));
  enj_world_run (server->world);
}

static void
assert_got (const EnjWorldServer *server, guint n, const char *id)
{
  g_assert_cmpuint (server->inbox->len, ==, n);
  g_assert_nonnull (strstr (server->inbox->pdata[n - 1], id));
  g_assert_null (strstr (server->inbox->pdata[n - 1], "type='error'"));
}

/* The answer goes back by the way that the message came. */
static void
test_way_back (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("B08 B15");
  send_and_run (pair.here, MESSAGE (HERE, THERE, "1"));
  send_and_run (pair.there, MESSAGE (THERE, HERE, "2"));
  assert_got (pair.there, 1, "id='1'");
  assert_got (pair.here, 1, "id='2'");
  g_assert_cmpuint (enj_world_count_wires (pair.world), ==, 1);
  /* Another pair was not proved there: it has a stream of its own. */
  send_and_run (pair.there, MESSAGE (ALSO_THERE, HERE, "3"));
  assert_got (pair.here, 2, "id='3'");
  g_assert_cmpuint (enj_exchange_get_load (pair.there->exchange).outbound, ==, 1);
  enj_world_free (pair.world);
}

/* A stream of our own stays the way for as long as it is there. */
static void
test_own_stream_first (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("B15 S27");
  enj_world_hold (pair.world, FALSE, TRUE);
  g_assert_true (enj_world_send (pair.here, MESSAGE (HERE, THERE, "1")));
  g_assert_true (enj_world_send (pair.there, MESSAGE (THERE, HERE, "2")));
  enj_world_run (pair.world);
  enj_world_hold (pair.world, FALSE, FALSE);
  enj_world_run (pair.world);
  assert_got (pair.there, 1, "id='1'");
  assert_got (pair.here, 1, "id='2'");
  for (guint i = 0; i < 5; i++)
    {
      send_and_run (pair.here, MESSAGE (HERE, THERE, "n"));
      send_and_run (pair.there, MESSAGE (THERE, HERE, "n"));
    }
  g_assert_cmpuint (pair.there->inbox->len, ==, 6);
  g_assert_cmpuint (pair.here->inbox->len, ==, 6);
  enj_world_free (pair.world);
}

/* When the stream ends, both directions have to find another. */
static void
test_end (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("B16");
  send_and_run (pair.here, MESSAGE (HERE, THERE, "1"));
  send_and_run (pair.there, MESSAGE (THERE, HERE, "2"));
  enj_world_cut (pair.world, pair.here, pair.there);
  send_and_run (pair.there, MESSAGE (THERE, HERE, "3"));
  enj_world_wait (pair.world, 2 * ENJ_SECOND);
  assert_got (pair.here, 2, "id='3'");
  send_and_run (pair.here, MESSAGE (HERE, THERE, "4"));
  assert_got (pair.there, 2, "id='4'");
  enj_world_free (pair.world);
}

/* What the lost stream had taken and not sent goes out over the next, or comes back. */
static void
test_unsent (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("B16");
  send_and_run (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_freeze (pair.world, TRUE);
  g_assert_true (enj_world_send (pair.there, MESSAGE (THERE, HERE, "2")));
  enj_world_cut (pair.world, pair.here, pair.there);
  enj_world_freeze (pair.world, FALSE);
  enj_world_wait (pair.world, 2 * ENJ_SECOND);
  assert_got (pair.here, 1, "id='2'");
  g_assert_cmpuint (pair.there->inbox->len, ==, 1);

  enj_world_cut (pair.world, pair.here, pair.there);
  enj_world_wait (pair.world, 2 * ENJ_SECOND);
  send_and_run (pair.here, MESSAGE (HERE, THERE, "3"));
  enj_world_freeze (pair.world, TRUE);
  g_assert_true (enj_world_send (pair.there, MESSAGE (THERE, HERE, "4")));
  pair.here->is_away = TRUE;
  enj_world_cut (pair.world, pair.here, pair.there);
  enj_world_freeze (pair.world, FALSE);
  enj_world_wait (pair.world, 2 * ENJ_SECOND);
  g_assert_nonnull (strstr (pair.there->inbox->pdata[pair.there->inbox->len - 1],
                            "<remote-server-timeout "));
  enj_world_free (pair.world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/ways/is-the-way-back", test_way_back);
  g_test_add_func ("/world/ways/leaves-our-own-stream-alone", test_own_stream_first);
  g_test_add_func ("/world/ways/ends-for-both", test_end);
  g_test_add_func ("/world/ways/loses-nothing", test_unsent);
  return g_test_run ();
}

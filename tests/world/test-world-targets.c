#include "config.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define THERE "there.example"
#define SRV "_xmpp-server._tcp." THERE

static void
send_number (EnjWorldServer *server, guint number)
{
  g_autofree char *xml = g_strdup_printf (
    "<message from='a@" HERE "' to='b@" THERE "' id='%u'><body>x</body></message>", number);

  g_assert_true (enj_world_send (server, xml));
}

/* One server is dark, one refuses, one is there; of that one address is dark, too. */
static void
test_dark (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *dark = enj_world_add (world, "dark.example", ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *away = enj_world_add (world, "away.example", ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("N01 N05 S27");
  dark->is_silent = TRUE;
  away->is_away = TRUE;
  enj_world_add_srv (world, HERE, 1, HERE);
  enj_world_add_address (world, HERE, &here->address);
  enj_world_add_srv (world, THERE, 1, "first");
  enj_world_add_srv (world, THERE, 2, "second");
  enj_world_add_srv (world, THERE, 3, "third");
  enj_world_add_address (world, "first", &dark->address);
  enj_world_add_address (world, "second", &away->address);
  enj_world_add_address (world, "third", &dark->address);
  enj_world_add_address (world, "third", &there->address);

  for (guint i = 0; i < 10; i++)
    send_number (here, i);
  enj_world_wait (world, 5 * ENJ_SECOND);
  g_assert_cmpuint (there->inbox->len, ==, 10);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *id = g_strdup_printf ("id='%u'", i);

      g_assert_nonnull (strstr (there->inbox->pdata[i], id));
    }
  g_assert_cmpuint (here->inbox->len, ==, 0);
  enj_world_free (world);
}

/* However many write there, the DNS is asked once, and a little later not again. */
static void
test_one_look_up (void)
{
  enum { N_MESSAGES = 1000 };
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("S36");
  enj_world_set_result (world, SRV, ENJ_LOOKUP_FAILED);
  enj_world_hold (world, TRUE, TRUE);
  for (guint i = 0; i < N_MESSAGES; i++)
    send_number (here, i);
  enj_world_run (world);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  enj_world_hold (world, FALSE, FALSE);
  enj_world_run (world);
  g_assert_cmpuint (here->inbox->len, ==, N_MESSAGES);
  send_number (here, N_MESSAGES);
  enj_world_run (world);
  g_assert_cmpuint (here->inbox->len, ==, N_MESSAGES + 1);
  for (guint i = 0; i < here->inbox->len; i++)
    {
      g_assert_nonnull (strstr (here->inbox->pdata[i], "<error type='wait'"));
      g_assert_nonnull (strstr (here->inbox->pdata[i], "<remote-server-not-found "));
    }

  /* Both kinds of service. */
  g_assert_cmpuint (here->asked->len, ==, 2);
  g_assert_cmpstr (here->asked->pdata[0], ==, SRV);
  enj_world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/targets/the-dark-costs-little", test_dark);
  g_test_add_func ("/world/targets/one-look-up-for-all", test_one_look_up);
  return g_test_run ();
}

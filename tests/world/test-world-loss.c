#include "config.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/support/quiet.h"
#include "tests/world/linked.h"
#include "tests/world/settings.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define HOME "home.here.example"

static void
send_xml (EnjWorldServer *server, const char *xml)
{
  g_assert_true (enj_world_send (server, xml));
}

/* It takes what it is sent, and is gone before anything of it was handled. */
static void
lose (EnjWorldServer *server, EnjPuppet *puppet)
{
  enj_world_run (server->world);
  g_assert_nonnull (strstr (puppet->heard->str, "<ping "));
  enj_world_hang_up (server->world, puppet);
}

static const EnjCounters *
counters_of (const EnjWorldServer *server)
{
  return enj_exchange_get_counters (server->exchange);
}

static void
test_lost_by_kind (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet = enj_linked_new_mute (here);

  enj_test_proves ("C17 C24");
  enj_linked_send (here, "b@" HOME, 1);
  send_xml (here, "<iq type='set' from='a@" HERE "' to='b@" HOME "' id='2'/>");
  send_xml (here, "<iq type='get' from='a@" HERE "' to='b@" HOME "' id='3'/>");
  send_xml (here, "<presence from='a@" HERE "' to='b@" HOME "' id='4'/>");
  send_xml (here, "<presence from='a@" HERE "' to='b@" HOME "' id='5'/>");
  send_xml (here, "<iq type='result' from='a@" HERE "' to='b@" HOME "' id='6'/>");
  enj_world_run (world);
  puppet->is_deaf = TRUE;
  enj_linked_send (here, "b@" HOME, 7);
  lose (here, puppet);
  g_assert_cmpuint (enj_linked_count_inbox (here, 2, TRUE), ==, 1);
  g_assert_nonnull (strstr (here->inbox->pdata[0], "<remote-server-timeout "));
  g_assert_cmpuint (here->inbox->len, ==, 1);
  g_assert_cmpuint (counters_of (here)->dropped, ==, 1);
  enj_linked_send (here, "b@" HOME, 8);

  puppet = enj_linked_new (here);
  for (guint i = 1; i <= 8; i++)
    g_assert_cmpuint (enj_linked_count_in (puppet->heard->str, i), ==, i != 2 && i != 4);
  enj_linked_assert_in_order (strstr (puppet->heard->str, "id=\"6\""), 7, 8);
  g_assert_nonnull (strstr (puppet->heard->str, "<message from=\"a@" HERE "\" to=\"b@" HOME "\""
                                                " id=\"1\"><body>x</body><delay "));
  g_assert_cmpuint (enj_linked_count_in (strstr (puppet->heard->str, "<delay "), 1), ==, 0);
  g_assert_null (strstr (strstr (puppet->heard->str, "<delay ") + 1, "<delay "));
  enj_world_run (world);
  g_assert_cmpuint (counters_of (here)->confirmed, ==, 6);
  g_assert_cmpuint (here->inbox->len, ==, 1);
  enj_world_free (world);
}

static void
test_lost_twice (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet = enj_linked_new_mute (here);

  enj_test_proves ("C24");
  enj_linked_send (here, "b@" HOME, 1);
  lose (here, puppet);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  puppet = enj_linked_new_mute (here);
  g_assert_cmpuint (enj_linked_count_in (puppet->heard->str, 1), ==, 1);
  lose (here, puppet);
  g_assert_cmpuint (enj_linked_count_inbox (here, 1, TRUE), ==, 1);
  puppet = enj_linked_new (here);
  enj_world_run (world);
  g_assert_cmpuint (enj_linked_count_in (puppet->heard->str, 1), ==, 0);
  enj_world_free (world);
}

/* Nobody could be told of it, so it goes again, and again, but not for ever. */
static void
test_lost_error (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet = enj_linked_new_mute (here);
  const char *found;

  enj_test_proves ("C24");
  send_xml (here, "<message type='error' from='a@" HERE "' to='b@" HOME "' id='1'><body>x</body>"
                  "</message>");
  enj_world_run (world);
  for (guint i = 0; i < 9; i++)
    {
      g_assert_cmpuint (enj_linked_count_in (puppet->heard->str, 1), ==, 1);
      lose (here, puppet);
      puppet = enj_linked_new_mute (here);
      enj_world_run (world);
      if (i == 4)
        {
          found = strstr (puppet->heard->str, "<delay ");
          g_assert_nonnull (found);
          g_assert_null (strstr (found + 1, "<delay "));
        }
    }
  g_assert_cmpuint (enj_linked_count_in (puppet->heard->str, 1), ==, 0);
  g_assert_cmpuint (counters_of (here)->dropped, ==, 1);
  enj_world_free (world);
}

/* The date is more than the server takes. */
static void
test_lost_and_full (void)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here;
  EnjPuppet *puppet;

  enj_test_proves ("C24 S43");
  limits.stanza_size_link = 10000;
  here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  puppet = enj_linked_new_mute (here);
  enj_linked_send_of_size (here, "b@" HOME, 1, 9900);
  enj_linked_send (here, "b@" HOME, 2);
  lose (here, puppet);
  puppet = enj_linked_new (here);
  enj_world_run (world);
  g_assert_cmpuint (enj_linked_count_in (puppet->heard->str, 1), ==, 0);
  g_assert_cmpuint (enj_linked_count_in (puppet->heard->str, 2), ==, 1);
  g_assert_cmpuint (enj_linked_count_inbox (here, 1, TRUE), ==, 1);
  enj_world_free (world);
}

/* For a server that is away it waits as all else does, and no longer. */
static void
test_lost_for_good (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet = enj_linked_new_mute (here);

  enj_test_proves ("C17 C24");
  enj_linked_send (here, "b@" HOME, 1);
  lose (here, puppet);
  enj_world_wait (world, 59 * ENJ_SECOND);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  enj_world_wait (world, 2 * ENJ_SECOND);
  g_assert_cmpuint (enj_linked_count_inbox (here, 1, TRUE), ==, 1);
  enj_world_free (world);
}

static void
test_lost_as_the_operator_says (void)
{
  static const EnjOnLoss policies[] = { ENJ_ON_LOSS_RESEND, ENJ_ON_LOSS_BOUNCE };

  enj_test_proves ("C24");
  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    {
      const EnjLimits limits = enj_limits_default ();
      EnjWorld *world = enj_world_new ();
      EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
      EnjPuppet *puppet = enj_linked_new (here);
      g_autoptr (EnjSettings) settings
        = enj_world_settings_new (HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
      gboolean again = policies[i] == ENJ_ON_LOSS_RESEND;

      enj_settings_set_on_loss (settings, HERE, policies[i]);
      enj_exchange_set_settings (here->exchange, settings, enj_world_now (world));
      puppet->is_mute = TRUE;
      enj_linked_send (here, "b@" HOME, 1);
      send_xml (here, "<iq type='set' from='a@" HERE "' to='b@" HOME "' id='2'/>");
      lose (here, puppet);
      puppet = enj_linked_new (here);
      for (guint j = 1; j <= 2; j++)
        {
          g_assert_cmpuint (enj_linked_count_in (puppet->heard->str, j), ==, again);
          g_assert_cmpuint (enj_linked_count_inbox (here, j, TRUE), ==, !again);
        }
      enj_world_free (world);
    }
}

/* A server that takes and does not handle is not fed for ever; what comes then is told at once. */
static void
test_too_much_unproven (void)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here;
  EnjPuppet *puppet;

  enj_test_proves ("C21");
  limits.queue_stanzas = 5;
  here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  puppet = enj_linked_new_mute (here);
  for (guint i = 1; i <= 11; i++)
    {
      enj_linked_send (here, "b@" HOME, i);
      enj_world_run (world);
    }
  enj_linked_assert_in_order (puppet->heard->str, 1, 5);
  g_assert_cmpuint (enj_linked_count_in (puppet->heard->str, 6), ==, 0);
  g_assert_cmpuint (enj_linked_count_inbox (here, 11, TRUE), ==, 1);
  g_assert_nonnull (strstr (here->inbox->pdata[0], "<resource-constraint "));
  g_assert_cmpuint (here->inbox->len, ==, 1);
  enj_world_say (world, puppet,
                 "<message from='b@" HOME "' to='a@" HERE "' id='20'><body>x</body></message>");
  g_assert_cmpuint (enj_linked_count_inbox (here, 20, FALSE), ==, 1);
  enj_world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_test_be_quiet ();
  g_test_add_func ("/world/loss/goes-by-its-kind", test_lost_by_kind);
  g_test_add_func ("/world/loss/twice-goes-back", test_lost_twice);
  g_test_add_func ("/world/loss/of-errors-is-told-to-nobody", test_lost_error);
  g_test_add_func ("/world/loss/has-the-limits-of-all", test_lost_and_full);
  g_test_add_func ("/world/loss/does-not-wait-for-ever", test_lost_for_good);
  g_test_add_func ("/world/loss/goes-as-the-operator-says", test_lost_as_the_operator_says);
  g_test_add_func ("/world/loss/too-much-unproven-waits", test_too_much_unproven);
  return g_test_run ();
}

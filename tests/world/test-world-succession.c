#include "config.h"

#include <string.h>

#include "protocol/barrier.h"
#include "protocol/farewell.h"

#include "tests/support/stanzas.h"
#include "tests/world/linked.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define HOME "home.here.example"
#define THERE "there.example"

static guint n_written;
static guint n_struck;
static gboolean is_full;

static void
strike (gpointer data, guint64 number)
{
  (void) data;
  (void) number;
  n_struck++;
}

static gboolean
write_down (EnjOrigin origin, const char *component, guint64 end, EnjStanza *stanza,
            EnjReceipt **receipt, gpointer data)
{
  (void) origin;
  (void) component;
  (void) end;
  (void) stanza;
  (void) data;
  *receipt = enj_receipt_new (strike, NULL, ++n_written);
  return !is_full;
}

static EnjWorldServer *
add_keeping (EnjWorld *world)
{
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);

  n_written = n_struck = 0;
  enj_exchange_get_keeper (here->exchange)->write = write_down;
  return here;
}

/* What waits for a peer, and what comes when none is called any more: neither goes back. */
static void
test_held (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = add_keeping (world);
  EnjPuppet *puppet = enj_linked_new (here);
  EnjKeeper *keeper = enj_exchange_get_keeper (here->exchange);
  g_autoptr (EnjFarewell) farewell = NULL;

  enj_world_set_result (world, "_xmpp-server._tcp." THERE, G_MAXUINT);
  enj_linked_send (here, "b@" THERE, 1);
  enj_world_run (world);
  farewell = enj_farewell_new_handing_over (here->exchange, enj_world_now (world));
  for (guint i = 0; !enj_farewell_advance (farewell, enj_world_now (world)); i++)
    {
      g_assert_cmpuint (i, <, 100);
      enj_world_run (world);
      enj_linked_send (here, "b@" THERE, 2 + i);
      enj_world_run (world);
    }
  g_assert_cmpuint (keeper->held.length, >=, 2);
  g_assert_cmpuint (n_written, ==, keeper->held.length);
  g_assert_cmpuint (n_struck, ==, 0);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  g_assert_null (strstr (puppet->heard->str, "</stream:stream>"));
  enj_world_check_law (world);
  enj_world_free (world);
}

static char *
get_value_new (const char *text, const char *name)
{
  const char *place = strstr (text, name);

  g_assert_nonnull (place);
  place += strlen (name) + 1;
  return g_strndup (place, strcspn (place, "'\""));
}

/* The last that was heard. */
static void
answer_ping (EnjWorld *world, EnjPuppet *puppet)
{
  const char *ping = g_strrstr (puppet->heard->str, "<iq ");
  g_autofree char *id = get_value_new (ping, " id=");
  g_autofree char *to = get_value_new (ping, " to=");
  g_autofree char *pong
    = g_strdup_printf ("<iq type='result' id='%s' from='%s' to='" HERE "'/>", id, to);

  enj_world_say (world, puppet, pong);
}

/* The successor would send it again. */
static void
test_proved (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = add_keeping (world);
  EnjPuppet *puppet = enj_linked_new_mute (here);
  g_autoptr (EnjFarewell) farewell = NULL;

  enj_linked_send (here, "b@" HOME, 1);
  enj_world_run (world);
  g_assert_cmpuint (n_struck, ==, 0);
  farewell = enj_farewell_new_handing_over (here->exchange, enj_world_now (world));
  for (guint i = 0; i < 10; i++)
    {
      g_assert_false (enj_farewell_advance (farewell, enj_world_now (world)));
      enj_world_run (world);
    }
  answer_ping (world, puppet);
  for (guint i = 0; !enj_farewell_advance (farewell, enj_world_now (world)); i++)
    {
      g_assert_cmpuint (i, <, 3);
      enj_world_wait (world, ENJ_SECOND);
    }
  g_assert_cmpuint (n_struck, ==, 1);
  enj_world_free (world);
}

/* One that another process had, and may have delivered. */
static void
test_given_back (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = add_keeping (world);
  EnjPuppet *puppet = enj_linked_new (here);
  g_autoptr (EnjStanza) stanza = enj_test_stanza_new (
    "<iq from='a@" HOME "' to='b@" HERE "' type='set' id='7'><q xmlns='urn:q'/></iq>");

  enj_exchange_give_back (here->exchange, ENJ_ORIGIN_LINK, HERE, stanza, enj_world_now (world));
  g_clear_pointer (&stanza, enj_stanza_unref);
  g_assert_cmpuint (n_written, ==, 1);
  g_assert_cmpuint (n_struck, ==, 0);
  enj_world_wait (world, ENJ_SECOND);
  g_assert_nonnull (strstr (puppet->heard->str, "id=\"7\""));
  g_assert_nonnull (strstr (puppet->heard->str, "<remote-server-timeout "));
  g_assert_cmpuint (n_struck, ==, 1);
  enj_world_check_law (world);
  enj_world_free (world);
}

/* The server says more until it has seen our end tag, and we can answer nothing any more. */
static void
test_behind_the_end (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = add_keeping (world);
  EnjPuppet *puppet = enj_linked_new (here);
  EnjKeeper *keeper = enj_exchange_get_keeper (here->exchange);
  g_autoptr (EnjFarewell) farewell = enj_farewell_new (here->exchange, enj_world_now (world));

  for (guint i = 0; !strstr (puppet->heard->str, "</stream:stream>"); i++)
    {
      g_assert_cmpuint (i, <, 100);
      (void) enj_farewell_advance (farewell, enj_world_now (world));
      enj_world_wait (world, ENJ_SECOND / 10);
    }
  enj_world_say (world, puppet, "<message from='a@" HOME "' to='b@" HERE "' id='7'><body/>"
                                "</message>");
  enj_linked_send (here, "b@" THERE, 8);
  enj_linked_send (here, "b@" HOME, 9);
  enj_world_run (world);
  /* The service has the first, and what it sends is kept. */
  g_assert_cmpuint (here->inbox->len, ==, 1);
  g_assert_cmpuint (enj_keeper_count (keeper), ==, 2);
  g_assert_cmpuint (n_struck, ==, 1);
  enj_world_check_law (world);
  enj_world_free (world);
}

/* What is not written down would be lost in silence if we were killed. */
static void
test_full (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = add_keeping (world);
  EnjPuppet *puppet = enj_linked_new (here);

  is_full = TRUE;
  enj_world_say (world, puppet, "<message from='a@" HOME "' to='b@" HERE "' id='7'><body/>"
                                "</message>");
  is_full = FALSE;
  g_assert_cmpuint (n_written, ==, 1);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  g_assert_nonnull (strstr (puppet->heard->str, "id=\"7\""));
  g_assert_nonnull (strstr (puppet->heard->str, "<resource-constraint "));
  enj_world_wait (world, ENJ_SECOND);
  g_assert_cmpuint (n_struck, ==, 1);
  enj_world_check_law (world);
  enj_world_free (world);
}

/* The answer to a ping that another process wrote: by its form, for the id is not known here. */
static void
test_late_answer (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = add_keeping (world);
  EnjPuppet *puppet = enj_linked_new_mute (here);
  g_autoptr (EnjBarrier) others = enj_barrier_new ();
  const char *id = enj_barrier_ping (others, 1, 1);
  g_autofree char *pong
    = g_strdup_printf ("<iq type='result' id='%s' from='" HOME "' to='" HERE "'/>", id);

  enj_linked_send (here, "b@" HOME, 1);
  enj_world_run (world);
  enj_world_say (world, puppet, pong);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  /* It proves nothing of ours. */
  g_assert_cmpuint (enj_exchange_get_counters (here->exchange)->confirmed, ==, 0);
  answer_ping (world, puppet);
  g_assert_cmpuint (enj_exchange_get_counters (here->exchange)->confirmed, ==, 1);
  enj_world_check_law (world);
  enj_world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/succession/what-waits-is-held", test_held);
  g_test_add_func ("/world/succession/what-is-handed-over-is-proved-first", test_proved);
  g_test_add_func ("/world/succession/what-may-have-arrived-goes-back", test_given_back);
  g_test_add_func ("/world/succession/what-comes-behind-our-end-is-held", test_behind_the_end);
  g_test_add_func ("/world/succession/what-is-not-written-down-goes-back", test_full);
  g_test_add_func ("/world/succession/answers-to-others-are-for-nobody", test_late_answer);
  return g_test_run ();
}

#include "config.h"

#include <string.h>

#include "protocol/farewell.h"

#include "tests/support/proves.h"
#include "tests/world/linked.h"
#include "tests/world/settings.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define HOME "home.here.example"
#define THERE "there.example"

static void
test_waits_for_the_link (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet;

  enj_test_proves ("C06 C17 S27");
  for (guint i = 1; i <= 5; i++)
    enj_linked_send (here, "b@" HOME, i);
  enj_world_run (world);
  puppet = enj_linked_new (here);
  enj_linked_assert_in_order (puppet->heard->str, 1, 5);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  enj_world_free (world);
}

static void
test_link_lost_and_back (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet = enj_linked_new (here);

  enj_test_proves ("C17 S27");
  enj_linked_send (here, "b@" HOME, 1);
  enj_world_run (world);
  puppet->is_deaf = TRUE;
  for (guint i = 2; i <= 5; i++)
    enj_linked_send (here, "b@" HOME, i);
  enj_world_run (world);
  enj_world_hang_up (world, puppet);
  g_assert_true (g_str_has_suffix (here->events->str, "link-down "));
  enj_linked_assert_in_order (puppet->heard->str, 1, 1);
  enj_linked_send (here, "b@" HOME, 6);
  enj_world_wait (world, 30 * ENJ_SECOND);

  puppet = enj_linked_new (here);
  g_assert_cmpuint (enj_linked_count_in (puppet->heard->str, 1), ==, 0);
  enj_linked_assert_in_order (puppet->heard->str, 2, 6);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  enj_world_free (world);
}

static void
test_link_stays_away (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("C17 S36");
  enj_linked_send (here, "b@" HOME, 1);
  enj_world_wait (world, 59 * ENJ_SECOND);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  enj_world_wait (world, 2 * ENJ_SECOND);
  g_assert_cmpuint (enj_linked_count_inbox (here, 1, TRUE), ==, 1);
  g_assert_nonnull (strstr (here->inbox->pdata[0], "<error type='wait'"));
  g_assert_nonnull (strstr (here->inbox->pdata[0], "<remote-server-timeout "));
  enj_world_free (world);
}

/* What does not fit through the link comes back, and costs nobody the link. */
static void
test_too_large_for_the_link (void)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here;
  EnjPuppet *puppet;
  g_autofree char *body = g_strnfill (10000, 'x');
  g_autofree char *xml = NULL;

  enj_test_proves ("S43 C08");
  limits.stanza_size_link = 10000;
  here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  puppet = enj_linked_new (here);
  xml = g_strdup_printf ("<message from='a@" HERE "' to='b@" HOME "' id='1'><body>%s</body>"
                         "</message>", body);
  g_assert_true (enj_world_send (here, xml));
  enj_world_run (world);
  g_assert_cmpuint (enj_linked_count_inbox (here, 1, TRUE), ==, 1);
  g_assert_nonnull (strstr (here->inbox->pdata[0], "<policy-violation "));
  g_assert_null (strstr (here->inbox->pdata[0], "xxx"));
  g_assert_false (puppet->is_gone);
  enj_world_free (world);
}

static void
set_limits (EnjWorldServer *server, const EnjLimits *limits)
{
  g_autoptr (EnjSettings) settings
    = enj_world_settings_new (server->domain, ENJ_ENCRYPTION_REQUIRED, limits);

  enj_exchange_set_settings (server->exchange, settings, enj_world_now (server->world));
}

/* The limits of a reload are those of a link that is up, too. */
static void
test_other_limits (void)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here;
  EnjPuppet *puppet;

  limits.stanza_size_link = 10000;
  here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  puppet = enj_linked_new (here);
  limits.stanza_size_link = 30000;
  set_limits (here, &limits);
  enj_linked_send_of_size (here, "b@" HOME, 1, 20000);
  enj_world_run (world);
  enj_linked_assert_in_order (puppet->heard->str, 1, 1);

  enj_world_hang_up (world, puppet);
  enj_linked_send_of_size (here, "b@" HOME, 2, 20000);
  enj_world_run (world);
  limits.stanza_size_link = 10000;
  limits.queue_stanzas = 2;
  set_limits (here, &limits);
  enj_linked_send_of_size (here, "b@" HOME, 3, 1);
  enj_world_run (world);
  enj_linked_send_of_size (here, "b@" HOME, 4, 1);
  enj_world_run (world);
  g_assert_cmpuint (enj_linked_count_inbox (here, 4, TRUE), ==, 1);
  puppet = enj_linked_new (here);
  /* At once: it must not hold up what is behind it until its age is over. */
  enj_world_run (world);
  g_assert_cmpuint (enj_linked_count_inbox (here, 2, TRUE), ==, 1);
  g_assert_nonnull (strstr (here->inbox->pdata[1], "type='modify'><policy-violation "));
  enj_world_wait (world, 61 * ENJ_SECOND);
  g_assert_cmpuint (enj_linked_count_inbox (here, 2, TRUE), ==, 1);
  g_assert_cmpuint (enj_linked_count_in (puppet->heard->str, 2), ==, 0);
  enj_linked_assert_in_order (puppet->heard->str, 3, 3);
  enj_world_free (world);
}

/* Prosody compares the domain byte by byte and closes the link; what a service sends back may be
 * as somebody else wrote it. */
static void
test_own_name (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet = enj_linked_new (here);

  enj_test_proves ("C08");
  g_assert_true (enj_world_send (here, "<message from='a@HERE.example./R' to='b@" HOME "'/>"));
  enj_world_run (world);
  g_assert_nonnull (strstr (puppet->heard->str, "<message from=\"a@" HERE "/R\""));
  enj_world_free (world);
}

/* From the server: for the component only. */
static void
test_from_the_server (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet = enj_linked_new (here);

  enj_test_proves ("S31 S36");
  enj_world_say (world, puppet,
                 "<message from='b@" HOME "' to='a@" HERE "' id='1'><body>x</body></message>");
  g_assert_cmpuint (enj_linked_count_inbox (here, 1, FALSE), ==, 1);
  enj_world_say (world, puppet,
                 "<message from='b@" HOME "' to='c@" THERE "' id='2'><body>x</body></message>");
  g_assert_cmpuint (here->asked->len, ==, 0);
  g_assert_cmpuint (enj_linked_count_inbox (here, 2, FALSE), ==, 0);
  enj_world_free (world);
}

/* Goes down as the program does: step by step, while the world goes on. */
static void
say_farewell (EnjWorld *world, EnjWorldServer *server, EnjPuppet *puppet)
{
  EnjFarewell *farewell = enj_farewell_new (server->exchange, enj_world_now (world));
  gboolean has_answered = FALSE;

  for (guint i = 0; !enj_farewell_advance (farewell, enj_world_now (world)); i++)
    {
      g_assert_cmpuint (i, <, 100);
      enj_world_run (world);
      if (!has_answered && strstr (puppet->heard->str, "</stream:stream>"))
        {
          has_answered = TRUE;
          enj_world_say (world, puppet, "</stream:stream>");
        }
      enj_world_wait (world, ENJ_SECOND);
    }
  g_assert_true (has_answered);
  enj_farewell_free (farewell);
}

/* Somebody writes to a remote server by a service, which takes to both sides what it is given. */
static void
relay (EnjWorldServer *server, const char *to)
{
  g_autofree char *xml = NULL;

  for (guint i = 0; i < server->inbox->len; i++)
    {
      const char *error = strstr (server->inbox->pdata[i], "<error ");

      xml = g_strdup_printf ("<message from='a@" HERE "' to='%s' type='error' id='e%u'>%s",
                             to, i, error);
      g_assert_nonnull (error);
      g_assert_true (enj_world_send (server, xml));
      g_clear_pointer (&xml, g_free);
    }
  g_ptr_array_set_size (server->inbox, 0);
}

/* The bounces of what waits for peers need the link, which closes behind them. */
static void
test_farewell_order (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet = enj_linked_new (here);
  EnjFarewell *farewell;

  enj_test_proves ("C17");
  enj_world_set_result (world, "_xmpp-server._tcp.silent.example", G_MAXUINT);
  enj_linked_send (here, "b@silent.example", 1);
  enj_world_run (world);
  farewell = enj_farewell_new (here->exchange, enj_world_now (world));
  while (!enj_farewell_advance (farewell, enj_world_now (world)))
    {
      enj_world_run (world);
      relay (here, "b@" HOME);
      if (strstr (puppet->heard->str, "</stream:stream>"))
        break;
      enj_world_wait (world, ENJ_SECOND);
      relay (here, "b@" HOME);
    }
  g_assert_nonnull (strstr (puppet->heard->str, "id=\"e0\""));
  enj_farewell_free (farewell);
  enj_world_free (world);
}

/* What comes when the streams are closing, or did not leave, is told to its sender. */
static void
test_farewell_late (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("C17");
  enj_world_add_srv (world, HERE, 1, HERE);
  enj_world_add_address (world, HERE, &here->address);
  enj_world_add_srv (world, THERE, 1, THERE);
  enj_world_add_address (world, THERE, &there->address);
  enj_linked_send (here, "b@" THERE, 1);
  enj_world_run (world);
  g_assert_cmpuint (enj_linked_count_inbox (there, 1, FALSE), ==, 1);
  enj_world_freeze (world, TRUE);
  enj_linked_send (here, "b@" THERE, 2);
  enj_world_run (world);
  enj_exchange_close (here->exchange, ENJ_CLOSING_OUTBOUND, enj_world_now (world));
  enj_world_run (world);
  enj_linked_send (here, "b@" THERE, 3);
  g_ptr_array_set_size (here->asked, 0);
  enj_world_wait (world, 10 * ENJ_SECOND);
  g_assert_cmpuint (enj_linked_count_inbox (here, 2, TRUE), ==, 1);
  g_assert_cmpuint (enj_linked_count_inbox (here, 3, TRUE), ==, 1);
  enj_linked_send (here, "b@" THERE, 4);
  enj_world_run (world);
  g_assert_cmpuint (enj_linked_count_inbox (here, 4, TRUE), ==, 1);
  g_assert_cmpuint (here->asked->len, ==, 0);
  enj_world_free (world);
}

static void
test_farewell (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet = enj_linked_new (here);

  enj_test_proves ("C17 C20 S16 S17 S27");
  enj_world_add_srv (world, HERE, 1, HERE);
  enj_world_add_address (world, HERE, &here->address);
  enj_world_add_srv (world, THERE, 1, THERE);
  enj_world_add_address (world, THERE, &there->address);
  enj_world_set_result (world, "_xmpp-server._tcp.silent.example", G_MAXUINT);
  enj_linked_send (there, "a@" HERE, 100);
  enj_world_run (world);
  enj_world_hold (world, FALSE, TRUE);
  for (guint i = 1; i <= 5; i++)
    {
      enj_linked_send (here, "b@" THERE, i);
      enj_linked_send (here, "b@silent.example", 10 + i);
      enj_linked_send (here, "b@" HOME, 20 + i);
    }
  enj_world_hold (world, FALSE, FALSE);

  say_farewell (world, here, puppet);
  for (guint i = 1; i <= 5; i++)
    {
      g_assert_cmpuint (enj_linked_count_inbox (there, i, FALSE)
                          + enj_linked_count_inbox (here, i, TRUE),
                        ==, 1);
      g_assert_cmpuint (enj_linked_count_inbox (here, 10 + i, TRUE), ==, 1);
    }
  enj_linked_assert_in_order (puppet->heard->str, 21, 25);
  g_assert_true (g_str_has_suffix (puppet->heard->str, "</stream:stream>"));
  g_assert_cmpuint (enj_world_count_wires (world), ==, 0);
  enj_world_free (world);
}

/* Going down is no reason to send back what can still be delivered. */
static void
test_farewell_delivers (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet = enj_linked_new (here);

  enj_test_proves ("D08 S16");
  enj_world_add_address (world, HERE, &here->address);
  enj_world_add_address (world, THERE, &there->address);
  enj_linked_send (here, "b@" THERE, 1);
  say_farewell (world, here, puppet);
  g_assert_cmpuint (enj_linked_count_inbox (there, 1, FALSE), ==, 1);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  enj_world_free (world);
}

/* Our end tag waits for the proof, and the last of all is told where there is none. */
static void
test_farewell_proves (void)
{
  for (guint mute = 0; mute < 2; mute++)
    {
      EnjWorld *world = enj_world_new ();
      EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
      EnjPuppet *puppet = enj_linked_new (here);

      enj_test_proves ("C23");
      puppet->is_mute = mute;
      enj_linked_send (here, "b@" HOME, 1);
      say_farewell (world, here, puppet);
      g_assert_cmpuint (enj_exchange_get_counters (here->exchange)->confirmed, ==, !mute);
      g_assert_cmpuint (enj_linked_count_inbox (here, 1, TRUE), ==, mute);
      g_assert_cmpuint (enj_exchange_count_owned (here->exchange), ==, 0);
      g_assert_true (g_str_has_suffix (puppet->heard->str, "</iq></stream:stream>"));
      g_assert_cmpuint (enj_world_count_wires (world), ==, 0);
      enj_world_free (world);
    }
}

/* What our server still writes, before it has read our end tag, goes on by the streams that are
 * up; what cannot is told while the link is open. */
static void
test_farewell_behind (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *puppet = enj_linked_new (here);
  EnjFarewell *farewell;
  guint told = 0;

  enj_test_proves ("C17 S16");
  enj_world_add_address (world, HERE, &here->address);
  enj_world_add_address (world, THERE, &there->address);
  enj_linked_send (here, "b@" THERE, 1);
  enj_linked_send (here, "b@" HOME, 100);
  enj_world_run (world);
  puppet->is_mute = TRUE;
  enj_linked_send (here, "b@" HOME, 101);
  farewell = enj_farewell_new (here->exchange, enj_world_now (world));
  while (!enj_farewell_advance (farewell, enj_world_now (world)))
    {
      gboolean has_ended = strstr (puppet->heard->str, "</stream:stream>") != NULL;

      enj_world_run (world);
      if (++told == 4)
        enj_linked_send (here, "b@elsewhere.example", 50);
      relay (here, "b@" HOME);
      if (has_ended && told < 100)
        {
          told = 100;
          for (guint i = 2; i <= 5; i++)
            enj_linked_send (here, "b@" THERE, i);
          enj_world_say (world, puppet, "</stream:stream>");
        }
      enj_world_wait (world, ENJ_SECOND);
    }
  for (guint i = 1; i <= 5; i++)
    g_assert_cmpuint (enj_linked_count_inbox (there, i, FALSE), ==, 1);
  g_assert_nonnull (strstr (puppet->heard->str, "id=\"e0\""));
  g_assert_cmpuint (enj_exchange_count_owned (here->exchange), ==, 0);
  g_assert_cmpuint (enj_world_count_wires (world), ==, 0);
  enj_farewell_free (farewell);
  enj_world_free (world);
}

/* Who wrote to a server that is away is told before the streams to peers end, on a new one if
 * need be: often our server goes down a little before us. */
static void
test_farewell_without (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  g_autoptr (EnjFarewell) farewell = NULL;

  enj_test_proves ("C17 S27");
  enj_world_add_address (world, HERE, &here->address);
  enj_world_add_address (world, THERE, &there->address);
  enj_linked_send (here, "b@" HOME, 1);
  enj_world_run (world);
  farewell = enj_farewell_new (here->exchange, enj_world_now (world));
  while (!enj_farewell_advance (farewell, enj_world_now (world)))
    {
      enj_world_run (world);
      relay (here, "b@" THERE);
      enj_world_wait (world, ENJ_SECOND);
    }
  g_assert_cmpuint (there->inbox->len, ==, 1);
  g_assert_nonnull (strstr (there->inbox->pdata[0], "<remote-server-timeout "));
  g_assert_cmpuint (enj_exchange_count_owned (here->exchange), ==, 0);
  enj_world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/link/stanzas-wait-for-it", test_waits_for_the_link);
  g_test_add_func ("/world/link/is-lost-and-comes-back", test_link_lost_and_back);
  g_test_add_func ("/world/link/stays-away", test_link_stays_away);
  g_test_add_func ("/world/link/is-not-broken-by-a-large-stanza", test_too_large_for_the_link);
  g_test_add_func ("/world/link/takes-other-limits", test_other_limits);
  g_test_add_func ("/world/link/carries-our-name-in-one-spelling", test_own_name);
  g_test_add_func ("/world/link/carries-for-the-component-only", test_from_the_server);
  g_test_add_func ("/world/link/farewell-loses-nothing", test_farewell);
  g_test_add_func ("/world/link/farewell-closes-it-behind-the-bounces", test_farewell_order);
  g_test_add_func ("/world/link/farewell-bounces-what-comes-late", test_farewell_late);
  g_test_add_func ("/world/link/farewell-reads-it-to-its-end", test_farewell_behind);
  g_test_add_func ("/world/link/farewell-tells-before-streams-end", test_farewell_without);
  g_test_add_func ("/world/link/farewell-delivers-what-it-can", test_farewell_delivers);
  g_test_add_func ("/world/link/farewell-proves-what-was-sent", test_farewell_proves);
  return g_test_run ();
}

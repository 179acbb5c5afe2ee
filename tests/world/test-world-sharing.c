/* Several pairs, and which of them share an attempt or a stream. */
#include "config.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/world/pair.h"

#define MESSAGE(from, to, id) "<message from='a@" from "' to='b@" to "' id='" id "'/>"

static guint
count_outbound (const EnjWorldServer *server)
{
  return enj_exchange_get_load (server->exchange).outbound;
}

static void
assert_got (const EnjWorldServer *server, guint index, const char *id)
{
  g_assert_cmpuint (server->inbox->len, >, index);
  g_assert_nonnull (strstr (server->inbox->pdata[index], id));
  g_assert_null (strstr (server->inbox->pdata[index], "type='error'"));
}

/* XEP-0220 2.6.1: one more domain of ours, and of theirs the same. */
static void
test_senders (gconstpointer encryption)
{
  EnjPair pair = enj_pair_new (GPOINTER_TO_UINT (encryption), NULL);

  enj_test_proves ("D54 D57 D59");
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_send (pair.here, MESSAGE (ALSO_HERE, THERE, "2"));
  enj_world_run (pair.world);
  enj_world_send (pair.here, MESSAGE (ALSO_HERE, THERE, "3"));
  enj_world_run (pair.world);
  g_assert_cmpuint (pair.there->inbox->len, ==, 3);
  assert_got (pair.there, 2, "id='3'");
  g_assert_cmpuint (count_outbound (pair.here), ==, 1);
  g_assert_cmpuint (enj_exchange_get_counters (pair.here->exchange)->streams_out, ==, 1);
  g_assert_nonnull (strstr (pair.there->events->str, "up<" HERE));
  g_assert_nonnull (strstr (pair.there->events->str, "up<" ALSO_HERE));
  enj_world_free (pair.world);
}

/* XEP-0220 2.6.2: the other domain is found at the same place. */
static void
test_targets (gconstpointer encryption)
{
  EnjPair pair = enj_pair_new (GPOINTER_TO_UINT (encryption), NULL);

  enj_test_proves ("D55 D56");
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_run (pair.world);
  enj_world_send (pair.here, MESSAGE (HERE, ALSO_THERE, "2"));
  enj_world_run (pair.world);
  assert_got (pair.there, 1, "id='2'");
  g_assert_cmpuint (count_outbound (pair.here), ==, 1);
  /* It was looked for under its own name all the same. */
  g_assert_true (g_ptr_array_find_with_equal_func (pair.here->asked, ALSO_THERE, g_str_equal,
                                                   NULL));
  enj_world_free (pair.world);
}

static void
test_other_place (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *other
    = enj_world_add (pair.world, "other.example", ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("D56");
  enj_world_add_address (pair.world, "other.example", &other->address);
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_run (pair.world);
  enj_world_send (pair.here, MESSAGE (HERE, "other.example", "2"));
  enj_world_run (pair.world);
  assert_got (other, 0, "id='2'");
  g_assert_cmpuint (count_outbound (pair.here), ==, 2);
  enj_world_free (pair.world);
}

static const char header[]
  = "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"
    " xmlns:db='jabber:server:dialback' id='1' from='" THERE "' to='" HERE "' version='1.0'>";

/* A peer that does not say that it bears dialback errors is asked for nothing more. */
static void
test_without_errors (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_OPTIONAL, NULL);
  EnjPuppet *first;

  enj_test_proves ("D56");
  pair.there->is_puppet = TRUE;
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_run (pair.world);
  first = enj_world_get_puppet (pair.world);
  enj_world_say (pair.world, first, header);
  enj_world_say (pair.world, first,
                 "<stream:features><dialback xmlns='urn:xmpp:features:dialback'/>"
                 "</stream:features>");
  enj_world_say (pair.world, first,
                 "<db:result from='" THERE "' to='" HERE "' type='valid'/>");
  g_assert_nonnull (strstr (first->heard->str, "<message"));
  enj_world_send (pair.here, MESSAGE (HERE, ALSO_THERE, "2"));
  enj_world_run (pair.world);
  g_assert_true (enj_world_get_puppet (pair.world) != first);
  g_assert_null (strstr (first->heard->str, ALSO_THERE));
  enj_world_free (pair.world);
}

static void
test_full_stream (void)
{
  EnjLimits limits = enj_limits_default ();
  EnjPair pair;

  limits.pairs_per_stream = 1;
  pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, &limits);
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_send (pair.here, MESSAGE (ALSO_HERE, THERE, "2"));
  enj_world_run (pair.world);
  g_assert_cmpuint (pair.there->inbox->len, ==, 2);
  g_assert_cmpuint (count_outbound (pair.here), ==, 2);
  enj_world_free (pair.world);
}

/* Many look for the same domain at once: one looks. */
static void
test_one_attempt (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("S26");
  enj_world_hold (pair.world, TRUE, FALSE);
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_run (pair.world);
  enj_world_send (pair.here, MESSAGE (ALSO_HERE, THERE, "2"));
  enj_world_run (pair.world);
  g_assert_cmpuint (pair.here->asked->len, ==, 2); /* Both kinds of SRV record. */
  enj_world_hold (pair.world, FALSE, FALSE);
  enj_world_run (pair.world);
  g_assert_cmpuint (pair.there->inbox->len, ==, 2);
  enj_world_free (pair.world);
}

/* One pair is refused; the others on the stream are not. */
static void
test_refused_alone (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_OPTIONAL, NULL);
  EnjPuppet *puppet;

  enj_test_proves ("D10 D07");
  pair.there->is_puppet = TRUE;
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_run (pair.world);
  puppet = enj_world_get_puppet (pair.world);
  enj_world_say (pair.world, puppet, header);
  enj_world_say (pair.world, puppet,
                 "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/>"
                 "</dialback></stream:features>");
  enj_world_say (pair.world, puppet,
                 "<db:result from='" THERE "' to='" HERE "' type='valid'/>");
  enj_world_send (pair.here, MESSAGE (ALSO_HERE, THERE, "2"));
  enj_world_run (pair.world);
  enj_world_say (pair.world, puppet,
                 "<db:result from='" THERE "' to='" ALSO_HERE "' type='error'><error"
                 " type='cancel'><item-not-found"
                 " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>");
  g_assert_cmpuint (pair.here->inbox->len, ==, 1);
  g_assert_nonnull (strstr (pair.here->inbox->pdata[0], "<remote-server-timeout "));
  /* It rests, and costs the peer nothing. */
  g_string_truncate (puppet->heard, 0);
  enj_world_send (pair.here, MESSAGE (ALSO_HERE, THERE, "3"));
  enj_world_run (pair.world);
  g_assert_cmpuint (pair.here->inbox->len, ==, 2);
  g_assert_cmpstr (puppet->heard->str, ==, "");
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "4"));
  enj_world_run (pair.world);
  g_assert_nonnull (strstr (puppet->heard->str, "<message"));
  enj_world_free (pair.world);
}

int
main (int argc, char **argv)
{
  gpointer tls = GUINT_TO_POINTER (ENJ_ENCRYPTION_REQUIRED);
  gpointer clear = GUINT_TO_POINTER (ENJ_ENCRYPTION_OPTIONAL);

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/world/sharing/senders-over-tls", tls, test_senders);
  g_test_add_data_func ("/world/sharing/senders-in-clear", clear, test_senders);
  g_test_add_data_func ("/world/sharing/targets-over-tls", tls, test_targets);
  g_test_add_data_func ("/world/sharing/targets-in-clear", clear, test_targets);
  g_test_add_func ("/world/sharing/not-at-another-place", test_other_place);
  g_test_add_func ("/world/sharing/not-without-dialback-errors", test_without_errors);
  g_test_add_func ("/world/sharing/not-over-the-limit", test_full_stream);
  g_test_add_func ("/world/sharing/one-attempt-for-all", test_one_attempt);
  g_test_add_func ("/world/sharing/refuses-each-alone", test_refused_alone);
  return g_test_run ();
}

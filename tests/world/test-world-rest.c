/* What a failure costs: a rest, and the same answer for whoever comes meanwhile. */
#include "config.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define THERE "there.example"

#define MESSAGE "<message from='a@" HERE "' to='b@" THERE "' id='1'/>"
#define SRV "_xmpp-server._tcp." THERE

static EnjWorldServer *
here_new (void)
{
  return enj_world_add (enj_world_new (), HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
}

static void
send_and_run (EnjWorldServer *here)
{
  g_assert_true (enj_world_send (here, MESSAGE));
  enj_world_run (here->world);
}

static void
assert_last (const EnjWorldServer *here, guint n, const char *type, const char *condition)
{
  const char *last;

  g_assert_cmpuint (here->inbox->len, ==, n);
  last = here->inbox->pdata[n - 1];
  g_assert_nonnull (strstr (last, type));
  g_assert_nonnull (strstr (last, condition));
}

/* A name that does not exist is looked up once, however much is written to it. */
static void
test_thousand (gconstpointer result)
{
  EnjWorldServer *here = here_new ();
  gboolean is_final = GPOINTER_TO_UINT (result) != ENJ_LOOKUP_FAILED;
  const char *type = is_final ? "<error type='cancel'" : "<error type='wait'";
  guint asked;

  enj_test_proves ("S26 S36");
  enj_world_set_result (here->world, SRV, GPOINTER_TO_UINT (result));
  for (guint i = 0; i < 1000; i++)
    g_assert_true (enj_world_send (here, MESSAGE));
  enj_world_run (here->world);
  assert_last (here, 1000, type, "<remote-server-not-found ");
  asked = here->asked->len;
  g_assert_cmpuint (asked, <=, 3);
  for (guint i = 0; i < 100; i++)
    send_and_run (here);
  assert_last (here, 1100, type, "<remote-server-not-found ");
  g_assert_cmpuint (here->asked->len, ==, asked);

  /* Nor is it for a minute. */
  enj_world_wait (here->world, 59 * ENJ_SECOND);
  send_and_run (here);
  g_assert_cmpuint (here->asked->len, ==, asked);
  enj_world_wait (here->world, ENJ_SECOND);
  send_and_run (here);
  g_assert_cmpuint (here->asked->len, >, asked);
  enj_world_free (here->world);
}

/* How long nothing is tried after a failure, in steps of a tenth of a second. */
static gint64
measure_rest (EnjWorldServer *here)
{
  gint64 start = enj_world_now (here->world);

  g_ptr_array_set_size (here->asked, 0);
  while (here->asked->len == 0)
    {
      send_and_run (here);
      enj_world_wait (here->world, ENJ_SECOND / 10);
    }
  return enj_world_now (here->world) - start;
}

static void
test_longer (void)
{
  EnjWorldServer *here = here_new ();
  EnjWorldServer *there = enj_world_add (here->world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  gint64 least = 0;

  enj_test_proves ("S26");
  enj_world_add_address (here->world, THERE, &there->address);
  there->is_away = TRUE;
  send_and_run (here);
  for (guint i = 0; i < 6; i++)
    {
      gint64 rest = measure_rest (here);

      least = i == 0 ? ENJ_SECOND : (ENJ_SECOND << i) / 2;
      g_assert_cmpint (rest, >=, least);
      g_assert_cmpint (rest, <=, (ENJ_SECOND << i) + ENJ_SECOND);
    }
  enj_world_free (here->world);
}

/* Success ends it: the next failure is the first again. */
static void
test_success (void)
{
  EnjWorldServer *here = here_new ();
  EnjWorldServer *there = enj_world_add (here->world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("S26");
  enj_world_add_address (here->world, HERE, &here->address);
  enj_world_add_address (here->world, THERE, &there->address);
  there->is_away = TRUE;
  send_and_run (here);
  for (guint i = 0; i < 4; i++)
    (void) measure_rest (here);
  there->is_away = FALSE;
  enj_world_wait (here->world, 60 * ENJ_SECOND);
  send_and_run (here);
  g_assert_cmpuint (there->inbox->len, ==, 1);
  enj_world_cut (here->world, here, there);
  there->is_away = TRUE;
  enj_world_wait (here->world, 2 * ENJ_SECOND);
  send_and_run (here);
  g_assert_cmpint (measure_rest (here), <=, 2 * ENJ_SECOND);
  enj_world_free (here->world);
}

/* A stream that ends in order is no failure: what comes next waits for the next one. */
static void
test_clean_close (void)
{
  EnjWorldServer *here = here_new ();
  EnjWorldServer *there = enj_world_add (here->world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("S26 S19");
  enj_world_add_address (here->world, HERE, &here->address);
  enj_world_add_address (here->world, THERE, &there->address);
  for (guint i = 1; i <= 5; i++)
    {
      send_and_run (here);
      enj_world_wait (here->world, 2 * ENJ_SECOND);
      g_assert_cmpuint (there->inbox->len, ==, i);
      enj_exchange_close (there->exchange, ENJ_CLOSING_INBOUND, enj_world_now (here->world));
      enj_world_run (here->world);
    }
  g_assert_cmpuint (here->inbox->len, ==, 0);
  enj_world_free (here->world);
}

/* Streams that carry nothing are closed after an hour, in order; and opened again at need. */
static void
test_idle (void)
{
  EnjWorldServer *here = here_new ();
  EnjWorldServer *there = enj_world_add (here->world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("S19");
  enj_world_add_address (here->world, HERE, &here->address);
  enj_world_add_address (here->world, THERE, &there->address);
  send_and_run (here);
  enj_world_wait (here->world, 3700 * (gint64) ENJ_SECOND);
  g_assert_cmpuint (enj_world_count_wires (here->world), ==, 0);
  send_and_run (here);
  enj_world_wait (here->world, 2 * ENJ_SECOND);
  g_assert_cmpuint (there->inbox->len, ==, 2);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  enj_world_free (here->world);
}

/* A target of no use is passed over, and what waits does not notice. */
static void
test_next_target (void)
{
  static const char *const uses[] = {
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' id='1'"
    " from='" THERE "' version='1.0'><stream:error>"
    "<host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' id='1'"
    " from='" THERE "' version='1.0'><stream:features>"
    "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>",
    "this is no stream",
  };

  enj_test_proves ("N11 N05");
  for (guint i = 0; i < G_N_ELEMENTS (uses); i++)
    {
      EnjWorldServer *here = here_new ();
      EnjWorldServer *bad = enj_world_add (here->world, "bad.example", ENJ_ENCRYPTION_REQUIRED,
                                           NULL);
      EnjWorldServer *there = enj_world_add (here->world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);

      bad->is_puppet = TRUE;
      enj_world_add_address (here->world, HERE, &here->address);
      enj_world_add_srv (here->world, THERE, 1, "bad.example");
      enj_world_add_srv (here->world, THERE, 2, "good.example");
      enj_world_add_address (here->world, "bad.example", &bad->address);
      enj_world_add_address (here->world, "good.example", &there->address);
      send_and_run (here);
      enj_world_say (here->world, enj_world_get_puppet (here->world), uses[i]);
      enj_world_run (here->world);
      g_assert_cmpuint (there->inbox->len, ==, 1);
      g_assert_cmpuint (here->inbox->len, ==, 0);
      enj_world_free (here->world);
    }
}

/* retry-max: a rest is no longer, however many failures there were. */
static void
test_longest (void)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorldServer *here;
  EnjWorldServer *there;
  gint64 rest = 0;

  enj_test_proves ("S26");
  limits.retry_max = 5;
  here = enj_world_add (enj_world_new (), HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  there = enj_world_add (here->world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  enj_world_add_address (here->world, THERE, &there->address);
  there->is_away = TRUE;
  send_and_run (here);
  for (guint i = 0; i < 8; i++)
    {
      rest = measure_rest (here);
      g_assert_cmpint (rest, <=, 5 * ENJ_SECOND + ENJ_SECOND / 5);
    }
  g_assert_cmpint (rest, >=, 5 * ENJ_SECOND / 2);
  enj_world_free (here->world);
}

/* That we have no room to look a name up is no failure of the domain: whoever caused it is told,
 * the next in the queue has a look-up of his own, and nothing rests. */
static void
test_refused (void)
{
  EnjWorldServer *here = here_new ();
  EnjWorldServer *there = enj_world_add (here->world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_world_add_address (here->world, HERE, &here->address);
  enj_world_add_address (here->world, THERE, &there->address);
  enj_world_set_result (here->world, SRV, ENJ_LOOKUP_REFUSED);
  enj_world_hold (here->world, TRUE, FALSE);
  g_assert_true (enj_world_send (here, "<message from='a@" HERE "/x' to='b@" THERE "'/>"));
  g_assert_true (enj_world_send (here, "<message from='a@" HERE "/y' to='b@" THERE "'/>"));
  g_assert_true (enj_world_send (here, "<message from='c@" HERE "' to='b@" THERE "'/>"));
  enj_world_run (here->world);
  enj_world_hold (here->world, FALSE, FALSE);
  enj_world_run (here->world);
  assert_last (here, 3, "<error type='wait'", "<resource-constraint ");
  assert_last (here, 3, "to='c@" HERE "'", "type='error'");
  g_assert_cmpstr (here->sources->str, ==,
                   "user a@" HERE " user a@" HERE " user c@" HERE " user c@" HERE " ");

  enj_world_set_result (here->world, SRV, ENJ_LOOKUP_NO_NAME);
  send_and_run (here);
  g_assert_cmpuint (here->inbox->len, ==, 3);
  g_assert_cmpuint (there->inbox->len, ==, 1);
  enj_world_free (here->world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/world/rest/no-such-name", GUINT_TO_POINTER (ENJ_LOOKUP_NO_NAME),
                        test_thousand);
  g_test_add_data_func ("/world/rest/no-data", GUINT_TO_POINTER (ENJ_LOOKUP_NO_DATA),
                        test_thousand);
  g_test_add_data_func ("/world/rest/no-answer", GUINT_TO_POINTER (ENJ_LOOKUP_FAILED),
                        test_thousand);
  g_test_add_func ("/world/rest/not-where-we-had-no-room-to-ask", test_refused);
  g_test_add_func ("/world/rest/is-longer-each-time", test_longer);
  g_test_add_func ("/world/rest/is-no-longer-than-it-may", test_longest);
  g_test_add_func ("/world/rest/ends-with-success", test_success);
  g_test_add_func ("/world/rest/not-after-a-clean-close", test_clean_close);
  g_test_add_func ("/world/rest/not-after-an-idle-hour", test_idle);
  g_test_add_func ("/world/rest/not-while-there-is-another-target", test_next_target);
  return g_test_run ();
}

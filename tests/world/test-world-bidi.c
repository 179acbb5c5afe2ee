/* One stream for both ways, and stanzas that the other side acknowledges. */
#include "config.h"

#include <string.h>

#include "protocol/wall.h"
#include "tests/support/authority.h"
#include "tests/support/proves.h"
#include "tests/world/pair.h"
#include "tests/world/settings.h"

#define MESSAGE(from, to, id) "<message from='a@" from "' to='b@" to "' id='" id "'/>"

static EnjTestAuthority *root;
static EnjTrust *trust;

/* With a certificate, and belief in those of others. */
static void
certify (EnjWorldServer *server)
{
  const EnjLimits limits = enj_limits_default ();
  g_autofree char *name = g_strconcat ("dns:", server->domain, NULL);
  const EnjTestLeaf leaf = { .names = name };
  g_autoptr (EnjCredentials) own = enj_test_authority_issue (root, &leaf);
  g_autoptr (EnjSettings) settings
    = enj_world_settings_new (server->domain, ENJ_ENCRYPTION_OPTIONAL, &limits);

  enj_settings_add_credentials (settings, server->domain, own);
  enj_settings_set_trust (settings, trust);
  enj_exchange_set_settings (server->exchange, settings, enj_world_now (server->world));
}

static guint
count_connected (const EnjWorldServer *server)
{
  return enj_exchange_get_counters (server->exchange)->streams_out;
}

static void
assert_got (const EnjWorldServer *server, guint index, const char *part)
{
  g_assert_cmpuint (server->inbox->len, >, index);
  g_assert_nonnull (strstr (server->inbox->pdata[index], part));
}

/* What goes back takes the stream that is there: no connection is made for it. */
static void
test_one_stream (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);
  guint connected;

  enj_test_proves ("B15");
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_run (pair.world);
  assert_got (pair.there, 0, "id='1'");
  connected = count_connected (pair.there);
  enj_world_hold (pair.world, FALSE, TRUE);
  enj_world_send (pair.there, MESSAGE (THERE, HERE, "2"));
  enj_world_run (pair.world);
  assert_got (pair.here, 0, "id='2'");
  g_assert_null (strstr (pair.here->inbox->pdata[0], "type='error'"));
  g_assert_cmpuint (count_connected (pair.there), ==, connected);
  enj_world_free (pair.world);
}

/* In clear there is no bidi. */
static void
test_not_in_clear (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_OPTIONAL, NULL);

  enj_test_proves ("B03 B17");
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_run (pair.world);
  assert_got (pair.there, 0, "id='1'");
  enj_world_hold (pair.world, FALSE, TRUE);
  enj_world_send (pair.there, MESSAGE (THERE, HERE, "2"));
  enj_world_run (pair.world);
  g_assert_cmpuint (pair.here->inbox->len, ==, 0);
  enj_world_free (pair.world);
}

/* The stream is gone for both ways: what comes then waits for another, and goes back if none is
 * to be had. */
static void
test_both_gone (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("B16");
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_run (pair.world);
  enj_world_cut (pair.world, pair.here, pair.there);
  enj_world_run (pair.world);
  pair.here->is_away = TRUE;
  enj_world_send (pair.there, MESSAGE (THERE, HERE, "2"));
  enj_world_run (pair.world);
  enj_world_wait (pair.world, 61 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (pair.here->inbox->len, ==, 0);
  assert_got (pair.there, 1, "remote-server-timeout");
  g_assert_cmpuint (pair.there->inbox->len, ==, 2);

  pair.here->is_away = FALSE;
  enj_world_wait (pair.world, 600 * G_TIME_SPAN_SECOND);
  enj_world_send (pair.there, MESSAGE (THERE, HERE, "3"));
  enj_world_run (pair.world);
  assert_got (pair.here, 0, "id='3'");
  enj_world_free (pair.world);
}

/* What has left and is not acknowledged goes back, once, and is not sent again; what was
 * acknowledged does not. */
static void
check_unconfirmed (EnjWorldServer *from, EnjWorldServer *to, const char *xml)
{
  guint before = from->inbox->len;
  guint arrived = to->inbox->len;

  enj_world_wait (from->world, 6 * G_TIME_SPAN_SECOND);
  enj_world_send (from, xml);
  enj_world_run (from->world);
  enj_world_cut (from->world, from, to);
  enj_world_run (from->world);
  enj_world_wait (from->world, 120 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (to->inbox->len, ==, arrived + 1);
  g_assert_cmpuint (from->inbox->len, ==, before + 1);
  assert_got (from, before, "type='error'");
  assert_got (from, before, "<remote-server-timeout ");
  assert_got (from, before, "type='wait'");
}

static void
test_unconfirmed (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_OPTIONAL, NULL);

  enj_test_proves ("M08 M10");
  certify (pair.here);
  certify (pair.there);
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_run (pair.world);
  assert_got (pair.there, 0, "id='1'");
  check_unconfirmed (pair.here, pair.there, MESSAGE (HERE, THERE, "2"));

  enj_world_send (pair.here, MESSAGE (HERE, THERE, "3"));
  enj_world_run (pair.world);
  assert_got (pair.there, 2, "id='3'");
  check_unconfirmed (pair.there, pair.here, MESSAGE (THERE, HERE, "4"));
  enj_world_free (pair.world);
}

/* Nobody could be told that an error is lost: it goes again by the next stream. */
static void
test_error_again (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_OPTIONAL, NULL);

  certify (pair.here);
  certify (pair.there);
  enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
  enj_world_wait (pair.world, 6 * G_TIME_SPAN_SECOND);
  enj_world_send (pair.here, "<message from='a@" HERE "' to='b@" THERE "' id='2' type='error'/>");
  enj_world_run (pair.world);
  assert_got (pair.there, 1, "id='2'");
  enj_world_cut (pair.world, pair.here, pair.there);
  enj_world_wait (pair.world, 120 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (pair.there->inbox->len, ==, 3);
  assert_got (pair.there, 2, "id='2'");
  g_assert_cmpuint (pair.here->inbox->len, ==, 0);
  g_assert_cmpuint (enj_exchange_get_counters (pair.here->exchange)->dropped, ==, 0);
  enj_world_free (pair.world);
}

/* HARDENING's case 73: the peer acknowledges ten of a hundred, which is all that it has handled,
 * and resets. */
static void
test_part_confirmed (void)
{
  EnjPair pair = enj_pair_new (ENJ_ENCRYPTION_OPTIONAL, NULL);

  enj_test_proves ("M08 M10");
  certify (pair.here);
  certify (pair.there);
  for (guint i = 0; i < 100; i++)
    {
      if (i == 10)
        enj_world_wait (pair.world, 6 * G_TIME_SPAN_SECOND);
      pair.there->is_busy = i >= 10;
      enj_world_send (pair.here, MESSAGE (HERE, THERE, "1"));
      enj_world_run (pair.world);
    }
  enj_world_cut (pair.world, pair.here, pair.there);
  enj_world_run (pair.world);
  g_assert_cmpuint (enj_exchange_get_counters (pair.here->exchange)->confirmed, ==, 10);
  g_assert_cmpuint (pair.here->inbox->len, ==, 90);
  for (guint i = 0; i < 90; i++)
    assert_got (pair.here, i, "<remote-server-timeout ");
  enj_world_free (pair.world);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  enj_wall_set (enj_test_wall);
  root = enj_test_authority_new ("root", NULL);
  trust = enj_test_authority_trust_new (root);
  g_test_add_func ("/world/bidi/one-stream-for-both-ways", test_one_stream);
  g_test_add_func ("/world/bidi/not-in-clear", test_not_in_clear);
  g_test_add_func ("/world/bidi/both-ways-end-together", test_both_gone);
  g_test_add_func ("/world/bidi/what-is-not-acknowledged-goes-back", test_unconfirmed);
  g_test_add_func ("/world/bidi/an-error-that-is-not-acknowledged-goes-again", test_error_again);
  g_test_add_func ("/world/bidi/a-part-is-acknowledged", test_part_confirmed);
  status = g_test_run ();
  enj_trust_unref (trust);
  enj_test_authority_free (root);
  return status;
}

/* What a peer without XEP-0198 has of what it was sent: pings tell, where they are answered. */
#include "config.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/world/settings.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define THERE "there.example"

typedef struct
{
  EnjWorld *world;
  EnjWorldServer *here;
  EnjWorldServer *there;
  guint sent;
} Pair;

static Pair
pair_new (EnjEncryption encryption)
{
  Pair self = { .world = enj_world_new () };

  self.here = enj_world_add (self.world, HERE, encryption, NULL);
  self.there = enj_world_add (self.world, THERE, encryption, NULL);
  enj_world_add_address (self.world, HERE, &self.here->address);
  enj_world_add_address (self.world, THERE, &self.there->address);
  return self;
}

static void
send (Pair *self, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *xml = g_strdup_printf (
        "<message from='a@" HERE "' to='b@" THERE "' id='m%u'/>", self->sent++);

      g_assert_true (enj_world_send (self->here, xml));
    }
  enj_world_run (self->world);
}

static const EnjCounters *
counters_of (const EnjWorldServer *server)
{
  return enj_exchange_get_counters (server->exchange);
}

/* Two messages: the first has taught that answers come. */
static void
teach (Pair *self)
{
  send (self, 1);
  enj_world_wait (self->world, 3 * ENJ_SECOND);
  g_assert_cmpuint (counters_of (self->here)->unproven, ==, 1);
}

static void
assert_errors (const EnjWorldServer *server, guint n)
{
  g_assert_cmpuint (server->inbox->len, ==, n);
  for (guint i = 0; i < n; i++)
    {
      g_assert_nonnull (strstr (server->inbox->pdata[i], "type='error'"));
      g_assert_nonnull (strstr (server->inbox->pdata[i], "<remote-server-timeout "));
      g_assert_nonnull (strstr (server->inbox->pdata[i], "type='wait'"));
    }
}

static void
test_learns (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  teach (&pair);
  send (&pair, 4);
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 4);
  send (&pair, 96);
  g_assert_cmpuint (counters_of (pair.here)->confirmed, >=, 32);
  enj_world_wait (pair.world, 2 * ENJ_SECOND);
  g_assert_cmpuint (counters_of (pair.here)->confirmed, ==, 100);
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 0);
  g_assert_cmpuint (pair.here->inbox->len, ==, 0);
  g_assert_cmpuint (pair.there->inbox->len, ==, 101);
  enj_world_free (pair.world);
}

/* Only who has answered before is expected to. */
static void
test_never_answers (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  pair.there->is_mute = TRUE;
  teach (&pair);
  send (&pair, 40);
  enj_world_wait (pair.world, 200 * ENJ_SECOND);
  g_assert_cmpuint (counters_of (pair.here)->unproven, ==, 41);
  g_assert_cmpuint (enj_world_count_wires (pair.world), >, 0);
  enj_world_cut (pair.world, pair.here, pair.there);
  enj_world_run (pair.world);
  g_assert_cmpuint (pair.here->inbox->len, ==, 0);
  enj_world_free (pair.world);
}

/* Prosody would answer to the domain that opened the stream, where that is not verified. */
static void
test_further_pair (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  enj_world_add_address (pair.world, "also." HERE, &pair.here->address);
  teach (&pair);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (enj_world_send (pair.here,
                                     "<message from='a@also." HERE "' to='b@" THERE "'/>"));
      enj_world_run (pair.world);
      g_assert_cmpuint (counters_of (pair.here)->unproven, ==, 2 + i);
      g_assert_true (enj_world_send (pair.there,
                                     "<message from='b@" THERE "' to='a@also." HERE "'/>"));
      enj_world_run (pair.world);
    }
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 0);
  enj_world_free (pair.world);
}

/* Where the peer would have to connect for it, it is not asked. */
static void
test_no_way_back (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_OPTIONAL);
  guint connected;

  send (&pair, 1);
  enj_world_wait (pair.world, 3 * ENJ_SECOND);
  connected = counters_of (pair.there)->streams_out;
  send (&pair, 40);
  enj_world_wait (pair.world, 100 * ENJ_SECOND);
  g_assert_cmpuint (counters_of (pair.there)->streams_out, ==, connected);
  g_assert_cmpuint (counters_of (pair.there)->sent, ==, 0);
  g_assert_cmpuint (counters_of (pair.here)->unproven, ==, 41);
  enj_world_free (pair.world);
}

/* It has a stream of its own for its answers, and then no more. */
static Pair
pair_new_one_way (void)
{
  Pair self = pair_new (ENJ_ENCRYPTION_OPTIONAL);

  g_assert_true (enj_world_send (self.there, "<message from='b@" THERE "' to='a@" HERE "'/>"));
  enj_world_run (self.world);
  teach (&self);
  send (&self, 2);
  g_assert_cmpuint (enj_exchange_count_owned (self.here->exchange), ==, 2);
  enj_world_wait (self.world, 3 * ENJ_SECOND);
  g_assert_cmpuint (counters_of (self.here)->confirmed, ==, 2);

  enj_exchange_close (self.here->exchange, ENJ_CLOSING_INBOUND, enj_world_now (self.world));
  enj_world_run (self.world);
  g_ptr_array_set_size (self.here->inbox, 0);
  return self;
}

/* A peer that breaks loses the way back first: what leaves then is not lost in silence. */
static void
test_way_lost (void)
{
  Pair pair = pair_new_one_way ();

  send (&pair, 40);
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 40);
  enj_world_cut (pair.world, pair.here, pair.there);
  enj_world_run (pair.world);
  assert_errors (pair.here, 40);
  g_assert_cmpuint (counters_of (pair.here)->unproven, ==, 1);
  enj_world_free (pair.world);
}

/* Nothing is kept for long for a proof that does not come. */
static void
test_way_not_found (void)
{
  Pair pair = pair_new_one_way ();

  send (&pair, 4);
  enj_world_wait (pair.world, 50 * ENJ_SECOND);
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 4);
  enj_world_wait (pair.world, 15 * ENJ_SECOND);
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 0);
  g_assert_cmpuint (counters_of (pair.here)->unproven, ==, 5);
  g_assert_cmpuint (pair.here->inbox->len, ==, 0);
  enj_world_free (pair.world);
}

/* Who has come back is asked, though nothing more is sent. */
static void
test_way_found (void)
{
  Pair pair = pair_new_one_way ();

  send (&pair, 4);
  enj_world_wait (pair.world, 5 * ENJ_SECOND);
  g_assert_true (enj_world_send (pair.there, "<message from='b@" THERE "' to='a@" HERE "'/>"));
  enj_world_wait (pair.world, 5 * ENJ_SECOND);
  g_assert_cmpuint (counters_of (pair.here)->confirmed, ==, 6);
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 0);
  enj_world_free (pair.world);
}

static void
test_silence (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  teach (&pair);
  pair.there->is_mute = TRUE;
  send (&pair, 3);
  enj_world_wait (pair.world, 59 * ENJ_SECOND);
  g_assert_cmpuint (pair.here->inbox->len, ==, 0);
  enj_world_wait (pair.world, 3 * ENJ_SECOND);
  assert_errors (pair.here, 3);

  /* It is not expected to answer any more, until it does. */
  enj_world_wait (pair.world, 60 * ENJ_SECOND);
  send (&pair, 3);
  enj_world_wait (pair.world, 100 * ENJ_SECOND);
  g_assert_cmpuint (pair.here->inbox->len, ==, 3);
  g_assert_cmpuint (counters_of (pair.here)->unproven, ==, 4);
  enj_world_free (pair.world);
}

/* Its answers may go to another instance of ours: that costs nobody the stream. */
static void
test_silence_shared (void)
{
  const EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjSettings) settings
    = enj_world_settings_new (HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);
  guint connected;

  enj_settings_set_shared (settings, TRUE);
  enj_exchange_set_settings (pair.here->exchange, settings, enj_world_now (pair.world));
  teach (&pair);
  connected = counters_of (pair.here)->streams_out;
  pair.there->is_mute = TRUE;
  send (&pair, 3);
  enj_world_wait (pair.world, 59 * ENJ_SECOND);
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 3);
  enj_world_wait (pair.world, 3 * ENJ_SECOND);
  g_assert_cmpuint (counters_of (pair.here)->unproven, ==, 4);
  send (&pair, 3);
  g_assert_cmpuint (counters_of (pair.here)->unproven, ==, 7);
  g_assert_cmpuint (counters_of (pair.here)->streams_out, ==, connected);
  g_assert_cmpuint (pair.here->inbox->len, ==, 0);
  enj_world_free (pair.world);
}

/* HARDENING's case 73: the peer resets when it has told of a part. */
static void
test_reset (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  teach (&pair);
  send (&pair, 10);
  enj_world_wait (pair.world, 2 * ENJ_SECOND);
  pair.there->is_busy = TRUE;
  send (&pair, 90);
  enj_world_cut (pair.world, pair.here, pair.there);
  enj_world_run (pair.world);
  g_assert_cmpuint (counters_of (pair.here)->confirmed, ==, 10);
  assert_errors (pair.here, 90);
  enj_world_free (pair.world);
}

/* An error that is lost nobody could be told of: it goes again.  After an answer to an iq nobody
 * asks. */
static void
test_error (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  teach (&pair);
  g_assert_true (enj_world_send (pair.here, "<iq from='a@" HERE "' to='b@" THERE
                                            "' id='r' type='result'/>"));
  enj_world_run (pair.world);
  g_assert_cmpuint (counters_of (pair.here)->unproven, ==, 2);
  pair.there->is_busy = TRUE;
  g_assert_true (enj_world_send (pair.here, "<message from='a@" HERE "' to='b@" THERE
                                            "' id='e' type='error'/>"));
  enj_world_run (pair.world);
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 1);
  enj_world_cut (pair.world, pair.here, pair.there);
  pair.there->is_busy = FALSE;
  enj_world_wait (pair.world, 5 * ENJ_SECOND);
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 0);
  g_assert_cmpuint (counters_of (pair.here)->dropped, ==, 0);
  g_assert_cmpuint (pair.there->inbox->len, >=, 3);
  g_assert_nonnull (strstr (g_ptr_array_index (pair.there->inbox, pair.there->inbox->len - 1),
                            "type='error'"));
  enj_world_free (pair.world);
}

/* RFC 6120 4.4: the end tag behind ours tells that it has all. */
static void
test_closed_in_return (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  teach (&pair);
  send (&pair, 5);
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 5);
  enj_exchange_close (pair.here->exchange, ENJ_CLOSING_OUTBOUND, enj_world_now (pair.world));
  enj_world_run (pair.world);
  g_assert_cmpuint (counters_of (pair.here)->confirmed, ==, 5);
  g_assert_cmpuint (pair.here->inbox->len, ==, 0);
  enj_world_free (pair.world);
}

/* So much is kept, and no more is sent. */
static void
test_bounded (void)
{
  EnjLimits limits = enj_limits_default ();
  Pair pair = { .world = enj_world_new () };

  limits.queue_stanzas = 50;
  pair.here = enj_world_add (pair.world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  pair.there = enj_world_add (pair.world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  enj_world_add_address (pair.world, HERE, &pair.here->address);
  enj_world_add_address (pair.world, THERE, &pair.there->address);
  teach (&pair);
  pair.there->is_mute = TRUE;
  for (guint i = 0; i < 10; i++)
    send (&pair, 10);
  g_assert_cmpuint (pair.there->inbox->len, ==, 51);
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 100);
  enj_world_wait (pair.world, 200 * ENJ_SECOND);
  g_assert_cmpuint (enj_exchange_count_owned (pair.here->exchange), ==, 0);
  enj_world_free (pair.world);
}

/* on-loss = resend: once more, and then back. */
static void
test_resend (void)
{
  const EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjSettings) settings
    = enj_world_settings_new (HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  enj_test_proves ("M08");
  enj_settings_set_on_loss (settings, HERE, ENJ_ON_LOSS_RESEND);
  enj_exchange_set_settings (pair.here->exchange, settings, enj_world_now (pair.world));
  teach (&pair);
  pair.there->is_mute = TRUE;
  send (&pair, 5);
  for (guint i = 0; i < 2; i++)
    {
      enj_world_cut (pair.world, pair.here, pair.there);
      enj_world_wait (pair.world, 5 * ENJ_SECOND);
      g_assert_cmpuint (pair.there->inbox->len, ==, 11);
      for (guint j = 1; j < 11; j++)
        g_assert_nonnull (strstr (pair.there->inbox->pdata[j],
                                  (const char *[]){ "m5", "m1", "m2", "m3", "m4" }[j % 5]));
      for (guint j = 1; j < 11; j++)
        g_assert_cmpint (strstr (pair.there->inbox->pdata[j], " stamp='") != NULL, ==, j > 5);
    }
  assert_errors (pair.here, 5);
  enj_world_free (pair.world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/proof/comes-with-the-answer-to-a-ping", test_learns);
  g_test_add_func ("/world/proof/is-not-expected-of-who-never-answers", test_never_answers);
  g_test_add_func ("/world/proof/is-not-asked-for-without-a-way-back", test_no_way_back);
  g_test_add_func ("/world/proof/is-not-asked-for-further-pairs", test_further_pair);
  g_test_add_func ("/world/proof/is-awaited-where-the-way-back-is-lost", test_way_lost);
  g_test_add_func ("/world/proof/is-awaited-for-a-minute", test_way_not_found);
  g_test_add_func ("/world/proof/comes-when-the-way-back-is-found-again", test_way_found);
  g_test_add_func ("/world/proof/silence-is-loss", test_silence);
  g_test_add_func ("/world/proof/answers-may-go-to-another-instance", test_silence_shared);
  g_test_add_func ("/world/proof/what-is-unproved-goes-back", test_reset);
  g_test_add_func ("/world/proof/what-nobody-could-be-told-of-goes-again", test_error);
  g_test_add_func ("/world/proof/is-in-the-end-tag", test_closed_in_return);
  g_test_add_func ("/world/proof/is-waited-for-by-so-many", test_bounded);
  g_test_add_func ("/world/proof/what-is-unproved-goes-again", test_resend);
  return g_test_run ();
}

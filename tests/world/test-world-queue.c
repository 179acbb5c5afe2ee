#include "config.h"

#include <string.h>

#include "protocol/stanza.h"

#include "tests/support/proves.h"
#include "tests/world/settings.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define SILENT "silent.example"
#define THERE "there.example"
#define MANY 20000

#define MESSAGE(text) \
  "<message from='a@" HERE "' to='b@" SILENT "'><body>" text "</body></message>"

static EnjWorldServer *
server_new (EnjLimits *limits)
{
  EnjWorld *world = enj_world_new ();

  enj_world_set_result (world, "_xmpp-server._tcp." SILENT, G_MAXUINT);
  return enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, limits);
}

static void
assert_refused (const EnjWorldServer *server, guint index, const char *condition)
{
  g_assert_cmpuint (server->inbox->len, ==, index + 1);
  g_assert_nonnull (strstr (server->inbox->pdata[index], "<error type='wait'"));
  g_assert_nonnull (strstr (server->inbox->pdata[index], condition));
}

static void
test_stanzas (void)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorldServer *here;

  enj_test_proves ("S36");
  limits.queue_stanzas = 3;
  here = server_new (&limits);
  for (guint i = 0; i < 3; i++)
    g_assert_true (enj_world_send (here, MESSAGE ("x")));
  enj_world_run (here->world);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  g_assert_true (enj_world_send (here, MESSAGE ("x")));
  enj_world_run (here->world);
  assert_refused (here, 0, "<resource-constraint ");
  enj_world_free (here->world);
}

/* A message of exactly @size bytes. */
static char *
sized_new (gsize size)
{
  g_autoptr (EnjStanza) empty = enj_stanza_parse (MESSAGE (""), -1, NULL);
  g_autofree char *body = g_strnfill (size - enj_stanza_get_size (empty), 'x');
  char *xml = g_strdup_printf (MESSAGE ("%s"), body);
  g_autoptr (EnjStanza) stanza = enj_stanza_parse (xml, -1, NULL);

  if (enj_stanza_get_size (stanza) > size)
    {
      /* An empty element is shorter by its end tag. */
      body[strlen (body) - (enj_stanza_get_size (stanza) - size)] = '\0';
      g_free (xml);
      xml = g_strdup_printf (MESSAGE ("%s"), body);
    }
  return xml;
}

static void
test_bytes (void)
{
  EnjLimits limits = enj_limits_default ();
  g_autofree char *half = sized_new (5000);
  g_autofree char *more = sized_new (5001);
  EnjWorldServer *here;

  enj_test_proves ("S36");
  limits.queue_bytes = 10000;
  here = server_new (&limits);
  g_assert_true (enj_world_send (here, half));
  g_assert_true (enj_world_send (here, more));
  enj_world_run (here->world);
  assert_refused (here, 0, "<resource-constraint ");
  g_assert_true (enj_world_send (here, half));
  enj_world_run (here->world);
  g_assert_cmpuint (here->inbox->len, ==, 1);
  enj_world_free (here->world);
}

static void
test_age (void)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorldServer *here;

  enj_test_proves ("S36");
  limits.queue_age = 20;
  here = server_new (&limits);
  g_assert_true (enj_world_send (here, MESSAGE ("1")));
  enj_world_wait (here->world, 10 * ENJ_SECOND);
  g_assert_true (enj_world_send (here, MESSAGE ("2")));
  enj_world_wait (here->world, 9 * ENJ_SECOND);
  g_assert_cmpuint (here->inbox->len, ==, 0);
  enj_world_wait (here->world, 2 * ENJ_SECOND);
  assert_refused (here, 0, "<remote-server-timeout ");
  enj_world_wait (here->world, 8 * ENJ_SECOND);
  g_assert_cmpuint (here->inbox->len, ==, 1);
  enj_world_wait (here->world, 2 * ENJ_SECOND);
  assert_refused (here, 1, "<remote-server-timeout ");
  enj_world_free (here->world);
}

/* The limits of a reload are those of queues that are there, too. */
static void
test_other_limits (void)
{
  EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjSettings) settings = NULL;
  EnjWorldServer *here;

  limits.queue_stanzas = 1;
  here = server_new (&limits);
  g_assert_true (enj_world_send (here, MESSAGE ("1")));
  limits.queue_stanzas = 2;
  limits.queue_age = 20;
  settings = enj_world_settings_new (HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  enj_exchange_set_settings (here->exchange, settings, enj_world_now (here->world));
  for (guint i = 2; i <= 3; i++)
    g_assert_true (enj_world_send (here, MESSAGE ("x")));
  enj_world_run (here->world);
  assert_refused (here, 0, "<resource-constraint ");
  /* What waited before does so for as long as it was to. */
  enj_world_wait (here->world, 59 * ENJ_SECOND);
  g_assert_cmpuint (here->inbox->len, ==, 1);
  enj_world_wait (here->world, 2 * ENJ_SECOND);
  assert_refused (here, 2, "<remote-server-timeout ");
  enj_world_free (here->world);
}

/* Who was dialled for a stanza that is gone by now is not talked to. */
static void
test_dialled_too_late (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjWorldServer *there = enj_world_add (world, SILENT, ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_world_add_address (world, SILENT, &there->address);
  enj_world_hold (world, FALSE, TRUE);
  g_assert_true (enj_world_send (here, MESSAGE ("x")));
  enj_world_wait (world, 61 * ENJ_SECOND);
  assert_refused (here, 0, "<remote-server-timeout ");
  enj_world_hold (world, FALSE, FALSE);
  enj_world_run (world);
  g_assert_cmpuint (enj_world_count_wires (world), ==, 0);
  g_assert_cmpuint (enj_exchange_get_counters (there->exchange)->streams_in, ==, 0);
  enj_world_free (world);
}

/* A peer that reads nothing fills its own queue and nobody else's. */
static void
test_stalled_peer (void)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here, *there, *other;
  g_autofree char *body = g_strnfill (100000, 'x');
  g_autofree char *xml = g_strdup_printf (
    "<message from='a@" HERE "' to='b@" THERE "'><body>%s</body></message>", body);
  guint refused;

  enj_test_proves ("S36 S19");
  limits.queue_stanzas = 10;
  here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  other = enj_world_add (world, "other.example", ENJ_ENCRYPTION_REQUIRED, NULL);
  enj_world_add_address (world, HERE, &here->address);
  enj_world_add_address (world, THERE, &there->address);
  enj_world_add_address (world, "other.example", &other->address);
  g_assert_true (enj_world_send (here, xml));
  enj_world_run (world);
  g_assert_cmpuint (there->inbox->len, ==, 1);

  enj_world_freeze (world, TRUE);
  for (guint i = 0; i < 30; i++)
    g_assert_true (enj_world_send (here, xml));
  enj_world_run (world);
  refused = here->inbox->len;
  g_assert_cmpuint (refused, >, 0);
  g_assert_cmpuint (refused, <, 20);
  g_assert_nonnull (strstr (here->inbox->pdata[0], "<resource-constraint "));
  enj_world_freeze (world, FALSE);
  enj_world_run (world);
  g_assert_cmpuint (there->inbox->len, ==, 31 - refused);
  g_assert_cmpuint (here->inbox->len, ==, refused);
  enj_world_free (world);
}

/* A peer that takes every stream and reads no stanza from any. */
static void
test_broken_again (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_OPTIONAL, NULL);
  EnjWorldServer *there = enj_world_add (world, THERE, ENJ_ENCRYPTION_OPTIONAL, NULL);

  enj_test_proves ("S36");
  there->is_puppet = TRUE;
  enj_world_add_address (world, THERE, &there->address);
  enj_world_send (here, "<message from='a@" HERE "' to='b@" THERE "'/>");
  for (guint i = 0; i < 5 && here->inbox->len == 0; i++)
    {
      EnjPuppet *puppet;

      enj_world_wait (world, 2 * ENJ_SECOND);
      puppet = enj_world_get_puppet (world);
      enj_world_say (world, puppet,
                     "<stream:stream xmlns='jabber:server' id='1' version='1.0'"
                     " xmlns:stream='http://etherx.jabber.org/streams'><stream:features>"
                     "<dialback xmlns='urn:xmpp:features:dialback'/></stream:features>");
      puppet->is_deaf = TRUE;
      enj_world_say (world, puppet,
                     "<result xmlns='jabber:server:dialback' from='" THERE "' to='" HERE "'"
                     " type='valid'/>");
      enj_world_wait (world, 25 * ENJ_SECOND);
      enj_world_hang_up (world, puppet);
    }
  g_assert_cmpuint (here->inbox->len, ==, 1);
  g_assert_nonnull (strstr (here->inbox->pdata[0], "<remote-server-timeout "));
  enj_world_free (world);
}

/* limits.memory: what would have to wait is refused, by whomever it was used up; what has its way
 * free still passes, and errors reach those who are concerned. */
static void
test_memory (void)
{
  EnjLimits limits = enj_limits_default ();
  g_autofree char *large = sized_new (100000);
  EnjWorldServer *here, *there;
  guint taken;

  limits.memory = 2000000;
  here = server_new (&limits);
  there = enj_world_add (here->world, THERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  enj_world_add_address (here->world, HERE, &here->address);
  enj_world_add_address (here->world, THERE, &there->address);
  for (guint i = 0; i < 30; i++)
    g_assert_true (enj_world_send (here, large));
  enj_world_run (here->world);
  taken = 30 - here->inbox->len;
  g_assert_cmpuint (taken, >=, 18);
  g_assert_cmpuint (taken, <=, 20);
  for (guint i = taken; i < 30; i++)
    g_assert_nonnull (strstr (here->inbox->pdata[i - taken], "<resource-constraint "));

  g_assert_true (enj_world_send (here, "<message from='a@" HERE "' to='b@" THERE "'/>"));
  enj_world_run (here->world);
  g_assert_cmpuint (there->inbox->len, ==, 1);

  /* What has come back makes room. */
  enj_world_wait (here->world, 61 * ENJ_SECOND);
  g_assert_cmpuint (here->inbox->len, ==, 30);
  g_ptr_array_set_size (here->inbox, 0);
  for (guint i = 0; i < 18; i++)
    g_assert_true (enj_world_send (here, large));
  enj_world_run (here->world);
  for (guint i = 0; i < here->inbox->len; i++)
    g_assert_null (strstr (here->inbox->pdata[i], "<resource-constraint "));
  enj_world_free (here->world);
}

/* What waits for a server that is not there goes back all at once, and a healthy pair's stanza
 * does not stand behind it. */
static void
test_mass_bounce (void)
{
  const EnjAddress nowhere = { .bytes = { 192, 0, 2, 99 }, .length = 4, .port = 5269 };
  EnjLimits limits = enj_limits_default ();
  g_autoptr (GRand) chance = g_rand_new_with_seed (1);
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here, *there;
  guint before;

  limits.queue_stanzas = MANY;
  limits.queue_bytes = 1000 * MANY;
  here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  there = enj_world_add (world, THERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  enj_world_add_address (world, HERE, &here->address);
  enj_world_add_address (world, THERE, &there->address);
  enj_world_add_address (world, "nowhere.example", &nowhere);
  g_assert_true (enj_world_send (there, "<message from='a@" THERE "' to='b@" HERE "'/>"));
  enj_world_run (world);
  enj_world_hold (world, FALSE, TRUE);
  for (guint i = 0; i < MANY; i++)
    g_assert_true (enj_world_send (here, "<message from='a@" HERE "' to='b@nowhere.example'/>"));
  enj_world_hold (world, FALSE, FALSE);
  while (here->inbox->len < 2)
    if (!enj_world_step (world, chance))
      enj_world_run (world);

  before = here->inbox->len;
  g_assert_cmpuint (before, <, MANY / 10);
  g_assert_true (enj_world_send (there, "<message from='c@" THERE "' to='b@" HERE "'/>"));
  while (!strstr (here->inbox->pdata[here->inbox->len - 1], "from='c@"))
    g_assert_true (enj_world_step (world, chance));
  g_assert_cmpuint (here->inbox->len - before, <, MANY / 10);
  enj_world_run (world);
  g_assert_cmpuint (here->inbox->len, ==, MANY + 2);
  enj_world_free (world);
}

/* Errors wait in place of being dropped, sixteen times as many; and then they are dropped, for
 * nobody may be told (RFC 6120 8.3.1). */
static void
test_errors (void)
{
  static const struct
  {
    guint64 stanzas;
    guint64 bytes;
    gsize size;
    guint room;
  } cases[] = { { 3, 4194304, 200, 48 }, { 1024, 10000, 5000, 32 } };

  enj_test_proves ("S36");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjLimits limits = enj_limits_default ();
      g_autofree char *message = sized_new (cases[i].size - strlen (" type='error'"));
      g_autofree char *error = g_strconcat ("<message type='error'", message + strlen ("<message"),
                                            NULL);
      EnjWorldServer *here;
      const EnjCounters *counters;

      limits.queue_stanzas = cases[i].stanzas;
      limits.queue_bytes = cases[i].bytes;
      here = server_new (&limits);
      counters = enj_exchange_get_counters (here->exchange);
      for (guint n = 0; n < cases[i].room; n++)
        g_assert_true (enj_world_send (here, error));
      enj_world_run (here->world);
      g_assert_cmpuint (enj_exchange_count_owned (here->exchange), ==, cases[i].room);
      g_assert_cmpuint (counters->dropped, ==, 0);
      (void) enj_world_send (here, error); /* What becomes of it, the books tell. */
      enj_world_run (here->world);
      g_assert_cmpuint (enj_exchange_count_owned (here->exchange), ==, cases[i].room);
      g_assert_cmpuint (counters->dropped, ==, 1);
      g_assert_cmpuint (here->inbox->len, ==, 0);
      enj_world_free (here->world);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/world/queue/is-bounded-in-stanzas", test_stanzas);
  g_test_add_func ("/world/queue/goes-back-and-lets-others-pass", test_mass_bounce);
  g_test_add_func ("/world/queue/is-bounded-in-bytes", test_bytes);
  g_test_add_func ("/world/queue/is-bounded-in-age", test_age);
  g_test_add_func ("/world/queue/takes-other-limits", test_other_limits);
  g_test_add_func ("/world/queue/is-empty-when-the-connection-comes", test_dialled_too_late);
  g_test_add_func ("/world/queue/of-a-peer-that-does-not-read", test_stalled_peer);
  g_test_add_func ("/world/queue/of-a-peer-that-breaks-every-stream", test_broken_again);
  g_test_add_func ("/world/queue/nothing-waits-without-memory", test_memory);
  g_test_add_func ("/world/queue/has-more-room-for-errors", test_errors);
  return g_test_run ();
}

#include "config.h"

#include <string.h>

#include "protocol/budget.h"

#include "tests/support/proves.h"
#include "tests/world/linked.h"

#define HERE "here.example"
#define SILENT "silent.example"
#define ROUNDS 200
#define A_ROUND 200

static GString *logged;

static GLogWriterOutput
keep_log (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer user_data)
{
  for (gsize i = 0; i < n; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      g_string_append_printf (logged, "%s\n", (const char *) fields[i].value);
  return level <= G_LOG_LEVEL_WARNING ? g_log_writer_default (level, fields, n, user_data)
                                      : G_LOG_WRITER_HANDLED;
}

static guint
count_in (const char *text, const char *what)
{
  guint n = 0;

  for (const char *at = text; (at = strstr (at, what)); at++)
    n++;
  return n;
}

/* So many messages for the service, and nobody fetches one meanwhile.  The most that were owned. */
static guint64
flood (EnjWorldServer *here, EnjPuppet *server, const char *type)
{
  g_autoptr (GString) round = g_string_new (NULL);
  guint64 most = 0;

  for (guint i = 0; i < A_ROUND; i++)
    g_string_append_printf (round, "<message from='a@home." HERE "' to='b@" HERE "' type='%s'/>",
                            type);
  here->is_busy = TRUE;
  for (guint i = 0; i < ROUNDS; i++)
    {
      enj_world_say (here->world, server, round->str);
      enj_exchange_tick (here->exchange, enj_world_now (here->world));
      enj_world_run (here->world);
      most = MAX (most, enj_exchange_count_owned (here->exchange));
    }
  here->is_busy = FALSE;
  enj_world_run (here->world);
  return most;
}

/* HARDENING finding 9: the link is always read; what finds no room goes back. */
static void
assert_flood (guint64 memory, guint64 least, guint64 most)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here;
  EnjPuppet *server;
  guint64 owned;

  enj_test_proves ("S36");
  limits.memory = memory;
  here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  server = enj_linked_new (here);
  owned = flood (here, server, "normal");
  g_assert_cmpuint (owned, >=, least);
  g_assert_cmpuint (owned, <=, most);
  g_assert_cmpuint (count_in (server->heard->str, "<resource-constraint "), ==,
                    ROUNDS * A_ROUND - here->inbox->len);
  g_assert_cmpuint (here->inbox->len, >=, least);
  g_assert_cmpuint (enj_exchange_get_counters (here->exchange)->dropped, ==, 0);

  /* There is room again. */
  g_ptr_array_set_size (here->inbox, 0);
  enj_world_say (world, server, "<message from='a@home." HERE "' to='b@" HERE "'/>");
  g_assert_cmpuint (here->inbox->len, ==, 1);
  enj_world_free (world);
}

static void
test_deliveries (void)
{
  assert_flood (enj_limits_default ().memory, 16000, 17000);
}

static void
test_deliveries_without_memory (void)
{
  assert_flood (1 << 20, 100, 4000);
}

/* RFC 6120 8.3.1: their end cannot be told to anybody, so they have more room. */
static void
test_errors (void)
{
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  EnjPuppet *server = enj_linked_new (here);
  guint64 owned;

  g_string_truncate (logged, 0);
  owned = flood (here, server, "error");
  g_assert_cmpuint (owned, >=, 32000);
  g_assert_cmpuint (owned, <=, 33000);
  g_assert_cmpuint (here->inbox->len + enj_exchange_get_counters (here->exchange)->dropped, ==,
                    ROUNDS * A_ROUND);
  g_assert_cmpuint (count_in (logged->str, "stanza dropped: "), ==,
                    enj_exchange_get_counters (here->exchange)->dropped);
  enj_world_free (world);
}

/* What a service is told of its own stanzas is bounded by what it sends. */
static void
test_own_errors (void)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here;

  limits.queue_stanzas = 1;
  here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  enj_world_set_result (world, "_xmpp-server._tcp." SILENT, G_MAXUINT);
  for (guint i = 0; i < ROUNDS * A_ROUND; i++)
    g_assert_true (enj_world_send (here, "<message from='a@" HERE "' to='b@" SILENT "'/>"));
  enj_world_run (world);
  g_assert_cmpuint (here->inbox->len, ==, ROUNDS * A_ROUND - 1);
  enj_world_free (world);
}

/* DESIGN 8: dropped by rule is counted, and told to the log. */
static void
test_drop_is_told (void)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here;

  limits.queue_stanzas = 1;
  here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  enj_world_set_result (world, "_xmpp-server._tcp." SILENT, G_MAXUINT);
  g_string_truncate (logged, 0);
  for (guint i = 0; i < 20; i++)
    g_assert_true (
      enj_world_send (here, "<message from='a@" HERE "' to='b@" SILENT "' type='error'/>"));
  g_assert_cmpuint (enj_exchange_get_counters (here->exchange)->dropped, ==, 4);
  g_assert_cmpuint (count_in (logged->str, "stanza dropped: "), ==, 4);
  enj_world_free (world);
}

/* Where all the memory is used up, an error still passes a link that is up. */
static void
test_error_passes (void)
{
  EnjLimits limits = enj_limits_default ();
  EnjWorld *world = enj_world_new ();
  EnjWorldServer *here;
  EnjPuppet *server;
  gsize rest;

  limits.memory = 1 << 20;
  here = enj_world_add (world, HERE, ENJ_ENCRYPTION_REQUIRED, &limits);
  server = enj_linked_new (here);
  rest = 2 * limits.memory;
  enj_budget_charge (rest);
  g_assert_true (enj_world_send (here, "<message from='a@" HERE "' to='b@home." HERE "' id='1'"
                                       " type='error'/>"));
  enj_world_run (world);
  enj_budget_release (rest);
  g_assert_cmpuint (enj_linked_count_in (server->heard->str, 1), ==, 1);
  enj_world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  logged = g_string_new (NULL);
  g_log_set_writer_func (keep_log, NULL, NULL);
  g_test_add_func ("/world/room/for-deliveries-is-bounded", test_deliveries);
  g_test_add_func ("/world/room/for-deliveries-is-less-without-memory",
                   test_deliveries_without_memory);
  g_test_add_func ("/world/room/for-errors-is-bounded", test_errors);
  g_test_add_func ("/world/room/for-errors-of-its-own-is-never-short", test_own_errors);
  g_test_add_func ("/world/room/none-is-told-to-the-log", test_drop_is_told);
  g_test_add_func ("/world/room/for-an-error-on-its-way-through", test_error_passes);
  return g_test_run ();
}

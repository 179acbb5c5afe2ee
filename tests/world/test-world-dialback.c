#include "config.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/support/stage.h"
#include "tests/world/settings.h"
#include "tests/world/world.h"

#define HERE "here.example"
#define THERE "there.example"

#define MESSAGE(from, to, text)                                                           \
  "<message from='" from "' to='" to "'><body>" text "</body></message>"

/* Two servers that find each other. */
typedef struct
{
  EnjWorld *world;
  EnjWorldServer *here;
  EnjWorldServer *there;
} Pair;

static Pair
pair_new (EnjEncryption encryption)
{
  Pair self = { .world = enj_world_new () };

  self.here = enj_world_add (self.world, HERE, encryption, NULL);
  self.there = enj_world_add (self.world, THERE, encryption, NULL);
  enj_world_add_srv (self.world, HERE, 1, "xmpp.here.example");
  enj_world_add_srv (self.world, THERE, 1, "xmpp.there.example");
  enj_world_add_address (self.world, "xmpp.here.example", &self.here->address);
  enj_world_add_address (self.world, "xmpp.there.example", &self.there->address);
  return self;
}

static gboolean
was_asked (const EnjWorldServer *server, const char *name)
{
  return g_ptr_array_find_with_equal_func (server->asked, name, g_str_equal, NULL);
}

/* A stream gives its language to what has none. */
static void
assert_got (const EnjWorldServer *server, guint index, const char *stanza)
{
  g_auto (GStrv) parts = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpuint (server->inbox->len, >, index);
  parts = g_strsplit (server->inbox->pdata[index], " xml:lang='en'", 2);
  text = g_strjoinv (NULL, parts);
  g_assert_cmpstr (text, ==, stanza);
}

/* "LOCAL REMOTE: MESSAGE" of all about streams. */
static GString *logged;

static const char *
find_field (const GLogField *fields, gsize n, const char *key)
{
  for (gsize i = 0; i < n; i++)
    if (strcmp (fields[i].key, key) == 0)
      return fields[i].value;
  return "";
}

static GLogWriterOutput
keep_log (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer user_data)
{
  (void) user_data;
  if (level == G_LOG_LEVEL_INFO || level == G_LOG_LEVEL_MESSAGE)
    g_string_append_printf (logged, "%s %s: %s\n", find_field (fields, n, "ENJAMB_LOCAL"),
                            find_field (fields, n, "ENJAMB_REMOTE"),
                            find_field (fields, n, "MESSAGE"));
  return level <= G_LOG_LEVEL_WARNING ? g_log_writer_default (level, fields, n, user_data)
                                      : G_LOG_WRITER_HANDLED;
}

static void
test_both_ways (gconstpointer encryption)
{
  Pair pair = pair_new (GPOINTER_TO_UINT (encryption));

  enj_test_proves ("D23 D30 D40 N15 S27 S31");
  g_assert_true (enj_world_send (pair.here, MESSAGE ("a@" HERE, "b@" THERE, "1")));
  g_assert_true (enj_world_send (pair.here, MESSAGE ("a@" HERE, "b@" THERE, "2")));
  enj_world_run (pair.world);
  assert_got (pair.there, 0, MESSAGE ("a@" HERE, "b@" THERE, "1"));
  assert_got (pair.there, 1, MESSAGE ("a@" HERE, "b@" THERE, "2"));
  /* Who was asked to believe has looked for the domain himself. */
  g_assert_true (was_asked (pair.there, "_xmpp-server._tcp." HERE));

  g_assert_true (enj_world_send (pair.there, MESSAGE ("b@" THERE, "a@" HERE, "3")));
  enj_world_run (pair.world);
  assert_got (pair.here, 0, MESSAGE ("b@" THERE, "a@" HERE, "3"));
  g_assert_cmpuint (pair.here->inbox->len, ==, 1);
  g_assert_cmpuint (pair.there->inbox->len, ==, 2);
  /* One stream each way, or with bidi, behind TLS, one for both; those for the questions are
   * closed again. */
  g_assert_cmpuint (enj_world_count_wires (pair.world), ==,
                    GPOINTER_TO_UINT (encryption) == ENJ_ENCRYPTION_REQUIRED ? 1 : 2);
  enj_world_free (pair.world);
}

static void
assert_logged (const char *line)
{
  if (!strstr (logged->str, line))
    g_error ("%s is not in:\n%s", line, logged->str);
}

/* Either way: who has another certificate than at the last stream is told of. */
static void
test_new_face (void)
{
  const EnjLimits limits = enj_limits_default ();
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  enj_test_proves ("T11");
  enj_world_send (pair.here, MESSAGE ("a@" HERE, "b@" THERE, "1"));
  enj_world_run (pair.world);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (EnjSettings) settings
        = enj_world_settings_new (THERE, ENJ_ENCRYPTION_REQUIRED, &limits);
      const char *shown = i == 0 ? "new.example" : THERE;

      enj_settings_add_credentials (settings, THERE, enj_test_stage_get_credentials (shown));
      enj_world_cut (pair.world, pair.here, pair.there);
      enj_world_wait (pair.world, 2 * (gint64) 3600 * ENJ_SECOND);
      enj_exchange_set_settings (pair.there->exchange, settings, enj_world_now (pair.world));
      g_string_truncate (logged, 0);
      if (i == 0)
        enj_world_send (pair.there, MESSAGE ("b@" THERE, "a@" HERE, "2"));
      else
        enj_world_send (pair.here, MESSAGE ("a@" HERE, "b@" THERE, "3"));
      enj_world_run (pair.world);
      assert_logged (HERE " " THERE ": the certificate is another one than before");
    }
  enj_world_free (pair.world);
}

static void
test_is_told (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  enj_test_proves ("T11");
  enj_world_add_address (pair.world, "also." HERE, &pair.here->address);
  g_string_truncate (logged, 0);
  enj_world_send (pair.here, MESSAGE ("a@" HERE, "b@" THERE, "1"));
  enj_world_run (pair.world);
  assert_logged (HERE " " THERE ": stream up, TLS1.3 AES-256-GCM, dialback, peer not proved, bidi");
  assert_logged (THERE " " HERE ": stream up, TLS1.3 AES-256-GCM, dialback, bidi");

  /* Another pair of the same stream. */
  enj_world_send (pair.here, MESSAGE ("a@also." HERE, "b@" THERE, "2"));
  enj_world_run (pair.world);
  assert_logged ("also." HERE " " THERE ": stream up, TLS1.3 AES-256-GCM, dialback, peer not "
                 "proved, bidi");
  assert_logged (THERE " also." HERE ": stream up, TLS1.3 AES-256-GCM, dialback, bidi");
  g_assert_nonnull (strstr (pair.here->events->str, "up>" THERE));
  g_assert_nonnull (strstr (pair.there->events->str, "up<" HERE));
  enj_world_free (pair.world);
}

static void
test_simultaneous (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  enj_test_proves ("D27 S38");
  enj_world_hold (pair.world, FALSE, TRUE);
  enj_world_send (pair.here, MESSAGE ("a@" HERE, "b@" THERE, "1"));
  enj_world_send (pair.there, MESSAGE ("b@" THERE, "a@" HERE, "2"));
  enj_world_run (pair.world);
  enj_world_hold (pair.world, FALSE, FALSE);
  enj_world_run (pair.world);
  assert_got (pair.there, 0, MESSAGE ("a@" HERE, "b@" THERE, "1"));
  assert_got (pair.here, 0, MESSAGE ("b@" THERE, "a@" HERE, "2"));
  enj_world_free (pair.world);
}

/* A peer that starts again has not closed what it had. */
static void
test_second_stream (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);
  EnjWorldServer *again;

  enj_test_proves ("S38");
  enj_world_send (pair.here, MESSAGE ("a@" HERE, "b@" THERE, "1"));
  enj_world_run (pair.world);
  again = enj_world_add (pair.world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);
  again->address = pair.here->address;
  pair.here->is_away = TRUE;
  enj_world_send (again, MESSAGE ("a@" HERE, "b@" THERE, "2"));
  enj_world_run (pair.world);
  enj_world_send (pair.here, MESSAGE ("a@" HERE, "b@" THERE, "3"));
  enj_world_run (pair.world);
  assert_got (pair.there, 1, MESSAGE ("a@" HERE, "b@" THERE, "2"));
  assert_got (pair.there, 2, MESSAGE ("a@" HERE, "b@" THERE, "3"));
  enj_world_free (pair.world);
}

static void
test_asker_is_gone (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  enj_test_proves ("D29 D11");
  /* The question is never answered, and he does not wait for it. */
  enj_world_set_result (pair.world, "_xmpp-server._tcp." HERE, G_MAXUINT);
  enj_world_send (pair.here, MESSAGE ("a@" HERE, "b@" THERE, "1"));
  enj_world_run (pair.world);
  g_assert_true (was_asked (pair.there, "_xmpp-server._tcp." HERE));
  enj_world_cut (pair.world, pair.here, pair.there);
  enj_world_run (pair.world);
  g_assert_cmpuint (pair.here->inbox->len, ==, 1);
  g_assert_nonnull (strstr (pair.here->inbox->pdata[0], "<remote-server-timeout "));
  enj_world_wait (pair.world, 61 * ENJ_SECOND);
  g_assert_cmpuint (pair.there->inbox->len, ==, 0);
  g_assert_cmpuint (enj_exchange_get_load (pair.there->exchange).inbound, ==, 0);
  enj_world_free (pair.world);
}

/* The key is asked for at the server of the name, not of who came. */
static void
test_impostor (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);
  EnjWorldServer *evil = enj_world_add (pair.world, HERE, ENJ_ENCRYPTION_REQUIRED, NULL);

  enj_test_proves ("N15 D31 D09");
  enj_world_send (evil, MESSAGE ("a@" HERE, "b@" THERE, "lie"));
  enj_world_run (pair.world);
  g_assert_cmpuint (pair.there->inbox->len, ==, 0);
  g_assert_cmpuint (evil->inbox->len, ==, 1);
  g_assert_nonnull (strstr (evil->inbox->pdata[0], "<internal-server-error "));
  g_assert_cmpuint (enj_world_count_wires (pair.world), ==, 0);
  enj_world_free (pair.world);
}

/* Never from one remote server to another. */
static void
test_no_relay (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_REQUIRED);

  enj_test_proves ("S31 S32");
  g_assert_false (enj_world_send (pair.here, MESSAGE ("a@third.example", "b@" THERE, "1")));
  g_assert_true (enj_world_send (pair.here, MESSAGE ("a@" HERE, "b@" HERE, "2")));
  enj_world_run (pair.world);
  g_assert_cmpuint (pair.here->asked->len, ==, 0);
  assert_got (pair.here, 0, MESSAGE ("a@" HERE, "b@" HERE, "2"));
  enj_world_free (pair.world);
}

static const char header[]
  = "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"
    " xmlns:db='jabber:server:dialback' id='1' from='" THERE "' to='" HERE "' version='1.0'>"
    "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"
    "</stream:features>";

static const char constraint[]
  = "<db:result from='" THERE "' to='" HERE "' type='error'><error type='wait'>"
    "<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>";

static void
test_one_more_connection (void)
{
  Pair pair = pair_new (ENJ_ENCRYPTION_OPTIONAL);
  EnjPuppet *first, *second;

  enj_test_proves ("D16 D15 D10");
  pair.there->is_puppet = TRUE;
  enj_world_send (pair.here, MESSAGE ("a@" HERE, "b@" THERE, "1"));
  enj_world_run (pair.world);
  first = enj_world_get_puppet (pair.world);
  enj_world_say (pair.world, first, header);
  g_assert_nonnull (strstr (first->heard->str, "<db:result"));
  enj_world_say (pair.world, first, constraint);
  g_assert_nonnull (strstr (first->heard->str, "</stream:stream>"));
  enj_world_say (pair.world, first, "</stream:stream>");
  enj_world_wait (pair.world, 2 * ENJ_SECOND);
  second = enj_world_get_puppet (pair.world);
  g_assert_true (second != first);
  g_assert_cmpuint (pair.here->inbox->len, ==, 0);
  enj_world_say (pair.world, second, header);
  enj_world_say (pair.world, second, constraint);
  g_assert_cmpuint (pair.here->inbox->len, ==, 1);
  g_assert_nonnull (strstr (pair.here->inbox->pdata[0], "<remote-server-timeout "));
  enj_world_wait (pair.world, 5 * ENJ_SECOND);
  g_assert_true (enj_world_get_puppet (pair.world) == second);
  enj_world_free (pair.world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  logged = g_string_new (NULL);
  g_log_set_writer_func (keep_log, NULL, NULL);

  g_test_add_data_func ("/world/dialback/both-ways-over-tls",
                        GUINT_TO_POINTER (ENJ_ENCRYPTION_REQUIRED), test_both_ways);
  g_test_add_data_func ("/world/dialback/both-ways-in-clear",
                        GUINT_TO_POINTER (ENJ_ENCRYPTION_OPTIONAL), test_both_ways);
  g_test_add_func ("/world/dialback/tells-how-it-was-authenticated", test_is_told);
  g_test_add_func ("/world/dialback/tells-of-another-certificate", test_new_face);
  g_test_add_func ("/world/dialback/both-at-once", test_simultaneous);
  g_test_add_func ("/world/dialback/a-second-stream-is-welcome", test_second_stream);
  g_test_add_func ("/world/dialback/forgets-who-is-gone", test_asker_is_gone);
  g_test_add_func ("/world/dialback/asks-the-server-of-the-name", test_impostor);
  g_test_add_func ("/world/dialback/relays-nothing", test_no_relay);
  g_test_add_func ("/world/dialback/tries-once-more", test_one_more_connection);
  return g_test_run ();
}

#include "config.h"

#include "component/reception.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "protocol/limits.h"
#include "tests/support/configs.h"
#include "tests/support/proves.h"
#include "tests/support/stanzas.h"

#define CONFIG                                                                           \
  "[component relay.here.test]\nserver = 127.0.0.1:5347\nsecret = s\n"                   \
  "[component echo.here.test]\nserver = 127.0.0.1:5347\nsecret = s\nservice = echo\n"    \
  "[component own.test]\nserver = none\nservice = handler\nabout = false\n"
#define AFTER (120 * ENJ_SECOND)

/* Two programs, a reception between them and the world, and what each has heard. */
typedef struct
{
  EnjReception *reception;
  GString *sent; /* "COMPONENT: STANZA" and a newline for each */
  GString *heard;
  char *unregister; /* the domain that the handler unregisters when it is called */
  const char *again; /* the request that is sent when one ends */
  EnjStanza *last;
} World;

static void
send (const char *component, EnjStanza *stanza, gpointer user_data)
{
  World *world = user_data;

  g_string_append_printf (world->sent, "%s: ", component);
  enj_test_stanza_collect (stanza, world->sent);
  g_string_append_c (world->sent, '\n');
  enj_stanza_unref (world->last);
  world->last = enj_stanza_ref (stanza);
}

static World *
world_new (void)
{
  g_autoptr (EnjConfig) config = enj_test_config_new (CONFIG);
  World *world = g_new0 (World, 1);

  world->sent = g_string_new (NULL);
  world->heard = g_string_new (NULL);
  world->reception = enj_reception_new (NULL, NULL, config, send, world, 0);
  return world;
}

static void
world_free (World *world)
{
  enj_reception_free (world->reception);
  g_string_free (world->sent, TRUE);
  g_string_free (world->heard, TRUE);
  g_free (world->unregister);
  enj_stanza_unref (world->last);
  g_free (world);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

static void
handle (World *world, const char *component, const char *xml)
{
  g_autoptr (EnjStanza) stanza = enj_test_stanza_new (xml);

  enj_reception_handle (world->reception, component, stanza, 0);
}

/* Compares, and forgets. */
static void
assert_text (GString *string, const char *expected)
{
  g_assert_cmpstr (string->str, ==, expected);
  g_string_truncate (string, 0);
}

/* The condition of the only error that was sent. */
static void
assert_error (World *world, const char *condition)
{
  g_autofree char *tag = g_strdup_printf ("><%s xmlns='urn:ietf", condition);

  g_assert_nonnull (strstr (world->sent->str, tag));
  g_assert_true (strchr (world->sent->str, '\n') == world->sent->str + world->sent->len - 1);
  g_string_truncate (world->sent, 0);
}

/* ---- Who takes what ----------------------------------------------------------- */

static void
hear (EnjBridge *bridge, EnjStanza *stanza, gpointer user_data)
{
  World *world = user_data;

  g_assert_null (bridge);
  g_string_append_printf (world->heard, "%s\n", enj_stanza_get_id (stanza));
  if (world->unregister)
    {
      enj_reception_unregister (world->reception, world->unregister);
      g_string_append (world->heard, "returned\n");
    }
}

static void
hear_end (gpointer user_data)
{
  World *world = user_data;

  g_string_append (world->heard, "end\n");
}

#define PING(to) "<iq from='a@b' to='" to "' id='p' type='get'><ping xmlns='urn:xmpp:ping'/></iq>"
#define MESSAGE(id, to) \
  "<message from='j@here.test' to='" to "' id='" id "'><body>hi</body></message>"
#define PONG(of) of ": <iq from='" of "' to='a@b' id='p' type='result'/>\n"

static void
test_services (void)
{
  g_autoptr (World) world = world_new ();

  handle (world, "echo.here.test", MESSAGE ("1", "echo.here.test"));
  assert_text (world->sent,
               "echo.here.test: <message from='echo.here.test' to='j@here.test' id='1'>"
               "<body>hi</body><echo xmlns='urn:enjamb:echo'/></message>\n");
  handle (world, "relay.here.test", MESSAGE ("1", "there.test@relay.here.test"));
  assert_text (world->sent,
               "relay.here.test: <message from='j\\40here.test@relay.here.test' to='there.test' "
               "id='1'><body>hi</body></message>\n");
  handle (world, "echo.here.test", PING ("echo.here.test"));
  assert_text (world->sent, PONG ("echo.here.test"));
  handle (world, "relay.here.test", PING ("relay.here.test"));
  assert_text (world->sent, PONG ("relay.here.test"));
}

static void
test_nobody (void)
{
  g_autoptr (World) world = world_new ();

  enj_test_proves ("S35 V11");
  handle (world, "own.test", MESSAGE ("1", "own.test"));
  assert_error (world, "service-unavailable");
  handle (world, "own.test", MESSAGE ("1", "anybody@own.test"));
  assert_error (world, "service-unavailable");
  /* Here about = false. */
  handle (world, "own.test", PING ("own.test"));
  assert_error (world, "service-unavailable");
  handle (world, "own.test", "<presence from='a@b' to='u@own.test' type='subscribe'/>");
  handle (world, "own.test", "<message from='a@b' to='own.test' type='error'/>");
  handle (world, "own.test", "<iq from='a@b' to='own.test' id='x' type='result'/>");
  handle (world, "own.test", "<message to='own.test'/>");
  assert_text (world->sent, "");
}

static void
test_set_of_about (void)
{
  g_autoptr (World) world = world_new ();

  enj_test_proves ("V11");
  handle (world, "relay.here.test",
          "<iq from='a@b' to='relay.here.test' id='p' type='set'>"
          "<ping xmlns='urn:xmpp:ping'/></iq>");
  assert_error (world, "service-unavailable");
  handle (world, "echo.here.test",
          "<iq from='a@b' to='echo.here.test' id='p' type='get'><q xmlns='urn:x'/></iq>");
  assert_error (world, "service-unavailable");
}

static void
test_malformed (void)
{
  g_autoptr (World) world = world_new ();

  enj_test_proves ("S34");
  g_assert_true (enj_reception_register (world->reception, "own.test", hear, world, NULL));
  handle (world, "own.test", "<iq from='a@b' to='own.test' id='1'><q xmlns='urn:x'/></iq>");
  assert_error (world, "bad-request");
  handle (world, "own.test", "<iq from='a@b' to='own.test' id='1' type='ask'/>");
  assert_error (world, "bad-request");
  handle (world, "relay.here.test", "<iq from='there.test' to='here.test@relay.here.test' "
                                    "type='get'><q xmlns='urn:x'/></iq>");
  assert_error (world, "bad-request");
  handle (world, "relay.here.test", "<iq from='there.test' to='here.test@relay.here.test' "
                                    "id='1' type='get'/>");
  assert_error (world, "bad-request");
  handle (world, "own.test", "<iq from='a@b' to='own.test' id='1' type='set'>text</iq>");
  assert_error (world, "bad-request");
  handle (world, "own.test", "<iq from='a@b' to='own.test' id='1' type='set'>"
                             "<q xmlns='urn:x'/><q xmlns='urn:x'/></iq>");
  assert_error (world, "bad-request");
  handle (world, "own.test", "<iq from='a@b' to='own.test' type='result'/>");
  handle (world, "own.test", "<iq from='a@b' to='own.test' type='error'/>");
  assert_text (world->sent, "");
  assert_text (world->heard, "");
}

static void
test_program (void)
{
  g_autoptr (World) world = world_new ();

  g_assert_false (enj_reception_register (world->reception, "here.test", hear, world, hear_end));
  g_assert_true (
    enj_reception_register (world->reception, "echo.here.test", hear, world, hear_end));
  handle (world, "echo.here.test", MESSAGE ("1", "u@echo.here.test"));
  handle (world, "echo.here.test", "<presence from='a@b' to='echo.here.test' id='2'/>");
  handle (world, "echo.here.test",
          "<iq from='a@b' to='echo.here.test' id='3' type='get'><q xmlns='urn:x'/></iq>");
  assert_text (world->heard, "1\n2\n3\n");
  assert_text (world->sent, "");

  /* The bridge's own address comes first; where it is not to answer, the program. */
  handle (world, "echo.here.test", PING ("echo.here.test"));
  assert_text (world->heard, "");
  assert_text (world->sent, PONG ("echo.here.test"));
  g_assert_true (enj_reception_register (world->reception, "own.test", hear, world, NULL));
  handle (world, "own.test", PING ("own.test"));
  assert_text (world->heard, "p\n");

  /* Without a program it is the service's again. */
  enj_reception_unregister (world->reception, "echo.here.test");
  enj_reception_unregister (world->reception, "echo.here.test");
  enj_reception_unregister (world->reception, "here.test");
  assert_text (world->heard, "end\n");
  handle (world, "echo.here.test", MESSAGE ("1", "u@echo.here.test"));
  g_assert_cmpuint (world->sent->len, >, 0);
  assert_text (world->heard, "");
}

static void
ask_info (World *world)
{
  handle (world, "relay.here.test",
          "<iq from='a@b' to='relay.here.test' id='p' type='get'>"
          "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
}

/* What the relay can do is not told of a program that stands in its place. */
static void
test_identity (void)
{
  g_autoptr (World) world = world_new ();

  enj_test_proves ("J06");
  ask_info (world);
  g_assert_nonnull (strstr (world->sent->str, "<identity category='gateway' type='xmpp'"));
  g_assert_nonnull (strstr (world->sent->str, "<feature var='jid\\20escaping'/>"));
  g_string_truncate (world->sent, 0);
  enj_reception_register (world->reception, "relay.here.test", hear, world, NULL);
  ask_info (world);
  g_assert_nonnull (strstr (world->sent->str, "<identity category='component' type='generic'"));
  g_assert_null (strstr (world->sent->str, "jid\\20escaping"));
}

static void
test_ends_of_programs (void)
{
  g_autoptr (World) world = world_new ();

  enj_reception_register (world->reception, "own.test", hear, world, hear_end);
  enj_reception_register (world->reception, "own.test", hear, world, hear_end);
  assert_text (world->heard, "end\n");

  /* Its data lasts as long as it runs. */
  world->unregister = g_strdup ("own.test");
  handle (world, "own.test", MESSAGE ("1", "own.test"));
  assert_text (world->heard, "1\nreturned\nend\n");
  handle (world, "own.test", MESSAGE ("2", "own.test"));
  assert_text (world->heard, "");
  g_clear_pointer (&world->unregister, g_free);

  enj_reception_register (world->reception, "own.test", hear, world, hear_end);
  enj_reception_register (world->reception, "echo.here.test", hear, world, hear_end);
  enj_reception_free (g_steal_pointer (&world->reception));
  assert_text (world->heard, "end\nend\n");
}

static void
test_reload (void)
{
  g_autoptr (World) world = world_new ();
  g_autoptr (EnjConfig) config = enj_test_config_new (
    "[component relay.here.test]\nserver = 127.0.0.1:5347\nsecret = s\n"
    "relay-allow-remote = third.test\n"
    "[component echo.here.test]\nserver = 127.0.0.1:5347\nsecret = s\nservice = echo\n"
    "about = false\n"
    "[component own.test]\nserver = none\nservice = handler\n");

  enj_reception_register (world->reception, "own.test", hear, world, hear_end);
  enj_reception_set_config (world->reception, config);
  handle (world, "relay.here.test", MESSAGE ("1", "there.test@relay.here.test"));
  assert_error (world, "forbidden");
  handle (world, "echo.here.test", PING ("echo.here.test"));
  assert_error (world, "service-unavailable");
  handle (world, "own.test", PING ("own.test"));
  assert_text (world->sent, PONG ("own.test"));
  handle (world, "own.test", MESSAGE ("1", "own.test"));
  assert_text (world->heard, "1\n");
}

#define COMMANDS "http://jabber.org/protocol/commands"
#define EXECUTE(of)                                                                      \
  "<iq from='a@b' to='" of "' id='c' type='set'><command xmlns='" COMMANDS               \
  "' node='urn:enjamb:block'/></iq>"
#define INFO(of)                                                                         \
  "<iq from='a@b' to='" of "' id='i' type='get'>"                                        \
  "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>"

/* Where the address answers at all, and as soon as somebody may give them. */
static void
test_commands (void)
{
  g_autoptr (World) world = world_new ();
  g_autoptr (EnjConfig) config = enj_test_config_new (CONFIG "[control]\nadmins = a@b\n");

  handle (world, "relay.here.test", EXECUTE ("relay.here.test"));
  assert_error (world, "service-unavailable");
  handle (world, "relay.here.test", INFO ("relay.here.test"));
  g_assert_null (strstr (world->sent->str, COMMANDS));
  g_string_truncate (world->sent, 0);

  enj_reception_set_config (world->reception, config);
  handle (world, "relay.here.test", EXECUTE ("relay.here.test"));
  g_assert_nonnull (strstr (world->sent->str, "status='executing'"));
  g_string_truncate (world->sent, 0);
  handle (world, "relay.here.test", INFO ("relay.here.test"));
  g_assert_nonnull (strstr (world->sent->str, "<feature var='" COMMANDS "'/>"));
  g_string_truncate (world->sent, 0);
  handle (world, "own.test", EXECUTE ("own.test"));
  assert_error (world, "service-unavailable");
}

/* ---- Requests ------------------------------------------------------------------ */

static void
hear_answer (EnjBridge *bridge, EnjStanza *answer, gpointer user_data)
{
  World *world = user_data;

  g_assert_null (bridge);
  g_string_append_printf (world->heard, "%s\n", answer ? enj_stanza_get_type (answer) : "none");
  if (world->again)
    {
      g_autoptr (EnjStanza) iq = enj_test_stanza_new (world->again);
      gboolean sent
        = enj_reception_request (world->reception, "own.test", iq, hear_answer, world, 0);

      g_string_append (world->heard, sent ? "again\n" : "not again\n");
    }
}

static gboolean
request (World *world, const char *xml, gint64 now)
{
  g_autoptr (EnjStanza) iq = enj_test_stanza_new (xml);

  return enj_reception_request (world->reception, "own.test", iq, hear_answer, world, now);
}

#define REQUEST(to)                                                        \
  "<iq from='u@own.test' to='" to "' id='mine' type='get' xml:lang='it'>" \
  "<q xmlns='urn:x'/></iq>"

/* The answer of @from to the last request. */
static void
answer (World *world, const char *from, const char *kind, const char *type, const char *id)
{
  g_autofree char *xml = g_strdup_printf ("<%s from='%s' to='u@own.test' id='%s' type='%s'/>",
                                          kind, from, id, type);

  handle (world, "own.test", xml);
}

static void
test_matched (void)
{
  static const struct
  {
    const char *asked;
    const char *answered_by;
    const char *kind;
    const char *type;
    const char *heard;
  } cases[] = {
    { REQUEST ("there.test"), "there.test", "iq", "result", "result\n" },
    { REQUEST ("there.test"), "there.test", "iq", "error", "error\n" },
    { REQUEST ("r@there.test/x"), "r@there.test/x", "iq", "result", "result\n" },
    { REQUEST ("R@There.test./x"), "r@there.test/x", "iq", "result", "result\n" },
    { REQUEST ("there.test"), "evil.test", "iq", "result", "" },
    { REQUEST ("there.test"), "u@there.test", "iq", "result", "" },
    { REQUEST ("r@there.test/x"), "r@there.test", "iq", "result", "" },
    { REQUEST ("there.test"), "there.test", "message", "error", "" },
    { REQUEST ("there.test"), "there.test", "iq", "get", "" },
  };

  enj_test_proves ("V12 P03");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (World) world = world_new ();
      g_autofree char *id = NULL;

      g_assert_true (request (world, cases[i].asked, 0));
      id = g_strdup (enj_stanza_get_id (world->last));
      answer (world, cases[i].answered_by, cases[i].kind, cases[i].type, id);
      assert_text (world->heard, cases[i].heard);

      /* Another id is nobody's; the right answer still counts, but once. */
      answer (world, "there.test", "iq", "result", "mine");
      assert_text (world->heard, "");
      if (!*cases[i].heard)
        answer (world, enj_stanza_get_to (world->last), "iq", "result", id);
      g_string_truncate (world->heard, 0);
      answer (world, cases[i].answered_by, "iq", "result", id);
      assert_text (world->heard, "");
    }
}

static void
test_request_is_kept (void)
{
  g_autoptr (World) world = world_new ();
  g_autofree char *expected = NULL;

  g_assert_true (request (world, REQUEST ("there.test"), 0));
  g_assert_cmpuint (strlen (enj_stanza_get_id (world->last)), ==, 32);
  expected = g_strdup_printf ("own.test: <iq from='u@own.test' to='there.test' id='%s' type='get' "
                              "xml:lang='it'><q xmlns='urn:x'/></iq>\n",
                              enj_stanza_get_id (world->last));
  assert_text (world->sent, expected);
}

static void
test_no_request (void)
{
  static const char *const none[] = {
    "<message from='u@own.test' to='there.test' type='get'><q xmlns='urn:x'/></message>",
    "<iq from='u@own.test' to='there.test' type='result'><q xmlns='urn:x'/></iq>",
    "<iq from='u@own.test' to='there.test'><q xmlns='urn:x'/></iq>",
    "<iq from='u@own.test' type='get'><q xmlns='urn:x'/></iq>",
    "<iq from='u@own.test' to='there.test' type='get'/>",
    "<iq from='u@own.test' to='there.test' type='set'><q xmlns='urn:x'/><q xmlns='urn:x'/></iq>",
  };
  g_autoptr (World) world = world_new ();

  for (guint i = 0; i < G_N_ELEMENTS (none); i++)
    g_assert_false (request (world, none[i], 0));
  assert_text (world->sent, "");
  g_assert_cmpint (enj_reception_deadline (world->reception), ==, G_MAXINT64);
}

static void
test_timeout (void)
{
  g_autoptr (World) world = world_new ();
  g_autofree char *late = NULL;

  g_assert_true (request (world, REQUEST ("a.test"), 1000));
  late = g_strdup (enj_stanza_get_id (world->last));
  g_assert_true (request (world, REQUEST ("b.test"), 2000));
  g_assert_true (request (world, REQUEST ("c.test"), 3000));
  g_assert_cmpint (enj_reception_deadline (world->reception), ==, 1000 + AFTER);

  enj_reception_tick (world->reception, 999 + AFTER);
  assert_text (world->heard, "");
  enj_reception_tick (world->reception, 1000 + AFTER);
  assert_text (world->heard, "none\n");
  answer (world, "a.test", "iq", "result", late);
  assert_text (world->heard, "");

  answer (world, "c.test", "iq", "result", enj_stanza_get_id (world->last));
  assert_text (world->heard, "result\n");
  g_assert_cmpint (enj_reception_deadline (world->reception), ==, 2000 + AFTER);
  enj_reception_tick (world->reception, 5000 + AFTER);
  assert_text (world->heard, "none\n");
  g_assert_cmpint (enj_reception_deadline (world->reception), ==, G_MAXINT64);
}

static void
test_end (void)
{
  g_autoptr (World) world = world_new ();

  world->again = REQUEST ("a.test");
  g_assert_true (request (world, world->again, 0));
  answer (world, "a.test", "iq", "error", enj_stanza_get_id (world->last));
  assert_text (world->heard, "error\nagain\n");

  /* At the end each hears it once, and cannot ask any more. */
  g_assert_true (request (world, world->again, 0));
  enj_reception_free (world->reception);
  world->reception = NULL;
  assert_text (world->heard, "none\nnot again\nnone\nnot again\n");
}

/* ---- Components that connect ------------------------------------------------------ */

static void
hand_on (const char *component, EnjStanza *stanza, gpointer user_data)
{
  World *world = user_data;

  g_string_append_printf (world->heard, "%s has %s\n", component, enj_stanza_get_id (stanza));
}

static EnjConfig *
hosted_config_new (const char *about)
{
  g_autofree char *secret = NULL;
  g_autofree char *text = NULL;
  EnjConfig *config;
  int fd = g_file_open_tmp ("enjamb-XXXXXX", &secret, NULL);

  g_assert_cmpint (write (fd, "s", 1), ==, 1);
  g_assert_cmpint (close (fd), ==, 0);
  text = g_strdup_printf ("[component a.here.test]\nserver = none\nservice = hosted\n"
                          "hosted-secret-file = %s\n%s", secret, about);
  config = enj_test_config_new (text);
  g_assert_cmpint (g_remove (secret), ==, 0);
  return config;
}

/* Discovery too, unless we are to answer that. */
static void
test_hands_on (void)
{
  static const char ping[] = "<iq type='get' id='2' from='u@there.test' to='a.here.test'>"
                             "<ping xmlns='urn:xmpp:ping'/></iq>";
  g_autoptr (World) world = world_new ();
  g_autoptr (EnjConfig) config = hosted_config_new ("");
  g_autoptr (EnjConfig) about = hosted_config_new ("about = true\n");

  enj_reception_set_hand_on (world->reception, hand_on);
  enj_reception_set_config (world->reception, config);
  handle (world, "a.here.test", "<message id='1' from='u@there.test' to='x@a.here.test'/>");
  handle (world, "a.here.test", ping);
  assert_text (world->heard, "a.here.test has 1\na.here.test has 2\n");
  assert_text (world->sent, "");
  enj_reception_set_config (world->reception, about);
  handle (world, "a.here.test", ping);
  assert_text (world->heard, "");
  g_assert_nonnull (strstr (world->sent->str, "type='result'"));
  g_string_truncate (world->sent, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reception/service-of-the-configuration-takes", test_services);
  g_test_add_func ("/reception/what-nobody-takes-is-unavailable", test_nobody);
  g_test_add_func ("/reception/set-of-what-is-only-asked-is-unavailable", test_set_of_about);
  g_test_add_func ("/reception/malformed-iq-comes-to-nobody", test_malformed);
  g_test_add_func ("/reception/program-wins-over-the-service", test_program);
  g_test_add_func ("/reception/identity-is-that-of-the-taker", test_identity);
  g_test_add_func ("/reception/program-ends-when-it-has-returned", test_ends_of_programs);
  g_test_add_func ("/reception/reload-makes-services-anew", test_reload);
  g_test_add_func ("/reception/commands-are-taken-where-somebody-may-give-them", test_commands);
  g_test_add_func ("/reception/answer-is-matched-by-id-and-sender", test_matched);
  g_test_add_func ("/reception/request-goes-out-under-an-id-of-ours", test_request_is_kept);
  g_test_add_func ("/reception/only-requests-are-sent", test_no_request);
  g_test_add_func ("/reception/answer-that-does-not-come-is-none", test_timeout);
  g_test_add_func ("/reception/requests-end-with-it", test_end);
  g_test_add_func ("/reception/hands-on-to-components-that-connect", test_hands_on);
  return g_test_run ();
}

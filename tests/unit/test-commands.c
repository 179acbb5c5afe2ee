#include "config.h"

#include "component/commands.h"

#include <string.h>

#include "protocol/chance.h"
#include "protocol/form.h"
#include "protocol/limits.h"

#include "tests/support/proves.h"
#include "tests/support/stanzas.h"

#define NS "http://jabber.org/protocol/commands"
#define INFO "http://jabber.org/protocol/disco#info"
#define ITEMS "http://jabber.org/protocol/disco#items"
#define ADMIN "admin@home.test/x"
#define ID_1 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define IQ(from, type, content)                                                 \
  "<iq from='" from "' to='b.test' id='1' type='" type "'>" content "</iq>"
#define RESULT(content)                                                         \
  "<iq from='b.test' to='" ADMIN "' id='1' type='result'>" content "</iq>"
#define ERROR_TO(to, type, condition, more)                                     \
  "<iq from='b.test' to='" to "' id='1' type='error'><error type='" type "'><" condition          \
  " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" more "</error></iq>"
#define ERROR(type, condition, more) ERROR_TO (ADMIN, type, condition, more)
#define WORD(word) "<" word " xmlns='" NS "'/>"
#define TEXT(text)                                                              \
  "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>" text "</text>"
#define COMMAND(attributes, content)                                            \
  IQ (ADMIN, "set", "<command xmlns='" NS "' " attributes ">" content "</command>")
#define ANSWER(node, id, status, content)                                       \
  RESULT ("<command xmlns='" NS "' node='" node "' sessionid='" id "' status='" status            \
          "' xml:lang='en'>" content "</command>")
#define DONE(node, id, status)                                                  \
  RESULT ("<command xmlns='" NS "' node='" node "' sessionid='" id "' status='" status            \
          "' xml:lang='en'/>")
#define SUBMIT(value)                                                           \
  "<x xmlns='jabber:x:data' type='submit'><field var='f'><value>" value "</value></field></x>"
#define ASKING(node, id)                                                        \
  ANSWER (node, id, "executing",                                                \
          "<actions execute='complete'><complete/></actions>"                   \
          "<x xmlns='jabber:x:data' type='form'><title>T</title><field var='f'/></x>")

typedef struct
{
  EnjCommands *commands;
  GString *done;
} World;

static void
ask (EnjElementBuilder *builder, gpointer data)
{
  const EnjFormField field = { .name = "f" };

  (void) data;
  enj_form_start (builder, ENJ_FORM_ASKING, NULL);
  enj_form_add_title (builder, "T", NULL);
  enj_form_add (builder, &field, NULL);
  enj_form_end (builder);
}

static gboolean
run_asking (const EnjElement *form, EnjElementBuilder *builder, gint64 now, gpointer data,
            GError **error)
{
  World *world = data;
  g_autofree char *value = enj_form_dup_value (form, "f");

  (void) now;
  enj_commands_add_note (builder, "half done");
  g_string_append_printf (world->done, "ask %s;", value);
  if (g_strcmp0 (value, "bad") == 0)
    g_set_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_BAD_REQUEST, "f is bad");
  else if (g_strcmp0 (value, "fail") == 0)
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "it failed: /a\xff");
  else if (g_strcmp0 (value, "nobody") == 0)
    enj_commands_set_admins (world->commands, (const char *const[]){ NULL });
  return !*error;
}

static gboolean
run_plain (const EnjElement *form, EnjElementBuilder *builder, gint64 now, gpointer data,
           GError **error)
{
  World *world = data;

  (void) error;
  g_assert_null (form);
  g_string_append_printf (world->done, "plain %d;", (int) (now / ENJ_SECOND));
  enj_commands_add_note (builder, "done");
  return TRUE;
}

static const EnjCommand table[] = {
  { "plain", "A plain one", NULL, run_plain },
  { "ask", "An asking one", ask, run_asking },
  { "other", "Another", ask, run_asking },
};

/* Tokens are all alike but for the last letter: a, b, c... */
static void
count_up (guint8 *data, gsize len, gpointer user_data)
{
  guint8 *n = user_data;

  memset (data, 0, len);
  data[len - 1] = (*n)++;
}

static guint8 next_token;

static World *
world_new (void)
{
  static const char *const admins[] = { "admin@home.test", "second@home.test", NULL };
  World *world = g_new0 (World, 1);

  next_token = 0;
  enj_chance_set_source (count_up, &next_token);
  world->done = g_string_new (NULL);
  world->commands = enj_commands_new (table, G_N_ELEMENTS (table), world);
  g_assert_false (enj_commands_has_admins (world->commands));
  enj_commands_set_admins (world->commands, admins);
  g_assert_true (enj_commands_has_admins (world->commands));
  return world;
}

static void
world_free (World *world)
{
  enj_commands_free (world->commands);
  g_string_free (world->done, TRUE);
  g_free (world);
  enj_chance_set_source (NULL, NULL);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

static void
says_at (World *world, gint64 now, const char *told, const char *said)
{
  g_autoptr (EnjStanza) stanza = enj_test_stanza_new (told);
  g_autoptr (EnjStanza) reply = enj_commands_new_reply (world->commands, stanza, now);
  g_autofree char *text = reply ? enj_test_stanza_text_new (reply) : NULL;

  g_assert_cmpstr (text, ==, said);
}

static void
says (World *world, const char *told, const char *said)
{
  says_at (world, 0, told, said);
}

static void
did (World *world, const char *what)
{
  g_assert_cmpstr (world->done->str, ==, what);
  g_string_set_size (world->done, 0);
}

static void
test_discovery (void)
{
  g_autoptr (World) world = world_new ();

  enj_test_proves ("V08");
  says (world, IQ (ADMIN, "get", "<query xmlns='" ITEMS "' node='" NS "'/>"),
        RESULT ("<query xmlns='" ITEMS "' node='" NS "'>"
                "<item jid='b.test' node='plain' name='A plain one'/>"
                "<item jid='b.test' node='ask' name='An asking one'/>"
                "<item jid='b.test' node='other' name='Another'/></query>"));
  says (world, IQ (ADMIN, "get", "<query xmlns='" INFO "' node='" NS "'/>"),
        RESULT ("<query xmlns='" INFO "' node='" NS "'><identity category='automation' "
                "type='command-list' name='Commands'/><feature var='" NS "'/>"
                "<feature var='jabber:x:data'/></query>"));
  says (world, IQ (ADMIN, "get", "<query xmlns='" INFO "' node='ask'/>"),
        RESULT ("<query xmlns='" INFO "' node='ask'><identity category='automation' "
                "type='command-node' name='An asking one'/><feature var='" NS "'/>"
                "<feature var='jabber:x:data'/></query>"));
}

static void
test_plain (void)
{
  g_autoptr (World) world = world_new ();

  enj_test_proves ("V08");
  says_at (world, 7 * ENJ_SECOND, COMMAND ("node='plain' action='execute'", ""),
           ANSWER ("plain", ID_1, "completed", "<note type='info'>done</note>"));
  did (world, "plain 7;");
  /* It is the default. */
  says (world, COMMAND ("node='plain'", ""),
        ANSWER ("plain", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "completed",
                "<note type='info'>done</note>"));
  did (world, "plain 0;");
  says (world, COMMAND ("node='plain' sessionid='" ID_1 "'", ""),
        ERROR ("cancel", "not-allowed", WORD ("session-expired")));
  did (world, "");
}

static void
test_form (void)
{
  g_autoptr (World) world = world_new ();

  enj_test_proves ("V08");
  says (world, COMMAND ("node='ask'", ""), ASKING ("ask", ID_1));
  did (world, "");
  says (world, COMMAND ("node='ask' sessionid='" ID_1 "'", SUBMIT ("bad")),
        ERROR ("modify", "bad-request", TEXT ("f is bad") WORD ("bad-payload")));
  did (world, "ask bad;");
  says (world, COMMAND ("node='ask' sessionid='" ID_1 "' action='complete'", SUBMIT ("good")),
        ANSWER ("ask", ID_1, "completed", "<note type='info'>half done</note>"));
  did (world, "ask good;");
  says (world, COMMAND ("node='ask' sessionid='" ID_1 "' action='complete'", SUBMIT ("good")),
        ERROR ("cancel", "not-allowed", WORD ("session-expired")));
  did (world, "");
}

static void
test_failure (void)
{
  g_autoptr (World) world = world_new ();

  says (world, COMMAND ("node='ask'", ""), ASKING ("ask", ID_1));
  says (world, COMMAND ("node='ask' sessionid='" ID_1 "'", SUBMIT ("fail")),
        ANSWER ("ask", ID_1, "completed", "<note type='error'>it failed: /a\357\277\275</note>"));
  did (world, "ask fail;");
}

static void
test_cancel (void)
{
  g_autoptr (World) world = world_new ();

  enj_test_proves ("V08");
  says (world, COMMAND ("node='ask'", ""), ASKING ("ask", ID_1));
  says (world, COMMAND ("node='ask' sessionid='" ID_1 "' action='cancel'", SUBMIT ("good")),
        DONE ("ask", ID_1, "canceled"));
  says (world, COMMAND ("node='ask' sessionid='" ID_1 "' action='cancel'", ""),
        ERROR ("cancel", "not-allowed", WORD ("session-expired")));
  did (world, "");
}

/* With a session of "ask" open. */
static const struct
{
  const char *name;
  const char *told;
  const char *said;
} refusals[] = {
  { "no node", COMMAND ("", ""), ERROR ("cancel", "item-not-found", "") },
  { "another node", COMMAND ("node='x'", ""), ERROR ("cancel", "item-not-found", "") },
  { "another action", COMMAND ("node='ask' action='x'", ""),
    ERROR ("modify", "bad-request", WORD ("malformed-action")) },
  { "cancel at first", COMMAND ("node='ask' action='cancel'", ""),
    ERROR ("modify", "bad-request", WORD ("bad-action")) },
  { "complete at first", COMMAND ("node='plain' action='complete'", ""),
    ERROR ("modify", "bad-request", WORD ("bad-action")) },
  { "next", COMMAND ("node='ask' sessionid='" ID_1 "' action='next'", SUBMIT ("good")),
    ERROR ("modify", "bad-request", WORD ("bad-action")) },
  { "prev", COMMAND ("node='ask' sessionid='" ID_1 "' action='prev'", ""),
    ERROR ("modify", "bad-request", WORD ("bad-action")) },
  { "no form", COMMAND ("node='ask' sessionid='" ID_1 "'", ""),
    ERROR ("modify", "bad-request", TEXT ("the form is missing") WORD ("bad-payload")) },
  { "session of another command",
    COMMAND ("node='other' sessionid='" ID_1 "'", SUBMIT ("good")),
    ERROR ("modify", "bad-request", WORD ("bad-sessionid")) },
  { "session of another resource",
    IQ ("admin@home.test/y", "set", "<command xmlns='" NS "' node='ask' sessionid='" ID_1
                                    "' action='complete'>" SUBMIT ("good") "</command>"),
    ERROR_TO ("admin@home.test/y", "modify", "bad-request", WORD ("bad-sessionid")) },
  { "unknown session", COMMAND ("node='ask' sessionid='x'", SUBMIT ("good")),
    ERROR ("cancel", "not-allowed", WORD ("session-expired")) },
};

static void
test_refusals (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autoptr (World) world = world_new ();

      g_test_message ("%s", refusals[i].name);
      says (world, COMMAND ("node='ask'", ""), ASKING ("ask", ID_1));
      says (world, refusals[i].told, refusals[i].said);
      did (world, "");
      says (world, COMMAND ("node='ask' sessionid='" ID_1 "'", SUBMIT ("good")),
            ANSWER ("ask", ID_1, "completed", "<note type='info'>half done</note>"));
    }
}

static const char *const strangers[] = {
  "nobody@home.test/x", "home.test", "admin@home.test.there.test/x",
  "admin@there.test/admin@home.test", "\u0430dmin@home.test/x",
};

static void
test_others (void)
{
  g_autoptr (World) world = world_new ();

  enj_test_proves ("V08 V10");
  for (guint i = 0; i < G_N_ELEMENTS (strangers); i++)
    {
      const char *who = strangers[i];
      g_autofree char *execute = g_strdup_printf (
        IQ ("%s", "set", "<command xmlns='" NS "' node='plain'/>"), who);
      g_autofree char *unknown = g_strdup_printf (
        IQ ("%s", "set", "<command xmlns='" NS "' node='x'/>"), who);
      g_autofree char *info = g_strdup_printf (
        IQ ("%s", "get", "<query xmlns='" INFO "' node='plain'/>"), who);
      g_autofree char *list = g_strdup_printf (
        IQ ("%s", "get", "<query xmlns='" ITEMS "' node='" NS "'/>"), who);
      g_autofree char *forbidden = g_strdup_printf (ERROR_TO ("%s", "auth", "forbidden", ""), who);
      g_autofree char *empty = g_strdup_printf (
        "<iq from='b.test' to='%s' id='1' type='result'><query xmlns='" ITEMS "' node='" NS
        "'/></iq>", who);

      says (world, execute, forbidden);
      says (world, unknown, forbidden);
      says (world, info, forbidden);
      says (world, list, empty);
    }
  did (world, "");
}

/* In another spelling, from whichever resource, or from none. */
static void
test_spelling (void)
{
  g_autoptr (World) world = world_new ();

  says (world, IQ ("ADMIN@HOME.test", "set", "<command xmlns='" NS "' node='plain'/>"),
        "<iq from='b.test' to='admin@home.test' id='1' type='result'><command xmlns='" NS
        "' node='plain' sessionid='" ID_1 "' status='completed' xml:lang='en'>"
        "<note type='info'>done</note></command></iq>");
}

#define PLAIN "<command xmlns='" NS "' node='plain'/>"

static const char *const others_business[] = {
  "<iq from='" ADMIN "' to='u@b.test' id='1' type='set'>" PLAIN "</iq>",
  "<iq from='" ADMIN "' to='b.test/r' id='1' type='set'>" PLAIN "</iq>",
  "<iq to='b.test' id='1' type='set'>" PLAIN "</iq>",
  "<message from='" ADMIN "' to='b.test' type='set'>" PLAIN "</message>",
  IQ (ADMIN, "get", "<command xmlns='" NS "' node='plain'/>"),
  IQ (ADMIN, "result", "<command xmlns='" NS "' node='plain'/>"),
  IQ (ADMIN, "set", "<command xmlns='urn:x' node='plain'/>"),
  IQ (ADMIN, "set", "<query xmlns='" INFO "' node='plain'/>"),
  IQ (ADMIN, "set", ""),
  IQ (ADMIN, "get", "<query xmlns='" INFO "'/>"),
  IQ (ADMIN, "get", "<query xmlns='" INFO "' node='x'/>"),
  IQ (ADMIN, "get", "<query xmlns='" ITEMS "'/>"),
  IQ (ADMIN, "get", "<query xmlns='" ITEMS "' node='plain'/>"),
};

static void
test_not_ours (void)
{
  static const char *const nobody[] = { NULL };
  g_autoptr (World) world = world_new ();

  for (guint i = 0; i < G_N_ELEMENTS (others_business); i++)
    says (world, others_business[i], NULL);
  enj_commands_set_admins (world->commands, nobody);
  g_assert_false (enj_commands_has_admins (world->commands));
  says (world, COMMAND ("node='plain'", ""), NULL);
  says (world, IQ (ADMIN, "get", "<query xmlns='" INFO "' node='plain'/>"), NULL);
  says (world, IQ (ADMIN, "get", "<query xmlns='" ITEMS "' node='" NS "'/>"), NULL);
  did (world, "");
}

static void
open_sessions (World *world, guint n, gint64 now)
{
  for (guint i = 0; i < n; i++)
    {
      char id[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
      g_autofree char *expected = NULL;

      id[sizeof id - 2] = (char) ('a' + next_token);
      expected = g_strdup_printf (ASKING ("ask", "%s"), id);
      says_at (world, now, COMMAND ("node='ask'", ""), expected);
    }
}

static void
test_too_many (void)
{
  const char *refused
    = ERROR ("cancel", "not-allowed",
             TEXT ("too many forms are open: cancel one, or wait ten minutes"));
  g_autoptr (World) world = world_new ();

  enj_test_proves ("V09");
  open_sessions (world, 8, 0);
  says (world, COMMAND ("node='ask'", ""), refused);
  /* Others have their own. */
  says (world, IQ ("second@home.test", "set", "<command xmlns='" NS "' node='ask' action='x'/>"),
        ERROR_TO ("second@home.test", "modify", "bad-request", WORD ("malformed-action")));
  says (world, COMMAND ("node='ask' sessionid='" ID_1 "' action='cancel'", ""),
        DONE ("ask", ID_1, "canceled"));
  open_sessions (world, 1, 0);
  says (world, COMMAND ("node='ask'", ""), refused);
}

static void
test_age (void)
{
  g_autoptr (World) world = world_new ();

  open_sessions (world, 8, 0);
  says_at (world, 599 * ENJ_SECOND, COMMAND ("node='ask' sessionid='" ID_1 "'", SUBMIT ("bad")),
           ERROR ("modify", "bad-request", TEXT ("f is bad") WORD ("bad-payload")));
  /* All but the first, which was in use, have gone. */
  open_sessions (world, 7, 600 * ENJ_SECOND);
  says_at (world, 1199 * ENJ_SECOND, COMMAND ("node='ask' sessionid='" ID_1 "'", SUBMIT ("good")),
           ERROR ("cancel", "not-allowed", WORD ("session-expired")));
  did (world, "ask bad;");
}

/* A reload changes who may, and may be what a command did. */
static void
test_set_admins (void)
{
  static const char *const second[] = { "second@home.test", NULL };
  static const char *const both[] = { "second@home.test", "admin@home.test", NULL };
  g_autoptr (World) world = world_new ();

  open_sessions (world, 1, 0);
  enj_commands_set_admins (world->commands, both);
  says (world, COMMAND ("node='ask' sessionid='" ID_1 "'", SUBMIT ("nobody")),
        ANSWER ("ask", ID_1, "completed", "<note type='info'>half done</note>"));
  enj_commands_set_admins (world->commands, both);
  open_sessions (world, 1, 0);
  enj_commands_set_admins (world->commands, second);
  says (world, COMMAND ("node='plain'", ""), ERROR ("auth", "forbidden", ""));
  enj_commands_set_admins (world->commands, both);
  says (world, COMMAND ("node='ask' sessionid='aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'", SUBMIT ("good")),
        ERROR ("cancel", "not-allowed", WORD ("session-expired")));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/commands/are-found", test_discovery);
  g_test_add_func ("/commands/without-a-form-are-done-at-once", test_plain);
  g_test_add_func ("/commands/with-a-form-are-done-when-it-is-filled-in", test_form);
  g_test_add_func ("/commands/that-fail-are-completed", test_failure);
  g_test_add_func ("/commands/can-be-canceled", test_cancel);
  g_test_add_func ("/commands/refuse-what-makes-no-sense", test_refusals);
  g_test_add_func ("/commands/are-forbidden-to-others", test_others);
  g_test_add_func ("/commands/compare-prepared-addresses", test_spelling);
  g_test_add_func ("/commands/leave-alone-what-is-none", test_not_ours);
  g_test_add_func ("/commands/keep-a-few-sessions-for-each", test_too_many);
  g_test_add_func ("/commands/forget-what-nobody-fills-in", test_age);
  g_test_add_func ("/commands/follow-who-may", test_set_admins);
  return g_test_run ();
}

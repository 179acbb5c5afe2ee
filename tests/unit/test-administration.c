#include "config.h"

#include "component/administration.h"

#include <string.h>

#include "protocol/chance.h"
#include "protocol/limits.h"
#include "component/journal.h"

#include "tests/support/proves.h"
#include "tests/support/stanzas.h"

#define NS "http://jabber.org/protocol/commands"
#define BLACKLIST "http://jabber.org/protocol/admin#edit-blacklist"
#define ADMIN "admin@home.test/x"
#define ID "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define FIELD(name, value) "<field var='" name "'><value>" value "</value></field>"
#define SUBMIT(fields) "<x xmlns='jabber:x:data' type='submit'>" fields "</x>"
#define DONE(content)                                                           \
  "<command xmlns='" NS "' node='%s' sessionid='" ID "' status='completed' xml:lang='en'>"        \
  content "</command>"
#define NOTE(text) "<note type='info'>" text "</note>"
#define FAULT(text) "<note type='error'>" text "</note>"
#define BAD(text)                                                               \
  "<error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"               \
  "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>" text "</text>"               \
  "<bad-payload xmlns='" NS "'/></error>"

/* In the place of the steward: what its hands were told, and how it went. */
typedef struct
{
  GString *told;
  GError *fault;
  const char **blocked;
  gboolean is_forgetful;
  guint n_streams; /* numbered from 1 */
  guint page;      /* how many of them a page has at the most */
} Stub;

static Stub *
stub_of (const EnjSteward *steward)
{
  return (Stub *) steward;
}

static gboolean
outcome (Stub *stub, GError **error)
{
  if (!stub->fault)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&stub->fault));
  return FALSE;
}

static GVariant *
status (const EnjSteward *steward, gint64 now)
{
  (void) steward;
  g_assert_cmpint (now, ==, 7);
  return g_variant_new_parsed (
    "{'version': <'1.2'>, 'uptime-us': <int64 3000000>, 'links': <uint32 2>, "
    "'links-up': <uint32 1>, 'owned': <uint64 5>, 'missing': <int64 0>, 'new': <'x'>, "
    "'counters': <{'accepted': uint64 8, 'written-link': 9}>, "
    "'certificates': <[{'domain': <'b.test'>, 'expires': <int64 86400>, 'self-signed': <true>}, "
    "{'domain': <'c.test'>, 'expires': <int64 172800>, 'self-signed': <false>}]>}");
}

static GVariant *
streams (const EnjSteward *steward, const char *remote, guint64 after, guint max, guint64 *next,
         gint64 now, GError **error)
{
  Stub *stub = stub_of (steward);
  GVariantBuilder builder;
  guint64 id = after;

  g_assert_cmpint (now, ==, 7);
  g_string_append_printf (stub->told, "streams %s %u after %u;", *remote ? remote : "-", max,
                          (guint) after);
  if (!outcome (stub, error))
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  while (id < stub->n_streams && id < after + MIN (max, stub->page))
    {
      id++;
      g_variant_builder_add_parsed (&builder, "{'id': <%t>, 'name': <%s>, 'idle-us': <int64 1000>}",
                                    id, "in-1");
    }
  *next = id < stub->n_streams ? id : 0;
  return g_variant_builder_end (&builder);
}

static gboolean
close_streams (EnjSteward *steward, const char *local, const char *remote, guint64 *place, guint *n,
               gint64 now, GError **error)
{
  Stub *stub = stub_of (steward);

  g_assert_cmpint (now, ==, 7);
  g_string_append_printf (stub->told, "close %s %s before %u;", local, remote, (guint) *place);
  *n = 3;
  *place = g_str_equal (remote, "busy.test") ? 70 : 0;
  return outcome (stub, error);
}

static gboolean
reload (EnjSteward *steward, GError **error)
{
  g_string_append (stub_of (steward)->told, "reload;");
  return outcome (stub_of (steward), error);
}

static gboolean
block (EnjSteward *steward, const char *domain, gint64 now, GError **error)
{
  g_assert_cmpint (now, ==, 7);
  g_string_append_printf (stub_of (steward)->told, "block %s;", domain);
  return outcome (stub_of (steward), error);
}

static gboolean
unblock (EnjSteward *steward, const char *domain, gint64 now, GError **error)
{
  g_assert_cmpint (now, ==, 7);
  g_string_append_printf (stub_of (steward)->told, "unblock %s;", domain);
  return outcome (stub_of (steward), error);
}

static gboolean
set_blocked (EnjSteward *steward, const char *const *domains, gint64 now, GError **error)
{
  g_autofree char *joined = g_strjoinv (",", (char **) domains);

  g_assert_cmpint (now, ==, 7);
  g_string_append_printf (stub_of (steward)->told, "set %s;", joined);
  return outcome (stub_of (steward), error);
}

static const char *const *
get_blocked (const EnjSteward *steward)
{
  return stub_of (steward)->blocked;
}

static gboolean
keeps_blocked (const EnjSteward *steward)
{
  return !stub_of (steward)->is_forgetful;
}

static const EnjAdministrationHands hands
  = { status, streams,     close_streams, reload,       block,
      unblock, set_blocked, get_blocked,   keeps_blocked };

/* ---- A command given ------------------------------------------------------------------- */

static void
same_token (guint8 *data, gsize len, gpointer user_data)
{
  (void) user_data;
  memset (data, 0, len);
}

/* What is answered to @node, and to @form in its session where that is not NULL: the inside of
 * the iq. */
static char *
give_new (Stub *stub, const char *node, const char *form)
{
  static const char *const admins[] = { "admin@home.test", NULL };
  g_autoptr (EnjAdministration) administration
    = enj_administration_new ((EnjSteward *) stub, &hands);
  EnjCommands *commands = enj_administration_get_commands (administration);
  char *inside = NULL;

  enj_commands_set_admins (commands, admins);
  for (guint step = 0; step < (form ? 2 : 1); step++)
    {
      g_autofree char *session = g_strdup_printf ("sessionid='%s'", ID);
      g_autofree char *xml = g_strdup_printf (
        "<iq from='" ADMIN "' to='b.test' id='1' type='set'><command xmlns='" NS "' node='%s' %s>"
        "%s</command></iq>", node, step ? session : "", step ? form : "");
      g_autoptr (EnjStanza) stanza = enj_test_stanza_new (xml);
      g_autoptr (EnjStanza) reply = enj_commands_new_reply (commands, stanza, 7);
      g_autofree char *text = enj_test_stanza_text_new (reply);
      const char *end = strrchr (text, '<');
      const char *begin = strchr (text, '>') + 1;

      g_free (inside);
      inside = g_strndup (begin, (gsize) (end - begin));
    }
  return inside;
}

static const char *nothing[] = { NULL };
static const char *something[] = { "*.a.test", "b.test", NULL };

static void
stub_init (Stub *stub)
{
  *stub = (Stub){ .told = g_string_new (NULL), .blocked = nothing };
  enj_chance_set_source (same_token, NULL);
}

static void
stub_clear (Stub *stub)
{
  g_string_free (stub->told, TRUE);
  g_clear_error (&stub->fault);
  enj_chance_set_source (NULL, NULL);
}

static void
test_status (void)
{
  Stub stub;
  g_autofree char *said = NULL;

  stub_init (&stub);
  stub.blocked = something;
  said = give_new (&stub, "urn:enjamb:status", NULL);
  g_assert_true (g_str_has_prefix (said, "<command xmlns='" NS "' node='urn:enjamb:status' "
                                         "sessionid='" ID "' status='completed' xml:lang='en'>"
                                         "<x xmlns='jabber:x:data' type='result'>"
                                         "<title>Status</title>"
                                         "<field var='version' label='Version'>"
                                         "<value>1.2</value></field>"
                                         "<field var='uptime-us' label='Up for'>"
                                         "<value>3 s</value></field>"));
  g_assert_nonnull (strstr (said, "<field var='links-up' label='Links that are up'>"
                                  "<value>1</value></field>"));
  /* What an older steward does not tell. */
  g_assert_nonnull (strstr (said, "<field var='streams-in' label='Streams that others opened'>"
                                  "<value/></field>"));
  g_assert_true (g_str_has_suffix (said,
                                   "<field var='accepted' label='accepted'><value>8</value></field>"
                                   "<field var='written-link' label='written link'>"
                                   "<value>9</value></field>"
                                   "<field var='certificates' type='text-multi' "
                                   "label='Certificates'>"
                                   "<value>b.test until 1970-01-02, self-signed</value>"
                                   "<value>c.test until 1970-01-03</value></field>"
                                   "<field var='blocked' type='text-multi' label='Blocked'>"
                                   "<value>*.a.test</value><value>b.test</value></field>"
                                   "</x></command>"));
  stub_clear (&stub);
}

static void
assert_streams (guint n, guint page, const char *form, const char *told, guint rows,
                const char *note)
{
  Stub stub;
  g_autofree char *said = NULL;
  guint found = 0;

  stub_init (&stub);
  stub.n_streams = n;
  stub.page = page;
  said = give_new (&stub, "urn:enjamb:streams", form);
  for (const char *at = said; (at = strstr (at, "<item>")); at++)
    found++;
  g_assert_cmpuint (found, ==, rows);
  g_assert_cmpstr (stub.told->str, ==, told);
  if (note)
    g_assert_nonnull (strstr (said, note));
  else
    g_assert_null (strstr (said, "<note"));
  stub_clear (&stub);
}

static void
test_streams (void)
{
  assert_streams (2, 100, SUBMIT (FIELD ("domain", "there.test")), "streams there.test 50 after 0;",
                  2, NULL);
  assert_streams (60, 30, SUBMIT (FIELD ("after", "0") FIELD ("domain", "")),
                  "streams - 50 after 0;streams - 20 after 30;", 50,
                  NOTE ("there are more behind 50"));
  assert_streams (60, 30, SUBMIT (FIELD ("after", "50")), "streams - 50 after 50;", 10, NULL);
  /* However little of it each page has. */
  assert_streams (60, 1, SUBMIT (""),
                  "streams - 50 after 0;streams - 49 after 1;streams - 48 after 2;"
                  "streams - 47 after 3;streams - 46 after 4;streams - 45 after 5;"
                  "streams - 44 after 6;streams - 43 after 7;streams - 42 after 8;"
                  "streams - 41 after 9;",
                  10, NOTE ("there are more behind 10"));
  assert_streams (0, 1, SUBMIT (""), "streams - 50 after 0;", 0, NULL);
}

static void
test_stream_row (void)
{
  Stub stub;
  g_autofree char *said = NULL;

  stub_init (&stub);
  stub.n_streams = stub.page = 1;
  said = give_new (&stub, "urn:enjamb:streams", SUBMIT (""));
  g_assert_nonnull (strstr (said, "<reported><field var='name' label='Stream'/>"));
  g_assert_nonnull (strstr (said, "<item><field var='name'><value>in-1</value></field>"
                                  "<field var='state'><value/></field>"));
  g_assert_nonnull (strstr (said, "<field var='idle-us'><value>1 ms</value></field></item></x>"));
  stub_clear (&stub);
}

static const struct
{
  const char *name;
  const char *node;
  const char *form;
  const char *fault; /* of what is done; NULL for none */
  gboolean malformed;
  const char *told;
  const char *said; /* with %s for the node */
} cases[] = {
  { "close", "urn:enjamb:close", SUBMIT (FIELD ("local", "*") FIELD ("remote", " a.test ")), NULL,
    FALSE, "close * a.test before 0;", DONE (NOTE ("3 streams are being closed")) },
  { "close many", "urn:enjamb:close",
    SUBMIT (FIELD ("local", "*") FIELD ("remote", "busy.test") FIELD ("before", "90")), NULL, FALSE,
    "close * busy.test before 90;",
    DONE (NOTE ("3 streams are being closed; there may be more before 70: give the command again "
                "with that")) },
  { "close before nothing", "urn:enjamb:close",
    SUBMIT (FIELD ("local", "*") FIELD ("remote", "a.test") FIELD ("before", "x")), NULL, FALSE, "",
    BAD ("before: expected a number") },
  { "close nobody", "urn:enjamb:close", SUBMIT (FIELD ("local", "*")), NULL, FALSE, "",
    BAD ("remote is missing") },
  { "close ours", "urn:enjamb:close", SUBMIT (FIELD ("remote", "a.test")), NULL, FALSE, "",
    BAD ("local is missing") },
  { "close what is no domain", "urn:enjamb:close",
    SUBMIT (FIELD ("local", "*") FIELD ("remote", "@")), "no domain", TRUE, "close * @ before 0;",
    BAD ("no domain") },
  { "reload", "urn:enjamb:reload", NULL, NULL, FALSE, "reload;", DONE (NOTE ("reloaded")) },
  { "reload in vain", "urn:enjamb:reload", NULL, "one\ntwo", FALSE, "reload;",
    DONE (FAULT ("one\ntwo")) },
  { "block", "urn:enjamb:block", SUBMIT (FIELD ("domain", "a.test")), NULL, FALSE, "block a.test;",
    DONE (NOTE ("blocked a.test")) },
  { "block nobody", "urn:enjamb:block", SUBMIT (FIELD ("domain", " ")), NULL, FALSE, "",
    BAD ("domain is missing") },
  { "block what is no domain", "urn:enjamb:block", SUBMIT (FIELD ("domain", "@")), "no domain",
    TRUE, "block @;", BAD ("no domain") },
  { "block in vain", "urn:enjamb:block", SUBMIT (FIELD ("domain", "a.test")), "no room", FALSE,
    "block a.test;", DONE (FAULT ("no room")) },
  { "unblock", "urn:enjamb:unblock", SUBMIT (FIELD ("domain", "a.test")), NULL, FALSE,
    "unblock a.test;", DONE (NOTE ("unblocked a.test")) },
  { "unblock nobody", "urn:enjamb:unblock", SUBMIT (""), NULL, FALSE, "",
    BAD ("domain is missing") },
  { "unblock in vain", "urn:enjamb:unblock", SUBMIT (FIELD ("domain", "a.test")), "it is not",
    FALSE, "unblock a.test;", DONE (FAULT ("it is not")) },
  { "streams with what is no domain", "urn:enjamb:streams", SUBMIT (FIELD ("domain", "@")),
    "no domain", TRUE, "streams @ 50 after 0;", BAD ("no domain") },
  { "no number", "urn:enjamb:streams", SUBMIT (FIELD ("after", "-1")), NULL, FALSE, "",
    BAD ("after: expected a number") },
};

static void
test_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Stub stub;
      g_autofree char *said = NULL;
      g_auto (GStrv) parts = g_strsplit (cases[i].said, "%s", -1);
      g_autofree char *expected = g_strjoinv (cases[i].node, parts);

      g_test_message ("%s", cases[i].name);
      stub_init (&stub);
      if (cases[i].fault && cases[i].malformed)
        stub.fault = g_error_new_literal (ENJ_STANZA_ERROR, ENJ_STANZA_JID_MALFORMED,
                                          cases[i].fault);
      else if (cases[i].fault)
        stub.fault = g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_FAILED, cases[i].fault);
      said = give_new (&stub, cases[i].node, cases[i].form);
      g_assert_cmpstr (stub.told->str, ==, cases[i].told);
      g_assert_cmpstr (said, ==, expected);
      stub_clear (&stub);
    }
}

/* Who turns a domain away hears how long it holds. */
static void
test_not_kept (void)
{
  static const struct
  {
    const char *node;
    const char *form;
    const char *note;
  } changes[] = {
    { "urn:enjamb:block", SUBMIT (FIELD ("domain", "a.test")), "blocked a.test" },
    { "urn:enjamb:unblock", SUBMIT (FIELD ("domain", "a.test")), "unblocked a.test" },
    { "http://jabber.org/protocol/admin#edit-blacklist",
      SUBMIT (FIELD ("blacklistjids", "a.test")), "the list holds" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      Stub stub;
      g_autofree char *said = NULL;
      g_autofree char *note
        = g_strdup_printf ("<note type='info'>%s until enjamb ends: it cannot be kept</note>",
                           changes[i].note);

      stub_init (&stub);
      stub.is_forgetful = TRUE;
      said = give_new (&stub, changes[i].node, changes[i].form);
      g_assert_nonnull (strstr (said, note));
      stub_clear (&stub);
    }
}

static void
test_forms (void)
{
  static const char *const nodes[]
    = { "urn:enjamb:streams", "urn:enjamb:close", "urn:enjamb:block", NULL };
  Stub stub;
  g_autofree char *said = NULL;

  stub_init (&stub);
  stub.blocked = something;
  said = give_new (&stub, "urn:enjamb:unblock", NULL);
  g_assert_nonnull (strstr (said, "<field var='domain' type='list-single' label='Blocked domain'>"
                                  "<required/><option><value>*.a.test</value></option>"
                                  "<option><value>b.test</value></option></field></x>"));
  for (guint i = 0; nodes[i]; i++)
    {
      g_autofree char *form = give_new (&stub, nodes[i], NULL);

      g_assert_nonnull (strstr (form, "status='executing'"));
      g_assert_nonnull (strstr (form, "<x xmlns='jabber:x:data' type='form'><title>"));
    }
  g_assert_cmpstr (stub.told->str, ==, "");
  stub_clear (&stub);
}

static void
test_blacklist (void)
{
  Stub stub;
  g_autofree char *asked = NULL;
  g_autofree char *said = NULL;
  g_autofree char *emptied = NULL;
  g_autofree char *missing = NULL;

  enj_test_proves ("V10");
  stub_init (&stub);
  stub.blocked = something;
  asked = give_new (&stub, BLACKLIST, NULL);
  g_assert_true (g_str_has_suffix (asked,
                                   "<x xmlns='jabber:x:data' type='form'>"
                                   "<field var='FORM_TYPE' type='hidden'>"
                                   "<value>http://jabber.org/protocol/admin</value></field>"
                                   "<title>Edit the list of blocked domains</title>"
                                   "<field var='blacklistjids' type='jid-multi' "
                                   "label='Blocked domains'><value>*.a.test</value>"
                                   "<value>b.test</value></field></x></command>"));
  said = give_new (&stub, BLACKLIST,
                   SUBMIT ("<field var='blacklistjids'><value>b.test</value>"
                           "<value>c.test</value></field>"));
  emptied = give_new (&stub, BLACKLIST, SUBMIT ("<field var='blacklistjids'/>"));
  g_assert_cmpstr (emptied, ==, said);
  missing = give_new (&stub, BLACKLIST, SUBMIT (""));
  g_assert_cmpstr (missing, ==, BAD ("blacklistjids is missing"));
  g_assert_cmpstr (stub.told->str, ==, "set b.test,c.test;set ;");
  stub_clear (&stub);
}

/* Who did that, and when? */
static void
test_log (void)
{
  Stub stub;
  g_autofree char *said = NULL;

  stub_init (&stub);
  enj_journal_expect (G_LOG_LEVEL_MESSAGE, ADMIN " gives the command urn:enjamb:reload");
  said = give_new (&stub, "urn:enjamb:reload", NULL);
  enj_journal_assert_expected ();
  stub_clear (&stub);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/administration/tells-the-status", test_status);
  g_test_add_func ("/administration/tells-streams-by-pages", test_streams);
  g_test_add_func ("/administration/tells-what-a-stream-is", test_stream_row);
  g_test_add_func ("/administration/does-what-it-is-told", test_cases);
  g_test_add_func ("/administration/tells-what-is-not-kept", test_not_kept);
  g_test_add_func ("/administration/asks-for-what-it-needs", test_forms);
  g_test_add_func ("/administration/edits-the-blacklist", test_blacklist);
  g_test_add_func ("/administration/leaves-a-trace", test_log);
  return g_test_run ();
}

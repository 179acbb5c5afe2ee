#include "config.h"

#include "component/about.h"

#include <time.h>

#include "protocol/limits.h"
#include "protocol/wall.h"

#include "tests/support/proves.h"
#include "tests/support/stanzas.h"

#define ASK(to, id, type, content)                                              \
  "<iq from='romeo@there.test/x' to='" to "' id='" id "' type='" type "'>" content "</iq>"
#define ANSWER(id, content)                                                     \
  "<iq from='b.test' to='romeo@there.test/x' id='" id "' type='result'" content
#define ERROR(id, type, condition, text)                                        \
  "<iq from='b.test' to='romeo@there.test/x' id='" id "' type='error'><error type='" type "'><" \
  condition " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" text "</error></iq>"
#define ONE_CHILD                                                               \
  "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>"            \
  "a request has exactly one child</text>"
#define INFO "http://jabber.org/protocol/disco#info"
#define ITEMS "http://jabber.org/protocol/disco#items"

static const struct
{
  const char *name;
  const char *proves;
  const char *told;
  const char *said; /* NULL: none of its business */
} cases[] = {
  { "info", "V01", ASK ("b.test", "1", "get", "<query xmlns='" INFO "'/>"),
    ANSWER ("1", "><query xmlns='" INFO "'><identity category='gateway' type='xmpp' name='n'/>"
                 "<feature var='" INFO "'/><feature var='" ITEMS "'/>"
                 "<feature var='jabber:iq:version'/><feature var='urn:xmpp:ping'/>"
                 "<feature var='jabber:iq:last'/><feature var='urn:xmpp:time'/>"
                 "<feature var='jid\\20escaping'/></query></iq>") },
  { "info of a node", "V01", ASK ("b.test", "2", "get", "<query xmlns='" INFO "' node='x'/>"),
    ERROR ("2", "cancel", "item-not-found", "") },
  { "items", "V02", ASK ("b.test", "3", "get", "<query xmlns='" ITEMS "'/>"),
    ANSWER ("3", "><query xmlns='" ITEMS "'/></iq>") },
  { "items of a node", "V02", ASK ("b.test", "4", "get", "<query xmlns='" ITEMS "' node='x'/>"),
    ERROR ("4", "cancel", "item-not-found", "") },
  { "version", "V04", ASK ("b.test", "5", "get", "<query xmlns='jabber:iq:version'/>"),
    ANSWER ("5", "><query xmlns='jabber:iq:version'><name>" PACKAGE_NAME "</name><version>"
                 PACKAGE_VERSION "</version></query></iq>") },
  { "last activity", "V06", ASK ("b.test", "last", "get", "<query xmlns='jabber:iq:last'/>"),
    ANSWER ("last", "><query xmlns='jabber:iq:last' seconds='903'/></iq>") },
  { "time", "V07", ASK ("b.test", "time", "get", "<time xmlns='urn:xmpp:time'/>"),
    ANSWER ("time", "><time xmlns='urn:xmpp:time'><tzo>-06:00</tzo>"
                    "<utc>2006-12-19T17:58:35Z</utc></time></iq>") },
  { "ping", "P01", ASK ("b.test", "6", "get", "<ping xmlns='urn:xmpp:ping'/>"),
    ANSWER ("6", "/>") },

  { "two children", "S34",
    ASK ("b.test", "7", "get", "<ping xmlns='urn:xmpp:ping'/><ping xmlns='urn:xmpp:ping'/>"),
    ERROR ("7", "modify", "bad-request", ONE_CHILD) },
  { "no child", "S34", ASK ("b.test", "8", "set", ""),
    ERROR ("8", "modify", "bad-request", ONE_CHILD) },

  { "info of a user", "V03", ASK ("u@b.test", "9", "get", "<query xmlns='" INFO "'/>"), NULL },
  { "items of a user", "V03", ASK ("u@b.test", "9", "get", "<query xmlns='" ITEMS "'/>"), NULL },
  { "last activity of a user", "V06",
    ASK ("u@b.test", "9", "get", "<query xmlns='jabber:iq:last'/>"), NULL },
  { "ping of a resource", "", ASK ("u@b.test/r", "9", "get", "<ping xmlns='urn:xmpp:ping'/>"),
    NULL },
  { "ping of a resource of ours", "", ASK ("b.test/r", "9", "get", "<ping xmlns='urn:xmpp:ping'/>"),
    NULL },
  { "two children for a user", "",
    ASK ("u@b.test", "9", "get", "<ping xmlns='urn:xmpp:ping'/><ping xmlns='urn:xmpp:ping'/>"),
    NULL },
  { "set", "", ASK ("b.test", "9", "set", "<ping xmlns='urn:xmpp:ping'/>"), NULL },
  { "something else", "", ASK ("b.test", "9", "get", "<query xmlns='urn:x'/>"), NULL },
  { "another element of a namespace", "",
    ASK ("b.test", "9", "get", "<pong xmlns='urn:xmpp:ping'/>"),
    NULL },
  { "another query of a namespace", "", ASK ("b.test", "9", "get", "<list xmlns='" INFO "'/>"),
    NULL },
  { "a result", "", ASK ("b.test", "9", "result", "<ping xmlns='urn:xmpp:ping'/>"), NULL },
  { "an error", "", ASK ("b.test", "9", "error", "<ping xmlns='urn:xmpp:ping'/>"), NULL },
  { "no type", "", "<iq from='a@b' to='b.test' id='9'><ping xmlns='urn:xmpp:ping'/></iq>", NULL },
  { "no address", "", "<iq from='a@b' id='9' type='get'><ping xmlns='urn:xmpp:ping'/></iq>", NULL },
  { "from nobody", "", "<iq to='b.test' id='9' type='get'><ping xmlns='urn:xmpp:ping'/></iq>",
    NULL },
  { "no request", "",
    "<message from='a@b' to='b.test' type='get'><ping xmlns='urn:xmpp:ping'/></message>", NULL },
};

static void
test_cases (void)
{
  static const char *const features[] = { "jid\\20escaping", NULL };
  const EnjAbout about = { .category = "gateway",
                           .type = "xmpp",
                           .name = "n",
                           .features = features,
                           .started = 7 };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjStanza) stanza = enj_test_stanza_new (cases[i].told);
      g_autoptr (EnjStanza) reply = enj_about_new_reply (&about, stanza, 904 * ENJ_SECOND);
      g_autofree char *said = reply ? enj_test_stanza_text_new (reply) : NULL;

      g_test_message ("%s", cases[i].name);
      enj_test_proves (cases[i].proves);
      g_assert_cmpstr (said, ==, cases[i].said);
    }
}

#define INFO_OF_NOBODY                                                          \
  "><query xmlns='" INFO "'><identity category='component' type='generic' name='a&lt;b'/>"    \
  "<feature var='" INFO "'/><feature var='" ITEMS "'/><feature var='jabber:iq:version'/>"     \
  "<feature var='urn:xmpp:ping'/><feature var='jabber:iq:last'/>"               \
  "<feature var='urn:xmpp:time'/>"

static void
assert_info (const EnjAbout *about, const char *expected)
{
  g_autoptr (EnjStanza) stanza
    = enj_test_stanza_new (ASK ("b.test", "1", "get", "<query xmlns='" INFO "'/>"));
  g_autoptr (EnjStanza) reply = enj_about_new_reply (about, stanza, 0);
  g_autofree char *said = enj_test_stanza_text_new (reply);

  g_assert_cmpstr (said, ==, expected);
}

static void
test_no_features (void)
{
  static const char *const nobody[] = { NULL };
  const EnjAbout about = { .category = "component",
                           .type = "generic",
                           .name = "a<b",
                           .contact_admin = nobody,
                           .contact_abuse = nobody };

  assert_info (&about, ANSWER ("1", INFO_OF_NOBODY "</query></iq>"));
}

static void
test_commands (void)
{
  const EnjAbout about
    = { .category = "component", .type = "generic", .name = "a<b", .has_commands = TRUE };

  assert_info (&about,
               ANSWER ("1", INFO_OF_NOBODY "<feature var='http://jabber.org/protocol/commands'/>"
                                           "</query></iq>"));
}

#define CONTACTS                                                                \
  "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'>"              \
  "<value>http://jabber.org/network/serverinfo</value></field>"

static void
test_contacts (void)
{
  static const char *const admin[] = { "mailto:a@x.test", "xmpp:a@x.test", NULL };
  static const char *const abuse[] = { "https://x.test/?a&b", NULL };
  EnjAbout about = { .category = "component",
                     .type = "generic",
                     .name = "a<b",
                     .contact_admin = admin,
                     .contact_abuse = abuse };

  enj_test_proves ("V05");
  assert_info (&about,
               ANSWER ("1", INFO_OF_NOBODY CONTACTS
                       "<field var='abuse-addresses' type='list-multi'>"
                       "<value>https://x.test/?a&amp;b</value>"
                       "</field><field var='admin-addresses' type='list-multi'>"
                       "<value>mailto:a@x.test</value>"
                       "<value>xmpp:a@x.test</value></field></x></query></iq>"));
  about.contact_admin = NULL;
  assert_info (&about,
               ANSWER ("1", INFO_OF_NOBODY CONTACTS
                       "<field var='abuse-addresses' type='list-multi'>"
                       "<value>https://x.test/?a&amp;b</value>"
                       "</field></x></query></iq>"));
}

static gint64
some_day (void)
{
  return 1166551115;
}

static gint64
beginning (void)
{
  return 0;
}

static void
test_time (void)
{
  static const char *const zones[][2] = {
    { "UTC0", "+00:00" },     { "XXX-05:30", "+05:30" }, { "XXX00:30", "-00:30" },
    { "XXX03:30", "-03:30" }, { "XXX-13:45", "+13:45" }, { "XXX-00:00:59", "+00:00" },
  };

  enj_wall_set (beginning);
  for (guint i = 0; i < G_N_ELEMENTS (zones); i++)
    {
      const EnjAbout about = { .category = "component", .type = "generic", .name = "n" };
      g_autoptr (EnjStanza) stanza
        = enj_test_stanza_new (ASK ("b.test", "1", "get", "<time xmlns='urn:xmpp:time'/>"));
      g_autoptr (EnjStanza) reply = NULL;
      g_autofree char *said = NULL;
      g_autofree char *expected
        = g_strdup_printf (ANSWER ("1", "><time xmlns='urn:xmpp:time'><tzo>%s</tzo>"
                                        "<utc>1970-01-01T00:00:00Z</utc></time></iq>"),
                           zones[i][1]);

      g_setenv ("TZ", zones[i][0], TRUE);
      tzset ();
      reply = enj_about_new_reply (&about, stanza, 0);
      said = enj_test_stanza_text_new (reply);
      g_assert_cmpstr (said, ==, expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("TZ", "CST6", TRUE);
  tzset ();
  enj_wall_set (some_day);
  g_test_add_func ("/about/answers-what-is-asked-of-the-domain", test_cases);
  g_test_add_func ("/about/needs-no-features-of-a-service", test_no_features);
  g_test_add_func ("/about/says-where-commands-are", test_commands);
  g_test_add_func ("/about/says-whom-to-write-to", test_contacts);
  g_test_add_func ("/about/tells-the-time-of-any-zone", test_time);
  return g_test_run ();
}

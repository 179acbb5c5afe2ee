#include "config.h"

#include "component/services/relay.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/support/stanzas.h"

#define JULIET "juliet@here.test/balcony"
#define ROMEO "romeo@there.test/orchard"
#define JULIET_ALIAS "juliet\\40here.test@bridge.here.test/balcony"
#define ROMEO_ALIAS "romeo\\40there.test@bridge.here.test/orchard"

#define ERROR(kind, from, to, type, condition, text)                                          \
  "<" kind " from='" to "' to='" from "' type='error'><error type='" type "'><" condition     \
  " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"                                             \
  "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>" text "</text></error></" \
  kind ">"
#define NO_ADDRESS(from, to)                                                        \
  ERROR ("message", from, to, "cancel", "item-not-found",                           \
         "the localpart is no escaped address")
#define FORBIDDEN(kind, from, to)                                                   \
  ERROR (kind, from, to, "auth", "forbidden",                                       \
         "the relay is for people of one side writing to the other")
#define NO_LOCALPART(from, to)                                                      \
  ERROR ("message", from, to, "modify", "jid-malformed",                            \
         "the relay cannot write your address as the localpart of its own")
#define MESSAGE(from, to) "<message from='" from "' to='" to "'/>"

typedef struct
{
  const char *name;
  const char *told;
  const char *said;
} Case;

static const Case both_ways[] = {
  { "a message to remote",
    "<message from='" JULIET "' to='romeo\\40there.test@bridge.here.test' id='1' type='chat' "
    "xml:lang='en'><body>to romeo\\40there.test</body></message>",
    "<message from='" JULIET_ALIAS "' to='romeo@there.test' id='1' type='chat' "
    "xml:lang='en'><body>to romeo\\40there.test</body></message>" },
  { "a message to local",
    "<message from='" ROMEO "' to='juliet\\40here.test@bridge.here.test' id='1'><body/></message>",
    "<message from='" ROMEO_ALIAS "' to='juliet@here.test' id='1'><body/></message>" },
  { "an error to remote",
    "<message from='" JULIET "' to='" ROMEO_ALIAS "' type='error'><error type='cancel'/></message>",
    "<message from='" JULIET_ALIAS "' to='" ROMEO "' type='error'><error type='cancel'/>"
    "</message>" },
  { "a request to local",
    "<iq from='" ROMEO "' to='" JULIET_ALIAS "' id='p' type='get'><ping xmlns='urn:xmpp:ping'/>"
    "</iq>",
    "<iq from='" ROMEO_ALIAS "' to='" JULIET "' id='p' type='get'><ping xmlns='urn:xmpp:ping'/>"
    "</iq>" },
  { "its result", "<iq from='" JULIET "' to='" ROMEO_ALIAS "' id='p' type='result'/>",
    "<iq from='" JULIET_ALIAS "' to='" ROMEO "' id='p' type='result'/>" },
  { "an error to local",
    "<iq from='" ROMEO "' to='" JULIET_ALIAS "' id='p' type='error'><error type='wait'/></iq>",
    "<iq from='" ROMEO_ALIAS "' to='" JULIET "' id='p' type='error'><error type='wait'/></iq>" },
  { "a request for subscription",
    "<presence from='juliet@here.test' to='romeo\\40there.test@bridge.here.test' "
    "type='subscribe'/>",
    "<presence from='juliet\\40here.test@bridge.here.test' to='romeo@there.test' "
    "type='subscribe'/>" },
  { "its answer",
    "<presence from='romeo@there.test' to='juliet\\40here.test@bridge.here.test' "
    "type='subscribed'/>",
    "<presence from='romeo\\40there.test@bridge.here.test' to='juliet@here.test' "
    "type='subscribed'/>" },
  { "presence", "<presence from='" ROMEO "' to='juliet\\40here.test@bridge.here.test'><show>away"
    "</show></presence>",
    "<presence from='" ROMEO_ALIAS "' to='juliet@here.test'><show>away</show></presence>" },
  { "a host below", MESSAGE ("room@muc.here.test/nick", "there.test@bridge.here.test"),
    MESSAGE ("room\\40muc.here.test@bridge.here.test/nick", "there.test") },

  { "to a server itself", MESSAGE (JULIET, "there.test@bridge.here.test"),
    MESSAGE (JULIET_ALIAS, "there.test") },
  { "to a resource of a server", MESSAGE (JULIET, "there.test@bridge.here.test/x"),
    MESSAGE (JULIET_ALIAS, "there.test/x") },
  { "from a server itself", MESSAGE ("there.test", "here.test@bridge.here.test"),
    MESSAGE ("there.test@bridge.here.test", "here.test") },

  { "out of an escaped name",
    MESSAGE ("d\\27artagnan@here.test", "romeo\\40there.test@bridge.here.test"),
    MESSAGE ("d\\5c27artagnan\\40here.test@bridge.here.test", "romeo@there.test") },
  { "and into it",
    MESSAGE ("romeo@there.test", "d\\5c27artagnan\\40here.test@bridge.here.test"),
    MESSAGE ("romeo\\40there.test@bridge.here.test", "d\\27artagnan@here.test") },
  { "a backslash that escapes nothing",
    MESSAGE ("a\\b@here.test", "c\\d\\40there.test@bridge.here.test"),
    MESSAGE ("a\\b\\40here.test@bridge.here.test", "c\\d@there.test") },
  { "names in other letters", MESSAGE (JULIET, "Romeo\\40There.Test@bridge.here.test"),
    MESSAGE (JULIET_ALIAS, "romeo@there.test") },
  { "a resource from right to left",
    MESSAGE ("romeo@there.test/\xd7\x90", "here.test@bridge.here.test"),
    MESSAGE ("romeo\\40there.test@bridge.here.test/\xd7\x90", "here.test") },
  { "a resource with everything", MESSAGE (JULIET, "romeo\\40there.test@bridge.here.test/a@b/c d"),
    MESSAGE (JULIET_ALIAS, "romeo@there.test/a@b/c d") },
};

static const Case refused[] = {
  { "no domain behind the sign", MESSAGE (JULIET, "romeo\\40@bridge.here.test"),
    NO_ADDRESS (JULIET, "romeo\\40@bridge.here.test") },
  { "nobody before the sign", MESSAGE (JULIET, "\\40there.test@bridge.here.test"),
    NO_ADDRESS (JULIET, "\\40there.test@bridge.here.test") },
  { "two signs", MESSAGE (JULIET, "a\\40b\\40there.test@bridge.here.test"),
    NO_ADDRESS (JULIET, "a\\40b\\40there.test@bridge.here.test") },
  { "a resource in the localpart", MESSAGE (JULIET, "romeo\\40there.test\\2fx@bridge.here.test"),
    NO_ADDRESS (JULIET, "romeo\\40there.test\\2fx@bridge.here.test") },
  { "a name that is none when decoded",
    MESSAGE (JULIET, "d\\27artagnan\\40there.test@bridge.here.test"),
    NO_ADDRESS (JULIET, "d\\27artagnan\\40there.test@bridge.here.test") },
  { "no domain at all", MESSAGE (JULIET, "a_b@bridge.here.test"),
    NO_ADDRESS (JULIET, "a_b@bridge.here.test") },
  { "letters from right to left before a domain from left to right",
    MESSAGE ("\xd7\x90\xd7\x91@here.test", "romeo\\40there.test@bridge.here.test"),
    NO_LOCALPART ("\xd7\x90\xd7\x91@here.test", "romeo\\40there.test@bridge.here.test") },
  { "the same from the other side",
    MESSAGE ("\xd7\x90\xd7\x91@there.test/r", "juliet\\40here.test@bridge.here.test"),
    NO_LOCALPART ("\xd7\x90\xd7\x91@there.test/r", "juliet\\40here.test@bridge.here.test") },
  { "a domain from right to left", MESSAGE ("u@\xd7\x90\xd7\x91", "here.test@bridge.here.test"),
    NO_LOCALPART ("u@\xd7\x90\xd7\x91", "here.test@bridge.here.test") },
  { "an error is not answered",
    "<message from='" JULIET "' to='a_b@bridge.here.test' type='error'/>", "" },
  { "a result is not answered", "<iq from='" JULIET "' to='a_b@bridge.here.test' type='result'/>",
    "" },
  { "nobody is not answered", "<message to='a_b@bridge.here.test'/>", "" },
  { "nobody is not passed on", "<message to='there.test@bridge.here.test'/>", "" },

  { "local to local", MESSAGE (JULIET, "nurse\\40here.test@bridge.here.test"),
    FORBIDDEN ("message", JULIET, "nurse\\40here.test@bridge.here.test") },
  { "remote to the same remote", MESSAGE (ROMEO, "paris\\40there.test@bridge.here.test"),
    FORBIDDEN ("message", ROMEO, "paris\\40there.test@bridge.here.test") },
  { "remote to another remote", MESSAGE (ROMEO, "third.test@bridge.here.test"),
    FORBIDDEN ("message", ROMEO, "third.test@bridge.here.test") },
  { "presence too", "<presence from='" ROMEO "' to='third.test@bridge.here.test'/>",
    FORBIDDEN ("presence", ROMEO, "third.test@bridge.here.test") },
  { "an error is not answered there either",
    "<message from='" ROMEO "' to='third.test@bridge.here.test' type='error'/>", "" },
  { "to the relay itself", MESSAGE (JULIET, "bridge.here.test@bridge.here.test"),
    FORBIDDEN ("message", JULIET, "bridge.here.test@bridge.here.test") },
  { "through the relay twice",
    MESSAGE (JULIET, "romeo\\5c40there.test\\40bridge.here.test@bridge.here.test"),
    FORBIDDEN ("message", JULIET,
               "romeo\\5c40there.test\\40bridge.here.test@bridge.here.test") },
  { "from the relay", MESSAGE (JULIET_ALIAS, "romeo\\40there.test@bridge.here.test"),
    FORBIDDEN ("message", JULIET_ALIAS, "romeo\\40there.test@bridge.here.test") },
  { "to another component of ours", MESSAGE (JULIET, "x\\40other.test@bridge.here.test"),
    FORBIDDEN ("message", JULIET, "x\\40other.test@bridge.here.test") },
  { "to what is behind another link", MESSAGE (ROMEO, "x\\40fourth.test@bridge.here.test"),
    FORBIDDEN ("message", ROMEO, "x\\40fourth.test@bridge.here.test") },
  { "local to what is behind another link",
    MESSAGE (JULIET, "x\\40fourth.test@bridge.here.test"),
    FORBIDDEN ("message", JULIET, "x\\40fourth.test@bridge.here.test") },
};

static const Case own[] = {
  { "a message", MESSAGE (JULIET, "bridge.here.test"),
    ERROR ("message", JULIET, "bridge.here.test", "cancel", "service-unavailable",
           "write to user\\40domain at this address") },
  { "an error", "<message from='" JULIET "' to='bridge.here.test' type='error'/>", "" },
  { "a result", "<iq from='" JULIET "' to='bridge.here.test' type='result'/>", "" },
  { "presence", "<presence from='" JULIET "' to='bridge.here.test'/>", "" },
  { "a request for subscription",
    "<presence from='juliet@here.test' to='bridge.here.test' type='subscribe'/>",
    "<presence from='bridge.here.test' to='juliet@here.test' type='unsubscribed'/>" },
  { "one from nobody", "<presence to='bridge.here.test' type='subscribe'/>", "" },
};

static EnjRealm *
realm_new (void)
{
  EnjRealm *realm = enj_realm_new ();

  enj_realm_add_component (realm, "bridge.here.test", TRUE);
  enj_realm_add_local (realm, "bridge.here.test", "here.test");
  enj_realm_add_local (realm, "bridge.here.test", "*.here.test");
  enj_realm_add_component (realm, "other.test", TRUE);
  enj_realm_add_local (realm, "other.test", "fourth.test");
  return realm;
}

/* What the relay says to @told. */
static char *
answer_new (const char *told, const char *const *allow_local, const char *const *allow_remote)
{
  g_autoptr (EnjRealm) realm = realm_new ();
  g_autoptr (EnjStanza) stanza = enj_test_stanza_new (told);
  GString *said = g_string_new (NULL);
  EnjRelay *relay = enj_relay_new ("bridge.here.test", realm, allow_local, allow_remote,
                                   enj_test_stanza_collect, said);

  enj_relay_handle (relay, stanza);
  enj_relay_free (relay);
  return g_string_free (said, FALSE);
}

static const char *const all[] = { "*", NULL };

static void
assert_cases (const Case *cases, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *said = answer_new (cases[i].told, all, all);

      g_test_message ("%s", cases[i].name);
      g_assert_cmpstr (said, ==, cases[i].said);
    }
}

static void
test_both_ways (void)
{
  enj_test_proves ("J04");
  assert_cases (both_ways, G_N_ELEMENTS (both_ways));
}

static void
test_refused (void)
{
  enj_test_proves ("S31 S33");
  assert_cases (refused, G_N_ELEMENTS (refused));
}

static void
test_own (void)
{
  assert_cases (own, G_N_ELEMENTS (own));
}

/* A localpart that still fits grows with the domain and the escapes in it. */
static void
test_grows (void)
{
  enj_test_proves ("J08");
  for (guint len = 1008; len <= 1013; len++)
    {
      g_autofree char *name = g_strnfill (len, 'x');
      g_autofree char *told = g_strdup_printf (
        "<message from='%s@here.test' to='there.test@bridge.here.test'/>", name);
      g_autofree char *said = answer_new (told, all, all);
      g_autofree char *passed = g_strdup_printf (
        "<message from='%s\\40here.test@bridge.here.test' to='there.test'/>", name);

      /* Twelve bytes are put to it: "\40here.test". */
      if (len + 12 <= 1023)
        g_assert_cmpstr (said, ==, passed);
      else
        g_assert_nonnull (strstr (said, "<error type='modify'><jid-malformed "));
    }
}

/* The localpart of @to has gone through no parser: from a peer anything can come. */
static void
test_malformed (void)
{
  g_autoptr (EnjRealm) realm = realm_new ();
  g_autoptr (EnjStanza) stanza = enj_stanza_new (ENJ_STANZA_MESSAGE, NULL, ROMEO,
                                                 "a b@bridge.here.test", NULL, NULL);
  g_autoptr (GString) said = g_string_new (NULL);
  EnjRelay *relay
    = enj_relay_new ("bridge.here.test", realm, all, all, enj_test_stanza_collect, said);

  enj_relay_handle (relay, stanza);
  g_assert_nonnull (strstr (said->str, "<error type='modify'><jid-malformed "));
  enj_relay_free (relay);
}

static void
test_allow_lists (void)
{
  static const struct
  {
    const char *local;
    const char *remote;
    gboolean allowed;
  } lists[] = {
    { "*", "*", TRUE },
    { "here.test", "there.test", TRUE },
    { "x.test;here.test", "*;x.test", TRUE },
    { "ere.test", "*", FALSE },
    { "*.here.test", "*", FALSE },
    { "*.test", "*.test", TRUE },
    { "*", "*.there.test", FALSE },
    { "*", "*.est", FALSE },
    { "*", "here.test", FALSE },
    { "there.test", "*", FALSE },
    { "*", "", FALSE },
    { "", "*", FALSE },
  };
  static const char *const told[]
    = { MESSAGE (JULIET, "romeo\\40there.test@bridge.here.test"),
        MESSAGE (ROMEO, "juliet\\40here.test@bridge.here.test") };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    for (guint way = 0; way < G_N_ELEMENTS (told); way++)
      {
        g_auto (GStrv) local = g_strsplit (lists[i].local, ";", -1);
        g_auto (GStrv) remote = g_strsplit (lists[i].remote, ";", -1);
        g_autofree char *said = answer_new (told[way], (const char *const *) local,
                                            (const char *const *) remote);

        g_test_message ("%s and %s", lists[i].local, lists[i].remote);
        g_assert_cmpint (!strstr (said, "<forbidden "), ==, lists[i].allowed);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/relay/passes-everything-on-both-ways", test_both_ways);
  g_test_add_func ("/relay/refuses-what-is-not-between-the-sides", test_refused);
  g_test_add_func ("/relay/own-address-is-nobody-to-talk-to", test_own);
  g_test_add_func ("/relay/address-that-grows-too-long-is-malformed", test_grows);
  g_test_add_func ("/relay/address-that-is-none-is-malformed", test_malformed);
  g_test_add_func ("/relay/lists-say-who-may-use-it", test_allow_lists);
  return g_test_run ();
}

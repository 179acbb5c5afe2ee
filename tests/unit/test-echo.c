#include "config.h"

#include "component/services/echo.h"

#include "tests/support/proves.h"
#include "tests/support/stanzas.h"

#define FROM "from='romeo@there.test/orchard' "
#define BACK "from='a@e.test/x' to='romeo@there.test/orchard'"
#define MARK "<echo xmlns='urn:enjamb:echo'/>"
#define DELAY(ns, name) "<" name " xmlns='" ns "' stamp='2024-01-01T00:00:00Z'/>"

static const struct
{
  const char *name;
  const char *told;
  const char *said;
} cases[] = {
  { "a message with a body",
    "<message " FROM "to='a@e.test/x' id='1' type='chat' xml:lang='it'><body>ciao &amp; a dopo"
    "</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>",
    "<message " BACK " id='1' type='chat' xml:lang='it'><body>ciao &amp; a dopo</body>"
    "<active xmlns='http://jabber.org/protocol/chatstates'/>" MARK "</message>" },
  { "without a type or an id", "<message " FROM "to='a@e.test/x'><body/></message>",
    "<message " BACK "><body/>" MARK "</message>" },
  { "to the bare domain", "<message " FROM "to='e.test'><body>hi</body></message>",
    "<message from='e.test' to='romeo@there.test/orchard'><body>hi</body>" MARK "</message>" },
  { "no body", "<message " FROM "to='a@e.test/x'><subject>hi</subject></message>", "" },
  { "a body of somebody else",
    "<message " FROM "to='a@e.test/x'><body xmlns='urn:x'>hi</body></message>", "" },
  { "only a forwarded body",
    "<message " FROM "to='a@e.test/x'><forwarded xmlns='urn:xmpp:forward:0'>"
    "<message xmlns='jabber:client'><body>hi</body></message></forwarded></message>",
    "" },
  { "group chat",
    "<message " FROM "to='a@e.test/x' type='groupchat'><body>hi</body></message>", "" },
  { "an error", "<message " FROM "to='a@e.test/x' type='error'><body>hi</body></message>", "" },
  { "delayed",
    "<message " FROM "to='a@e.test/x'><body>hi</body>" DELAY ("urn:xmpp:delay", "delay")
    "</message>",
    "" },
  { "delayed in the old way",
    "<message " FROM "to='a@e.test/x'><body>hi</body>" DELAY ("jabber:x:delay", "x")
    "</message>",
    "" },
  { "an echo", "<message " FROM "to='a@e.test/x'><body>hi</body>" MARK "</message>", "" },
  { "from nobody", "<message to='a@e.test/x'><body>hi</body></message>", "" },

  { "a request for subscription", "<presence " FROM "to='a@e.test/x' type='subscribe'/>",
    "<presence " BACK " type='unsubscribed'/>" },
  { "one from nobody", "<presence to='a@e.test/x' type='subscribe'/>", "" },
  { "presence", "<presence " FROM "to='a@e.test/x'/>", "" },
  { "another request", "<presence " FROM "to='a@e.test/x' type='unsubscribe'/>", "" },
  { "a probe", "<presence " FROM "to='a@e.test/x' type='probe'/>", "" },
  { "an error for presence", "<presence " FROM "to='a@e.test/x' type='error'/>", "" },

  { "a request",
    "<iq " FROM "to='a@e.test/x' id='1' type='get'><q xmlns='urn:x'/></iq>",
    "<iq " BACK " id='1' type='error'><error type='cancel'>"
    "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>" },
  { "a result", "<iq " FROM "to='a@e.test/x' id='1' type='result'/>", "" },
  { "an error for a request", "<iq " FROM "to='a@e.test/x' id='1' type='error'/>", "" },
};

static void
test_cases (void)
{
  enj_test_proves ("V11 S33");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjStanza) stanza = enj_test_stanza_new (cases[i].told);
      g_autoptr (GString) said = g_string_new (NULL);
      EnjEcho *echo = enj_echo_new (enj_test_stanza_collect, said);

      g_test_message ("%s", cases[i].name);
      enj_echo_handle (echo, stanza);
      g_assert_cmpstr (said->str, ==, cases[i].said);
      enj_echo_free (echo);
    }
}

/* What comes back to a second echo is not said a third time. */
static void
test_two_echoes (void)
{
  g_autoptr (EnjStanza) stanza
    = enj_test_stanza_new ("<message " FROM "to='a@e.test'><body>hi</body></message>");
  g_autoptr (GString) first = g_string_new (NULL);
  g_autoptr (GString) second = g_string_new (NULL);
  g_autoptr (EnjStanza) said = NULL;
  EnjEcho *echo = enj_echo_new (enj_test_stanza_collect, first);
  EnjEcho *other = enj_echo_new (enj_test_stanza_collect, second);

  enj_echo_handle (echo, stanza);
  said = enj_test_stanza_new (first->str);
  enj_echo_handle (other, said);
  g_assert_cmpstr (second->str, ==, "");
  enj_echo_free (echo);
  enj_echo_free (other);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/echo/answers-what-deserves-it", test_cases);
  g_test_add_func ("/echo/never-talks-to-another", test_two_echoes);
  return g_test_run ();
}

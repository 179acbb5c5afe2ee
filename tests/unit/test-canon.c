#include "config.h"

#include "protocol/canon.h"

#include <string.h>

#include "protocol/ns.h"
#include "protocol/reader.h"
#include "tests/support/proves.h"
#include "tests/support/transcript.h"

typedef struct
{
  const char *xml;
  const char *expected;
} Case;

static void
assert_streams (const Case *cases, gsize n)
{
  for (gsize i = 0; i < n; i++)
    enj_test_assert_stream (cases[i].xml, cases[i].expected, &enj_test_large);
}

static void
test_canonical (void)
{
  static const Case cases[] = {
    { "<message from='a@b' to='c@d' id='1' type='chat' xml:lang='en'><body>hi</body></message>",
      "stanza <message from=\"a@b\" to=\"c@d\" id=\"1\" type=\"chat\" xml:lang=\"en\">"
      "<body>hi</body></message>\n" },
    { "<iq></iq> <presence/>\n<message><body></body></message>",
      "stanza <iq/>\nstanza <presence/>\nstanza <message><body/></message>\n" },
    { "<message><s:body xmlns:s='jabber:server'>x</s:body></message>",
      "stanza <message><body>x</body></message>\n" },
    { "<message><x:y xmlns:x='urn:x' a='1'><x:z/><w/></x:y></message>",
      "stanza <message><y xmlns=\"urn:x\" a=\"1\"><z/><w xmlns=\"jabber:client\"/></y>"
      "</message>\n" },
    { "<message><f xmlns='urn:f'><message xmlns='jabber:client'><body>b</body></message></f>"
      "</message>",
      "stanza <message><f xmlns=\"urn:f\"><message xmlns=\"jabber:client\"><body>b</body>"
      "</message></f></message>\n" },
    { "<message><f xmlns='urn:f'><message xmlns='jabber:server'><body>b</body></message></f>"
      "</message>",
      "stanza <message><f xmlns=\"urn:f\"><message xmlns=\"jabber:client\"><body>b</body>"
      "</message></f></message>\n" },
    { "<iq><f xmlns='urn:f'><a xmlns='jabber:server'><b xmlns='urn:f'/></a><c/></f></iq>",
      "stanza <iq><f xmlns=\"urn:f\"><a xmlns=\"jabber:client\"><b xmlns=\"urn:f\"/></a><c/>"
      "</f></iq>\n" },
    { "<message><n xmlns=''><o/></n><a xmlns='urn:a'><b xmlns=''/></a></message>",
      "stanza <message><n xmlns=\"\"><o/></n><a xmlns=\"urn:a\"><b xmlns=\"\"/></a>"
      "</message>\n" },
    { "<message><body>&lt;&amp;&gt;\"' &#13;\r\n</body><a "
      "b='&quot;&#9;&#10;&apos;&lt;'/></message>",
      "stanza <message><body>&lt;&amp;&gt;\"' &#xD;\n</body><a b=\"&quot;&#x9;&#xA;'&lt;\"/>"
      "</message>\n" },
    { "<message><body><![CDATA[<b>&amp;</b>]]></body></message>",
      "stanza <message><body>&lt;b&gt;&amp;amp;&lt;/b&gt;</body></message>\n" },
    { "<message><xml:x><y/></xml:x><a xml:lang='de' xml:id='i'/></message>",
      "stanza <message><xml:x><y/></xml:x><a xml:lang=\"de\" xml:id=\"i\"/></message>\n" },
    { "<message to='x@y' b='2' xmlns:p='urn:p' p:q='3' p:r='4' a='1'>t</message>",
      "stanza <message to=\"x@y\" b=\"2\" xmlns:n0=\"urn:p\" n0:q=\"3\" xmlns:n1=\"urn:p\""
      " n1:r=\"4\" a=\"1\">t</message>\n" },
    { "<message id='&amp;&quot;&lt;&#10;'>\xC3\xA9</message>",
      "stanza <message id=\"&amp;&quot;&lt;&#xA;\">\xC3\xA9</message>\n" },
  };

  enj_test_proves ("S49");
  assert_streams (cases, G_N_ELEMENTS (cases));
}

static void
test_header_prefixes_redeclared (void)
{
  const char *xml = "<s:stream xmlns='jabber:server' xmlns:p='urn:p' "
                    "xmlns:s='http://etherx.jabber.org/streams'><iq><p:x p:y='z'/></iq>";

  enj_test_proves ("S11");
  enj_test_assert_reads (
      xml, strlen (xml),
      "header stream\nstanza <iq><x xmlns=\"urn:p\" xmlns:n0=\"urn:p\" n0:y=\"z\"/></iq>\n",
      &enj_test_large);
}

/* The bytes that are written while reading are those that the tree writes. */
static void
test_agrees_with_trees (void)
{
  static const char *const contents[] = {
    "<body>hi</body>",
    "t<a/>u<b>v</b>w",
    "<x xmlns='urn:x'><y xmlns='jabber:server'><z xmlns=''/></y></x>",
    "<x xmlns='urn:x'><y xmlns='jabber:client'><z xmlns='jabber:server'/></y></x>",
    "<y xmlns='jabber:client'><z xmlns='jabber:server'/></y>",
    "<p:a xmlns:p='urn:p' p:b='&quot;&lt;' xml:lang='en' c='d'>&amp;&#13;<p:d/></p:a>",
    "<xml:x><y/><xml:y/><a xmlns='urn:a'><xml:z><b/></xml:z></a></xml:x>",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      g_autofree char *xml = g_strconcat (ENJ_TEST_STREAM "<message>", contents[i],
                                          "</message><other>", contents[i], "</other>", NULL);
      g_autofree char *lines = enj_test_read_new (xml, strlen (xml), strlen (xml), &enj_test_large);
      g_auto (GStrv) line = g_strsplit (lines, "\n", -1);
      const char *stanza = line[1] + strlen ("stanza <message>");
      const char *element = line[2] + strlen ("element <other>");

      g_assert_cmpuint (strlen (line[1]), >, strlen ("stanza <message></message>"));
      g_assert_cmpmem (stanza, strlen (stanza) - strlen ("</message>"), element,
                       strlen (element) - strlen ("</other>"));
    }
}

/* A namespace cannot be made to look like another by what separates it from the name. */
/* The namespaces that are open move in memory while names are taken apart. */
static void
test_long_names (void)
{
  g_autofree char *ns = g_strnfill (300, 'n');
  g_autofree char *name = g_strnfill (700, 'a');
  g_autofree char *content =
      g_strdup_printf ("<x xmlns='%s' xmlns:p='%s2' p:%s=''><p:%s p:a='' xmlns='%s3'><y/></p:%s>"
                       "<z/></x>",
                       ns, ns, name, name, ns, name);
  g_autofree char *canonical =
      g_strdup_printf ("<x xmlns=\"%s\" xmlns:n0=\"%s2\" n0:%s=\"\"><%s xmlns=\"%s2\" "
                       "xmlns:n0=\"%s2\" n0:a=\"\"><y xmlns=\"%s3\"/></%s><z/></x>",
                       ns, ns, name, name, ns, ns, ns, name);
  g_autofree char *xml =
      g_strconcat (ENJ_TEST_STREAM "<iq>", content, "</iq><a>", content, "</a>", NULL);
  g_autofree char *expected = g_strconcat ("header stream\nstanza <iq>", canonical,
                                           "</iq>\nelement <a>", canonical, "</a>\n", NULL);
  g_autofree char *lines = enj_test_read_new (xml, strlen (xml), 1, &enj_test_large);

  g_assert_cmpstr (lines, ==, expected);
}

/* Else a stream that lives long would reach the limit of one stanza. */
static void
test_forgets (void)
{
  const EnjReaderLimits limits = { .size = 300, .elements = 9, .depth = 9, .attributes = 9 };
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &limits);
  const char *xml = "<iq><a xmlns='urn:a'><b xmlns='urn:b'/></a></iq><a xmlns='urn:a'/>";
  GString *out = g_string_new (NULL);

  enj_reader_feed (reader, (const guint8 *) ENJ_TEST_STREAM, strlen (ENJ_TEST_STREAM));
  g_assert_true (enj_test_take_events (reader, out));
  for (guint i = 0; i < 1000; i++)
    {
      enj_reader_feed (reader, (const guint8 *) xml, strlen (xml));
      g_assert_true (enj_test_take_events (reader, out));
    }
  g_string_free (out, TRUE);
}

static void
test_separator (void)
{
  enj_test_assert_stream ("<message><body xmlns='jabber:server&#10;x'/></message>",
                          "stanza <message><body xmlns=\"jabber:server&#xA;x\"/></message>\n",
                          &enj_test_large);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/canon/writes-stanzas-in-canonical-form", test_canonical);
  g_test_add_func ("/canon/declares-again-what-the-header-declared",
                   test_header_prefixes_redeclared);
  g_test_add_func ("/canon/agrees-with-the-tree-to-the-byte", test_agrees_with_trees);
  g_test_add_func ("/canon/keeps-long-names", test_long_names);
  g_test_add_func ("/canon/forgets-the-namespaces-of-what-is-closed", test_forgets);
  g_test_add_func ("/canon/keeps-namespace-and-name-apart", test_separator);
  return g_test_run ();
}

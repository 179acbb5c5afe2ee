#include "config.h"

#include "protocol/parse.h"

#include <string.h>

#include "protocol/condition.h"
#include "protocol/ns.h"
#include "protocol/stanza.h"
#include "tests/support/proves.h"

static char *
dup_stanza (const EnjStanza *stanza)
{
  EnjBytes out;
  char *text;

  enj_bytes_init (&out, 10000000);
  g_assert_true (enj_stanza_format (stanza, &out));
  text = g_strndup ((const char *) out.data + out.start, enj_bytes_length (&out));
  enj_bytes_clear (&out);
  return text;
}

static void
test_element (void)
{
  static const struct
  {
    const char *xml;
    const char *default_ns;
    const char *canonical;
  } cases[] = {
    { "<a/>", "urn:x", "<a/>" },
    { "<a/>", NULL, "<a/>" },
    { " \n<a x='1'>t</a>\n", NULL, "<a x=\"1\">t</a>" },
    { "<a xmlns='urn:x'><p:b xmlns:p='urn:y' p:c='\"'/></a>", NULL,
      "<a xmlns=\"urn:x\"><b xmlns=\"urn:y\" xmlns:n0=\"urn:y\" n0:c=\"&quot;\"/></a>" },
    { "<a>&#13;<![CDATA[<&>]]>&apos;</a>", "urn:x", "<a>&#xD;&lt;&amp;&gt;'</a>" },
    { "<message/>", ENJ_NS_CLIENT, "<message/>" },
    { "<a><p:x xmlns:p='urn:f'><iq/></p:x></a>", ENJ_NS_SERVER,
      "<a><x xmlns=\"urn:f\"><iq xmlns=\"jabber:client\"/></x></a>" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (EnjElement) element
          = enj_parse_element (cases[i].xml, -1, cases[i].default_ns, &error);
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      text = enj_element_dup_text (element, cases[i].default_ns);
      g_assert_cmpstr (text, ==, cases[i].canonical);
    }
}

static void
test_refused (void)
{
  static const struct
  {
    const char *xml;
    EnjStreamCondition condition;
  } cases[] = {
    { "", ENJ_STREAM_BAD_FORMAT },
    { "  ", ENJ_STREAM_BAD_FORMAT },
    { "text", ENJ_STREAM_BAD_FORMAT },
    { "<a/><b/>", ENJ_STREAM_BAD_FORMAT },
    { "<a/>b", ENJ_STREAM_BAD_FORMAT },
    { "</x>", ENJ_STREAM_BAD_FORMAT },
    { "<a/></x>", ENJ_STREAM_BAD_FORMAT },
    { "<a/></x><x>", ENJ_STREAM_BAD_FORMAT },
    { "</x><x><a/>", ENJ_STREAM_BAD_FORMAT },
    { "<a>", ENJ_STREAM_NOT_WELL_FORMED },
    { "<a", ENJ_STREAM_NOT_WELL_FORMED },
    { "<a b='", ENJ_STREAM_NOT_WELL_FORMED },
    { "<a/><", ENJ_STREAM_NOT_WELL_FORMED },
    { "<a></b>", ENJ_STREAM_NOT_WELL_FORMED },
    { "<p:a/>", ENJ_STREAM_NOT_WELL_FORMED },
    { "<a>\x01</a>", ENJ_STREAM_NOT_WELL_FORMED },
    { "<!-- --><a/>", ENJ_STREAM_RESTRICTED_XML },
    { "<?p?><a/>", ENJ_STREAM_RESTRICTED_XML },
    { "<a>&e;</a>", ENJ_STREAM_RESTRICTED_XML },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (enj_parse_element (cases[i].xml, -1, "urn:x", &error));
      g_assert_error (error, ENJ_STREAM_ERROR, (int) cases[i].condition);
      g_assert_null (enj_parse_element (cases[i].xml, -1, NULL, NULL));
    }
}

static void
test_length (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjElement) element = enj_parse_element ("<a/><b/>", 4, NULL, &error);
  g_autofree char *long_text = g_strnfill (300000, ' ');

  g_assert_no_error (error);
  g_assert_nonnull (element);
  g_assert_null (enj_parse_element ("<a/>\0", 5, NULL, &error));
  g_assert_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_NOT_WELL_FORMED);
  g_clear_error (&error);
  g_assert_null (enj_parse_element (long_text, -1, NULL, &error));
  g_assert_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_STANZA_TOO_BIG);
}

/* Names of any length beside each other: none may be looked at where it stood before. */
static void
test_long_names (void)
{
  for (guint len = 1; len < 3000; len += 97)
    {
      g_autofree char *a = g_strnfill (len, 'a');
      g_autofree char *b = g_strnfill (len, 'b');
      g_autofree char *xml = g_strdup_printf ("<p:e xmlns:p='%s' xmlns:q='%s' q:%s='v'>"
                                              "<q:%s q:k='w'/></p:e>",
                                              a, b, b, a);
      g_autofree char *expected
          = g_strdup_printf ("<e xmlns=\"%s\" xmlns:n0=\"%s\" n0:%s=\"v\"><%s xmlns=\"%s\""
                             " xmlns:n0=\"%s\" n0:k=\"w\"/></e>",
                             a, b, b, a, b, b);
      g_autoptr (GError) error = NULL;
      g_autoptr (EnjElement) element = enj_parse_element (xml, -1, NULL, &error);
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      text = enj_element_dup_text (element, NULL);
      g_assert_cmpstr (text, ==, expected);
    }
}

/* ---- Random trees ------------------------------------------------------- */

typedef struct
{
  EnjElementBuilder *builder; /* the tree itself, */
  GString *xml;               /* and the same written with a prefix on every name */
  GRand *rand;
  guint left;
} Random;

static const char *const namespaces[]
    = { ENJ_NS_CLIENT, ENJ_NS_CLIENT, ENJ_NS_SERVER, "urn:x", "urn:y&\"<", "", ENJ_NS_XML };
static const char *const texts[] = { "",  "t", "<&>\"'", "\r\n\t", "\xC3\xA9\xF0\x9F\x98\x80",
                                     "]]>", " " };

static const char *
pick (Random *random, const char *const *from, guint n)
{
  return from[g_rand_int_range (random->rand, 0, (gint32) n)];
}

/* All characters as references: nothing that escape.c does is done here. */
static void
add_references (GString *xml, const char *text)
{
  for (const char *p = text; *p; p = g_utf8_next_char (p))
    g_string_append_printf (xml, "&#%u;", g_utf8_get_char (p));
}

static void
add_attributes (Random *random)
{
  guint n = (guint) g_rand_int_range (random->rand, 0, 4);

  for (guint i = 0; i < n; i++)
    {
      const char *ns = pick (random, namespaces, G_N_ELEMENTS (namespaces));
      const char *value = pick (random, texts, G_N_ELEMENTS (texts));
      char name[] = { 'b', (char) ('0' + i), '\0' };

      enj_element_builder_attribute (random->builder, ns, name, value);
      if (*ns && strcmp (ns, ENJ_NS_XML) != 0)
        {
          g_string_append_printf (random->xml, " xmlns:q%u='", i);
          add_references (random->xml, ns);
          g_string_append_printf (random->xml, "' q%u:%s='", i, name);
        }
      else
        {
          g_string_append_printf (random->xml, " %s%s='", *ns ? "xml:" : "", name);
        }
      add_references (random->xml, value);
      g_string_append (random->xml, "'");
    }
}

/* The tag's name with its prefix, and on the start tag what declares it. */
static void
add_name (GString *xml, const char *ns, gboolean start)
{
  g_string_append (xml, start ? "<" : "</");
  g_string_append (xml, !*ns ? "a" : strcmp (ns, ENJ_NS_XML) == 0 ? "xml:a" : "p:a");
  if (start && !*ns)
    {
      g_string_append (xml, " xmlns=''");
    }
  else if (start && strcmp (ns, ENJ_NS_XML) != 0)
    {
      g_string_append (xml, " xmlns:p='");
      add_references (xml, ns);
      g_string_append (xml, "'");
    }
}

static void
add_element (Random *random, guint depth)
{
  const char *ns = pick (random, namespaces, G_N_ELEMENTS (namespaces));

  random->left--;
  enj_element_builder_start (random->builder, ns, "a");
  add_name (random->xml, ns, TRUE);
  add_attributes (random);
  g_string_append (random->xml, ">");
  while (random->left > 0 && depth < 12 && g_rand_boolean (random->rand))
    {
      const char *text = pick (random, texts, G_N_ELEMENTS (texts));

      add_element (random, depth + 1);
      enj_element_builder_text (random->builder, text);
      add_references (random->xml, text);
    }
  enj_element_builder_end (random->builder);
  add_name (random->xml, ns, FALSE);
  g_string_append (random->xml, ">");
}

/* A message with random children, as a tree, and as text that is far from canonical. */
static EnjElement *
random_new (char **xml)
{
  Random random = { .builder = enj_element_builder_new (ENJ_NS_CLIENT, "message"),
                    .xml = g_string_new ("<message xmlns='jabber:client'>"),
                    .rand = g_rand_new_with_seed ((guint32) g_test_rand_int ()),
                    .left = 30 };

  while (random.left > 0 && g_rand_int_range (random.rand, 0, 10) > 0)
    add_element (&random, 1);
  g_string_append (random.xml, "</message>");
  g_rand_free (random.rand);
  *xml = g_string_free (random.xml, FALSE);
  return enj_element_builder_end_new (random.builder);
}

static void
test_random_trees (void)
{
  static const char *const defaults[]
      = { ENJ_NS_CLIENT, ENJ_NS_SERVER, ENJ_NS_COMPONENT, "urn:x", NULL };

  for (guint i = 0; i < 400; i++)
    {
      const char *default_ns = defaults[i % G_N_ELEMENTS (defaults)];
      g_autofree char *xml = NULL;
      g_autoptr (EnjElement) tree = random_new (&xml);
      g_autoptr (GError) error = NULL;
      g_autofree char *text = enj_element_dup_text (tree, default_ns);
      g_autoptr (EnjElement) again = enj_parse_element (text, -1, default_ns, &error);
      g_autofree char *text_again = NULL;

      g_assert_no_error (error);
      text_again = enj_element_dup_text (again, default_ns);
      g_assert_cmpstr (text_again, ==, text);
    }
}

/* What the reader writes from events is what the tree of the same writes. */
static void
test_reader_agrees (void)
{
  for (guint i = 0; i < 400; i++)
    {
      g_autofree char *xml = NULL;
      g_autoptr (EnjElement) tree = random_new (&xml);
      g_autofree char *expected = enj_element_dup_text (tree, ENJ_NS_CLIENT);
      g_autoptr (GError) error = NULL;
      g_autoptr (EnjStanza) stanza = enj_stanza_parse (xml, -1, &error);
      g_autofree char *text = NULL;
      g_autofree char *element_text = NULL;

      g_assert_no_error (error);
      text = dup_stanza (stanza);
      g_assert_cmpstr (text, ==, expected);
      element_text = enj_element_dup_text (enj_stanza_get_element (stanza), ENJ_NS_CLIENT);
      g_assert_cmpstr (element_text, ==, expected);
    }
}

/* ---- Stanzas ------------------------------------------------------------ */

static void
test_stanza (void)
{
  static const struct
  {
    const char *xml;
    const char *canonical;
  } cases[] = {
    { "<presence/>", "<presence/>" },
    { "<presence xmlns='jabber:client'/>", "<presence/>" },
    { "<message type='chat' to='Juliet@EXAMPLE.com/Balcony' id='1' k='v'><body>hi</body></message>",
      "<message to=\"juliet@example.com/Balcony\" id=\"1\" type=\"chat\" k=\"v\">"
      "<body>hi</body></message>" },
    { "<iq from='a@b' xml:lang='en' type='get' id='&quot;'><q xmlns='urn:q'><body xmlns="
      "'jabber:client'/></q></iq>",
      "<iq from=\"a@b\" id=\"&quot;\" type=\"get\" xml:lang=\"en\"><q xmlns=\"urn:q\">"
      "<body xmlns=\"jabber:client\"/></q></iq>" },
    { "<message xmlns:p='urn:p' p:k='v'/>", "<message xmlns:n0=\"urn:p\" n0:k=\"v\"/>" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (EnjStanza) stanza = enj_stanza_parse (cases[i].xml, -1, &error);
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      text = dup_stanza (stanza);
      g_assert_cmpstr (text, ==, cases[i].canonical);
    }
}

static void
test_no_stanza (void)
{
  g_autofree char *big = g_strdup_printf ("<message>%300000s</message>", "");
  const struct
  {
    const char *xml;
    EnjStanzaCondition condition;
  } cases[] = {
    { "", ENJ_STANZA_BAD_REQUEST },
    { "<message>", ENJ_STANZA_BAD_REQUEST },
    { "<message/><message/>", ENJ_STANZA_BAD_REQUEST },
    { "<body/>", ENJ_STANZA_BAD_REQUEST },
    { "<message xmlns='jabber:server'/>", ENJ_STANZA_BAD_REQUEST },
    { "<message xmlns=''/>", ENJ_STANZA_BAD_REQUEST },
    { "<c:message xmlns:c='jabber:client'/>", ENJ_STANZA_BAD_REQUEST },
    { "<message to='@a'/>", ENJ_STANZA_JID_MALFORMED },
    { "<message from=''/>", ENJ_STANZA_JID_MALFORMED },
    { "<message to='a@b' from='a@b@c d'/>", ENJ_STANZA_JID_MALFORMED },
    { big, ENJ_STANZA_POLICY_VIOLATION },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (enj_stanza_parse (cases[i].xml, -1, &error));
      g_assert_error (error, ENJ_STANZA_ERROR, (int) cases[i].condition);
      g_assert_null (enj_stanza_parse (cases[i].xml, -1, NULL));
    }
}

static void
test_get_element (void)
{
  g_autoptr (EnjStanza) stanza = enj_stanza_parse (
      "<message to='a@b' xml:lang='en'><body>1 &lt; 2</body></message>", -1, NULL);
  const EnjElement *element = enj_stanza_get_element (stanza);

  g_assert_true (enj_element_is (element, ENJ_NS_CLIENT, "message"));
  g_assert_cmpstr (enj_element_get_attribute (element, NULL, "to"), ==, "a@b");
  g_assert_cmpstr (enj_element_get_attribute (element, ENJ_NS_XML, "lang"), ==, "en");
  g_assert_cmpstr (enj_element_get_text (enj_element_find (element, ENJ_NS_CLIENT, "body")), ==,
                   "1 < 2");
  g_assert_true (enj_stanza_get_element (stanza) == element);
}

/* The limits of a stream are for what comes in; what is here already is read whatever it is. */
static void
test_get_element_without_limits (void)
{
  EnjElementBuilder *builder = enj_element_builder_new (NULL, "body");
  g_autofree char *text = g_strnfill (600000, '"');
  g_autoptr (EnjElement) payload = NULL;
  g_autoptr (EnjStanza) stanza = NULL;
  const EnjElement *body;

  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *name = g_strdup_printf ("a%u", i);

      enj_element_builder_attribute (builder, NULL, name, "");
    }
  for (guint i = 0; i < 11000; i++)
    enj_element_builder_start (builder, "urn:x", "a");
  enj_element_builder_text (builder, text);
  payload = enj_element_builder_end_new (builder);
  stanza = enj_stanza_new (ENJ_STANZA_MESSAGE, NULL, NULL, NULL, NULL, payload);

  body = enj_element_get_child (enj_stanza_get_element (stanza), 0);
  g_assert_nonnull (body);
  g_assert_cmpstr (enj_element_get_attribute (body, NULL, "a499"), ==, "");
  g_assert_cmpuint (enj_element_get_n_children (body), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parse/one-element-whatever-its-prefixes", test_element);
  g_test_add_func ("/parse/refuses-less-and-more-than-one-element", test_refused);
  g_test_add_func ("/parse/keeps-to-the-length-and-the-limit", test_length);
  g_test_add_func ("/parse/names-of-any-length", test_long_names);
  g_test_add_func ("/parse/what-is-canonical-stays-as-it-is", test_random_trees);
  g_test_add_func ("/parse/reader-and-tree-write-the-same", test_reader_agrees);
  g_test_add_func ("/parse/a-stanza-with-prepared-addresses", test_stanza);
  g_test_add_func ("/parse/says-why-it-is-no-stanza", test_no_stanza);
  g_test_add_func ("/parse/tree-of-a-stanza", test_get_element);
  g_test_add_func ("/parse/tree-of-a-stanza-knows-no-limits", test_get_element_without_limits);
  return g_test_run ();
}

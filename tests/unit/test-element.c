#include "config.h"

#include "protocol/element.h"

#include <string.h>

#include "protocol/ns.h"
#include "tests/support/proves.h"

/* Makes a tree from short lines, one step each: "+NS NAME" (NS "." is the parent's, "-" none)
 * starts an element, "=[NS] NAME VALUE" adds an attribute, "'TEXT" text, "/" ends. */
static EnjElement *
tree_new (const char *script)
{
  g_auto (GStrv) lines = g_strsplit (script, "\n", -1);
  EnjElementBuilder *builder = NULL;

  for (char **line = lines; *line; line++)
    {
      g_auto (GStrv) words = g_strsplit (*line + 1, " ", 3);
      const char *ns = words[0];

      if (**line == '+')
        {
          ns = strcmp (ns, ".") == 0 ? NULL : strcmp (ns, "-") == 0 ? "" : ns;
          if (builder)
            enj_element_builder_start (builder, ns, words[1]);
          else
            builder = enj_element_builder_new (ns, words[1]);
        }
      else if (**line == '=')
        enj_element_builder_attribute (builder, *ns ? ns : NULL, words[1], words[2]);
      else if (**line == '\'')
        enj_element_builder_text (builder, *line + 1);
      else
        enj_element_builder_end (builder);
    }

  return enj_element_builder_end_new (builder);
}

static void
assert_canonical (const EnjElement *element, const char *default_ns, const char *expected)
{
  g_autofree char *text = enj_element_dup_text (element, default_ns);

  g_assert_cmpstr (text, ==, expected);
}

/* The bytes are the contract: the reader writes the same ones. */
static const struct
{
  const char *default_ns;
  const char *script;
  const char *expected;
} canonical[] = {
  { "jabber:client", "+jabber:client message", "<message/>" },
  { "jabber:client", "+jabber:client body\n'a < b & c > d \"e\" 'f'",
    "<body>a &lt; b &amp; c &gt; d \"e\" 'f'</body>" },
  { "jabber:client", "+jabber:client a\n= x 1<2 & \"3\" '4' >5\n= y \t\n= z ",
    "<a x=\"1&lt;2 &amp; &quot;3&quot; '4' >5\" y=\"&#x9;\" z=\"\"/>" },
  { "jabber:client", "+. a\n'1\n+. b\n'2\n/\n'3\n+. c\n/\n'4", "<a>1<b>2</b>3<c/>4</a>" },
  /* Every foreign namespace on the element that starts it, and only there. */
  { "jabber:client", "+urn:x x\n+. y\n+. z\n/\n/\n+urn:w w\n+urn:x v",
    "<x xmlns=\"urn:x\"><y><z/></y><w xmlns=\"urn:w\"><v xmlns=\"urn:x\"/></w></x>" },
  { NULL, "+jabber:client body", "<body xmlns=\"jabber:client\"/>" },
  { NULL, "+- a\n+urn:x b\n+- c", "<a><b xmlns=\"urn:x\"><c xmlns=\"\"/></b></a>" },
  { "jabber:server", "+- a\n+- b\n/\n+jabber:server c",
    "<a xmlns=\"\"><b/><c xmlns=\"jabber:client\"/></a>" },
  { "urn:a&b", "+urn:<\"& x", "<x xmlns=\"urn:&lt;&quot;&amp;\"/>" },
  /* Attributes: XML's own keep their prefix, all others get one of ours. */
  { "jabber:client", "+. a\n=" ENJ_NS_XML " lang en\n= b 1", "<a xml:lang=\"en\" b=\"1\"/>" },
  { "jabber:client", "+urn:y a\n=urn:x v 1\n= w 2\n=urn:x u 3\n+. b\n=urn:x v \"",
    "<a xmlns=\"urn:y\" xmlns:n0=\"urn:x\" n0:v=\"1\" w=\"2\" xmlns:n1=\"urn:x\" n1:u=\"3\">"
    "<b xmlns:n0=\"urn:x\" n0:v=\"&quot;\"/></a>" },
  /* Declarations of the stream header are no attributes. */
  { NULL, "+urn:x a\n=" ENJ_NS_XMLNS "  urn:x\n=" ENJ_NS_XMLNS " p urn:y",
    "<a xmlns=\"urn:x\"/>" },
  /* XML's own namespace cannot be a default one (Namespaces in XML 1.0, 3). */
  { "jabber:server",
    "+" ENJ_NS_XML " a\n't\n+jabber:server b\n/\n+urn:x c\n+" ENJ_NS_XML " d\n+urn:x e",
    "<xml:a>t<b/><c xmlns=\"urn:x\"><xml:d><e/></xml:d></c></xml:a>" },
};

static void
test_canonical (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (canonical); i++)
    {
      g_autoptr (EnjElement) element = tree_new (canonical[i].script);

      assert_canonical (element, canonical[i].default_ns, canonical[i].expected);
    }
}

static const struct
{
  const char *ns;
  const char *written;
  const char *default_ns;
  const char *declared;
} declarations[] = {
  { "jabber:server", "jabber:server", "jabber:server", NULL },
  { "urn:x", "jabber:server", "jabber:server", "urn:x" },
  { "urn:x", "urn:x", "jabber:server", NULL },
  { "urn:y", "urn:x", "jabber:server", "urn:y" },
  { "", "urn:x", "jabber:server", "" },
  { "", "", NULL, NULL },
  { "", "urn:x", "", "" },
  { "jabber:server", "urn:x", "jabber:server", "jabber:client" },
  { "jabber:component:accept", "urn:x", "jabber:component:accept", "jabber:client" },
  { "jabber:client", "urn:x", "jabber:client", "jabber:client" },
  { "jabber:server", "jabber:client", "jabber:server", NULL },
  { "jabber:client", "jabber:server", "jabber:server", "jabber:client" },
  { "jabber:client", "jabber:client", "jabber:server", NULL },
  { "jabber:client", "urn:x", "jabber:server", "jabber:client" },
  { "jabber:server", "jabber:component:accept", "jabber:component:accept", "jabber:client" },
  { "jabber:component:accept", "jabber:server", "jabber:server", "jabber:client" },
  { "jabber:component:accept", "urn:x", "jabber:server", "jabber:client" },
  { "jabber:component:accept", "jabber:client", "jabber:server", NULL },
  { "jabber:server", "urn:x", NULL, "jabber:client" },
  { ENJ_NS_XML, "jabber:server", "jabber:server", NULL },
};

static void
test_declared (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (declarations); i++)
    g_assert_cmpstr (enj_element_declared_ns (declarations[i].ns, declarations[i].written,
                                              declarations[i].default_ns),
                     ==, declarations[i].declared);

  g_assert_cmpstr (enj_element_tag_prefix (ENJ_NS_XML), ==, "xml:");
  g_assert_cmpstr (enj_element_tag_prefix (ENJ_NS_CLIENT), ==, "");
}

/* What is inherited follows the stream; what was declared, and what stands inside something
 * foreign, is jabber:client whatever stream it travels on. */
static void
test_forwarded (void)
{
  static const char *const streams[] = { ENJ_NS_CLIENT, ENJ_NS_SERVER, ENJ_NS_COMPONENT };

  enj_test_proves ("C10 C11");
  for (guint i = 0; i < G_N_ELEMENTS (streams); i++)
    {
      g_autofree char *script
          = g_strdup_printf ("+%s body\n+urn:f forwarded\n+%s message\n+. body\n/\n+%s x\n/\n/\n/\n"
                             "+%s thread",
                             streams[i], streams[i], ENJ_NS_CLIENT, streams[i]);
      g_autoptr (EnjElement) element = tree_new (script);

      assert_canonical (element, streams[i],
                        "<body><forwarded xmlns=\"urn:f\"><message xmlns=\"jabber:client\">"
                        "<body/><x/></message></forwarded><thread/></body>");
    }
}

static void
test_content (void)
{
  g_autoptr (EnjElement) element
      = tree_new ("+jabber:client a\n= x 1\n'<\n+. b\n'1\n/\n'2\n+urn:x c\n/\n'3");
  g_autoptr (EnjElement) empty = tree_new ("+jabber:client a");
  EnjBytes out;

  enj_bytes_init (&out, 1000);
  g_assert_true (enj_element_format_content (empty, ENJ_NS_CLIENT, &out));
  g_assert_cmpuint (enj_bytes_length (&out), ==, 0);
  g_assert_true (enj_element_format_content (element, ENJ_NS_CLIENT, &out));
  g_assert_true (enj_bytes_append (&out, "", 1));
  g_assert_cmpstr ((const char *) out.data + out.start, ==, "&lt;<b>1</b>2<c xmlns=\"urn:x\"/>3");
  enj_bytes_clear (&out);
}

/* At each limit below its size an element leaves what was there, and no more. */
static void
test_all_or_nothing (void)
{
  g_autoptr (EnjElement) element
      = tree_new ("+urn:y a\n=urn:x v &\n=" ENJ_NS_XML " lang en\n't\n+. b\n/\n'tail");
  g_autofree char *text = enj_element_dup_text (element, NULL);
  gsize len = strlen (text);

  gsize content_len = strlen ("t<b/>tail");

  for (gsize limit = 3; limit < 3 + len; limit++)
    {
      gboolean content_fits;
      EnjBytes out;

      enj_bytes_init (&out, limit);
      g_assert_true (enj_bytes_append (&out, "abc", 3));
      g_assert_false (enj_element_format (element, NULL, &out));
      g_assert_cmpmem (out.data + out.start, enj_bytes_length (&out), "abc", 3);
      content_fits = limit >= 3 + content_len;
      g_assert_cmpint (enj_element_format_content (element, "urn:y", &out), ==, content_fits);
      g_assert_cmpuint (enj_bytes_length (&out), ==, 3 + (content_fits ? content_len : 0));
      enj_bytes_clear (&out);
    }
}

static void
test_access (void)
{
  g_autoptr (EnjElement) element
      = tree_new ("+urn:x a\n= k 1\n=urn:k k 2\n'one\n+. b\n'no\n/\n'two\n+urn:y b\n/\n+- c");
  const EnjElement *b = enj_element_get_child (element, 0);
  const char *ns, *name, *value;

  g_assert_cmpstr (enj_element_get_name (element), ==, "a");
  g_assert_cmpstr (enj_element_get_namespace (element), ==, "urn:x");
  g_assert_cmpstr (enj_element_get_attribute (element, NULL, "k"), ==, "1");
  g_assert_cmpstr (enj_element_get_attribute (element, "", "k"), ==, "1");
  g_assert_cmpstr (enj_element_get_attribute (element, "urn:k", "k"), ==, "2");
  g_assert_null (enj_element_get_attribute (element, "urn:x", "k"));
  g_assert_null (enj_element_get_attribute (element, NULL, "K"));

  g_assert_cmpstr (enj_element_get_text (element), ==, "onetwo");
  g_assert_true (enj_element_get_text (element) == enj_element_get_text (element));
  g_assert_cmpstr (enj_element_get_text (b), ==, "no");
  g_assert_cmpstr (enj_element_get_text (enj_element_get_child (element, 1)), ==, "");

  g_assert_cmpuint (enj_element_get_n_children (element), ==, 3);
  g_assert_null (enj_element_get_child (element, 3));
  g_assert_cmpstr (enj_element_get_namespace (b), ==, "urn:x");
  g_assert_cmpstr (enj_element_get_namespace (enj_element_get_child (element, 2)), ==, "");

  g_assert_true (enj_element_find (element, NULL, "b") == b);
  g_assert_true (enj_element_find (element, NULL, NULL) == b);
  g_assert_true (enj_element_find (element, "urn:y", "b") == enj_element_get_child (element, 1));
  g_assert_true (enj_element_find (element, "", NULL) == enj_element_get_child (element, 2));
  g_assert_null (enj_element_find (element, NULL, "d"));
  g_assert_true (enj_element_is (element, "urn:x", "a"));
  g_assert_false (enj_element_is (element, "urn:y", "a"));
  g_assert_false (enj_element_is (element, "urn:x", "b"));

  g_assert_true (enj_element_get_nth_attribute (element, 0, &ns, &name, &value));
  g_assert_null (ns);
  g_assert_true (enj_element_get_nth_attribute (element, 1, &ns, &name, &value));
  g_assert_cmpstr (ns, ==, "urn:k");
  g_assert_cmpstr (name, ==, "k");
  g_assert_cmpstr (value, ==, "2");
  g_assert_false (enj_element_get_nth_attribute (element, 2, &ns, &name, &value));
}

static void
test_builder (void)
{
  EnjElementBuilder *builder = enj_element_builder_new (NULL, "a");
  g_autoptr (EnjElement) child = tree_new ("+urn:x c\n'\x01");
  g_autoptr (EnjElement) element = NULL;

  enj_element_builder_text_len (builder, "onexxx", 3);
  g_assert_cmpuint (enj_element_builder_get_depth (builder), ==, 1);
  enj_element_builder_start (builder, NULL, "b");
  g_assert_cmpuint (enj_element_builder_get_depth (builder), ==, 2);
  enj_element_builder_end (builder);
  enj_element_builder_text (builder, "t");
  enj_element_builder_text (builder, "wo\xFF");
  enj_element_builder_child (builder, child);
  enj_element_builder_child (builder, child);
  enj_element_builder_attribute (builder, NULL, "k", "first");
  enj_element_builder_attribute (builder, "urn:k", "k", "other");
  enj_element_builder_attribute (builder, "", "k", "last\x02");
  enj_element_builder_start (builder, "urn:open", "open");
  element = enj_element_builder_end_new (builder);

  assert_canonical (element, ENJ_NS_CLIENT,
                    "<a k=\"last\357\277\275\" xmlns:n0=\"urn:k\" n0:k=\"other\">one<b/>"
                    "two\357\277\275<c xmlns=\"urn:x\">\357\277\275</c>"
                    "<c xmlns=\"urn:x\">\357\277\275</c><open xmlns=\"urn:open\"/></a>");
  enj_element_builder_free (enj_element_builder_new ("urn:x", "unused"));
  enj_element_builder_free (NULL);
}

static void
test_child_outlives (void)
{
  EnjElement *element = tree_new ("+urn:x a\n+. b\n'kept\n+. c");
  g_autoptr (EnjElement) b = enj_element_ref (enj_element_get_child (element, 0));

  enj_element_unref (element);
  assert_canonical (b, NULL, "<b xmlns=\"urn:x\">kept<c/></b>");
  enj_element_unref (NULL);
}

/* A million deep: anything that recursed would overflow the stack near sixty thousand. */
static void
test_deep (void)
{
  EnjElementBuilder *builder = enj_element_builder_new ("urn:x", "a");
  g_autoptr (EnjElement) element = NULL;
  g_autofree char *text = NULL;

  for (guint i = 1; i < 1000000; i++)
    enj_element_builder_start (builder, NULL, "a");
  element = enj_element_builder_end_new (builder);
  text = enj_element_dup_text (element, "urn:x");
  g_assert_cmpuint (strlen (text), ==, 999999 * 7 + 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/element/canonical-bytes", test_canonical);
  g_test_add_func ("/element/declares-what-is-not-in-force", test_declared);
  g_test_add_func ("/element/only-the-inherited-namespace-follows-the-stream", test_forwarded);
  g_test_add_func ("/element/content-without-the-tags", test_content);
  g_test_add_func ("/element/formats-all-or-nothing", test_all_or_nothing);
  g_test_add_func ("/element/tells-what-it-holds", test_access);
  g_test_add_func ("/element/builder-closes-and-cleans", test_builder);
  g_test_add_func ("/element/a-child-outlives-its-parent", test_child_outlives);
  g_test_add_func ("/element/depth-is-not-the-stack", test_deep);
  return g_test_run ();
}

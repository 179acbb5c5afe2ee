#include "config.h"

#include "protocol/reader.h"

#include <string.h>

#include "protocol/budget.h"
#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/transcript.h"

#define SIZE 1000

static const EnjReaderLimits small = { .size = SIZE, .elements = 10, .depth = 5, .attributes = 6 };

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
test_language_inherited (void)
{
  const char *header = "<x xmlns='jabber:server' xml:lang='en'>";
  g_autofree char *xml =
      g_strconcat (header, "<message/><message xml:lang='de'/><message xml:lang=''/><x/>", NULL);
  g_autofree char *tag = g_strnfill (65, 'e');
  g_autofree char *unlikely =
      g_strconcat ("<x xmlns='jabber:server' xml:lang='", tag, "'><message/>", NULL);

  enj_test_proves ("S08");
  enj_test_assert_reads (
      xml, strlen (xml),
      "header x\nstanza <message xml:lang=\"en\"/>\nstanza <message xml:lang=\"de\"/>\n"
      "stanza <message xml:lang=\"\"/>\nelement <x/>\n",
      &enj_test_large);
  /* No language tag is that long; on each stanza it would be a burden. */
  enj_test_assert_reads (unlikely, strlen (unlikely), "header x\nstanza <message/>\n",
                         &enj_test_large);
}

static void
test_header (void)
{
  const char *xml = "<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n" ENJ_TEST_STREAM;
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &enj_test_large);
  g_autoptr (EnjElement) header = NULL;
  EnjReaderEvent event;

  enj_reader_feed (reader, (const guint8 *) xml, strlen (xml));
  g_assert_true (enj_reader_next (reader, &event, NULL));
  g_assert_cmpint (event.type, ==, ENJ_READER_HEADER);
  header = event.element;
  g_assert_true (enj_element_is (header, ENJ_NS_STREAM, "stream"));
  g_assert_cmpstr (enj_element_get_attribute (header, ENJ_READER_XMLNS, ""), ==, ENJ_NS_SERVER);
  g_assert_cmpstr (enj_element_get_attribute (header, ENJ_READER_XMLNS, "db"), ==, ENJ_NS_DIALBACK);
  g_assert_cmpstr (enj_element_get_attribute (header, NULL, "to"), ==, "comp.local.test");
  g_assert_false (enj_reader_next (reader, &event, NULL));
}

static void
test_elements (void)
{
  static const Case cases[] = {
    { "<db:result from='a' to='b'>key</db:result>",
      "element <result xmlns=\"jabber:server:dialback\" from=\"a\" to=\"b\">key</result>\n" },
    { "<stream:features><a xmlns='urn:a'/></stream:features>",
      "element <features xmlns=\"http://etherx.jabber.org/streams\"><a xmlns=\"urn:a\"/>"
      "</features>\n" },
    { "<foo xmlns='urn:x'/><iq/>", "element <foo xmlns=\"urn:x\"/>\nstanza <iq/>\n" },
    { "<message xmlns='jabber:client'/>", "element <message xmlns=\"jabber:client\"/>\n" },
    { "<presence xmlns='jabber:component:accept'/>",
      "element <presence xmlns=\"jabber:client\"/>\n" }, /* as our writer has it */
    { "<handshake/><messages/><db:message/>",
      "element <handshake/>\nelement <messages/>\n"
      "element <message xmlns=\"jabber:server:dialback\"/>\n" },
    { "<iq xmlns=''/>", "element <iq xmlns=\"\"/>\n" },
    { "<iq/></stream:stream>", "stanza <iq/>\nclosed\n" },
  };

  assert_streams (cases, G_N_ELEMENTS (cases));
  enj_test_assert_reads ("<a/>", 4, "header a\nclosed\n", &enj_test_large);
}

/* What a peer gives the namespace of the link would be the server's own there, and nothing to
 * whoever has looked at it before. */
static void
test_smuggled_content (void)
{
  static const Case cases[] = {
    { "<message><body xmlns='jabber:component:accept'>b</body></message>",
      "stanza <message><body xmlns=\"jabber:client\">b</body></message>\n" },
    { "<message xmlns:c='jabber:component:accept'><c:body><c:x/><y/></c:body></message>",
      "stanza <message><body xmlns=\"jabber:client\"><x/><y/></body>"
      "</message>\n" },
  };

  enj_test_proves ("C10");
  assert_streams (cases, G_N_ELEMENTS (cases));
}

static char *
stanza_of_size_new (gsize size)
{
  g_autofree char *text = g_strnfill (size - strlen ("<message></message>"), 'x');

  return g_strconcat ("<message>", text, "</message>", NULL);
}

static void
test_size (void)
{
  g_autofree char *most = stanza_of_size_new (SIZE);
  g_autofree char *more = stanza_of_size_new (SIZE + 1);
  g_autofree char *after = g_strconcat (most, " ", most, NULL);
  g_autofree char *lines = g_strconcat ("stanza ", most, "\nstanza ", most, "\n", NULL);
  /* What is not written counts, too. */
  g_autofree char *blanks = g_strnfill (SIZE - strlen ("<iq/>"), ' ');
  g_autofree char *most_blanks = g_strconcat ("<iq", blanks, "/>", NULL);
  g_autofree char *more_blanks = g_strconcat ("<iq ", blanks, "/>", NULL);

  enj_test_proves ("S43");
  enj_test_assert_stream (after, lines, &small);
  enj_test_assert_stream (more, "! stanza-too-big\n", &small);
  enj_test_assert_stream (most_blanks, "stanza <iq/>\n", &small);
  enj_test_assert_stream (more_blanks, "! stanza-too-big\n", &small);
}

/* The fault comes with the first byte too much, in the middle of a token. */
static void
test_size_at_once (void)
{
  static const char *const starts[] = { "<message a='", "<message><a b='", "<other a='", "<" };

  for (gsize i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      g_autofree char *fill = g_strnfill (SIZE - strlen (starts[i]), 'x');
      g_autofree char *xml = g_strconcat (ENJ_TEST_STREAM, starts[i], fill, NULL);
      g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &small);
      GString *out = g_string_new (NULL);

      enj_reader_feed (reader, (const guint8 *) xml, strlen (xml));
      g_assert_true (enj_test_take_events (reader, out));
      enj_reader_feed (reader, (const guint8 *) "x", 1);
      g_assert_false (enj_test_take_events (reader, out));
      g_assert_cmpstr (out->str, ==, "header stream\n! stanza-too-big\n");
      g_string_free (out, TRUE);
    }
}

/* One stanza is written in exactly as many bytes as the limit allows. */
static void
assert_fills (const char *stanza)
{
  g_autofree char *xml = g_strconcat (ENJ_TEST_STREAM, stanza, NULL);
  const EnjReaderLimits limits = { .size = SIZE, .elements = 99, .depth = 9, .attributes = 9 };
  g_autofree char *lines = enj_test_read_new (xml, strlen (xml), 1, &limits);

  g_assert_true (g_str_has_prefix (lines, "header stream\nstanza <"));
  g_assert_cmpuint (strlen (lines), ==, strlen ("header stream\nstanza \n") + SIZE);
}

static void
test_size_canonical (void)
{
  /* Each ">" is written in four bytes, each '"' in an attribute in six. */
  g_autofree char *text = g_strnfill (245, '>');
  g_autofree char *text_fits = g_strconcat ("<message>", text, "1</message>", NULL);
  g_autofree char *text_over = g_strconcat ("<message>", text, "12</message>", NULL);
  g_autofree char *quotes = g_strnfill (164, '"');
  g_autofree char *id_fits = g_strconcat ("<message id='", quotes, "'/>", NULL);
  g_autofree char *id_over = g_strconcat ("<message id='", quotes, "1'/>", NULL);
  g_autofree char *extra_fits = g_strconcat ("<message ab='", quotes, "'/>", NULL);
  g_autofree char *extra_over = g_strconcat ("<message ab='", quotes, "1'/>", NULL);
  /* A prefix saves the peer what is written out each time. */
  g_autofree char *ns = g_strnfill (300, 'n');
  g_autofree char *tree =
      g_strconcat ("<a xmlns:p='urn:", ns, "'><p:b/><p:b/><p:b/><p:b/></a>", NULL);
  g_autofree char *stanza =
      g_strconcat ("<iq xmlns:p='urn:", ns, "'><p:b/><p:b/><p:b/><p:b/></iq>", NULL);
  /* The fault does not wait for the end tag: what is written takes no more memory than that. */
  g_autofree char *endless =
      g_strconcat ("<iq xmlns:p='urn:", ns, "'><p:b/><p:b/><p:b/><p:b/>", NULL);

  enj_test_proves ("S43");
  assert_fills (text_fits);
  assert_fills (id_fits);
  assert_fills (extra_fits);
  enj_test_assert_stream (text_over, "! stanza-too-big\n", &small);
  enj_test_assert_stream (id_over, "! stanza-too-big\n", &small);
  enj_test_assert_stream (extra_over, "! stanza-too-big\n", &small);
  enj_test_assert_stream (tree, "! stanza-too-big\n", &small);
  enj_test_assert_stream (stanza, "! stanza-too-big\n", &small);
  enj_test_assert_stream (endless, "! stanza-too-big\n", &small);
}

static void
test_size_header (void)
{
  g_autofree char *blanks = g_strnfill (SIZE, ' ');
  g_autofree char *fill = g_strnfill (SIZE - strlen ("<a b=''>"), 'x');
  g_autofree char *most = g_strconcat ("<a b='", fill, "'>", NULL);
  g_autofree char *over = g_strconcat (" ", most, NULL);
  g_autofree char *endless = g_strconcat (blanks, "<a>", NULL);

  enj_test_assert_reads (most, SIZE, "header a\n", &small);
  enj_test_assert_reads (over, SIZE + 1, "! stanza-too-big\n", &small);
  enj_test_assert_reads (endless, strlen (endless), "! stanza-too-big\n", &small);
}

static void
test_blanks (void)
{
  g_autofree char *blanks = g_strnfill (SIZE, ' ');
  g_autofree char *most = g_strconcat (ENJ_TEST_STREAM, blanks, "<iq/>", blanks, "<iq/>", NULL);
  g_autofree char *over = g_strconcat (ENJ_TEST_STREAM, blanks, " <iq/>", NULL);
  g_autofree char *lines = enj_test_read_new (most, strlen (most), strlen (most), &small);
  g_autofree char *fault = enj_test_read_new (over, strlen (over), strlen (over), &small);
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &small);
  GString *out = g_string_new (NULL);

  g_assert_cmpstr (lines, ==, "header stream\nstanza <iq/>\nstanza <iq/>\n");
  g_assert_cmpstr (fault, ==, "header stream\n! stanza-too-big\n");

  /* A blank now and then is no fault, however many there are in the end. */
  enj_reader_feed (reader, (const guint8 *) ENJ_TEST_STREAM, strlen (ENJ_TEST_STREAM));
  g_assert_true (enj_test_take_events (reader, out));
  for (guint i = 0; i < 3 * SIZE; i++)
    {
      enj_reader_feed (reader, (const guint8 *) " ", 1);
      g_assert_true (enj_test_take_events (reader, out));
    }
  g_string_free (out, TRUE);
}

static void
test_bad_format (void)
{
  static const Case cases[] = {
    { "<iq/>x<iq/>", "stanza <iq/>\n! bad-format\n" },
    { "<iq/> &amp;", "stanza <iq/>\n! bad-format\n" },
    { "<![CDATA[x]]>", "! bad-format\n" },
    { "<message><stream:stream/></message>", "! bad-format\n" },
    { "<message><a><s:x xmlns:s='http://etherx.jabber.org/streams'/></a></message>",
      "! bad-format\n" },
    { "<db:result><stream:error/></db:result>", "! bad-format\n" },
    { "<stream:features><stream:features/></stream:features>", "! bad-format\n" },
  };

  assert_streams (cases, G_N_ELEMENTS (cases));
}

static void
test_counts (void)
{
  static const Case cases[] = {
    { "<iq><a/><a/><a/><a/><a/><a/><a/><a/><a/></iq><iq/>",
      "stanza <iq><a/><a/><a/><a/><a/><a/><a/><a/><a/></iq>\nstanza <iq/>\n" },
    { "<iq><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/></iq>", "! policy-violation\n" },
    { "<x><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/></x>", "! policy-violation\n" },
    { "<iq><a><a><a><a/></a></a></a></iq>", "stanza <iq><a><a><a><a/></a></a></a></iq>\n" },
    { "<iq><a><a><a><a><a/></a></a></a></a></iq>", "! policy-violation\n" },
    { "<iq a='' b='' c='' d='' e='' f=''/>",
      "stanza <iq a=\"\" b=\"\" c=\"\" d=\"\" e=\"\" f=\"\"/>\n" },
    { "<iq a='' b='' c='' d='' e='' f='' g=''/>", "! policy-violation\n" },
    { "<iq><x xmlns='urn:x' xmlns:y='urn:y' c='' d='' e='' f='' g=''/></iq>",
      "! policy-violation\n" },
    { "<x xmlns='urn:x' xmlns:y='urn:y' c='' d='' e='' f='' g=''/>", "! policy-violation\n" },
  };

  enj_test_proves ("S45");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    enj_test_assert_stream (cases[i].xml, cases[i].expected, &small);
}

static void
test_deep (void)
{
  GString *xml = g_string_new (ENJ_TEST_STREAM "<message>");
  const EnjReaderLimits most = {
    .size = 1000000, .elements = 200000, .depth = 100001, .attributes = 9
  };
  g_autofree char *transcript = NULL;

  for (guint i = 0; i < 100000; i++)
    g_string_append (xml, "<a>");
  for (guint i = 0; i < 100000; i++)
    g_string_append (xml, "</a>");
  g_string_append (xml, "</message>");

  transcript = enj_test_read_new (xml->str, xml->len, 1, &most);
  g_assert_nonnull (strstr (transcript, "<a><a/></a>"));
  g_clear_pointer (&transcript, g_free);
  transcript = enj_test_read_new (xml->str, xml->len, 1, &small);
  g_assert_cmpstr (transcript, ==, "header stream\n! policy-violation\n");
  g_string_free (xml, TRUE);
}

static void
test_limits_change (void)
{
  const EnjReaderLimits big = { .size = 2 * SIZE, .elements = 9, .depth = 9, .attributes = 9 };
  g_autofree char *stanza = stanza_of_size_new (SIZE + 1);
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &small);
  GString *out = g_string_new (NULL);

  enj_reader_feed (reader, (const guint8 *) ENJ_TEST_STREAM, strlen (ENJ_TEST_STREAM));
  g_assert_true (enj_test_take_events (reader, out));
  enj_reader_feed (reader, (const guint8 *) stanza, 500);
  g_assert_true (enj_test_take_events (reader, out));
  enj_reader_set_limits (reader, &big);
  enj_reader_feed (reader, (const guint8 *) stanza + 500, SIZE + 1 - 500);
  g_assert_true (enj_test_take_events (reader, out));

  enj_reader_feed (reader, (const guint8 *) stanza, 500);
  g_assert_true (enj_test_take_events (reader, out));
  enj_reader_set_limits (reader, &(EnjReaderLimits){ .size = 100 });
  g_assert_false (enj_test_take_events (reader, out));
  g_assert_nonnull (strstr (out->str, "</message>\n! stanza-too-big\n"));
  g_string_free (out, TRUE);
}

/* Once the next event is asked for, what follows is read. */
static void
test_goes_on (void)
{
  enj_test_assert_stream ("<a/><iq/><b/><c/></stream:stream><iq/>",
                          "element <a/>\nstanza <iq/>\nelement <b/>\nelement <c/>\nclosed\n",
                          &enj_test_large);
}

/* More stanzas than one run of expat may leave behind. */
static void
test_many (void)
{
  GString *xml = g_string_new (ENJ_TEST_STREAM);
  GString *expected = g_string_new ("header stream\n");
  g_autofree char *whole = NULL;
  g_autofree char *bytes = NULL;

  for (guint i = 0; i < 2000; i++)
    {
      g_string_append_printf (xml, "<iq id='%u'/>", i);
      g_string_append_printf (expected, "stanza <iq id=\"%u\"/>\n", i);
    }
  whole = enj_test_read_new (xml->str, xml->len, xml->len, &enj_test_large);
  bytes = enj_test_read_new (xml->str, xml->len, 0, &enj_test_large);
  g_assert_cmpstr (whole, ==, expected->str);
  g_assert_cmpstr (bytes, ==, expected->str);
  g_string_free (xml, TRUE);
  g_string_free (expected, TRUE);
}

/* A stanza that the peer cut off is nobody's. */
static void
test_no_part (void)
{
  g_autofree char *lines = NULL;

  enj_test_proves ("S42");
  enj_test_assert_stream ("<message><body>half", "", &enj_test_large);
  lines = enj_test_read_new (ENJ_TEST_STREAM "<iq/><a>", strlen (ENJ_TEST_STREAM "<iq/><a>"), 1,
                             &enj_test_large);
  g_assert_cmpstr (lines, ==, "header stream\nstanza <iq/>\n");
}

/* The stanza that @text is, whose head alone is left. */
static EnjCut
find_cut (const char *text)
{
  EnjReaderLimits limits = small;
  g_autoptr (EnjReader) reader = NULL;
  g_autofree char *xml = g_strconcat (ENJ_TEST_STREAM, text, NULL);
  EnjReaderEvent event;
  EnjCut cut;

  limits.size = 8 * SIZE;
  limits.cuts = limits.is_modest = TRUE;
  reader = enj_reader_new (ENJ_NS_SERVER, &limits);
  enj_reader_feed (reader, (const guint8 *) xml, strlen (xml));
  g_assert_true (enj_reader_next (reader, &event, NULL));
  enj_element_unref (event.element);
  g_assert_true (enj_reader_next (reader, &event, NULL));
  g_assert_cmpint (event.type, ==, ENJ_READER_STANZA);
  cut = enj_stanza_get_cut (event.stanza);
  g_assert_cmpstr (enj_stanza_get_id (event.stanza), ==, "1");
  enj_stanza_unref (event.stanza);
  return cut;
}

/* S36: its sender is told whether to try again. */
static void
test_cut (void)
{
  g_autofree char *half = g_strnfill (5 * SIZE, 'x');
  g_autofree char *half_full = g_strconcat ("<iq id='1'><a>", half, "</a></iq>", NULL);
  g_autofree char *full
    = g_strconcat ("<iq id='1'><a>", half, "</a><a>", half, "</a></iq>", NULL);

  enj_test_proves ("S36");
  g_assert_cmpint (find_cut ("<iq id='1'><a/></iq>"), ==, ENJ_CUT_NOT);
  g_assert_cmpint (find_cut (half_full), ==, ENJ_CUT_NOT);
  g_assert_cmpint (find_cut (full), ==, ENJ_CUT_SIZE);
  g_assert_cmpint (find_cut ("<iq id='1'><a><a><a><a><a/></a></a></a></a></iq>"), ==,
                   ENJ_CUT_FORM);
  g_assert_cmpint (find_cut ("<iq id='1' a='' b='' c='' d='' e='' f=''/>"), ==, ENJ_CUT_FORM);
  enj_budget_set_limit (1);
  g_assert_cmpint (find_cut (half_full), ==, ENJ_CUT_MEMORY);
  enj_budget_set_limit (G_MAXUINT64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reader/gives-stanzas-the-language-of-the-stream", test_language_inherited);
  g_test_add_func ("/reader/gives-the-header-with-its-declarations", test_header);
  g_test_add_func ("/reader/gives-what-is-no-stanza-as-a-tree", test_elements);
  g_test_add_func ("/reader/gives-no-content-in-disguise", test_smuggled_content);
  g_test_add_func ("/reader/holds-the-size-to-the-byte", test_size);
  g_test_add_func ("/reader/refuses-the-first-byte-too-much", test_size_at_once);
  g_test_add_func ("/reader/holds-the-size-of-what-it-writes", test_size_canonical);
  g_test_add_func ("/reader/holds-the-size-of-the-header", test_size_header);
  g_test_add_func ("/reader/takes-no-text-between-stanzas-and-no-stream-inside", test_bad_format);
  g_test_add_func ("/reader/takes-blanks-between-stanzas-but-not-endless-ones", test_blanks);
  g_test_add_func ("/reader/counts-elements-depth-and-attributes", test_counts);
  g_test_add_func ("/reader/does-not-recurse", test_deep);
  g_test_add_func ("/reader/takes-other-limits-at-once", test_limits_change);
  g_test_add_func ("/reader/goes-on-when-asked", test_goes_on);
  g_test_add_func ("/reader/keeps-many-stanzas-in-order", test_many);
  g_test_add_func ("/reader/gives-no-part-of-a-stanza", test_no_part);
  g_test_add_func ("/reader/says-why-only-the-head-is-left", test_cut);
  return g_test_run ();
}

#include "config.h"

#include "protocol/xml.h"

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
test_refusals (void)
{
  static const Case cases[] = {
    { "<message from='a@b' to='c@d'>"
      "<!-- x --></message>",
      "! restricted-xml\n" },
    { "<iq/><!-- -->", "stanza <iq/>\n! restricted-xml\n" },
    { "<?php x?>", "! restricted-xml\n" },
    { "<iq><?php x?></iq>", "! restricted-xml\n" },
    { "<message>&foo;</message>", "! restricted-xml\n" },
    { "<message a='&foo;'/>", "! restricted-xml\n" },
    { "<?xml version='1.0'?>", "! not-well-formed\n" },
    { "<message>&#0;</message>", "! not-well-formed\n" },
    { "<message>&#xD800;</message>", "! not-well-formed\n" },
    { "<message>&#xFFFE;</message>", "! not-well-formed\n" },
    { "<message>\xC0\xAF</message>", "! not-well-formed\n" },
    { "<message>\xE0\x80\xAF</message>", "! not-well-formed\n" },
    { "<message>\xED\xA0\x80</message>", "! not-well-formed\n" },
    { "<message>\xF4\x90\x80\x80</message>", "! not-well-formed\n" },
    { "<message>\xEF\xBF\xBE</message>", "! not-well-formed\n" },
    { "<message>\001</message>", "! not-well-formed\n" },
    { "<message><a></message>", "! not-well-formed\n" },
    { "<message a='1' a='2'/>", "! not-well-formed\n" },
    { "<message><u:x/></message>", "! not-well-formed\n" },
    { "<message><a:b:c xmlns:a='urn:a'/></message>", "! not-well-formed\n" },
    { "<message xmlns:p='u\nv'/>x", "stanza <message/>\n! bad-format\n" },
    { "<message><a xmlns:p='u&#1;v'/></message>", "! not-well-formed\n" },
    { "<iq/>text<iq/>", "stanza <iq/>\n! bad-format\n" },
    { "<message><stream:stream/></message>", "! bad-format\n" },
    { "<a><b><stream:stream xmlns='jabber:server'><message/></stream:stream></b></a>",
      "! bad-format\n" },
    { "<stream:features><stream:x/></stream:features>", "! bad-format\n" },
    { "<s:message xmlns:s='jabber:server'/>", "! bad-namespace-prefix\n" },
    { "<s:other xmlns:s='jabber:server'/>", "element <other/>\n" },
  };

  enj_test_proves ("S10 S39 S40 S42");
  assert_streams (cases, G_N_ELEMENTS (cases));
}

static void
test_doctype (void)
{
  static const char *const starts[] = {
    "<!DOCTYPE s [<!ENTITY a0 'lol'><!ENTITY a1 '&a0;&a0;'>]><s>&a1;</s>",
    "<?xml version='1.0'?><!DOCTYPE s SYSTEM 'file:///etc/passwd'><s/>",
    "<?xml version='1.0'?><!-- c --><s/>",
    "<?pi?><s/>",
  };

  enj_test_proves ("S39");
  for (gsize i = 0; i < G_N_ELEMENTS (starts); i++)
    enj_test_assert_reads (starts[i], strlen (starts[i]), "! restricted-xml\n", &enj_test_large);
}

static void
test_encodings (void)
{
  static const struct
  {
    const char *xml;
    gsize len;
    const char *expected;
  } cases[] = {
    { "\xFF\xFE<\0s\0>\0", 8, "! unsupported-encoding\n" },
    { "\xFE\xFF\0<\0s\0>", 8, "! unsupported-encoding\n" },
    { "\0<\0s\0>", 6, "! unsupported-encoding\n" },
    { "<\0s\0>\0", 6, "! unsupported-encoding\n" },
    { " \0<\0s\0>\0", 8, "! unsupported-encoding\n" },
    { "<?xml version='1.0' encoding='iso-8859-1'?><s>", 46, "! unsupported-encoding\n" },
    { "<?xml version='1.0' encoding='UTF-16'?><s>", 42, "! unsupported-encoding\n" },
    { "\xEF\xBB\xBF<s>", 6, "! not-well-formed\n" },
    { "<s xmlns='jabber:server'><iq>\xEF\xBB\xBF</iq>", 37,
      "header s\nstanza <iq>\xEF\xBB\xBF</iq>\n" },
    { "<s>\0</s>", 8, "header s\n! not-well-formed\n" },
  };

  enj_test_proves ("S41");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    enj_test_assert_reads (cases[i].xml, cases[i].len, cases[i].expected, &enj_test_large);
}

/* What stands behind the first element that is no stanza is given back, untouched. */
static void
assert_rest (const char *before, const char *element, const char *rest)
{
  g_autofree char *xml = g_strconcat (ENJ_TEST_STREAM, before, element, rest, NULL);
  gsize element_end = strlen (ENJ_TEST_STREAM) + strlen (before) + strlen (element);
  gsize len = strlen (xml);

  for (gsize cut = 0; cut < len; cut++)
    {
      g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &enj_test_large);
      gsize fed = 0;
      gboolean found = FALSE;

      for (guint i = 0; i < 2 && !found; i++)
        {
          gsize n = i == 0 ? cut : len - cut;
          EnjReaderEvent event;

          enj_reader_feed (reader, (const guint8 *) xml + fed, n);
          fed += n;
          if (i == 1)
            enj_reader_flush (reader);
          while (!found && enj_reader_next (reader, &event, NULL))
            {
              found = event.type == ENJ_READER_ELEMENT || event.type == ENJ_READER_CLOSED;
              enj_element_unref (event.element);
              enj_stanza_unref (event.stanza);
            }
        }
      g_assert_true (found);

      gsize rest_len;
      const guint8 *got = enj_reader_get_rest (reader, &rest_len);

      g_assert_cmpmem (got, rest_len, xml + element_end, fed - element_end);
    }
}

static void
test_rest (void)
{
  assert_rest ("", "<proceed xmlns='urn:t'/>", "\x16\x03\x01 not <XML & at all");
  assert_rest ("<iq/>", "<proceed xmlns='urn:t'></proceed>", "<message>");
  assert_rest ("<message><body>x</body></message>\n", "<a>t<b/></a>", "\n<iq/>");
  assert_rest ("<iq/> ", "</stream:stream>", "garbage");
  assert_rest ("", "<success xmlns='urn:s'/>", "");
}

/* Bytes that came while expat deferred are given back, too. */
static void
test_rest_deferred (void)
{
  g_autofree char *fill = g_strnfill (2000, 'x');
  g_autofree char *first = g_strconcat (ENJ_TEST_STREAM "<a b='", fill, NULL);
  const char *second = "'/>one ";
  const char *third = "two";
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &enj_test_large);
  GString *out = g_string_new (NULL);
  EnjReaderEvent event;
  const guint8 *rest;
  gsize len;

  enj_reader_feed (reader, (const guint8 *) first, strlen (first));
  g_assert_true (enj_test_take_events (reader, out));
  enj_reader_feed (reader, (const guint8 *) second, strlen (second));
  g_assert_true (enj_test_take_events (reader, out));
  g_assert_cmpstr (out->str, ==, "header stream\n");
  g_assert_true (enj_reader_is_pending (reader));

  enj_reader_feed (reader, (const guint8 *) third, strlen (third));
  enj_reader_flush (reader);
  g_assert_true (enj_reader_next (reader, &event, NULL));
  g_assert_cmpint (event.type, ==, ENJ_READER_ELEMENT);
  enj_element_unref (event.element);
  rest = enj_reader_get_rest (reader, &len);
  g_assert_cmpmem (rest, len, "one two", 7);
  g_assert_false (enj_reader_is_pending (reader));
  g_string_free (out, TRUE);
}

/* A stanza in two pieces must not wait for a third. */
static void
test_flush (void)
{
  const char *stanza = "<message from='a@b' to='c@d'>"
                       "<body>hello there</body></message>";
  gsize len = strlen (stanza);

  for (gsize cut = 1; cut < len; cut++)
    {
      g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &enj_test_large);
      GString *out = g_string_new (NULL);

      enj_reader_feed (reader, (const guint8 *) ENJ_TEST_STREAM, strlen (ENJ_TEST_STREAM));
      g_assert_true (enj_test_take_events (reader, out));
      enj_reader_feed (reader, (const guint8 *) stanza, cut);
      g_assert_true (enj_test_take_events (reader, out));
      enj_reader_feed (reader, (const guint8 *) stanza + cut, len - cut);
      g_assert_true (enj_test_take_events (reader, out));
      if (!strstr (out->str, "</message>"))
        g_assert_true (enj_reader_is_pending (reader));
      enj_reader_flush (reader);
      g_assert_true (enj_test_take_events (reader, out));
      g_assert_nonnull (strstr (out->str, "</message>"));
      g_assert_false (enj_reader_is_pending (reader));
      g_string_free (out, TRUE);
    }
}

/* While expat's buffer grows and moves, the token that is open is still known to be. */
static void
test_pending (void)
{
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &enj_test_large);
  GString *out = g_string_new (NULL);

  enj_reader_feed (reader, (const guint8 *) ENJ_TEST_STREAM, strlen (ENJ_TEST_STREAM));
  g_assert_true (enj_test_take_events (reader, out));
  g_assert_false (enj_reader_is_pending (reader));
  enj_reader_feed (reader, (const guint8 *) "<a b='", 6);
  for (guint i = 0; i < 20000; i++)
    {
      g_assert_true (enj_test_take_events (reader, out));
      g_assert_true (enj_reader_is_pending (reader));
      enj_reader_feed (reader, (const guint8 *) "x", 1);
    }
  g_string_free (out, TRUE);
}

static void
test_silent_after_fault (void)
{
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &enj_test_large);
  GString *out = g_string_new (NULL);
  gsize len;

  enj_reader_feed (reader, (const guint8 *) "<a><iq/></b>", 12);
  g_assert_false (enj_test_take_events (reader, out));
  enj_reader_flush (reader);
  enj_reader_feed (reader, (const guint8 *) "<iq/>", 5);
  g_assert_false (enj_test_take_events (reader, out));
  g_assert_null (enj_reader_get_rest (reader, &len));
  g_assert_cmpuint (len, ==, 0);
  g_assert_cmpstr (out->str, ==,
                   "header a\nelement <iq xmlns=\"\"/>\n! not-well-formed\n"
                   "! not-well-formed\n");
  g_string_free (out, TRUE);
}

/* ---- A parser that comes and goes --------------------------------------------- */

static const EnjXmlHandlers mute;

static void
parse (EnjXml *xml, const char *text)
{
  enj_xml_feed (xml, (const guint8 *) text, strlen (text));
  while (enj_xml_advance (xml))
    ;
}

/* What is wrong, and in which byte, is the same whether the parser was away or not. */
static void
test_comes_back (void)
{
  EnjXml xml;
  EnjXml other;

  enj_xml_init (&xml, '\001', &mute);
  enj_xml_init (&other, '\001', &mute);
  parse (&xml, "<a:b xmlns:a='urn:a' x='much that does not matter'><a:c/> ");
  parse (&other, "<a:b xmlns:a='urn:a' x='much that does not matter'><a:c/> ");
  g_assert_false (enj_xml_rest (&xml));
  enj_xml_keep_tag (&xml, g_strdup ("<a:b xmlns:a='urn:a'>"));
  g_assert_true (enj_xml_rest (&xml));
  g_assert_true (enj_xml_rest (&xml));
  g_assert_null (xml.parser);
  g_assert_false (enj_xml_is_pending (&xml));

  parse (&xml, "<a:d");
  parse (&other, "<a:d");
  g_assert_nonnull (xml.parser);
  g_assert_cmpuint (xml.token, ==, other.token);
  g_assert_cmpuint (xml.fed, ==, other.fed);
  g_assert_false (enj_xml_rest (&xml));
  parse (&xml, "/></a:wrong>");
  parse (&other, "/></a:wrong>");
  g_assert_error (xml.fault, ENJ_STREAM_ERROR, ENJ_STREAM_NOT_WELL_FORMED);
  g_assert_cmpstr (xml.fault->message, ==, other.fault->message);
  g_assert_false (enj_xml_rest (&xml));
  enj_xml_clear (&xml);
  enj_xml_clear (&other);
}

/* A header that declares too much is not kept, and its parser stays. */
static void
test_stays (void)
{
  g_autofree char *ns = g_strnfill (3000, 'n');
  g_autofree char *xml = g_strconcat ("<a:b xmlns='jabber:server' xmlns:a='urn:a' xmlns:n='", ns,
                                      "'><iq/><n:x/><iq/>", NULL);
  g_autofree char *expected
      = g_strconcat ("header b\nstanza <iq/>\nelement <x xmlns=\"", ns,
                     "\"/>\nstanza <iq/>\n", NULL);
  g_autofree char *read = enj_test_read_resting_new (xml, strlen (xml), 0, &enj_test_large);

  g_assert_cmpstr (read, ==, expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/xml/refuses-what-rfc-6120-forbids", test_refusals);
  g_test_add_func ("/xml/refuses-doctype-before-the-header", test_doctype);
  g_test_add_func ("/xml/takes-utf-8-only", test_encodings);
  g_test_add_func ("/xml/gives-back-what-follows-an-element", test_rest);
  g_test_add_func ("/xml/gives-back-what-was-deferred", test_rest_deferred);
  g_test_add_func ("/xml/delivers-after-a-flush-without-more-bytes", test_flush);
  g_test_add_func ("/xml/knows-that-a-token-is-open", test_pending);
  g_test_add_func ("/xml/is-silent-after-a-fault", test_silent_after_fault);
  g_test_add_func ("/xml/comes-back-as-it-was", test_comes_back);
  g_test_add_func ("/xml/stays-where-the-header-is-long", test_stays);
  return g_test_run ();
}

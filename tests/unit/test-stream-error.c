#include "config.h"

#include "protocol/stream-error.h"

#include <string.h>

#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/reading.h"

#define IN "xmlns='" ENJ_NS_STREAM_ERRORS "'"

static GError *
parse_new (const char *inside)
{
  g_autofree char *xml = g_strdup_printf ("<stream:error>%s</stream:error>", inside);
  g_autoptr (EnjElement) element = enj_test_read_element_new (xml);

  g_test_message ("%s", xml);
  return enj_stream_error_parse_new (element);
}

static void
test_reads (void)
{
  static const struct
  {
    const char *inside;
    EnjStreamCondition condition;
    const char *message;
  } cases[] = {
    { "<host-unknown " IN "/>", ENJ_STREAM_HOST_UNKNOWN, "host-unknown" },
    { "<conflict " IN "/><text " IN ">Replaced</text>", ENJ_STREAM_CONFLICT, "Replaced" },
    { "<text " IN ">first</text><reset " IN "/>", ENJ_STREAM_RESET, "first" },
    { "<x xmlns='urn:x'/><reset " IN "/><y xmlns='urn:y'/>", ENJ_STREAM_RESET, "reset" },
    { "<policy-violation " IN "/><stanza-too-big xmlns='urn:xmpp:errors'/>",
      ENJ_STREAM_STANZA_TOO_BIG, "policy-violation" },
    { "<policy-violation " IN "/>", ENJ_STREAM_POLICY_VIOLATION, "policy-violation" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = parse_new (cases[i].inside);

      g_assert_error (error, ENJ_STREAM_ERROR, (int) cases[i].condition);
      g_assert_cmpstr (error->message, ==, cases[i].message);
    }
}

static void
test_reads_where_to_go (void)
{
  static const struct
  {
    const char *text;
    const char *host;
    guint16 port;
  } cases[] = {
    { "other.example", "other.example", 0 },
    { "\n other.EXAMPLE:9222 ", "other.example", 9222 },
    { "192.0.2.7", "192.0.2.7", 0 },
    { "192.0.2.7:5270", "192.0.2.7", 5270 },
    { "[2001:db8::7]", "2001:db8::7", 0 },
    { "[2001:db8::7]:5270", "2001:db8::7", 5270 },
    { "", NULL, 0 },
    { ":5269", NULL, 0 },
    { "other.example:", NULL, 0 },
    { "other.example:0", NULL, 0 },
    { "other.example:65536", NULL, 0 },
    { "other.example:5269x", NULL, 0 },
    { "[2001:db8::7", NULL, 0 },
    { "[2001:db8::7]5269", NULL, 0 },
    { "2001:db8::7", NULL, 0 },
    { "a b.example", NULL, 0 },
    { "user@other.example", NULL, 0 },
  };

  enj_test_proves ("S25");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *xml
        = g_strdup_printf ("<stream:error><see-other-host " IN ">%s</see-other-host>"
                           "</stream:error>", cases[i].text);
      g_autoptr (EnjElement) element = enj_test_read_element_new (xml);
      g_autofree char *host = NULL;
      guint16 port = 0;

      g_test_message ("%s", xml);
      g_assert_cmpint (enj_stream_error_find_other_host (element, &host, &port), ==,
                       cases[i].host != NULL);
      g_assert_cmpstr (host, ==, cases[i].host);
      if (host)
        g_assert_cmpuint (port, ==, cases[i].port);
    }
}

static void
test_unknown_is_undefined (void)
{
  static const char *const cases[] = {
    "",
    "<no-such-thing " IN "/>",
    "<host-unknown xmlns='urn:x'/>",
    "<text " IN "/>",
    "<policy-violations " IN "/><stanza-too-big xmlns='urn:xmpp:errors'/>",
  };

  enj_test_proves ("S23");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = parse_new (cases[i]);

      g_assert_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_UNDEFINED_CONDITION);
      g_assert_cmpstr (error->message, ==, "undefined-condition");
    }
}

static void
test_text_is_tamed (void)
{
  g_autofree char *filler = g_strnfill (5000, 'x');
  g_autofree char *inside
      = g_strconcat ("<reset " IN "/><text " IN ">a\nb\xe2\x80\xae", filler, "</text>", NULL);
  g_autoptr (GError) error = parse_new (inside);

  g_assert_true (g_str_has_prefix (error->message, "a\\x0ab\\xe2\\x80\\xaex"));
  g_assert_cmpuint (strlen (error->message), <, 300);
}

static char *
format_new (const GError *error)
{
  EnjBytes out;
  gsize len;
  const guint8 *data;
  char *text;

  enj_bytes_init (&out, 10000);
  g_assert_true (enj_stream_error_format (error, &out));
  data = enj_bytes_peek (&out, &len);
  text = g_strndup ((const char *) data, len);
  enj_bytes_clear (&out);
  return text;
}

static void
test_writes (void)
{
  g_autoptr (GError) error = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_STANZA_TOO_BIG,
                                                  "over <10000> bytes");
  g_autofree char *text = format_new (error);

  g_assert_cmpstr (text, ==,
                   "<stream:error><policy-violation " IN "/><text " IN " xml:lang='en'>"
                   "over &lt;10000&gt; bytes</text><stanza-too-big xmlns='urn:xmpp:errors'/>"
                   "</stream:error>");
}

static void
test_reads_what_it_writes (void)
{
  for (guint i = 0; i < ENJ_STREAM_DISCONNECTED; i++)
    {
      /* That one is only ever told. */
      int expected = i == ENJ_STREAM_HANDLED_COUNT_TOO_HIGH ? ENJ_STREAM_UNDEFINED_CONDITION
                                                            : (int) i;
      g_autoptr (GError) sent = g_error_new (ENJ_STREAM_ERROR, (int) i, "number %u & more", i);
      g_autofree char *text = format_new (sent);
      g_autoptr (EnjElement) element = enj_test_read_element_new (text);
      g_autoptr (GError) read = enj_stream_error_parse_new (element);

      g_assert_error (read, ENJ_STREAM_ERROR, expected);
      g_assert_cmpstr (read->message, ==, sent->message);
      g_assert_cmpint (strstr (text, "stanza-too-big") != NULL, ==,
                       i == ENJ_STREAM_STANZA_TOO_BIG);
    }
}

static void
test_what_peers_said_stays_well_formed (void)
{
  g_autoptr (GError) sent
      = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_BAD_FORMAT, "it said \x01\xff]]>");
  g_autofree char *text = format_new (sent);
  g_autoptr (EnjElement) element = enj_test_read_element_new (text);
  g_autoptr (GError) read = enj_stream_error_parse_new (element);

  g_assert_error (read, ENJ_STREAM_ERROR, ENJ_STREAM_BAD_FORMAT);
}

static void
test_nothing_after_a_disconnect (void)
{
  g_autoptr (GError) error
      = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED, "gone");
  g_autofree char *text = format_new (error);

  g_assert_null (text);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stream-error/reads-where-to-go-instead", test_reads_where_to_go);
  g_test_add_func ("/stream-error/reads-condition-and-text", test_reads);
  g_test_add_func ("/stream-error/an-unknown-one-is-undefined", test_unknown_is_undefined);
  g_test_add_func ("/stream-error/text-is-escaped-and-cut", test_text_is_tamed);
  g_test_add_func ("/stream-error/writes-condition-text-and-size", test_writes);
  g_test_add_func ("/stream-error/reads-what-it-writes", test_reads_what_it_writes);
  g_test_add_func ("/stream-error/stays-well-formed", test_what_peers_said_stays_well_formed);
  g_test_add_func ("/stream-error/nothing-to-say-to-who-is-gone", test_nothing_after_a_disconnect);
  return g_test_run ();
}

#include "config.h"

#include "protocol/header.h"

#include <string.h>

#include "protocol/condition.h"
#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/reading.h"

#define TAG "<stream:stream xmlns:stream='" ENJ_NS_STREAM "' xmlns='" ENJ_NS_SERVER "'"

static void
assert_refused (const char *xml, const char *content_ns, EnjStreamCondition condition)
{
  g_autoptr (EnjElement) element = enj_test_read_header_new (xml);
  g_autoptr (GError) error = NULL;
  EnjHeader header;

  g_test_message ("%s", xml);
  g_assert_false (enj_header_parse (element, content_ns, &header, &error));
  g_assert_error (error, ENJ_STREAM_ERROR, (int) condition);
}

/* What comes borrows from @element. */
static EnjHeader
parse (const EnjElement *element, const char *content_ns)
{
  g_autoptr (GError) error = NULL;
  EnjHeader header;

  g_assert_true (enj_header_parse (element, content_ns, &header, &error));
  g_assert_no_error (error);
  return header;
}

static void
test_reads_everything (void)
{
  g_autoptr (EnjElement) element = enj_test_read_header_new (
      "<?xml version='1.0'?>" TAG " xmlns:db='" ENJ_NS_DIALBACK "' from='a.example'"
      " to='b.example' id='x&amp;y' version='1.0' xml:lang='de'>");
  EnjHeader header = parse (element, ENJ_NS_SERVER);

  g_assert_cmpstr (header.content_ns, ==, ENJ_NS_SERVER);
  g_assert_cmpstr (header.from, ==, "a.example");
  g_assert_cmpstr (header.to, ==, "b.example");
  g_assert_cmpstr (header.id, ==, "x&y");
  g_assert_cmpstr (header.lang, ==, "de");
  g_assert_true (header.has_version);
  g_assert_cmpuint (header.major, ==, 1);
  g_assert_cmpuint (header.minor, ==, 0);
  g_assert_true (header.has_dialback);
}

static void
test_nothing_is_demanded (void)
{
  g_autoptr (EnjElement) element = enj_test_read_header_new (TAG ">");
  EnjHeader header = parse (element, ENJ_NS_SERVER);

  g_assert_null (header.from);
  g_assert_null (header.to);
  g_assert_null (header.id);
  g_assert_null (header.lang);
  g_assert_false (header.has_dialback);
}

static void
test_no_version_is_before_one (void)
{
  g_autoptr (EnjElement) element = enj_test_read_header_new (TAG ">");
  EnjHeader header = parse (element, ENJ_NS_SERVER);

  g_assert_false (header.has_version);
  g_assert_cmpuint (header.major, ==, 0);
  g_assert_cmpuint (header.minor, ==, 9);
}

static void
test_versions_are_two_numbers (void)
{
  static const struct
  {
    const char *version;
    guint major;
    guint minor;
  } good[] = {
    { "1.0", 1, 0 },  { "0.9", 0, 9 },   { "2.13", 2, 13 },
    { "6.01", 6, 1 }, { "01.00", 1, 0 }, { "999999999.000000000000", 999999999, 0 },
  };
  static const char *const bad[] = { "",     "1",    "1.",   ".0",   "a.b",          "1.0.0",
                                     "1.0 ", " 1.0", "-1.0", "+1.0", "4294967297.0", "1,0" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *xml = g_strdup_printf (TAG " version='%s'>", good[i].version);
      g_autoptr (EnjElement) element = enj_test_read_header_new (xml);
      EnjHeader header = parse (element, ENJ_NS_SERVER);

      g_assert_true (header.has_version);
      g_assert_cmpuint (header.major, ==, good[i].major);
      g_assert_cmpuint (header.minor, ==, good[i].minor);
    }

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *xml = g_strdup_printf (TAG " version='%s'>", bad[i]);

      assert_refused (xml, ENJ_NS_SERVER, ENJ_STREAM_UNSUPPORTED_VERSION);
    }
}

static void
test_wrong_namespaces (void)
{
  enj_test_proves ("S09");

  assert_refused ("<stream:stream xmlns:stream='http://etherx.jabber.org/stream' xmlns='"
                  ENJ_NS_SERVER "'>", ENJ_NS_SERVER, ENJ_STREAM_INVALID_NAMESPACE);
  assert_refused ("<stream>", ENJ_NS_SERVER, ENJ_STREAM_INVALID_NAMESPACE);
  assert_refused ("<stream xmlns='" ENJ_NS_SERVER "'>", ENJ_NS_SERVER,
                  ENJ_STREAM_INVALID_NAMESPACE);
  assert_refused ("<stream:stream xmlns:stream='" ENJ_NS_STREAM "' xmlns='" ENJ_NS_CLIENT "'>",
                  ENJ_NS_SERVER, ENJ_STREAM_INVALID_NAMESPACE);
  assert_refused (TAG ">", ENJ_NS_COMPONENT, ENJ_STREAM_INVALID_NAMESPACE);
}

static void
test_no_content_namespace (void)
{
  static const char *const cases[] = {
    "<stream:stream xmlns:stream='" ENJ_NS_STREAM "'>",
    "<stream:stream xmlns:stream='" ENJ_NS_STREAM "' xmlns=''>",
    "<stream xmlns='" ENJ_NS_STREAM "'>",
  };

  enj_test_proves ("S09");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjElement) element = enj_test_read_header_new (cases[i]);
      EnjHeader header = parse (element, ENJ_NS_SERVER);

      g_assert_null (header.content_ns);
    }
}

static void
test_wrong_name (void)
{
  assert_refused ("<stream:streams xmlns:stream='" ENJ_NS_STREAM "'>", ENJ_NS_SERVER,
                  ENJ_STREAM_BAD_FORMAT);
}

static void
test_other_prefix (void)
{
  g_autoptr (EnjElement) element = enj_test_read_header_new (
      "<s:stream xmlns:s='" ENJ_NS_STREAM "' xmlns='" ENJ_NS_SERVER "'>");
  EnjHeader header = parse (element, ENJ_NS_SERVER);

  enj_test_proves ("S10");

  g_assert_cmpstr (header.content_ns, ==, ENJ_NS_SERVER);
}

static void
test_dialback_by_any_prefix (void)
{
  static const struct
  {
    const char *xml;
    gboolean has_dialback;
  } cases[] = {
    { TAG " xmlns:db='" ENJ_NS_DIALBACK "'>", TRUE },
    { TAG " xmlns:d='" ENJ_NS_DIALBACK "'>", TRUE },
    { TAG " xmlns:db='jabber:server:dialbacks'>", FALSE },
    { TAG " db='" ENJ_NS_DIALBACK "'>", FALSE },
    { TAG " xmlns:x='urn:x' x:db='" ENJ_NS_DIALBACK "'>", FALSE },
    { TAG ">", FALSE },
  };

  enj_test_proves ("D51");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjElement) element = enj_test_read_header_new (cases[i].xml);
      EnjHeader header = parse (element, ENJ_NS_SERVER);

      g_assert_cmpint (header.has_dialback, ==, cases[i].has_dialback);
    }
}

static void
test_component_server (void)
{
  g_autoptr (EnjElement) element = enj_test_read_header_new (
      "<?xml version='1.0'?><stream:stream id='3BF96D32' from='c.example' xmlns:stream='"
      ENJ_NS_STREAM "' xmlns='" ENJ_NS_COMPONENT "' xml:lang='en'>");
  EnjHeader header = parse (element, ENJ_NS_COMPONENT);

  g_assert_cmpstr (header.content_ns, ==, ENJ_NS_COMPONENT);
  g_assert_cmpstr (header.id, ==, "3BF96D32");
  g_assert_false (header.has_version);
}

static void
test_refused_still_tells_who (void)
{
  g_autoptr (EnjElement) element = enj_test_read_header_new (
      "<stream:stream xmlns:stream='" ENJ_NS_STREAM "' xmlns='" ENJ_NS_CLIENT
      "' from='a.example' to='b.example' version='1.0'>");
  EnjHeader header;

  g_assert_false (enj_header_parse (element, ENJ_NS_SERVER, &header, NULL));
  g_assert_cmpstr (header.from, ==, "a.example");
  g_assert_cmpstr (header.to, ==, "b.example");
  g_assert_true (header.has_version);
}

static char *
format_new (const EnjHeader *header)
{
  EnjBytes out;
  gsize len;
  const guint8 *data;
  char *text;

  enj_bytes_init (&out, 10000);
  g_assert_true (enj_header_format (header, &out));
  data = enj_bytes_peek (&out, &len);
  text = g_strndup ((const char *) data, len);
  enj_bytes_clear (&out);
  return text;
}

static void
test_written_header_is_read_back (void)
{
  const EnjHeader sent = {
    .content_ns = ENJ_NS_SERVER, .from = "a.example", .to = "b.example", .id = "<\"&'>",
    .lang = "en", .has_version = TRUE, .major = 1, .minor = 0, .has_dialback = TRUE,
  };
  g_autofree char *text = format_new (&sent);
  g_autoptr (EnjElement) element = enj_test_read_header_new (text);
  EnjHeader header = parse (element, ENJ_NS_SERVER);

  enj_test_proves ("S01 D04");

  g_assert_true (g_str_has_prefix (text, "<?xml version='1.0'?><stream:stream "));
  g_assert_nonnull (strstr (text, " xmlns:db=\"" ENJ_NS_DIALBACK "\""));
  g_assert_cmpstr (header.from, ==, sent.from);
  g_assert_cmpstr (header.to, ==, sent.to);
  g_assert_cmpstr (header.id, ==, sent.id);
  g_assert_cmpstr (header.lang, ==, sent.lang);
  g_assert_true (header.has_version && header.major == 1 && header.minor == 0);
  g_assert_true (header.has_dialback);
}

static void
test_component_header (void)
{
  const EnjHeader sent = { .content_ns = ENJ_NS_COMPONENT, .to = "c.example" };
  g_autofree char *text = format_new (&sent);

  enj_test_proves ("C01");

  g_assert_cmpstr (text, ==,
                   "<?xml version='1.0'?><stream:stream xmlns=\"" ENJ_NS_COMPONENT
                   "\" xmlns:stream=\"" ENJ_NS_STREAM "\" to=\"c.example\">");
}

static void
test_no_room (void)
{
  const EnjHeader sent = { .content_ns = ENJ_NS_SERVER, .to = "c.example" };
  EnjBytes out;

  enj_bytes_init (&out, 60);
  g_assert_false (enj_header_format (&sent, &out));
  g_assert_cmpuint (enj_bytes_length (&out), ==, 0);
  enj_bytes_clear (&out);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/header/reads-everything-it-says", test_reads_everything);
  g_test_add_func ("/header/demands-no-attribute", test_nothing_is_demanded);
  g_test_add_func ("/header/no-version-is-0.9", test_no_version_is_before_one);
  g_test_add_func ("/header/a-version-is-two-numbers", test_versions_are_two_numbers);
  g_test_add_func ("/header/refuses-wrong-namespaces", test_wrong_namespaces);
  g_test_add_func ("/header/a-content-namespace-need-not-be-declared", test_no_content_namespace);
  g_test_add_func ("/header/refuses-a-wrong-name", test_wrong_name);
  g_test_add_func ("/header/takes-any-prefix", test_other_prefix);
  g_test_add_func ("/header/any-prefix-announces-dialback", test_dialback_by_any_prefix);
  g_test_add_func ("/header/reads-what-component-servers-send", test_component_server);
  g_test_add_func ("/header/a-refused-one-still-tells-who-it-is", test_refused_still_tells_who);
  g_test_add_func ("/header/what-it-writes-it-reads", test_written_header_is_read_back);
  g_test_add_func ("/header/opens-a-component-stream", test_component_header);
  g_test_add_func ("/header/writes-all-or-nothing", test_no_room);
  return g_test_run ();
}

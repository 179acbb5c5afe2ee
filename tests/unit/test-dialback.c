#include "config.h"

#include "protocol/dialback.h"

#include <string.h>

#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/reading.h"

#define IN_STANZAS "xmlns='" ENJ_NS_STANZA_ERRORS "'"

static EnjDialback
parse (const char *xml)
{
  g_autoptr (EnjElement) element = enj_test_read_element_new (xml);
  EnjDialback dialback;

  g_test_message ("%s", xml);
  g_assert_true (enj_dialback_parse (element, &dialback));
  return dialback;
}

static void
test_reads_requests (void)
{
  EnjDialback result = parse ("<db:result from='A.Example' to='b.example'>abc</db:result>");
  EnjDialback verify
      = parse ("<verify xmlns='" ENJ_NS_DIALBACK "' from='a.example' to='b.example' id='x&lt;1'>"
               "abc</verify>");

  g_assert_cmpint (result.kind, ==, ENJ_DIALBACK_RESULT);
  g_assert_cmpint (result.type, ==, ENJ_DIALBACK_REQUEST);
  g_assert_cmpstr (result.from, ==, "a.example");
  g_assert_cmpstr (result.to, ==, "b.example");
  g_assert_cmpstr (result.key, ==, "abc");
  g_assert_null (result.id);
  g_assert_cmpint (verify.kind, ==, ENJ_DIALBACK_VERIFY);
  g_assert_cmpint (verify.type, ==, ENJ_DIALBACK_REQUEST);
  g_assert_cmpstr (verify.id, ==, "x<1");

  enj_dialback_clear (&result);
  enj_dialback_clear (&verify);
  g_assert_null (result.from);
  g_assert_null (result.key);
}

static void
test_reads_types (void)
{
  static const struct
  {
    const char *type;
    EnjDialbackType expected;
  } cases[] = {
    { "valid", ENJ_DIALBACK_VALID },     { "invalid", ENJ_DIALBACK_INVALID },
    { "error", ENJ_DIALBACK_ERROR },     { "", ENJ_DIALBACK_UNKNOWN },
    { "Valid", ENJ_DIALBACK_UNKNOWN },   { "valid ", ENJ_DIALBACK_UNKNOWN },
    { "request", ENJ_DIALBACK_UNKNOWN },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *xml
          = g_strdup_printf ("<db:result from='a.example' to='b.example' type='%s'>k</db:result>",
                             cases[i].type);
      EnjDialback dialback = parse (xml);

      g_assert_cmpint (dialback.type, ==, cases[i].expected);
      g_assert_null (dialback.key);
      enj_dialback_clear (&dialback);
    }
}

static void
test_trims_keys (void)
{
  EnjDialback dialback;

  enj_test_proves ("D60");

  dialback = parse ("<db:result from='a.example' to='b.example'>\n   a b&#x9;\r\n  </db:result>");
  g_assert_cmpstr (dialback.key, ==, "a b");
  enj_dialback_clear (&dialback);

  dialback = parse ("<db:result from='a.example' to='b.example'/>");
  g_assert_cmpstr (dialback.key, ==, "");
  enj_dialback_clear (&dialback);
}

static void
test_no_domain_is_no_address (void)
{
  static const char *const cases[] = {
    "<db:result>k</db:result>",
    "<db:result from='' to=''>k</db:result>",
    "<db:result from='u@a.example' to='a.example/r'>k</db:result>",
    "<db:result from='a..example' to='a b'>k</db:result>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjDialback dialback = parse (cases[i]);

      g_assert_null (dialback.from);
      g_assert_null (dialback.to);
      g_assert_cmpstr (dialback.key, ==, "k");
      enj_dialback_clear (&dialback);
    }
}

static void
test_reads_errors (void)
{
  static const struct
  {
    const char *inside;
    EnjStanzaCondition condition;
    const char *type;
  } cases[] = {
    { "<error type='cancel'><item-not-found " IN_STANZAS "/></error>",
      ENJ_STANZA_ITEM_NOT_FOUND, "cancel" },
    { "<error><text " IN_STANZAS ">t</text><forbidden " IN_STANZAS "/></error>",
      ENJ_STANZA_FORBIDDEN, NULL },
    { "<db:error type='wait'><remote-server-timeout " IN_STANZAS "/></db:error>",
      ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait" },
    { "<error type='never'><item-not-found xmlns='urn:x'/></error>",
      ENJ_STANZA_UNDEFINED_CONDITION, NULL },
    { "<error type='auth'/>", ENJ_STANZA_UNDEFINED_CONDITION, "auth" },
    { "", ENJ_STANZA_UNDEFINED_CONDITION, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *xml = g_strdup_printf (
          "<db:result from='a.example' to='b.example' type='error'>%s</db:result>",
          cases[i].inside);
      EnjDialback dialback = parse (xml);

      g_assert_cmpint (dialback.type, ==, ENJ_DIALBACK_ERROR);
      g_assert_cmpint (dialback.condition, ==, cases[i].condition);
      g_assert_cmpstr (dialback.error_type, ==, cases[i].type);
      enj_dialback_clear (&dialback);
    }
}

static void
test_other_elements (void)
{
  static const char *const cases[] = {
    "<result/>",
    "<db:results/>",
    "<verify xmlns='urn:x'/>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjElement) element = enj_test_read_element_new (cases[i]);
      EnjDialback dialback;

      g_assert_false (enj_dialback_parse (element, &dialback));
      enj_dialback_clear (&dialback);
    }
}

static char *
format_new (const EnjDialback *dialback)
{
  EnjBytes out;
  gsize len;
  const guint8 *data;
  char *text;

  enj_bytes_init (&out, 10000);
  g_assert_true (enj_dialback_format (dialback, &out));
  data = enj_bytes_peek (&out, &len);
  text = g_strndup ((const char *) data, len);
  enj_bytes_clear (&out);
  return text;
}

static char a[] = "a.example";
static char b[] = "b.example";
static char id[] = "x\"<1";
static char key[] = "k&";

static void
test_writes (void)
{
  static const struct
  {
    EnjDialback dialback;
    const char *xml;
  } cases[] = {
    { { .kind = ENJ_DIALBACK_RESULT, .from = a, .to = b, .key = key },
      "<db:result from=\"a.example\" to=\"b.example\">k&amp;</db:result>" },
    { { .kind = ENJ_DIALBACK_VERIFY, .from = a, .to = b, .id = id, .key = key },
      "<db:verify from=\"a.example\" to=\"b.example\" id=\"x&quot;&lt;1\">k&amp;</db:verify>" },
    { { .kind = ENJ_DIALBACK_RESULT, .type = ENJ_DIALBACK_VALID, .from = a, .to = b, .key = key },
      "<db:result from=\"a.example\" to=\"b.example\" type=\"valid\"/>" },
    { { .kind = ENJ_DIALBACK_VERIFY, .type = ENJ_DIALBACK_INVALID, .from = a, .to = b, .id = id },
      "<db:verify from=\"a.example\" to=\"b.example\" id=\"x&quot;&lt;1\" type=\"invalid\"/>" },
  };

  enj_test_proves ("D02 D03");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = format_new (&cases[i].dialback);

      g_assert_cmpstr (text, ==, cases[i].xml);
    }
}

/* Read back by way of a stream that declares jabber:server, as ours do. */
static void
test_errors_are_in_the_server_namespace (void)
{
  static char wait[] = "wait";
  const EnjDialback plain = { .kind = ENJ_DIALBACK_RESULT, .type = ENJ_DIALBACK_ERROR, .from = a,
                              .to = b, .condition = ENJ_STANZA_ITEM_NOT_FOUND };
  const EnjDialback typed = { .kind = ENJ_DIALBACK_VERIFY, .type = ENJ_DIALBACK_ERROR, .from = a,
                              .to = b, .condition = ENJ_STANZA_POLICY_VIOLATION,
                              .error_type = wait };
  g_autofree char *plain_text = format_new (&plain);
  g_autofree char *typed_text = format_new (&typed);
  g_autoptr (EnjElement) element = enj_test_read_element_new (plain_text);
  const EnjElement *error = enj_element_find (element, ENJ_NS_SERVER, "error");
  EnjDialback read = parse (typed_text);

  enj_test_proves ("D52");

  g_assert_nonnull (error);
  g_assert_cmpuint (enj_element_get_n_children (error), ==, 1);
  g_assert_nonnull (enj_element_find (error, ENJ_NS_STANZA_ERRORS, "item-not-found"));
  g_assert_cmpstr (enj_element_get_attribute (error, NULL, "type"), ==, "cancel");
  g_assert_cmpint (read.condition, ==, ENJ_STANZA_POLICY_VIOLATION);
  g_assert_cmpstr (read.error_type, ==, "wait");
  enj_dialback_clear (&read);
}

static void
test_no_room (void)
{
  const EnjDialback dialback = { .kind = ENJ_DIALBACK_RESULT, .from = a, .to = b, .key = key };
  g_autofree char *text = format_new (&dialback);
  EnjBytes out;

  for (gsize limit = 0; limit < strlen (text); limit++)
    {
      enj_bytes_init (&out, limit);
      g_assert_false (enj_dialback_format (&dialback, &out));
      g_assert_cmpuint (enj_bytes_length (&out), ==, 0);
      enj_bytes_clear (&out);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dialback/reads-requests-of-both-kinds", test_reads_requests);
  g_test_add_func ("/dialback/reads-types-letter-by-letter", test_reads_types);
  g_test_add_func ("/dialback/trims-keys", test_trims_keys);
  g_test_add_func ("/dialback/what-is-no-domain-counts-as-missing", test_no_domain_is_no_address);
  g_test_add_func ("/dialback/reads-errors", test_reads_errors);
  g_test_add_func ("/dialback/leaves-other-elements-alone", test_other_elements);
  g_test_add_func ("/dialback/writes-with-the-prefix-db", test_writes);
  g_test_add_func ("/dialback/errors-are-in-jabber-server",
                   test_errors_are_in_the_server_namespace);
  g_test_add_func ("/dialback/writes-all-or-nothing", test_no_room);
  return g_test_run ();
}

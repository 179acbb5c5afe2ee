#include "config.h"

#include "protocol/sasl.h"

#include <string.h>

#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/reading.h"

#define IN_SASL "xmlns='" ENJ_NS_SASL "'"

static gboolean
parse (const char *xml, EnjSasl *sasl)
{
  g_autoptr (EnjElement) element = enj_test_read_element_new (xml);

  g_test_message ("%s", xml);
  return enj_sasl_parse (element, sasl);
}

static void
test_kinds (void)
{
  static const struct
  {
    const char *xml;
    EnjSaslKind kind;
  } cases[] = {
    { "<auth " IN_SASL " mechanism='EXTERNAL'>=</auth>", ENJ_SASL_AUTH },
    { "<challenge " IN_SASL "/>", ENJ_SASL_CHALLENGE },
    { "<response " IN_SASL ">=</response>", ENJ_SASL_RESPONSE },
    { "<abort " IN_SASL "/>", ENJ_SASL_ABORT },
    { "<success " IN_SASL "/>", ENJ_SASL_SUCCESS },
    { "<failure " IN_SASL "><aborted/></failure>", ENJ_SASL_FAILURE },
  };
  static const char *const others[] = {
    "<auth xmlns='urn:example'/>",
    "<mechanisms " IN_SASL "/>",
    "<success xmlns='" ENJ_NS_TLS "'/>",
  };
  EnjSasl sasl;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_true (parse (cases[i].xml, &sasl));
      g_assert_cmpint (sasl.kind, ==, cases[i].kind);
      enj_sasl_clear (&sasl);
    }
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (parse (others[i], &sasl));
}

static void
test_texts (void)
{
  static const struct
  {
    const char *base64;
    const char *text; /* NULL with is_misencoded */
  } cases[] = {
    { "=", "" },
    { "YS5leGFtcGxl", "a.example" },
    { "YnVlY2hlcg==", "buecher" },
    { "YsO8Y2hlcg==", "bücher" },
    /* RFC 6120 13.9.1. */
    { "YS5leGFt\ncGxl", NULL },
    { " YS5leGFtcGxl", NULL },
    { "YS5leGFtcGxl ", NULL },
    { "YS5l-GFtcGxl", NULL },
    { "YS5leGFtcGx", NULL },
    { "YS5leGFtcGxl=", NULL },
    { "=YS5leGFtcGxl", NULL },
    { "YnVlY2hlcg=", NULL },
    { "YnVlY2hlcg", NULL },
    { "YnVlY2hl=cg=", NULL },
    { "YnVlY2hlch==", NULL }, /* Bits behind the last byte. */
    { "==", NULL },
    { "====", NULL },
    { "A===", NULL },
    { "?", NULL },
    { "YS5leGFtcGxlAA==", NULL }, /* a NUL */
    { "//79", NULL },             /* no UTF-8 */
  };

  enj_test_proves ("E09");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *xml = g_strdup_printf (
        "<auth " IN_SASL " mechanism='EXTERNAL'>%s</auth>", cases[i].base64);
      EnjSasl sasl;

      g_assert_true (parse (xml, &sasl));
      g_assert_cmpstr (sasl.mechanism, ==, "EXTERNAL");
      g_assert_cmpstr (sasl.text, ==, cases[i].text);
      g_assert_cmpint (sasl.is_misencoded, ==, cases[i].text == NULL);
      enj_sasl_clear (&sasl);
      g_assert_null (sasl.text);
    }
}

static void
test_without_text (void)
{
  EnjSasl sasl;

  g_assert_true (parse ("<auth " IN_SASL "/>", &sasl));
  g_assert_null (sasl.mechanism);
  g_assert_null (sasl.text);
  g_assert_false (sasl.is_misencoded);
  enj_sasl_clear (&sasl);
}

static void
test_conditions (void)
{
  static const struct
  {
    const char *content;
    EnjSaslCondition condition;
  } cases[] = {
    { "<invalid-authzid/>", ENJ_SASL_INVALID_AUTHZID },
    { "<text>no</text><temporary-auth-failure/>", ENJ_SASL_TEMPORARY_AUTH_FAILURE },
    /* RFC 6120 6.5. */
    { "<account-disabled/>", ENJ_SASL_NOT_AUTHORIZED },
    { "<made-up/><text>no</text>", ENJ_SASL_NOT_AUTHORIZED },
    { "<aborted xmlns='urn:example'/>", ENJ_SASL_NOT_AUTHORIZED },
    { "", ENJ_SASL_NOT_AUTHORIZED },
  };

  enj_test_proves ("E25");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *xml
        = g_strdup_printf ("<failure " IN_SASL ">%s</failure>", cases[i].content);
      EnjSasl sasl;

      g_assert_true (parse (xml, &sasl));
      g_assert_cmpint (sasl.condition, ==, cases[i].condition);
      enj_sasl_clear (&sasl);
    }
}

static void
test_writes (void)
{
  static const struct
  {
    EnjSasl sasl;
    const char *xml;
  } cases[] = {
    { { .kind = ENJ_SASL_AUTH, .mechanism = (char *) "EXTERNAL", .text = (char *) "a.example" },
      "<auth " IN_SASL " mechanism='EXTERNAL'>YS5leGFtcGxl</auth>" },
    { { .kind = ENJ_SASL_AUTH, .mechanism = (char *) "EXTERNAL", .text = (char *) "" },
      "<auth " IN_SASL " mechanism='EXTERNAL'>=</auth>" },
    { { .kind = ENJ_SASL_AUTH, .mechanism = (char *) "EXTERNAL" },
      "<auth " IN_SASL " mechanism='EXTERNAL'/>" },
    { { .kind = ENJ_SASL_CHALLENGE }, "<challenge " IN_SASL "/>" },
    { { .kind = ENJ_SASL_RESPONSE, .text = (char *) "" }, "<response " IN_SASL ">=</response>" },
    { { .kind = ENJ_SASL_ABORT }, "<abort " IN_SASL "/>" },
    { { .kind = ENJ_SASL_SUCCESS }, "<success " IN_SASL "/>" },
    { { .kind = ENJ_SASL_FAILURE, .condition = ENJ_SASL_INVALID_MECHANISM },
      "<failure " IN_SASL "><invalid-mechanism/></failure>" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjBytes out;
      const guint8 *data;
      gsize len;

      enj_bytes_init (&out, 1000);
      g_assert_true (enj_sasl_format (&cases[i].sasl, &out));
      data = enj_bytes_peek (&out, &len);
      g_assert_cmpmem (data, len, cases[i].xml, strlen (cases[i].xml));
      enj_bytes_clear (&out);

      enj_bytes_init (&out, strlen (cases[i].xml) - 1);
      g_assert_false (enj_sasl_format (&cases[i].sasl, &out));
      g_assert_cmpuint (enj_bytes_length (&out), ==, 0);
      enj_bytes_clear (&out);
    }
  g_assert_cmpstr (enj_sasl_condition_format (ENJ_SASL_ABORTED), ==, "aborted");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sasl/tells-its-elements-apart", test_kinds);
  g_test_add_func ("/sasl/takes-clean-base64-only", test_texts);
  g_test_add_func ("/sasl/can-be-without-a-text", test_without_text);
  g_test_add_func ("/sasl/reads-conditions", test_conditions);
  g_test_add_func ("/sasl/writes", test_writes);
  return g_test_run ();
}

#include "config.h"

#include "component/json.h"

#include <math.h>

static const struct
{
  const char *variant; /* as g_variant_parse() reads it */
  const char *json;
} cases[] = {
  { "true", "true" },
  { "byte 255", "255" },
  { "int16 -3", "-3" },
  { "uint16 3", "3" },
  { "-7", "-7" },
  { "uint32 4294967295", "4294967295" },
  { "int64 -9223372036854775808", "-9223372036854775808" },
  { "uint64 18446744073709551615", "18446744073709551615" },
  { "0.5", "0.5" },
  { "-2.5e10", "-25000000000" },
  { "'plain'", "\"plain\"" },
  { "'\"quoted\" \\\\ back'", "\"\\\"quoted\\\" \\\\ back\"" },
  { "'line\\nand\\ttab'", "\"line\\u000aand\\u0009tab\"" },
  { "'\\u001b[31m'", "\"\\u001b[31m\"" },
  { "'\\u007f\\u009b'", "\"\\u007f\\u009b\"" },
  { "'caf\xc3\xa9 \xf0\x9f\x98\x80'", "\"caf\xc3\xa9 \xf0\x9f\x98\x80\"" },
  { "@as []", "[]" },
  { "['a', 'b']", "[\"a\",\"b\"]" },
  { "@a{sv} {}", "{}" },
  { "{'a': <1>, 'b-c': <['x']>}", "{\"a\":1,\"b-c\":[\"x\"]}" },
  { "{'k\"': 1}", "{\"k\\\"\":1}" },
  { "{1: 'one'}", "[[1,\"one\"]]" },
  { "(1, 'two', <@mb nothing>)", "[1,\"two\",null]" },
  { "@mi 5", "5" },
  { "[{'a': <uint64 1>}, {'a': <uint64 2>}]", "[{\"a\":1},{\"a\":2}]" },
};

static void
test_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value
        = g_variant_parse (NULL, cases[i].variant, NULL, NULL, &error);
      g_autofree char *json = NULL;

      g_assert_no_error (error);
      json = enj_json_new (value);
      g_assert_cmpstr (json, ==, cases[i].json);
    }
}

static void
test_no_numbers (void)
{
  static const double values[] = { NAN, INFINITY, -INFINITY };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_double (values[i]));
      g_autofree char *json = enj_json_new (value);

      g_assert_cmpstr (json, ==, "null");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/writes-what-a-variant-says", test_cases);
  g_test_add_func ("/json/has-no-number-for-what-is-none", test_no_numbers);
  return g_test_run ();
}

#include "config.h"

#include "protocol/dns-answer.h"

#include <string.h>

static void
test_judges (void)
{
  static const struct
  {
    int rcode;
    gboolean has_data;
    gboolean bogus;
    EnjLookupResult result;
  } cases[] = {
    { 0, TRUE, FALSE, ENJ_LOOKUP_FOUND },    { 0, FALSE, FALSE, ENJ_LOOKUP_NO_DATA },
    { 3, FALSE, FALSE, ENJ_LOOKUP_NO_NAME }, { 2, FALSE, FALSE, ENJ_LOOKUP_FAILED },
    { 5, FALSE, FALSE, ENJ_LOOKUP_FAILED },  { 0, TRUE, TRUE, ENJ_LOOKUP_FORGED },
    { 3, FALSE, TRUE, ENJ_LOOKUP_FORGED },   { 2, TRUE, FALSE, ENJ_LOOKUP_FAILED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (
        enj_dns_answer_judge (cases[i].rcode, cases[i].has_data, cases[i].bogus), ==,
        cases[i].result);
}

static void
test_merges (void)
{
  static const EnjLookupResult cases[][3] = {
    { ENJ_LOOKUP_FOUND, ENJ_LOOKUP_FAILED, ENJ_LOOKUP_FOUND },
    { ENJ_LOOKUP_FOUND, ENJ_LOOKUP_NO_DATA, ENJ_LOOKUP_FOUND },
    { ENJ_LOOKUP_NO_DATA, ENJ_LOOKUP_FAILED, ENJ_LOOKUP_FAILED },
    { ENJ_LOOKUP_NO_NAME, ENJ_LOOKUP_FAILED, ENJ_LOOKUP_FAILED },
    { ENJ_LOOKUP_REFUSED, ENJ_LOOKUP_REFUSED, ENJ_LOOKUP_REFUSED },
    { ENJ_LOOKUP_NO_NAME, ENJ_LOOKUP_NO_DATA, ENJ_LOOKUP_NO_NAME },
    { ENJ_LOOKUP_NO_DATA, ENJ_LOOKUP_NO_DATA, ENJ_LOOKUP_NO_DATA },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpint (enj_dns_answer_merge (cases[i][0], cases[i][1]), ==, cases[i][2]);
      g_assert_cmpint (enj_dns_answer_merge (cases[i][1], cases[i][0]), ==, cases[i][2]);
    }
}

/* In memory of exactly its size, so that one byte too far is seen. */
static char *
parse_new (const char *bytes, gsize len)
{
  g_autofree guint8 *copy = g_memdup2 (bytes, len);
  EnjSrvRecord record;
  char *text;

  if (!enj_dns_answer_parse_srv (copy, len, &record))
    return NULL;
  text = g_strdup_printf ("%u %u %u %s", record.priority, record.weight, record.port,
                          record.target);
  g_free (record.target);
  return text;
}

#define CASE(bytes, text) { bytes, sizeof bytes - 1, text }

static void
test_srv (void)
{
  static const struct
  {
    const char *bytes;
    gsize len;
    const char *text;
  } cases[] = {
    CASE ("\0\5\1\0\x14\x95\4XMPP\7example\0", "5 256 5269 xmpp.example"),
    CASE ("\xff\xff\xff\xfe\xff\xff\0", "65535 65534 65535 "),
    CASE ("\0\0\0\0\0\0\1a\0", "0 0 0 a"),
    CASE ("\0\0\0\0\0\0\5a-b_9\0", "0 0 0 a-b_9"),
    CASE ("", NULL),
    CASE ("\0\0\0\0\0\0", NULL),
    CASE ("\0\0\0\0\0\0\1", NULL),
    CASE ("\0\0\0\0\0\0\1a", NULL),
    CASE ("\0\0\0\0\0\0\2a\0", NULL),
    CASE ("\0\0\0\0\0\0\1a\0x", NULL),
    CASE ("\0\0\0\0\0\0\0\0", NULL),
    CASE ("\0\0\0\0\0\0\1a\xc0\0", NULL),
    CASE ("\0\0\0\0\0\0\3a.b\0", NULL),
    CASE ("\0\0\0\0\0\0\3a\0b\0", NULL),
    CASE ("\0\0\0\0\0\0\3a b\0", NULL),
    CASE ("\0\0\0\0\0\0\2\xc3\xa4\0", NULL),
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = parse_new (cases[i].bytes, cases[i].len);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_long_names (void)
{
  GString *bytes = g_string_new_len ("\0\0\0\0\0\0", 6);
  g_autofree char *text = NULL;

  /* Three labels of 63 and one of 61 are 255 bytes, the most there is. */
  for (guint i = 0; i < 4; i++)
    {
      guint len = i < 3 ? 63 : 61;

      g_string_append_c (bytes, (char) len);
      for (guint j = 0; j < len; j++)
        g_string_append_c (bytes, 'x');
    }
  g_string_append_c (bytes, '\0');
  g_assert_cmpuint (bytes->len, ==, 6 + 255);
  text = parse_new (bytes->str, bytes->len);
  g_assert_nonnull (text);
  g_assert_cmpuint (strlen (text), ==, strlen ("0 0 0 ") + 253);

  bytes->str[6 + 3 * 64] = 62;
  g_string_insert_c (bytes, 6 + 3 * 64 + 1, 'x');
  g_assert_null (parse_new (bytes->str, bytes->len));

  /* One of 63, and one of 64, which would be something else. */
  g_string_truncate (bytes, 6 + 64);
  g_string_append_c (bytes, '\0');
  g_free (text);
  text = parse_new (bytes->str, bytes->len);
  g_assert_nonnull (text);
  bytes->str[6] = 64;
  g_string_insert_c (bytes, 7, 'x');
  g_assert_null (parse_new (bytes->str, bytes->len));
  g_string_free (bytes, TRUE);
}

static void
test_addresses (void)
{
  static const guint8 bytes[17] = { 192, 0, 2, 1, [15] = 7 };
  char text[ENJ_ADDRESS_STRING];
  EnjAddress address;

  g_assert_true (enj_dns_answer_parse_address (bytes, 4, &address));
  g_assert_cmpstr (enj_address_format (&address, text), ==, "192.0.2.1:0");
  g_assert_true (enj_dns_answer_parse_address (bytes, 16, &address));
  g_assert_cmpstr (enj_address_format (&address, text), ==, "[c000:201::7]:0");
  for (gsize len = 0; len <= sizeof bytes; len++)
    g_assert_cmpint (enj_dns_answer_parse_address (bytes, len, &address), ==,
                     len == 4 || len == 16);
}

static void
test_tlsa (void)
{
  static const guint8 bytes[] = { 3, 1, 1, 0xab };

  for (gsize len = 0; len <= sizeof bytes; len++)
    {
      g_autofree guint8 *copy = g_memdup2 (bytes, len);
      EnjTlsaRecord record;

      g_assert_cmpint (enj_dns_answer_parse_tlsa (copy, len, &record), ==, len == 4);
      if (len == 4)
        g_assert_true (record.data == copy && record.len == len);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dns-answer/tells-no-name-from-no-data-from-failure", test_judges);
  g_test_add_func ("/dns-answer/two-answers-are-one", test_merges);
  g_test_add_func ("/dns-answer/reads-srv-records-and-nothing-else", test_srv);
  g_test_add_func ("/dns-answer/names-end-at-255-bytes", test_long_names);
  g_test_add_func ("/dns-answer/addresses-have-their-length", test_addresses);
  g_test_add_func ("/dns-answer/tlsa-records-have-data", test_tlsa);
  return g_test_run ();
}

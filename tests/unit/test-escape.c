#include "config.h"

#include "protocol/escape.h"

#include <string.h>

typedef gboolean (*Escape) (EnjBytes *out, const char *text, gsize len);

static void
assert_escapes (Escape escape, const char *text, gsize len, const char *expected)
{
  EnjBytes out;
  const guint8 *data;
  gsize n;

  enj_bytes_init (&out, 1000);
  g_assert_true (escape (&out, text, len));
  data = enj_bytes_peek (&out, &n);
  g_assert_cmpmem (data, n, expected, strlen (expected));
  enj_bytes_clear (&out);
}

static const struct
{
  const char *raw;
  const char *text;
  const char *attribute;
} cases[] = {
  { "", "", "" },
  { "plain", "plain", "plain" },
  { "&", "&amp;", "&amp;" },
  { "<", "&lt;", "&lt;" },
  { ">", "&gt;", ">" },
  { "]]>", "]]&gt;", "]]>" },
  { "\"", "\"", "&quot;" },
  { "'", "'", "'" },
  { "\t\n", "\t\n", "&#x9;&#xA;" },
  { "\r", "&#xD;", "&#xD;" },
  { "a<b", "a&lt;b", "a&lt;b" },
  { "abcd<", "abcd&lt;", "abcd&lt;" },
  { "<abcd", "&lt;abcd", "&lt;abcd" },
  { "&&&&&", "&amp;&amp;&amp;&amp;&amp;", "&amp;&amp;&amp;&amp;&amp;" },
  { "&amp;", "&amp;amp;", "&amp;amp;" },
  { "d\xc3\xbcr \xf0\x9f\x90\xa6", "d\xc3\xbcr \xf0\x9f\x90\xa6", "d\xc3\xbcr \xf0\x9f\x90\xa6" },
};

static void
test_text (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_escapes (enj_escape_text, cases[i].raw, strlen (cases[i].raw), cases[i].text);
}

static void
test_attribute (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_escapes (enj_escape_attribute, cases[i].raw, strlen (cases[i].raw), cases[i].attribute);
}

/* The text at the very end of its allocation, so that one byte too far is seen. */
static void
test_length (void)
{
  for (gsize len = 0; len <= 9; len++)
    {
      g_autofree char *text = g_malloc (len + 1);
      g_autofree char *expected = g_strnfill (len, 'x');

      memset (text + 1, 'x', len);
      assert_escapes (enj_escape_text, text + 1, len, expected);
    }

  assert_escapes (enj_escape_text, "ab<cd", 2, "ab");
  assert_escapes (enj_escape_attribute, "abcd\"", 4, "abcd");
}

/* Each byte at each place of a group of four. */
static void
test_each_place (void)
{
  for (guint c = 1; c < 256; c++)
    for (guint place = 0; place < 8; place++)
      {
        char text[9] = "xxxxxxxx";
        const char one[2] = { (char) c, '\0' };
        const char *middle = one;
        g_autofree char *expected = NULL;

        text[place] = (char) c;
        if (c == '&')
          middle = "&amp;";
        else if (c == '<')
          middle = "&lt;";
        else if (c == '>')
          middle = "&gt;";
        else if (c == '\r')
          middle = "&#xD;";
        expected = g_strdup_printf ("%.*s%s%.*s", (int) place, "xxxxxxxx", middle,
                                    (int) (7 - place), "xxxxxxxx");
        assert_escapes (enj_escape_text, text, 8, expected);
      }
}

static void
test_limit (void)
{
  EnjBytes out;

  enj_bytes_init (&out, 6);
  g_assert_false (enj_escape_text (&out, "ab&c", 4));
  g_assert_cmpuint (enj_bytes_length (&out), <=, 6);
  enj_bytes_clear (&out);

  g_assert_true (enj_escape_text (&out, "a&", 2));
  g_assert_false (enj_escape_text (&out, "b", 1));
  enj_bytes_clear (&out);
}

static void
test_whole_attribute (void)
{
  static const char expected[] = " to=\"a&amp;b\" id=\"\"";
  EnjBytes out;
  const guint8 *data;
  gsize len;

  enj_bytes_init (&out, 100);
  g_assert_true (enj_escape_write_attribute (&out, "to", "a&b"));
  g_assert_true (enj_escape_write_attribute (&out, "from", NULL));
  g_assert_true (enj_escape_write_attribute (&out, "id", ""));
  data = enj_bytes_peek (&out, &len);
  g_assert_cmpmem (data, len, expected, strlen (expected));
  enj_bytes_clear (&out);

  for (gsize limit = 0; limit < strlen (" to=\"a&amp;b\""); limit++)
    {
      enj_bytes_init (&out, limit);
      g_assert_false (enj_escape_write_attribute (&out, "to", "a&b"));
      enj_bytes_clear (&out);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/escape/text-keeps-quotes-and-apostrophes", test_text);
  g_test_add_func ("/escape/attributes-keep-apostrophes-and-greater-than", test_attribute);
  g_test_add_func ("/escape/reads-no-further-than-the-length", test_length);
  g_test_add_func ("/escape/finds-each-byte-at-each-place", test_each_place);
  g_test_add_func ("/escape/says-when-the-limit-is-reached", test_limit);
  g_test_add_func ("/escape/writes-whole-attributes-and-none-for-null", test_whole_attribute);
  return g_test_run ();
}

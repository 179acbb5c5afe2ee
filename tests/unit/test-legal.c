#include "config.h"

#include "protocol/legal.h"

#include <string.h>

#define FFFD "\357\277\275"

static const struct
{
  const char *text;
  const char *legal;
} texts[] = {
  { "", "" },
  { "plain & <simple>", "plain & <simple>" },
  { "tab\there\nand\rthere", "tab\there\nand\rthere" },
  { "\x7F", "\x7F" },
  { "\xC2\x85 \xE2\x82\xAC \xF0\x9F\x98\x80", "\xC2\x85 \xE2\x82\xAC \xF0\x9F\x98\x80" },
  { "\x01", FFFD },
  { "a\x08z\x1F", "a" FFFD "z" FFFD },
  { "\xEF\xBF\xBE|\xEF\xBF\xBF|\xEF\xBF\xBD", FFFD "|" FFFD "|" FFFD },
  { "a surrogate \xED\xA0\x80.", "a surrogate " FFFD FFFD FFFD "." },
  { "overlong \xC0\xBC", "overlong " FFFD FFFD },
  { "above \xF4\x90\x80\x80", "above " FFFD FFFD FFFD FFFD },
  { "cut \xE2\x82", "cut " FFFD FFFD },
  { "\xFF", FFFD },
};

static void
test_replaces (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *legal = enj_legal_text_new (texts[i].text);

      g_assert_cmpstr (legal, ==, texts[i].legal);
    }

  g_assert_null (enj_legal_text_new (NULL));
}

static void
test_appends (void)
{
  GString *out = g_string_new ("<");

  enj_legal_text_append (out, "a\0b\x02", 4);
  enj_legal_text_append (out, "cut off: \xE2\x82\xAC", 10);
  g_assert_cmpstr (out->str, ==, "<a" FFFD "b" FFFD "cut off: " FFFD);
  g_string_free (out, TRUE);
}

static void
test_names (void)
{
  static const char *const good[] = { "a", "_", "error-1.b", "\xC3\xA9t\xC3\xA9" };
  static const char *const bad[]
      = { "", "1a", "-a", ".a", "a b", "a:b", "a>", "a/", "a=\"", "a\n", "\xFF" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (enj_legal_is_name (good[i]));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (enj_legal_is_name (bad[i]));
  g_assert_false (enj_legal_is_name (NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/legal/replaces-what-xml-cannot-carry", test_replaces);
  g_test_add_func ("/legal/appends-a-number-of-bytes", test_appends);
  g_test_add_func ("/legal/names-cannot-leave-their-tag", test_names);
  return g_test_run ();
}

#include "config.h"

#include "protocol/prep.h"

#include <string.h>

static char *
prepare_new (const char *text, EnjPrepProfile profile)
{
  char buffer[ENJ_PREP_MAX + 1];
  const char *why = NULL;

  g_strlcpy (buffer, text, sizeof buffer);
  if (enj_prep_run (buffer, profile, &why))
    return g_strdup (buffer);

  g_assert_nonnull (why);
  return NULL;
}

static void
test_profiles (void)
{
  static const struct
  {
    const char *text;
    const char *node; /* NULL: refused */
    const char *resource;
    const char *name;
  } cases[] = {
    { "aB", "ab", "aB", "ab" },
    { "\xc3\x9c\xc3\x9f", "\xc3\xbcss", "\xc3\x9c\xc3\x9f", "\xc3\xbcss" },
    { "a\xc2\xad" "b", "ab", "ab", "ab" },
    { "\xe2\x84\xa2", "tm", "TM", "tm" },
    { "a\xef\xbc\xa0" "b", NULL, "a@b", "a@b" },
    { "a\xc2\xa0" "b", NULL, "a b", "a b" },
    { "\xe2\x80\xae", NULL, NULL, "\xe2\x80\xae" },
    { "\xd7\x90" "a", NULL, NULL, "\xd7\x90" "a" },
    { "a\xcd\xb8", "a\xcd\xb8", "a\xcd\xb8", "a\xcd\xb8" },
    { "\xff", NULL, NULL, NULL },
    { "\xed\xa0\x80", NULL, NULL, NULL },
    { "", "", "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *node = prepare_new (cases[i].text, ENJ_PREP_NODE);
      g_autofree char *resource = prepare_new (cases[i].text, ENJ_PREP_RESOURCE);
      g_autofree char *name = prepare_new (cases[i].text, ENJ_PREP_NAME_MAPPING);

      g_assert_cmpstr (node, ==, cases[i].node);
      g_assert_cmpstr (resource, ==, cases[i].resource);
      g_assert_cmpstr (name, ==, cases[i].name);
    }
}

/* Public Review Issue 29: what stringprep would compose over a mark. */
static void
test_unstable (void)
{
  static const struct
  {
    const char *text;
    gboolean is_stable;
  } cases[] = {
    { "\xe1\x84\x80\xcc\x80\xe1\x85\xa1", FALSE },             /* two jamo, a grave between */
    { "\xe3\x85\x85\xd6\xab\xe1\x85\xb2", FALSE },             /* a compatibility jamo */
    { "\xe3\x85\x85\xd6\xab\xe3\x85\xa0", FALSE },             /* two of them */
    { "\xef\xbe\xa1\xd6\xab\xef\xbf\x82", FALSE },             /* two of half width */
    { "\xe1\x84\x80\xe2\x80\x8d\xcc\x80\xe1\x85\xa1", FALSE }, /* a joiner before the mark */
    { "\xea\xb0\x80\xcc\x80\xe1\x86\xa8", FALSE },             /* a syllable, a final */
    { "\xe0\xa7\x87\xcc\x80\xe0\xa6\xbe", FALSE },             /* Bengali e, aa */
    { "\xe1\x84\x80\xe1\x85\xa1\xcc\x80", TRUE },
    { "\xea\xb0\x80\xea\xb0\x80", TRUE },
    { "\xe0\xb2\xab\xe0\xb2\xbc\xe0\xb3\x82", TRUE }, /* Kannada: consonant, nukta, vowel */
    { "e\xcc\x81\xcc\xa3", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *prepared = prepare_new (cases[i].text, ENJ_PREP_RESOURCE);
      g_autofree char *again = prepared ? prepare_new (prepared, ENJ_PREP_RESOURCE) : NULL;

      g_assert_cmpint (prepared != NULL, ==, cases[i].is_stable);
      g_assert_cmpstr (again, ==, prepared);
    }
}

/* Random text of what maps, composes and stands between. */
static void
test_again (void)
{
  static const gunichar letters[] = {
    'a',    'I',    0x0130, 0x00df, 0x03a3, 0x03c2, 0x0345, 0x1f80, 0x1100, 0x1161, 0x11a8, 0x3131,
    0x314f, 0x3260, 0xac00, 0xffa1, 0xffc2, 0x09c7, 0x09be, 0x0300, 0x0323, 0x05ab, 0x0307, 0x034f,
    0x200d, 0x00ad, 0x2126, 0x212a, 0xfdfa, 0x2f868, 0x1d160, 0x3099, 0x304b,
  };

  for (guint round = 0; round < 20000; round++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      gint length = g_test_rand_int_range (0, 9);

      for (gint i = 0; i < length; i++)
        g_string_append_unichar (text,
                                 letters[g_test_rand_int_range (0, G_N_ELEMENTS (letters))]);

      for (guint profile = ENJ_PREP_NODE; profile <= ENJ_PREP_NAME_MAPPING; profile++)
        {
          g_autofree char *prepared = prepare_new (text->str, profile);
          g_autofree char *again = prepared ? prepare_new (prepared, profile) : NULL;

          g_assert_cmpstr (again, ==, prepared);
        }
    }
}

/* What is far too long is not spelled out first: an ellipsis becomes three dots. */
static void
test_growth (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *fits = NULL;
  g_autofree char *grows = NULL;

  for (guint i = 0; i < 683; i++)
    g_string_append (text, "\xe2\x80\xa6");
  grows = prepare_new (text->str, ENJ_PREP_RESOURCE);
  g_assert_null (grows);

  g_string_truncate (text, 3 * 682);
  fits = prepare_new (text->str, ENJ_PREP_RESOURCE);
  g_assert_cmpuint (strlen (fits), ==, 3 * 682);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/prep/the-profiles-of-xmpp", test_profiles);
  g_test_add_func ("/prep/refuses-what-others-normalise-differently", test_unstable);
  g_test_add_func ("/prep/prepared-text-is-prepared-already", test_again);
  g_test_add_func ("/prep/growth-is-bounded", test_growth);
  return g_test_run ();
}

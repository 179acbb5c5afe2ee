#include "config.h"

#include "protocol/token.h"

#include <string.h>

#include "protocol/chance.h"

#include "tests/support/proves.h"

static void
fill_with (guint8 *data, gsize len, gpointer user_data)
{
  memcpy (data, user_data, len);
}

/* RFC 4648 6, in lower case; the last is its test vector "fooba" four times over. */
static void
test_encoding (void)
{
  static const struct
  {
    const char *random;
    const char *token;
  } cases[] = {
    { "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
    { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
      "77777777777777777777777777777777" },
    { "foobafoobafoobafooba", "mzxw6ytbmzxw6ytbmzxw6ytbmzxw6ytb" },
  };
  char buffer[ENJ_TOKEN_SIZE];

  enj_test_proves ("K08");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      enj_chance_set_source (fill_with, (gpointer) cases[i].random);
      g_assert_cmpstr (enj_token_fill (buffer), ==, cases[i].token);
      g_assert_cmpstr (buffer, ==, cases[i].token);
    }

  enj_chance_set_source (NULL, NULL);
}

static void
test_unique (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  enj_test_proves ("K08");
  for (guint i = 0; i < 10000; i++)
    {
      char buffer[ENJ_TOKEN_SIZE];

      enj_token_fill (buffer);
      g_assert_cmpuint (strlen (buffer), ==, 32);
      g_assert_cmpuint (strspn (buffer, "abcdefghijklmnopqrstuvwxyz234567"), ==, 32);
      g_assert_true (g_hash_table_add (seen, g_strdup (buffer)));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/token/is-base32-of-160-random-bits", test_encoding);
  g_test_add_func ("/token/is-never-the-same-twice", test_unique);
  return g_test_run ();
}

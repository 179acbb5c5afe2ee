#include "config.h"

#include "protocol/tag.h"

#include <string.h>

typedef struct
{
  const char *triplet;
  const char *declarations; /* prefix|namespace|... */
  const char *tag;
} Case;

static void
declare (EnjBytes *bytes, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "|", -1);

  for (guint i = 0; parts[i]; i++)
    g_assert_true (enj_bytes_append (bytes, parts[i], strlen (parts[i]) + 1));
}

static void
test_writes (void)
{
  static const Case cases[] = {
    { "urn:s stream stream", "|jabber:server|stream|urn:s",
      "<stream:stream xmlns=\"jabber:server\" xmlns:stream=\"urn:s\">" },
    { "urn:s stream", "|urn:s", "<stream xmlns=\"urn:s\">" },
    { "stream", "|", "<stream xmlns=\"\">" },
    { "urn:s stream x", "x|urn:s|db|a&b\"<c",
      "<x:stream xmlns:x=\"urn:s\" xmlns:db=\"a&amp;b&quot;&lt;c\">" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *tag = NULL;
      EnjBytes declarations;

      enj_bytes_init (&declarations, 1000);
      declare (&declarations, cases[i].declarations);
      tag = enj_tag_new (cases[i].triplet, ' ', &declarations);
      g_assert_cmpstr (tag, ==, cases[i].tag);
      enj_bytes_clear (&declarations);
    }
}

static void
test_too_long (void)
{
  g_autofree char *ns = g_strnfill (2000, 'x');
  g_autofree char *text = g_strconcat ("|", ns, NULL);
  g_autofree char *longer = g_strconcat (text, ns, NULL);
  g_autofree char *tag = NULL;
  EnjBytes declarations;

  enj_bytes_init (&declarations, 10000);
  declare (&declarations, text);
  tag = enj_tag_new ("stream", ' ', &declarations);
  g_assert_nonnull (tag);
  enj_bytes_clear (&declarations);
  declare (&declarations, longer);
  g_assert_null (enj_tag_new ("stream", ' ', &declarations));
  enj_bytes_clear (&declarations);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tag/keeps-prefix-and-namespaces", test_writes);
  g_test_add_func ("/tag/is-not-kept-at-any-length", test_too_long);
  return g_test_run ();
}

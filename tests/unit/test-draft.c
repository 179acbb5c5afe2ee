#include "config.h"

#include "protocol/draft.h"

#include <string.h>

#include "protocol/ns.h"

static void
test_fields (void)
{
  static const struct
  {
    const char *triplet;
    EnjDraftField field;
  } cases[] = {
    { "from", ENJ_DRAFT_FROM },
    { "to", ENJ_DRAFT_TO },
    { "id", ENJ_DRAFT_ID },
    { "type", ENJ_DRAFT_TYPE },
    { ENJ_NS_XML "\001lang\001xml", ENJ_DRAFT_LANG },
    { "lang", ENJ_DRAFT_OTHER },
    { "xml:lang", ENJ_DRAFT_OTHER },
    { "urn:x\001from\001x", ENJ_DRAFT_OTHER },
    { "urn:x\001lang\001xml", ENJ_DRAFT_OTHER },
    { "From", ENJ_DRAFT_OTHER },
    { "", ENJ_DRAFT_OTHER },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (enj_draft_find (cases[i].triplet), ==, cases[i].field);
}

static gboolean
take (EnjDraft *draft, EnjDraftField field, const char *value)
{
  const char *values[ENJ_DRAFT_OTHER] = { NULL };
  gboolean no_memory;

  values[field] = value;
  return enj_draft_take (draft, values, &no_memory);
}

static void
test_values (void)
{
  static const char *const values[ENJ_DRAFT_OTHER]
    = { [ENJ_DRAFT_TO] = "a@b", [ENJ_DRAFT_LANG] = "" };
  EnjDraft draft = { .kind_len = 0 };
  gboolean no_memory;

  enj_draft_restart (&draft, strlen ("iq"), 1000);
  g_assert_true (enj_draft_take (&draft, values, &no_memory));
  g_assert_cmpstr (enj_draft_get (&draft, ENJ_DRAFT_TO), ==, "a@b");
  g_assert_cmpstr (enj_draft_get (&draft, ENJ_DRAFT_LANG), ==, "");
  g_assert_null (enj_draft_get (&draft, ENJ_DRAFT_FROM));

  enj_draft_restart (&draft, strlen ("iq"), 1000);
  g_assert_true (take (&draft, ENJ_DRAFT_ID, "1"));
  g_assert_null (enj_draft_get (&draft, ENJ_DRAFT_TO));
  enj_draft_clear (&draft);
}

static void
test_size (void)
{
  const char *plain = "<iq to=\"a@b\" a=\"\"/>";
  const char *filled = "<iq to=\"a@b\" a=\"\"></iq>";
  const char *escaped = "<iq to=\"&quot;&amp;b\" a=\"\"/>";
  EnjDraft draft = { .kind_len = 0 };

  enj_draft_restart (&draft, strlen ("iq"), 1000);
  g_assert_true (take (&draft, ENJ_DRAFT_TO, "a@b"));
  g_assert_true (enj_bytes_append (&draft.extra, " a=\"\"", 5));
  g_assert_true (enj_draft_fits (&draft, 0, strlen (plain)));
  g_assert_false (enj_draft_fits (&draft, 0, strlen (plain) - 1));
  g_assert_true (enj_draft_fits (&draft, 7, strlen (filled) + 7));
  g_assert_false (enj_draft_fits (&draft, 7, strlen (filled) + 6));
  g_assert_cmpuint (enj_draft_get_room (&draft, strlen (filled) + 7), ==, 7);
  g_assert_cmpuint (enj_draft_get_room (&draft, 3), ==, 0);

  enj_draft_restart (&draft, strlen ("iq"), 1000);
  g_assert_true (take (&draft, ENJ_DRAFT_TO, "\"&b"));
  g_assert_true (enj_bytes_append (&draft.extra, " a=\"\"", 5));
  g_assert_true (enj_draft_fits (&draft, 0, strlen (escaped)));
  g_assert_false (enj_draft_fits (&draft, 0, strlen (escaped) - 1));
  enj_draft_clear (&draft);
}

static void
test_limit (void)
{
  EnjDraft draft = { .kind_len = 0 };

  enj_draft_restart (&draft, strlen ("iq"), 4);
  g_assert_true (take (&draft, ENJ_DRAFT_TO, "a@b"));
  enj_draft_restart (&draft, strlen ("iq"), 3);
  g_assert_false (take (&draft, ENJ_DRAFT_TO, "a@b"));
  enj_draft_clear (&draft);
}

/* RFC 6120 8.3.1: an error must be known as one, and an answer must find its way. */
static void
test_most_needed_first (void)
{
  g_autofree char *lang = g_strnfill (90, 'x');
  const char *values[ENJ_DRAFT_OTHER] = {
    [ENJ_DRAFT_LANG] = lang, [ENJ_DRAFT_FROM] = "a@b", [ENJ_DRAFT_TYPE] = "error"
  };
  EnjDraft draft = { .kind_len = 0 };
  gboolean no_memory;

  enj_draft_restart (&draft, strlen ("iq"), 100);
  g_assert_false (enj_draft_take (&draft, values, &no_memory));
  g_assert_false (no_memory);
  g_assert_cmpstr (enj_draft_get (&draft, ENJ_DRAFT_TYPE), ==, "error");
  g_assert_cmpstr (enj_draft_get (&draft, ENJ_DRAFT_FROM), ==, "a@b");
  g_assert_null (enj_draft_get (&draft, ENJ_DRAFT_LANG));

  values[ENJ_DRAFT_FROM] = lang;
  enj_draft_restart (&draft, strlen ("iq"), 100);
  g_assert_false (enj_draft_take (&draft, values, &no_memory));
  g_assert_cmpstr (enj_draft_get (&draft, ENJ_DRAFT_FROM), ==, lang);
  enj_draft_clear (&draft);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/draft/knows-the-attributes-of-a-head", test_fields);
  g_test_add_func ("/draft/keeps-values-until-the-next-stanza", test_values);
  g_test_add_func ("/draft/knows-the-size-of-the-stanza-to-the-byte", test_size);
  g_test_add_func ("/draft/takes-no-more-than-the-limit", test_limit);
  g_test_add_func ("/draft/has-room-first-for-what-is-needed-most", test_most_needed_first);
  return g_test_run ();
}

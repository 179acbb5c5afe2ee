#include "config.h"

#include "protocol/opening.h"

#include <string.h>

#include "protocol/ns.h"

static void
test_declares (void)
{
  g_autoptr (EnjElementBuilder) builder = enj_element_builder_new ("urn:s", "stream");
  g_autoptr (EnjElement) element = NULL;
  g_autofree char *tag = NULL;
  EnjOpening opening;

  enj_opening_init (&opening, 100);
  g_assert_true (enj_opening_declare (&opening, NULL, "jabber:server"));
  g_assert_true (enj_opening_declare (&opening, "s", "urn:s"));
  g_assert_true (enj_opening_declare (&opening, "n", NULL));
  enj_opening_build (&opening, ENJ_NS_XMLNS, builder);
  element = enj_element_builder_end_new (g_steal_pointer (&builder));
  g_assert_cmpstr (enj_element_get_attribute (element, ENJ_NS_XMLNS, ""), ==,
                   "jabber:server");
  g_assert_cmpstr (enj_element_get_attribute (element, ENJ_NS_XMLNS, "s"), ==, "urn:s");
  g_assert_cmpstr (enj_element_get_attribute (element, ENJ_NS_XMLNS, "n"), ==, "");

  tag = enj_opening_end_tag_new (&opening, "urn:s\001stream\001s", '\001');
  g_assert_nonnull (strstr (tag, "xmlns:s=\"urn:s\""));
  g_free (tag);
  tag = enj_opening_end_tag_new (&opening, "stream", '\001');
  g_assert_cmpstr (tag, ==, "<stream>");
  enj_opening_clear (&opening);
}

static void
test_limit (void)
{
  EnjOpening opening;

  enj_opening_init (&opening, 10);
  g_assert_true (enj_opening_declare (&opening, "a", "1234567")); /* With both ends, ten. */
  g_assert_false (enj_opening_declare (&opening, NULL, NULL));
  enj_opening_clear (&opening);
}

static void
test_language (void)
{
  g_autofree char *endless = g_strnfill (65, 'x');
  EnjOpening opening;

  enj_opening_init (&opening, 10);
  g_assert_null (opening.lang);
  enj_opening_speak (&opening, "de");
  g_assert_cmpstr (opening.lang, ==, "de");
  enj_opening_speak (&opening, endless);
  g_assert_null (opening.lang);
  enj_opening_speak (&opening, endless + 1);
  g_assert_cmpstr (opening.lang, ==, endless + 1);
  enj_opening_clear (&opening);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/opening/declares", test_declares);
  g_test_add_func ("/opening/has-a-limit", test_limit);
  g_test_add_func ("/opening/speaks-no-endless-language", test_language);
  return g_test_run ();
}

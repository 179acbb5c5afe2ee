#include "config.h"

#include "protocol/handshake.h"

#include "protocol/condition.h"
#include "protocol/header.h"
#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/reading.h"

static void
test_known_answers (void)
{
  static const struct
  {
    const char *id;
    const char *secret;
    const char *proof;
  } cases[] = {
    { "3BF96D32", "secret", "b09ea9b3b7f586be8a08d0a3dd7466f110aeb136" },
    { "", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
    { "a&b", "s<x>", "8e55444aced07f144b90cae5ab261791ab6120d6" },
    { "1", "schl\xc3\xbc""ssel", "5f72bb533b1869d78db2780cb8036323a4803a6a" },
  };

  enj_test_proves ("C05");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *proof = enj_handshake_new (cases[i].id, cases[i].secret);

      g_assert_cmpstr (proof, ==, cases[i].proof);
    }
}

static void
test_the_id_is_unescaped (void)
{
  g_autoptr (EnjElement) element = enj_test_read_header_new (
      "<stream:stream xmlns='" ENJ_NS_COMPONENT "' xmlns:stream='" ENJ_NS_STREAM
      "' id='a&amp;b'>");
  g_autofree char *proof = NULL;
  EnjHeader header;

  enj_test_proves ("C04");

  g_assert_true (enj_header_parse (element, ENJ_NS_COMPONENT, &header, NULL));
  proof = enj_handshake_new (header.id, "s<x>");
  g_assert_cmpstr (proof, ==, "8e55444aced07f144b90cae5ab261791ab6120d6");
}

static void
test_checks (void)
{
  g_autofree char *proof = enj_handshake_new ("id", "secret");
  g_autofree char *upper = g_ascii_strup (proof, -1);
  g_autofree char *longer = g_strconcat (proof, "0", NULL);
  g_autofree char *blank = g_strconcat (proof, " ", NULL);
  g_autofree char *shorter = g_strndup (proof, 39);
  g_autofree char *other = g_strdup (proof);

  other[39] = other[39] == '0' ? '1' : '0';

  g_assert_true (enj_handshake_check ("id", "secret", proof));
  g_assert_true (enj_handshake_check ("id", "secret", upper));
  g_assert_false (enj_handshake_check ("id", "secret", longer));
  g_assert_false (enj_handshake_check ("id", "secret", blank));
  g_assert_false (enj_handshake_check ("id", "secret", shorter));
  g_assert_false (enj_handshake_check ("id", "secret", other));
  g_assert_false (enj_handshake_check ("id", "secret", ""));
  g_assert_false (enj_handshake_check ("id", "secret", NULL));
  g_assert_false (enj_handshake_check ("id", "secrets", proof));
  g_assert_false (enj_handshake_check ("di", "secret", proof));
}

static void
test_known_by_name_and_namespace (void)
{
  static const struct
  {
    const char *xml;
    gboolean is_handshake;
  } cases[] = {
    { "<handshake xmlns='" ENJ_NS_COMPONENT "'/>", TRUE },
    { "<handshake xmlns=''/>", TRUE },
    { "<handshake/>", FALSE }, /* of jabber:server */
    { "<Handshake xmlns='" ENJ_NS_COMPONENT "'/>", FALSE },
    { "<proceed xmlns='" ENJ_NS_COMPONENT "'/>", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjElement) element = enj_test_read_element_new (cases[i].xml);

      g_assert_cmpint (enj_handshake_is (element), ==, cases[i].is_handshake);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/handshake/gives-known-answers-in-lower-case", test_known_answers);
  g_test_add_func ("/handshake/takes-the-id-unescaped", test_the_id_is_unescaped);
  g_test_add_func ("/handshake/takes-either-case-and-nothing-else", test_checks);
  g_test_add_func ("/handshake/is-known-by-name-and-namespace", test_known_by_name_and_namespace);
  return g_test_run ();
}

#include "config.h"

#include "component/check.h"

#include <string.h>

#include <glib/gstdio.h>

#include "component/journal.h"
#include "tests/support/scratch.h"

static char *folder;

static EnjCheckLink answer;

static EnjCheckLink
ask (const char *domain, char **why, gpointer data)
{
  g_assert_true (data == &answer);
  g_assert_cmpstr (domain, ==, "bridge.example.com");
  *why = g_strdup ("Permission denied");
  return answer;
}

static void
assert_found (const char *text, guint areas, EnjCheckAskFunc func, const char *pattern)
{
  g_autofree char *path = g_build_filename (folder, "enjamb.conf", NULL);
  g_autoptr (EnjFindings) findings = NULL;
  g_autofree char *found = NULL;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  findings = enj_check_run_new (path, areas, func, &answer);
  found = enj_findings_format_new (findings);
  g_test_message ("%s", found);
  g_assert_true (g_pattern_match_simple (pattern, found));
  g_assert_cmpint (g_remove (path), ==, 0);
}

/* Nobody is at these ports. */
#define GOOD                                                                                     \
  "[component bridge.example.com]\nserver = 127.0.0.1:1\nsecret = s\nservice = echo\n"            \
  "[federation]\nlisten = 127.0.0.1:1\ndns-trust-anchor =\n"
#define OFF GOOD "enabled = false\n"

static void
test_words (void)
{
  g_assert_cmpuint (enj_check_parse_area ("config"), ==, ENJ_CHECK_CONFIG);
  g_assert_cmpuint (enj_check_parse_area ("dns"), ==, ENJ_CHECK_DNS);
  g_assert_cmpuint (enj_check_parse_area ("certs"), ==, ENJ_CHECK_CERTS);
  g_assert_cmpuint (enj_check_parse_area ("connectivity"), ==, ENJ_CHECK_CONNECTIVITY);
  g_assert_cmpuint (enj_check_parse_area (NULL), ==, ENJ_CHECK_ALL);
  g_assert_cmpuint (enj_check_parse_area ("all"), ==, 0);
  g_assert_cmpuint (enj_check_parse_area (""), ==, 0);
}

static void
test_config (void)
{
  assert_found (GOOD, ENJ_CHECK_CONFIG, NULL,
                "config\n  ok       */enjamb.conf: without faults\nno problem was found\n");
  assert_found ("[component bridge.example.com]\nserver = 127.0.0.1:1\n[federatoin]\n",
                ENJ_CHECK_ALL, NULL,
                "config\n  problem  */enjamb.conf:1: [component bridge.example.com] *\n"
                "  problem  */enjamb.conf:3: *federation*\n2 problems\n");
}

static void
test_unreadable (void)
{
  g_autofree char *path = g_build_filename (folder, "nowhere.conf", NULL);
  g_autoptr (EnjFindings) findings = enj_check_run_new (path, ENJ_CHECK_DNS, NULL, NULL);

  g_assert_true (enj_findings_has_problems (findings));
}

static void
test_link (void)
{
  /* No daemon: a login. */
  assert_found (OFF, ENJ_CHECK_CONNECTIVITY, NULL,
                "connectivity  bridge.example.com\n"
                "  problem  cannot reach the server at 127.0.0.1:1: Connection refused; *\n"
                "dns\n  note     federation is switched off: *\n1 problem\n");
  answer = ENJ_CHECK_LINK_UP;
  assert_found (OFF, ENJ_CHECK_CONNECTIVITY, ask,
                "connectivity  bridge.example.com\n  ok       the link to the server is up\n*");
  answer = ENJ_CHECK_LINK_DOWN;
  assert_found (OFF, ENJ_CHECK_CONNECTIVITY, ask,
                "*  problem  cannot reach the server at *\n"
                "  problem  enjamb has no link to the server: Permission denied\n*2 problems\n");
  answer = ENJ_CHECK_LINK_HIDDEN;
  assert_found (OFF, ENJ_CHECK_CONNECTIVITY, ask,
                "*  note     the link is not tried, *: Permission denied\n*no problem was found\n");
}

static void
test_listener (void)
{
  answer = ENJ_CHECK_LINK_UP;
  assert_found (GOOD, ENJ_CHECK_CONNECTIVITY, ask,
                "*  problem  nothing answers at 127.0.0.1:1: *\n1 problem\n");
  assert_found (GOOD, ENJ_CHECK_CONNECTIVITY, NULL,
                "*  note     nothing answers at 127.0.0.1:1: *; start enjamb, *\n1 problem\n");
  answer = ENJ_CHECK_LINK_DOWN;
  assert_found (GOOD, ENJ_CHECK_CONNECTIVITY, ask,
                "*  note     nothing answers at 127.0.0.1:1: *; enjamb lets nobody in before *\n"
                "2 problems\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/check/knows-its-areas", test_words);
  g_test_add_func ("/check/tells-all-faults-of-the-configuration", test_config);
  g_test_add_func ("/check/ends-where-there-is-no-configuration", test_unreadable);
  g_test_add_func ("/check/a-link-is-tried-only-where-there-is-none", test_link);
  g_test_add_func ("/check/a-port-without-a-daemon-is-no-problem", test_listener);
  return enj_test_run_with_scratch (&folder);
}

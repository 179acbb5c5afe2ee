#include "config.h"

#include "component/findings.h"

#include <string.h>

static void
test_for_a_person (void)
{
  g_autoptr (EnjFindings) findings = enj_findings_new ();
  g_autofree char *text = NULL;

  enj_findings_turn_to (findings, "dns", "a.example");
  enj_findings_add (findings, ENJ_FINDING_OK, "it is %s", "there");
  enj_findings_add (findings, ENJ_FINDING_PROBLEM, "no address; add");
  enj_findings_add_record (findings, "%s. 3600 IN A 192.0.2.1", "a.example");
  enj_findings_add_record (findings, "a.example. 3600 IN A 192.0.2.2");
  enj_findings_turn_to (findings, "dns", "b.example");
  enj_findings_add (findings, ENJ_FINDING_NOTE, "not signed");
  enj_findings_turn_to (findings, "config", "");
  enj_findings_add (findings, ENJ_FINDING_OK, "read");

  text = enj_findings_format_new (findings);
  g_assert_cmpstr (text, ==,
                   "dns  a.example\n"
                   "  ok       it is there\n"
                   "  problem  no address; add\n"
                   "             a.example. 3600 IN A 192.0.2.1\n"
                   "             a.example. 3600 IN A 192.0.2.2\n"
                   "dns  b.example\n"
                   "  note     not signed\n"
                   "config\n"
                   "  ok       read\n"
                   "1 problem\n");
}

static void
test_for_a_program (void)
{
  g_autoptr (EnjFindings) findings = enj_findings_new ();
  g_autoptr (GVariant) variant = NULL;
  g_autofree char *text = NULL;

  enj_findings_turn_to (findings, "certs", "a.example");
  enj_findings_add (findings, ENJ_FINDING_NOTE, "publish");
  enj_findings_add_record (findings, "x");
  enj_findings_add (findings, ENJ_FINDING_OK, "fits");

  variant = g_variant_ref_sink (enj_findings_to_variant (findings));
  text = g_variant_print (variant, FALSE);
  g_assert_cmpstr (text, ==,
                   "[{'area': <'certs'>, 'level': <'note'>, 'subject': <'a.example'>, "
                   "'text': <'publish'>, 'records': <['x']>}, "
                   "{'area': <'certs'>, 'level': <'ok'>, 'subject': <'a.example'>, "
                   "'text': <'fits'>, 'records': <@as []>}]");
}

static void
test_only_problems_are_problems (void)
{
  g_autoptr (EnjFindings) findings = enj_findings_new ();
  g_autofree char *text = NULL;

  text = enj_findings_format_new (findings);
  g_assert_cmpstr (text, ==, "no problem was found\n");
  enj_findings_add (findings, ENJ_FINDING_OK, "a");
  enj_findings_add (findings, ENJ_FINDING_NOTE, "b");
  g_assert_false (enj_findings_has_problems (findings));
  enj_findings_add (findings, ENJ_FINDING_PROBLEM, "c");
  enj_findings_add (findings, ENJ_FINDING_PROBLEM, "d");
  g_assert_true (enj_findings_has_problems (findings));
  g_assert_cmpuint (enj_findings_count (findings, ENJ_FINDING_PROBLEM), ==, 2);
  g_free (text);
  text = enj_findings_format_new (findings);
  g_assert_true (g_str_has_suffix (text, "  problem  d\n2 problems\n"));
}

/* What cannot be UTF-8 in a variant is an abort: names of files may be any bytes. */
static void
test_any_bytes (void)
{
  g_autoptr (EnjFindings) findings = enj_findings_new ();
  g_autoptr (GVariant) variant = NULL;
  g_autofree char *text = NULL;
  g_autofree char *printed = NULL;

  enj_findings_turn_to (findings, "config", "\xff");
  enj_findings_add (findings, ENJ_FINDING_PROBLEM, "/etc/%s/a", "\xe9t\xe9");
  enj_findings_add_record (findings, "%s", "\xfe");
  variant = g_variant_ref_sink (enj_findings_to_variant (findings));
  text = g_variant_print (variant, FALSE);
  g_assert_nonnull (strstr (text, "'/etc/\uFFFDt\uFFFD/a'"));
  printed = enj_findings_format_new (findings);
  g_assert_true (g_utf8_validate (printed, -1, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/findings/stand-under-headings-for-a-person", test_for_a_person);
  g_test_add_func ("/findings/are-typed-for-a-program", test_for_a_program);
  g_test_add_func ("/findings/only-problems-are-problems", test_only_problems_are_problems);
  g_test_add_func ("/findings/are-utf8-whatever-comes-in", test_any_bytes);
  return g_test_run ();
}

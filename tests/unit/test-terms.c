#include "config.h"

#include "protocol/terms.h"

static void
test_keeps_what_it_is_given (void)
{
  const char *ports[] = { "127.0.0.1:5348", "/run/there", NULL };
  g_autoptr (EnjTerms) terms = enj_terms_new ("s3cr3t", ports, FALSE);
  g_autoptr (EnjTerms) other = enj_terms_new ("0ther", ports + 1, TRUE);

  ports[0] = "elsewhere";
  g_assert_cmpstr (enj_terms_get_secret (terms), ==, "s3cr3t");
  g_assert_true (enj_terms_has_port (terms, "127.0.0.1:5348"));
  g_assert_true (enj_terms_has_port (terms, "/run/there"));
  g_assert_false (enj_terms_has_port (terms, "elsewhere"));
  g_assert_false (enj_terms_has_port (other, "127.0.0.1:5348"));
  g_assert_false (enj_terms_replaces (terms));
  g_assert_true (enj_terms_replaces (other));
}

static void
test_lives_as_long_as_anybody_holds_it (void)
{
  const char *ports[] = { "here", NULL };
  EnjTerms *terms = enj_terms_new ("s3cr3t", ports, FALSE);

  g_assert_true (enj_terms_ref (terms) == terms);
  enj_terms_unref (terms);
  g_assert_cmpstr (enj_terms_get_secret (terms), ==, "s3cr3t");
  enj_terms_unref (terms);
  enj_terms_unref (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/terms/keeps-what-it-is-given", test_keeps_what_it_is_given);
  g_test_add_func ("/terms/lives-as-long-as-anybody-holds-it",
                   test_lives_as_long_as_anybody_holds_it);
  return g_test_run ();
}

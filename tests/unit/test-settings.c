#include "config.h"

#include "protocol/settings.h"

#include "tests/support/settings.h"

static void
test_keeps_what_it_is_given (void)
{
  const EnjPeerPolicy any = { .allow = TRUE };
  EnjLimits limits = enj_limits_default ();
  EnjRealm *realm = enj_realm_new ();
  EnjPolicy *policy = enj_policy_new (&any);
  EnjDialbackKey *key = enj_dialback_key_new ("x", 1);
  g_autoptr (EnjSettings) settings = NULL;
  g_autoptr (EnjSettings) other = NULL;

  limits.rate = 17;
  settings = enj_settings_new (realm, policy, key, &limits, TRUE, FALSE);
  other = enj_settings_new (realm, policy, key, &limits, FALSE, TRUE);
  enj_realm_unref (realm);
  enj_policy_unref (policy);
  enj_dialback_key_unref (key);
  limits.rate = 18;

  g_assert_true (settings->realm == realm);
  g_assert_true (settings->policy == policy);
  g_assert_true (settings->dialback_key == key);
  g_assert_cmpuint (settings->limits.rate, ==, 17);
  g_assert_true (settings->federates);
  g_assert_false (settings->allow_private);
  g_assert_false (other->federates);
  g_assert_true (other->allow_private);
  g_assert_null (enj_realm_get_component (settings->realm, 0));
  g_assert_true (enj_policy_find (settings->policy, "any.test")->allow);
}

static void
test_credentials (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  EnjCredentials *first = enj_credentials_new_self_signed ("comp.local.test", 0, NULL);
  EnjCredentials *second = enj_credentials_new_self_signed ("comp.local.test", 0, NULL);

  g_assert_null (enj_settings_get_credentials (settings, "comp.local.test"));
  enj_settings_add_credentials (settings, "comp.local.test", first);
  g_assert_true (enj_settings_get_credentials (settings, "comp.local.test") == first);
  g_assert_null (enj_settings_get_credentials (settings, "alone.test"));

  enj_settings_add_credentials (settings, "comp.local.test", second);
  enj_credentials_unref (first);
  enj_credentials_unref (second);
  g_assert_true (enj_settings_get_credentials (settings, "comp.local.test") == second);
  g_assert_true (enj_credentials_is_self_signed (second));
}

static void
test_chooses_by_the_name_in_tls (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  EnjCredentials *own = enj_credentials_new_self_signed ("comp.local.test", 0, NULL);

  enj_settings_add_credentials (settings, "comp.local.test", own);
  enj_credentials_unref (own);
  g_assert_true (enj_settings_choose_credentials (settings, "Comp.Local.Test") == own);
  g_assert_null (enj_settings_choose_credentials (settings, "alone.test"));
  g_assert_null (enj_settings_choose_credentials (settings, "a..b"));
}

static void
test_terms (void)
{
  const char *const ports[] = { "here", NULL };
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  EnjTerms *terms = enj_terms_new ("s3cr3t", ports, FALSE);

  enj_settings_add_terms (settings, "comp.local.test", terms);
  enj_terms_unref (terms);
  g_assert_true (enj_settings_get_terms (settings, "comp.local.test") == terms);
  g_assert_null (enj_settings_get_terms (settings, "alone.test"));
}

static void
test_trust (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  EnjTrust *first = enj_trust_new ();
  EnjTrust *second = enj_trust_new ();

  g_assert_null (settings->trust);
  enj_settings_set_trust (settings, first);
  enj_trust_unref (first);
  g_assert_true (settings->trust == first);
  enj_settings_set_trust (settings, second);
  enj_settings_set_trust (settings, second);
  enj_trust_unref (second);
  g_assert_true (settings->trust == second);
  enj_settings_set_trust (settings, NULL);
  g_assert_null (settings->trust);
}

static void
test_references (void)
{
  EnjSettings *settings = enj_test_settings_new ();
  EnjSettings *again = enj_settings_ref (settings);

  g_assert_true (again == settings);
  enj_settings_unref (settings);
  g_assert_cmpstr (enj_realm_get_component (again->realm, 0), ==, "alone.test");
  enj_settings_unref (again);
  enj_settings_unref (NULL);
}

static void
test_with_policy (void)
{
  const EnjPeerPolicy peer = { .allow = FALSE };
  const char *const ports[] = { "here", NULL };
  EnjSettings *base = enj_test_settings_new ();
  g_autoptr (EnjPolicy) policy = enj_policy_new (&peer);
  g_autoptr (EnjSettings) settings = NULL;
  GHashTable *credentials = base->credentials;
  EnjRealm *realm = base->realm;
  EnjDialbackKey *key = base->dialback_key;
  EnjTrust *trust = base->trust;
  EnjLimits limits = base->limits;
  g_autoptr (EnjTerms) terms = enj_terms_new ("s3cr3t", ports, FALSE);

  enj_settings_set_on_loss (base, "b.test", ENJ_ON_LOSS_BOUNCE);
  enj_settings_add_terms (base, "b.test", terms);
  enj_settings_set_shared (base, TRUE);
  base->allow_private = TRUE;
  settings = enj_settings_new_with_policy (base, policy);
  g_assert_true (base->policy != policy);
  enj_settings_unref (base);
  g_assert_true (settings->policy == policy);
  g_assert_true (settings->credentials == credentials);
  g_assert_true (settings->realm == realm);
  g_assert_true (settings->dialback_key == key);
  g_assert_true (settings->trust == trust);
  g_assert_cmpmem (&settings->limits, sizeof limits, &limits, sizeof limits);
  g_assert_true (settings->federates);
  g_assert_cmpint (enj_settings_get_on_loss (settings, "b.test"), ==, ENJ_ON_LOSS_BOUNCE);
  g_assert_true (enj_settings_get_terms (settings, "b.test") == terms);
  g_assert_true (settings->is_shared);
  g_assert_true (settings->allow_private);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settings/chooses-by-the-name-in-tls", test_chooses_by_the_name_in_tls);
  g_test_add_func ("/settings/keeps-terms-by-domain", test_terms);
  g_test_add_func ("/settings/keeps-what-it-is-given", test_keeps_what_it_is_given);
  g_test_add_func ("/settings/credentials-by-domain", test_credentials);
  g_test_add_func ("/settings/trust-is-counted", test_trust);
  g_test_add_func ("/settings/references", test_references);
  g_test_add_func ("/settings/takes-another-policy", test_with_policy);
  return g_test_run ();
}

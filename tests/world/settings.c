#include "config.h"

#include "tests/world/settings.h"

#include "tests/support/stage.h"
#include "tests/world/world.h"

EnjSettings *
enj_world_settings_new (const char *domain, EnjEncryption encryption, const EnjLimits *limits)
{
  const EnjPeerPolicy fallback = { .allow = TRUE, .encryption = encryption };
  const EnjPeerPolicy denied = { .allow = FALSE };
  const EnjPeerPolicy proven
    = { .allow = TRUE, .authentication = ENJ_AUTHENTICATION_CERTIFICATE };
  g_autoptr (EnjRealm) realm = enj_realm_new ();
  g_autoptr (EnjPolicy) policy = enj_policy_new (&fallback);
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new_random ();
  g_autofree char *home = g_strconcat ("home.", domain, NULL);
  g_autofree char *also = g_strconcat ("also.", domain, NULL);
  g_autofree char *hosted = g_strconcat ("hosted.", domain, NULL);
  const char *const ports[] = { ENJ_WORLD_PORT, NULL };
  g_autoptr (EnjTerms) terms = enj_terms_new (ENJ_WORLD_SECRET, ports, FALSE);
  EnjSettings *settings;

  enj_realm_add_component (realm, domain, TRUE);
  enj_realm_add_local (realm, domain, home);
  enj_realm_add_component (realm, also, FALSE);
  enj_realm_add_component (realm, hosted, TRUE);
  enj_realm_add_local (realm, hosted, home);
  enj_policy_add (policy, "denied.example", &denied);
  enj_policy_add (policy, "proven.example", &proven);
  settings = enj_settings_new (realm, policy, key, limits, TRUE, FALSE);
  enj_settings_add_terms (settings, hosted, terms);
  if (encryption == ENJ_ENCRYPTION_REQUIRED)
    {
      enj_settings_add_credentials (settings, domain, enj_test_stage_get_credentials (domain));
      enj_settings_add_credentials (settings, also, enj_test_stage_get_credentials (also));
      enj_settings_add_credentials (settings, hosted, enj_test_stage_get_credentials (hosted));
    }
  return settings;
}

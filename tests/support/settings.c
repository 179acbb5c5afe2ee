#include "config.h"

#include "tests/support/settings.h"

#include <string.h>

#define SECRET "s3cr3tf0rd14lb4ck"

static EnjRealm *
realm_new (void)
{
  EnjRealm *realm = enj_realm_new ();

  enj_realm_add_component (realm, "comp.local.test", TRUE);
  enj_realm_add_local (realm, "comp.local.test", "local.test");
  enj_realm_add_local (realm, "comp.local.test", "*.local.test");
  enj_realm_add_component (realm, "alone.test", FALSE);
  enj_realm_add_local (realm, "alone.test", "other.test");
  return realm;
}

static EnjPolicy *
policy_new (EnjEncryption encryption)
{
  const EnjPeerPolicy any = { .allow = TRUE, .encryption = encryption };
  EnjPeerPolicy denied = any, secret = any, proven = any;
  EnjPolicy *policy = enj_policy_new (&any);

  denied.allow = FALSE;
  secret.encryption = ENJ_ENCRYPTION_REQUIRED;
  proven.authentication = ENJ_AUTHENTICATION_CERTIFICATE;
  enj_policy_add (policy, "denied.test", &denied);
  enj_policy_add (policy, "*.denied.test", &denied);
  enj_policy_add (policy, "secret.test", &secret);
  enj_policy_add (policy, "proven.test", &proven);
  return policy;
}

EnjSettings *
enj_test_settings_new_full (const EnjLimits *limits, EnjEncryption encryption)
{
  g_autoptr (EnjRealm) realm = realm_new ();
  g_autoptr (EnjPolicy) policy = policy_new (encryption);
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new (SECRET, strlen (SECRET));

  return enj_settings_new (realm, policy, key, limits, TRUE, FALSE);
}

EnjSettings *
enj_test_settings_new (void)
{
  const EnjLimits limits = enj_limits_default ();

  return enj_test_settings_new_full (&limits, ENJ_ENCRYPTION_OPTIONAL);
}

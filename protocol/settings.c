#include "config.h"

#include "protocol/settings.h"

#include "protocol/jid.h"

EnjSettings *
enj_settings_new (EnjRealm *realm, EnjPolicy *policy, EnjDialbackKey *key,
                  const EnjLimits *limits, gboolean federates, gboolean allow_private)
{
  EnjSettings *self = g_rc_box_new0 (EnjSettings);

  self->realm = enj_realm_ref (realm);
  self->policy = enj_policy_ref (policy);
  self->dialback_key = enj_dialback_key_ref (key);
  self->credentials = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                             (GDestroyNotify) enj_credentials_unref);
  self->on_loss = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->terms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) enj_terms_unref);
  self->limits = *limits;
  self->federates = federates;
  self->allow_private = allow_private;
  return self;
}

/* All is taken over at once, so that no value can be left out; a reference that is not taken
 * here is given back once too often, which does not stay hidden. */
EnjSettings *
enj_settings_new_with_policy (const EnjSettings *base, EnjPolicy *policy)
{
  EnjSettings *self = g_rc_box_dup (sizeof *base, (gpointer) base);

  self->policy = enj_policy_ref (policy);
  (void) enj_realm_ref (self->realm);
  (void) enj_dialback_key_ref (self->dialback_key);
  (void) g_hash_table_ref (self->credentials);
  (void) g_hash_table_ref (self->on_loss);
  (void) g_hash_table_ref (self->terms);
  if (self->trust)
    (void) enj_trust_ref (self->trust);
  return self;
}

EnjSettings *
enj_settings_ref (EnjSettings *self)
{
  return g_rc_box_acquire (self);
}

static void
settings_clear (gpointer data)
{
  EnjSettings *self = data;

  enj_realm_unref (self->realm);
  enj_policy_unref (self->policy);
  enj_dialback_key_unref (self->dialback_key);
  g_hash_table_unref (self->credentials);
  g_hash_table_unref (self->on_loss);
  g_hash_table_unref (self->terms);
  enj_trust_unref (self->trust);
}

void
enj_settings_unref (EnjSettings *self)
{
  if (self)
    g_rc_box_release_full (self, settings_clear);
}

void
enj_settings_add_credentials (EnjSettings *self, const char *domain, EnjCredentials *credentials)
{
  g_hash_table_replace (self->credentials, g_strdup (domain), enj_credentials_ref (credentials));
}

void
enj_settings_set_trust (EnjSettings *self, EnjTrust *trust)
{
  EnjTrust *before = self->trust;

  self->trust = trust ? enj_trust_ref (trust) : NULL;
  enj_trust_unref (before);
}

void
enj_settings_set_shared (EnjSettings *self, gboolean is_shared)
{
  self->is_shared = is_shared;
}

void
enj_settings_set_on_loss (EnjSettings *self, const char *domain, EnjOnLoss on_loss)
{
  g_hash_table_replace (self->on_loss, g_strdup (domain), GUINT_TO_POINTER (on_loss));
}

EnjOnLoss
enj_settings_get_on_loss (const EnjSettings *self, const char *domain)
{
  return (EnjOnLoss) GPOINTER_TO_UINT (g_hash_table_lookup (self->on_loss, domain));
}

EnjCredentials *
enj_settings_get_credentials (const EnjSettings *self, const char *domain)
{
  return g_hash_table_lookup (self->credentials, domain);
}

EnjCredentials *
enj_settings_choose_credentials (const EnjSettings *self, const char *server_name)
{
  g_autofree char *domain = enj_jid_domain_new (server_name, NULL);

  return domain ? enj_settings_get_credentials (self, domain) : NULL;
}

void
enj_settings_add_terms (EnjSettings *self, const char *domain, EnjTerms *terms)
{
  g_hash_table_replace (self->terms, g_strdup (domain), enj_terms_ref (terms));
}

EnjTerms *
enj_settings_get_terms (const EnjSettings *self, const char *domain)
{
  return g_hash_table_lookup (self->terms, domain);
}

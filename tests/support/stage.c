#include "config.h"

#include "tests/support/stage.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "protocol/wall.h"

#include "tests/support/authority.h"

/* The listener of hosted components. */
#define PORT "here"

/* Authorities of all transcripts, made once. */
static EnjTestAuthority *root;
static EnjTestAuthority *middle;
static EnjTestAuthority *stranger;
static EnjTestAuthority *elsewhere; /* has signed nothing */

static void
make_authorities (void)
{
  if (root)
    return;
  root = enj_test_authority_new ("root", NULL);
  middle = enj_test_authority_new ("middle", root);
  stranger = enj_test_authority_new ("stranger", NULL);
  elsewhere = enj_test_authority_new ("elsewhere", NULL);
}

void
enj_test_stage_init (EnjTestStage *self)
{
  *self = (EnjTestStage){ .fallback = { .allow = TRUE }, .limits = enj_limits_default () };
  self->peers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  self->locals = g_ptr_array_new_with_free_func (g_free);
  self->secret = g_strdup ("s3cr3t");
  self->has_certificates = TRUE;
  enj_wall_set (enj_test_wall);
  enj_test_wall_move (ENJ_TEST_WALL);
}

void
enj_test_stage_clear (EnjTestStage *self)
{
  g_strfreev (self->role);
  g_ptr_array_unref (self->peers);
  g_ptr_array_unref (self->locals);
  g_free (self->secret);
  g_free (self->peer);
  g_free (self->secure_host);
}

static void
set_limit (EnjLimits *limits, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, "=", 2);

#define X(field, key, value, low, high)  \
  if (strcmp (words[0], key) == 0)       \
    {                                    \
      limits->field = strtoul (words[1], NULL, 10); \
      return;                            \
    }
  ENJ_LIMITS (X)
#undef X
  g_error ("no such limit: %s", text);
}

static void
set_policy (EnjPeerPolicy *policy, char **words)
{
  for (; *words; words++)
    {
      if (strcmp (*words, "encryption=optional") == 0)
        policy->encryption = ENJ_ENCRYPTION_OPTIONAL;
      else if (strcmp (*words, "encryption=required") == 0)
        policy->encryption = ENJ_ENCRYPTION_REQUIRED;
      else if (strcmp (*words, "authentication=certificate") == 0)
        policy->authentication = ENJ_AUTHENTICATION_CERTIFICATE;
      else if (strcmp (*words, "allow=no") == 0)
        policy->allow = FALSE;
      else
        g_error ("no such policy: %s", *words);
    }
}

gboolean
enj_test_stage_take (EnjTestStage *self, const EnjTestStep *step)
{
  if (strcmp (step->word, "role") == 0)
    {
      g_strfreev (self->role);
      self->role = g_strsplit (step->text, " ", -1);
    }
  else if (strcmp (step->word, "policy") == 0)
    {
      char **words = g_strsplit (step->text, " ", -1);

      if (strchr (words[0], '='))
        {
          set_policy (&self->fallback, words);
          g_strfreev (words);
        }
      else
        {
          g_ptr_array_add (self->peers, words);
        }
    }
  else if (strcmp (step->word, "local") == 0)
    g_ptr_array_add (self->locals, g_strdup (step->text));
  else if (strcmp (step->word, "limit") == 0)
    set_limit (&self->limits, step->text);
  else if (strcmp (step->word, "secret") == 0)
    {
      g_free (self->secret);
      self->secret = g_strdup (step->text);
    }
  else if (strcmp (step->word, "certificates") == 0)
    self->has_certificates = strcmp (step->text, "none") != 0;
  else if (strcmp (step->word, "trust") == 0)
    {
      self->trusts_nobody = strcmp (step->text, "none") == 0;
      self->has_revoked = strcmp (step->text, "revoked") == 0;
    }
  else if (strcmp (step->word, "shared") == 0)
    self->is_shared = TRUE;
  else if (strcmp (step->word, "direct-tls") == 0)
    self->direct_tls = TRUE;
  else if (strcmp (step->word, "dane") == 0)
    {
      self->has_dane = TRUE;
      self->dane_usage = *step->text ? (guint8) atoi (step->text) : 3;
    }
  else if (strcmp (step->word, "secure-host") == 0)
    {
      g_free (self->secure_host);
      self->secure_host = g_strdup (step->text);
    }
  else if (strcmp (step->word, "certificate") == 0)
    {
      g_free (self->peer);
      self->peer = strcmp (step->text, "none") != 0 ? g_strdup (step->text) : NULL;
    }
  else
    return FALSE;
  return TRUE;
}

static const char *
find_purpose (const char *word)
{
  static const char *const purposes[][2] = {
    { "server", GNUTLS_KP_TLS_WWW_SERVER }, { "client", GNUTLS_KP_TLS_WWW_CLIENT },
    { "any", GNUTLS_KP_ANY },               { "code", GNUTLS_KP_CODE_SIGNING },
    { "xmpp", "1.3.6.1.5.5.7.8.5" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (purposes); i++)
    if (strcmp (purposes[i][0], word) == 0)
      return purposes[i][1];
  g_error ("no such purpose: %s", word);
}

static EnjCredentials *
issue (char **words)
{
  EnjTestAuthority *issuer = strcmp (words[0], "root") == 0       ? root
                             : strcmp (words[0], "middle") == 0   ? middle
                             : strcmp (words[0], "stranger") == 0 ? stranger
                                                                  : NULL;
  g_autoptr (GString) names = g_string_new (NULL);
  EnjTestLeaf leaf = { .names = NULL };

  for (char **word = words + 1; *word; word++)
    if (g_str_has_prefix (*word, "cn="))
      leaf.common_name = *word + strlen ("cn=");
    else if (g_str_has_prefix (*word, "purpose="))
      leaf.purposes = find_purpose (*word + strlen ("purpose="));
    else if (g_str_has_prefix (*word, "end="))
      leaf.end = ENJ_TEST_WALL + g_ascii_strtoll (*word + strlen ("end="), NULL, 10);
    else if (g_str_has_prefix (*word, "start="))
      leaf.start = ENJ_TEST_WALL + g_ascii_strtoll (*word + strlen ("start="), NULL, 10);
    else if (strcmp (*word, "ca") == 0)
      leaf.is_ca = TRUE;
    else
      g_string_append_printf (names, "%s%s", names->len > 0 ? " " : "", *word);
  if (names->len > 0)
    leaf.names = names->str;
  return enj_test_authority_issue (issuer, &leaf);
}

EnjCredentials *
enj_test_stage_get_peer (const EnjTestStage *self)
{
  static GHashTable *all;
  EnjCredentials *credentials;

  if (!self->peer)
    return NULL;
  if (!all)
    all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                 (GDestroyNotify) enj_credentials_unref);
  credentials = g_hash_table_lookup (all, self->peer);
  if (!credentials)
    {
      g_auto (GStrv) words = g_strsplit (self->peer, " ", -1);

      credentials = issue (words);
      g_hash_table_insert (all, g_strdup (self->peer), credentials);
    }
  return credentials;
}

EnjCredentials *
enj_test_stage_get_credentials (const char *domain)
{
  static GHashTable *all;
  EnjCredentials *credentials;
  g_autoptr (GError) error = NULL;

  if (!all)
    all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                 (GDestroyNotify) enj_credentials_unref);
  credentials = g_hash_table_lookup (all, domain);
  if (!credentials)
    {
      credentials = enj_credentials_new_self_signed (domain, ENJ_TEST_WALL, &error);
      g_assert_no_error (error);
      g_hash_table_insert (all, g_strdup (domain), credentials);
    }
  return credentials;
}

/* "inbound, serving A B": from the third word on; others have one domain. */
static gboolean
serves_several (const EnjTestStage *self)
{
  return g_str_has_suffix (self->role[0], ",");
}

static char **
get_served (const EnjTestStage *self)
{
  return self->role + (serves_several (self) ? 2 : 1);
}

static guint
count_served (const EnjTestStage *self)
{
  return serves_several (self) ? g_strv_length (self->role) - 2 : 1;
}

/* At PORT each has the same secret; "elsewhere.example" is served at another one. */
static void
add_terms (const EnjTestStage *self, EnjSettings *settings)
{
  const char *const here[] = { PORT, NULL };
  const char *const other[] = { "elsewhere", NULL };
  char **served = get_served (self);

  for (guint i = 0; i < count_served (self); i++)
    {
      gboolean is_here = strcmp (served[i], "elsewhere.example") != 0;
      g_autoptr (EnjTerms) terms = enj_terms_new (self->secret, is_here ? here : other, FALSE);

      enj_settings_add_terms (settings, served[i], terms);
    }
}

static EnjTrust *
trust_new (const EnjTestStage *self)
{
  EnjTrust *trust = enj_test_authority_trust_new (self->trusts_nobody ? elsewhere : root);
  g_autofree char *list = NULL;
  gnutls_datum_t der, pem;

  if (!self->has_revoked)
    return trust;
  if (gnutls_certificate_get_crt_raw (enj_credentials_get (enj_test_stage_get_peer (self)), 0, 0,
                                      &der)
        < 0
      || gnutls_pem_base64_encode2 ("CERTIFICATE", &der, &pem) < 0)
    g_error ("there is no certificate to be revoked");
  list = enj_test_authority_revoke (root, (const char *) pem.data);
  gnutls_free (pem.data);
  g_assert_true (enj_trust_add_crls (trust, list, strlen (list), NULL));
  return trust;
}

static EnjSettings *
settings_new (const EnjTestStage *self)
{
  g_autoptr (EnjRealm) realm = enj_realm_new ();
  g_autoptr (EnjPolicy) policy = enj_policy_new (&self->fallback);
  g_autoptr (EnjDialbackKey) key = enj_dialback_key_new (self->secret, strlen (self->secret));
  char **served = get_served (self);
  g_autoptr (EnjTrust) trust = NULL;
  EnjSettings *settings;

  make_authorities ();
  trust = trust_new (self);
  for (guint i = 0; i < count_served (self); i++)
    enj_realm_add_component (realm, served[i], TRUE);
  for (guint i = 0; i < self->locals->len; i++)
    enj_realm_add_local (realm, served[0], self->locals->pdata[i]);
  for (guint i = 0; i < self->peers->len; i++)
    {
      char **words = self->peers->pdata[i];
      EnjPeerPolicy peer = self->fallback;

      set_policy (&peer, words + 1);
      g_assert_true (enj_policy_add (policy, words[0], &peer));
    }
  settings = enj_settings_new (realm, policy, key, &self->limits, TRUE, FALSE);
  enj_settings_set_trust (settings, trust);
  enj_settings_set_shared (settings, self->is_shared);
  if (strcmp (self->role[0], "hosted,") == 0)
    add_terms (self, settings);
  for (guint i = 0; self->has_certificates && i < count_served (self); i++)
    enj_settings_add_credentials (settings, served[i],
                                  enj_test_stage_get_credentials (served[i]));
  return settings;
}

/* A record of the very certificate (RFC 6698 2.1); with usage 3 it needs no authority. */
static EnjDane *
dane_new (EnjCredentials *credentials, guint8 usage)
{
  guint8 data[3 + 32] = { usage, 0, 1 };
  const EnjTlsaRecord record = { data, sizeof data };
  gnutls_datum_t leaf;

  if (gnutls_certificate_get_crt_raw (enj_credentials_get (credentials), 0, 0, &leaf) < 0
      || gnutls_hash_fast (GNUTLS_DIG_SHA256, leaf.data, leaf.size, data + 3) < 0)
    g_error ("there is no certificate to make a TLSA record of");
  return enj_dane_new (&record, 1);
}

/* Where an outbound connection leads; NULL where nothing is said of it. */
static EnjTarget *
target_new (const EnjTestStage *self)
{
  g_autoptr (EnjDane) dane
    = self->has_dane ? dane_new (enj_test_stage_get_peer (self), self->dane_usage) : NULL;
  EnjAddress address = { 0 };

  if (!self->direct_tls && !self->secure_host && !dane)
    return NULL;
  return enj_target_new (&address, self->secure_host ? self->secure_host : "host.example",
                         self->direct_tls, self->secure_host != NULL, dane);
}

void
enj_test_stage_enter (const EnjTestStage *self, EnjTestActor *actor)
{
  EnjWake nobody = { 0 };
  const char *role;

  g_assert_nonnull (self->role);
  role = self->role[0];
  actor->settings = settings_new (self);
  if (strcmp (role, "inbound,") == 0)
    {
      actor->inbound = enj_inbound_new (self->direct_tls, actor->settings, &actor->counters,
                                        nobody, actor->now);
      actor->session = enj_inbound_get_session (actor->inbound);
    }
  else if (strcmp (role, "outbound") == 0)
    {
      g_autoptr (EnjTarget) target = target_new (self);

      actor->outbound = enj_outbound_new (self->role[1], self->role[3], target, actor->settings,
                                          &actor->counters, nobody, actor->now);
      actor->session = enj_outbound_get_session (actor->outbound);
    }
  else if (strcmp (role, "link") == 0)
    {
      actor->link = enj_link_new (self->role[1], self->locals->pdata[0], self->secret,
                                  actor->settings, &actor->counters, nobody, actor->now);
      actor->session = &actor->link->session;
    }
  else if (strcmp (role, "hosted,") == 0)
    {
      actor->hosted = enj_hosted_new (PORT, self->direct_tls, actor->settings, &actor->counters,
                                      nobody, actor->now);
      actor->link = enj_hosted_get_carrier (actor->hosted);
      actor->session = &actor->link->session;
    }
  else
    {
      g_error ("no such role: %s", role);
    }
  enj_test_actor_pump (actor);
}

void
enj_test_stage_reload (const EnjTestStage *self, EnjTestActor *actor)
{
  enj_settings_unref (actor->settings);
  actor->settings = settings_new (self);
  if (actor->inbound)
    enj_inbound_set_settings (actor->inbound, actor->settings, actor->now);
  else
    (void) enj_outbound_set_settings (actor->outbound, actor->settings, actor->now);
  enj_test_actor_pump (actor);
}

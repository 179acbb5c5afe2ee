/* settings.h - what the operator wants, as the protocol needs it.
 *
 * Immutable and counted: a reload builds a whole new value and swaps it. */
#pragma once

#include "protocol/credentials.h"
#include "protocol/dialback-key.h"
#include "protocol/limits.h"
#include "protocol/policy.h"
#include "protocol/realm.h"
#include "protocol/trust.h"

typedef struct EnjSettings EnjSettings;

struct EnjSettings
{
  EnjRealm *realm;
  EnjPolicy *policy;
  EnjDialbackKey *dialback_key;
  GHashTable *credentials; /* canonical domain to EnjCredentials */
  EnjTrust *trust;         /* NULL: no certificate proves anything */
  EnjLimits limits;
  gboolean federates;     /* server-to-server at all */
  gboolean allow_private; /* DNS may lead to private addresses */
};

/* Takes references of its own; @limits is copied.  Add the credentials and set
 * the trust before sharing. */
EnjSettings *enj_settings_new (EnjRealm *realm, EnjPolicy *policy, EnjDialbackKey *key,
                               const EnjLimits *limits, gboolean federates,
                               gboolean allow_private);
EnjSettings *enj_settings_ref (EnjSettings *self);
void enj_settings_unref (EnjSettings *self);

void enj_settings_add_credentials (EnjSettings *self, const char *domain,
                                   EnjCredentials *credentials);

void enj_settings_set_trust (EnjSettings *self, EnjTrust *trust);

/* NULL where the domain has none. */
EnjCredentials *enj_settings_get_credentials (const EnjSettings *self, const char *domain);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjSettings, enj_settings_unref)

/* settings.h - what the operator wants, as the protocol needs it.
 *
 * Immutable and counted: a reload builds a whole new value and swaps it. */
#pragma once

#include "protocol/credentials.h"
#include "protocol/dialback-key.h"
#include "protocol/limits.h"
#include "protocol/policy.h"
#include "protocol/realm.h"
#include "protocol/terms.h"
#include "protocol/trust.h"

typedef struct EnjSettings EnjSettings;

/* What becomes of stanzas that were under way when a link or stream died (salvage.h). */
typedef enum
{
  ENJ_ON_LOSS_BY_KIND,
  ENJ_ON_LOSS_RESEND,
  ENJ_ON_LOSS_BOUNCE
} EnjOnLoss;

struct EnjSettings
{
  EnjRealm *realm;
  EnjPolicy *policy;
  EnjDialbackKey *dialback_key;
  GHashTable *credentials; /* canonical domain to EnjCredentials */
  GHashTable *on_loss;     /* canonical domain to EnjOnLoss */
  GHashTable *terms;       /* canonical domain to EnjTerms */
  EnjTrust *trust;         /* NULL: no certificate proves anything */
  EnjLimits limits;
  gboolean federates;     /* server-to-server at all */
  gboolean allow_private; /* DNS may lead to private addresses */
  gboolean is_shared;     /* other instances have our domains, too: answers may go there */
};

/* Takes references of its own; @limits is copied.  What is added or set
 * is so before sharing. */
EnjSettings *enj_settings_new (EnjRealm *realm, EnjPolicy *policy, EnjDialbackKey *key,
                               const EnjLimits *limits, gboolean federates,
                               gboolean allow_private);
EnjSettings *enj_settings_ref (EnjSettings *self);
void enj_settings_unref (EnjSettings *self);

/* As @base, which is shared by now, with another policy. */
EnjSettings *enj_settings_new_with_policy (const EnjSettings *base, EnjPolicy *policy);

void enj_settings_add_credentials (EnjSettings *self, const char *domain,
                                   EnjCredentials *credentials);

void enj_settings_set_trust (EnjSettings *self, EnjTrust *trust);
void enj_settings_set_shared (EnjSettings *self, gboolean is_shared);

/* For the stanzas of a component; by kind, where nothing is said. */
void enj_settings_set_on_loss (EnjSettings *self, const char *domain, EnjOnLoss on_loss);
EnjOnLoss enj_settings_get_on_loss (const EnjSettings *self, const char *domain);

/* NULL where the domain has none. */
EnjCredentials *enj_settings_get_credentials (const EnjSettings *self, const char *domain);

/* The same for a name as it comes in TLS. */
EnjCredentials *enj_settings_choose_credentials (const EnjSettings *self, const char *server_name);

/* For a domain whose component connects to us; NULL for the others. */
void enj_settings_add_terms (EnjSettings *self, const char *domain, EnjTerms *terms);
EnjTerms *enj_settings_get_terms (const EnjSettings *self, const char *domain);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjSettings, enj_settings_unref)

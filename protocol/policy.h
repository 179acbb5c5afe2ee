/* policy.h - what we ask of which peer; the most exact entry wins.
 *
 * Immutable and counted once it is built.  Names are canonical domains. */
#pragma once

#include <glib.h>

typedef enum
{
  ENJ_ENCRYPTION_REQUIRED,
  ENJ_ENCRYPTION_OPTIONAL
} EnjEncryption;

typedef enum
{
  ENJ_AUTHENTICATION_DIALBACK,
  ENJ_AUTHENTICATION_CERTIFICATE
} EnjAuthentication;

typedef struct
{
  gboolean allow;
  char *host; /* instead of DNS; NULL for DNS */
  guint16 port;
  gboolean direct_tls;
  EnjEncryption encryption;
  EnjAuthentication authentication;
} EnjPeerPolicy;

typedef struct EnjPolicy EnjPolicy;

/* @fallback is for every peer without an entry. */
EnjPolicy *enj_policy_new (const EnjPeerPolicy *fallback);
EnjPolicy *enj_policy_ref (EnjPolicy *self);
void enj_policy_unref (EnjPolicy *self);

/* @pattern is "remote.example" or "*.remote.example" (any depth below, not
 * the name itself).  FALSE where it is there already.  Before sharing only. */
gboolean enj_policy_add (EnjPolicy *self, const char *pattern, const EnjPeerPolicy *peer);

/* As @base, but that nothing is allowed which one of @patterns is for, however exact @base is
 * about it.  NULL-terminated, as of add(). */
EnjPolicy *enj_policy_new_denying (EnjPolicy *base, const char *const *patterns);

/* Never NULL. */
const EnjPeerPolicy *enj_policy_find (const EnjPolicy *self, const char *domain);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjPolicy, enj_policy_unref)

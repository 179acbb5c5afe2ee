#include "config.h"

#include "protocol/policy.h"

#include <string.h>

struct EnjPolicy
{
  EnjPolicy *base; /* asked where there is no entry here; NULL: the fallback */
  EnjPeerPolicy *fallback;
  GHashTable *exact; /* domain -> EnjPeerPolicy */
  GHashTable *below; /* what stands behind "*." -> EnjPeerPolicy */
};

static EnjPeerPolicy *
peer_copy (const EnjPeerPolicy *peer)
{
  EnjPeerPolicy *copy = g_new (EnjPeerPolicy, 1);

  *copy = *peer;
  copy->host = g_strdup (peer->host);
  return copy;
}

static void
peer_free (gpointer data)
{
  EnjPeerPolicy *peer = data;

  g_free (peer->host);
  g_free (peer);
}

static void
clear (gpointer data)
{
  EnjPolicy *self = data;

  if (self->base)
    enj_policy_unref (self->base);
  peer_free (self->fallback);
  g_hash_table_unref (self->exact);
  g_hash_table_unref (self->below);
}

EnjPolicy *
enj_policy_new (const EnjPeerPolicy *fallback)
{
  EnjPolicy *self = g_rc_box_new0 (EnjPolicy);

  self->fallback = peer_copy (fallback);
  self->exact = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, peer_free);
  self->below = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, peer_free);
  return self;
}

EnjPolicy *
enj_policy_ref (EnjPolicy *self)
{
  return g_rc_box_acquire (self);
}

void
enj_policy_unref (EnjPolicy *self)
{
  g_rc_box_release_full (self, clear);
}

gboolean
enj_policy_add (EnjPolicy *self, const char *pattern, const EnjPeerPolicy *peer)
{
  gboolean is_below = g_str_has_prefix (pattern, "*.");
  GHashTable *table = is_below ? self->below : self->exact;
  const char *name = is_below ? pattern + 2 : pattern;

  if (g_hash_table_contains (table, name))
    return FALSE;

  g_hash_table_insert (table, g_strdup (name), peer_copy (peer));
  return TRUE;
}

EnjPolicy *
enj_policy_new_denying (EnjPolicy *base, const char *const *patterns)
{
  EnjPolicy *self = enj_policy_new (base->fallback);

  self->base = enj_policy_ref (base);
  for (; *patterns; patterns++)
    {
      EnjPeerPolicy peer = *enj_policy_find (base, *patterns);

      peer.allow = FALSE;
      (void) enj_policy_add (self, *patterns, &peer); /* Given twice it is no less denied. */
    }
  return self;
}

const EnjPeerPolicy *
enj_policy_find (const EnjPolicy *self, const char *domain)
{
  const EnjPeerPolicy *peer = g_hash_table_lookup (self->exact, domain);

  /* From the longest ending to the shortest: the most exact wins. */
  for (const char *dot = strchr (domain, '.'); !peer && dot; dot = strchr (dot + 1, '.'))
    peer = g_hash_table_lookup (self->below, dot + 1);

  if (peer)
    return peer;
  return self->base ? enj_policy_find (self->base, domain) : self->fallback;
}

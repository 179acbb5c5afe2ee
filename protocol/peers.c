#include "config.h"

#include "protocol/peers.h"

#include <string.h>

#include "protocol/outbound.h"

struct EnjPeers
{
  EnjPeerCommon common;
  GHashTable *by_pair; /* "local remote" to EnjPeer, owned */
  GHashTable *by_id;
  guint64 last_id;
};

static char *
key_new (const char *local, const char *remote)
{
  return g_strconcat (local, " ", remote, NULL);
}

static EnjPeer *
get_peer (EnjPeers *self, const char *local, const char *remote)
{
  g_autofree char *key = key_new (local, remote);
  EnjPeer *peer = g_hash_table_lookup (self->by_pair, key);

  if (peer)
    return peer;
  peer = enj_peer_new (&self->common, ++self->last_id, local, remote);
  g_hash_table_insert (self->by_pair, g_steal_pointer (&key), peer);
  g_hash_table_insert (self->by_id, (gpointer) enj_peer_get_id (peer), peer);
  return peer;
}

static void
forget_if_done (EnjPeers *self, EnjPeer *peer)
{
  g_autofree char *key = NULL;

  if (!enj_peer_is_done (peer))
    return;
  key = key_new (enj_peer_get_local (peer), enj_peer_get_remote (peer));
  g_hash_table_remove (self->by_id, enj_peer_get_id (peer));
  g_hash_table_remove (self->by_pair, key);
}

EnjPeers *
enj_peers_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake)
{
  EnjPeers *self = g_new0 (EnjPeers, 1);

  self->common.settings = enj_settings_ref (settings);
  self->common.counters = counters;
  self->common.wake = wake;
  self->common.dying
    = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) enj_outbound_free);
  self->common.forbidden = g_array_new (FALSE, FALSE, sizeof (EnjAddress));
  self->common.due = ENJ_NEVER;
  self->by_pair
    = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) enj_peer_free);
  self->by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  return self;
}

static void
free_event (gpointer data)
{
  enj_peer_event_clear (data);
  g_free (data);
}

void
enj_peers_free (EnjPeers *self)
{
  if (!self)
    return;
  g_queue_clear (&self->common.dirty);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->by_pair);
  g_hash_table_unref (self->common.dying);
  g_queue_clear_full (&self->common.events, free_event);
  g_array_unref (self->common.forbidden);
  enj_settings_unref (self->common.settings);
  g_free (self->common.goodbye);
  g_free (self);
}

void
enj_peers_set_settings (EnjPeers *self, EnjSettings *settings, gint64 now)
{
  GHashTableIter iter;
  gpointer peer;

  enj_settings_unref (self->common.settings);
  self->common.settings = enj_settings_ref (settings);
  g_hash_table_iter_init (&iter, self->by_pair);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    if (!enj_policy_find (settings->policy, enj_peer_get_remote (peer))->allow)
      enj_peer_deny (peer, now);
}

void
enj_peers_forbid (EnjPeers *self, const EnjAddress *address)
{
  g_array_append_val (self->common.forbidden, *address);
}

gboolean
enj_peers_send (EnjPeers *self, const char *local, const char *remote, EnjStanza *stanza,
                gint64 now)
{
  return enj_peer_send (get_peer (self, local, remote), stanza, now);
}

void
enj_peers_verify (EnjPeers *self, guint64 asker, const char *local, const char *remote,
                  const char *stream_id, const char *key, gint64 now)
{
  enj_peer_verify (get_peer (self, local, remote), asker, stream_id, key, now);
}

static EnjTargets *
find_targets (EnjPeers *self, guint64 id, EnjPeer **peer)
{
  *peer = g_hash_table_lookup (self->by_id, &id);
  return *peer ? enj_peer_get_targets (*peer) : NULL;
}

void
enj_peers_srv (EnjPeers *self, guint64 id, guint ticket, EnjLookupResult result, gboolean secure,
               const EnjSrvRecord *records, guint n, gint64 now)
{
  EnjPeer *peer;
  EnjTargets *targets = find_targets (self, id, &peer);

  if (!targets)
    return;
  enj_targets_srv (targets, ticket, result, secure, records, n);
  enj_peer_go_on (peer, now);
}

void
enj_peers_addresses (EnjPeers *self, guint64 id, guint ticket, EnjLookupResult result,
                     gboolean secure, const EnjAddress *addresses, guint n, gint64 now)
{
  EnjPeer *peer;
  EnjTargets *targets = find_targets (self, id, &peer);

  if (!targets)
    return;
  enj_targets_addresses (targets, ticket, result, secure, addresses, n);
  enj_peer_go_on (peer, now);
}

void
enj_peers_tlsa (EnjPeers *self, guint64 id, guint ticket, EnjLookupResult result, gboolean secure,
                const EnjTlsaRecord *records, guint n, gint64 now)
{
  EnjPeer *peer;
  EnjTargets *targets = find_targets (self, id, &peer);

  if (!targets)
    return;
  enj_targets_tlsa (targets, ticket, result, secure, records, n);
  enj_peer_go_on (peer, now);
}

void
enj_peers_dial_failed (EnjPeers *self, guint64 id, guint ticket, const char *why, gint64 now)
{
  EnjPeer *peer;
  EnjTargets *targets = find_targets (self, id, &peer);

  if (!targets)
    return;
  enj_targets_failed (targets, ticket, why);
  enj_peer_go_on (peer, now);
}

EnjSession *
enj_peers_dialled (EnjPeers *self, guint64 id, guint ticket, gint64 now)
{
  EnjPeer *peer = g_hash_table_lookup (self->by_id, &id);

  return peer ? enj_peer_dialled (peer, ticket, now) : NULL;
}

gboolean
enj_peers_closed (EnjPeers *self, EnjSession *session)
{
  return g_hash_table_remove (self->common.dying, session);
}

gboolean
enj_peers_next (EnjPeers *self, EnjPeerEvent *event, gint64 now)
{
  EnjPeerEvent *first;
  EnjPeer *peer;

  while ((peer = g_queue_pop_head (&self->common.dirty)))
    {
      enj_peer_process (peer, now);
      forget_if_done (self, peer);
    }
  first = g_queue_pop_head (&self->common.events);
  if (!first)
    return FALSE;
  *event = *first;
  g_free (first);
  return TRUE;
}

gint64
enj_peers_deadline (const EnjPeers *self)
{
  return self->common.due;
}

void
enj_peers_tick (EnjPeers *self, gint64 now)
{
  GHashTableIter iter;
  gpointer peer;

  if (now < self->common.due)
    return;
  self->common.due = ENJ_NEVER;
  g_hash_table_iter_init (&iter, self->by_pair);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    enj_peer_tick (peer, now);
}

void
enj_peers_close (EnjPeers *self, const char *remote, const char *text, gint64 now)
{
  GHashTableIter iter;
  gpointer peer;

  if (!remote && !self->common.goodbye)
    self->common.goodbye = g_strdup (text);
  g_hash_table_iter_init (&iter, self->by_pair);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    if (!remote || strcmp (remote, enj_peer_get_remote (peer)) == 0)
      enj_peer_close (peer, text, now);
}

guint
enj_peers_count_waiting (const EnjPeers *self)
{
  GHashTableIter iter;
  gpointer peer;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->by_pair);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    n += enj_peer_count_waiting (peer);
  return n;
}

guint
enj_peers_count_streams (const EnjPeers *self)
{
  GHashTableIter iter;
  gpointer peer;
  guint n = g_hash_table_size (self->common.dying);

  g_hash_table_iter_init (&iter, self->by_pair);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    n += enj_peer_has_stream (peer);
  return n;
}

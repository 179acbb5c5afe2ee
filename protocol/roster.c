#include "config.h"

#include "protocol/roster.h"

#include "protocol/deadlines.h"
#include "protocol/jid.h"
#include "protocol/marks.h"
#include "protocol/salvage.h"

#define WAIT ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait"

static const EnjReason lost = { WAIT, "the stream to the remote server was lost", 0, 0 };
static const EnjReason losing = { WAIT, "the stream to the remote server broke again and again",
                                  0, 0 };
static const EnjReason unconfirmed = { WAIT, "not confirmed by the remote server", 0, 0 };
static const EnjReason late = { WAIT, "the remote server was not reached in time", 0, 0 };

/* XEP-0478 4. */
static const EnjReason too_large
  = { ENJ_STANZA_POLICY_VIOLATION, NULL, "larger than what the remote server takes", 0, 0 };

typedef struct
{
  EnjStanza *stanza;
  gint64 left;
} Unproved;

struct EnjRoster
{
  EnjSettings *settings;
  EnjCalls *calls;
  EnjFailures *failures;
  GHashTable *by_pair;   /* key of the pair to EnjPeer, owned */
  GHashTable *by_remote; /* domain, owned, to GPtrArray of EnjPeer */
  GHashTable *lent;      /* EnjInbound to GPtrArray of EnjPeer */
  EnjMarks marks;        /* domains */
  GHashTable *pauses;    /* domain, owned, to gint64, owned */
  EnjReturns returns;
  gint64 due;
};

EnjRoster *
enj_roster_new (EnjSettings *settings, EnjCalls *calls, EnjFailures *failures)
{
  EnjRoster *self = g_new0 (EnjRoster, 1);

  self->settings = enj_settings_ref (settings);
  self->calls = calls;
  self->failures = failures;
  self->by_pair
    = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) enj_peer_free);
  self->by_remote
    = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->lent = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
  self->pauses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->due = ENJ_NEVER;
  return self;
}

void
enj_roster_free (EnjRoster *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->by_remote);
  g_hash_table_unref (self->by_pair);
  g_hash_table_unref (self->lent);
  g_hash_table_unref (self->pauses);
  enj_marks_clear (&self->marks);
  enj_returns_clear (&self->returns);
  enj_settings_unref (self->settings);
  g_free (self);
}

void
enj_roster_set_settings (EnjRoster *self, EnjSettings *settings)
{
  GHashTableIter iter;
  gpointer peer;

  enj_settings_unref (self->settings);
  self->settings = enj_settings_ref (settings);
  g_hash_table_iter_init (&iter, self->by_pair);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    enj_peer_set_limits (peer, &settings->limits);
}

/* ---- Pairs ----------------------------------------------------------------- */

static EnjPeer *
find (const EnjRoster *self, const char *local, const char *remote)
{
  g_autofree char *key = g_strconcat (local, " ", remote, NULL);

  return g_hash_table_lookup (self->by_pair, key);
}

static EnjPeer *
get (EnjRoster *self, const char *local, const char *remote)
{
  EnjPeer *peer = find (self, local, remote);
  GPtrArray *peers;

  if (peer)
    return peer;
  peer = enj_peer_new (local, remote, &self->settings->limits);
  g_hash_table_insert (self->by_pair, (gpointer) enj_peer_get_key (peer), peer);
  peers = g_hash_table_lookup (self->by_remote, remote);
  if (!peers)
    {
      peers = g_ptr_array_new ();
      g_hash_table_insert (self->by_remote, g_strdup (remote), peers);
    }
  g_ptr_array_add (peers, peer);
  return peer;
}

static EnjPeer *
get_nth (const EnjRoster *self, const char *remote, guint index)
{
  const GPtrArray *peers = g_hash_table_lookup (self->by_remote, remote);

  return peers && index < peers->len ? peers->pdata[index] : NULL;
}

/* What has no stanza and no stream is not worth a record.  TRUE where it is gone. */
static gboolean
forget_if_done (EnjRoster *self, EnjPeer *peer)
{
  GPtrArray *peers = g_hash_table_lookup (self->by_remote, enj_peer_get_remote (peer));

  if (enj_peer_get_call (peer) || enj_peer_get_inbound (peer) || enj_peer_count_waiting (peer) > 0)
    return FALSE;
  g_ptr_array_remove (peers, peer);
  if (peers->len == 0)
    g_hash_table_remove (self->by_remote, enj_peer_get_remote (peer));
  g_hash_table_remove (self->by_pair, enj_peer_get_key (peer));
  return TRUE;
}

static gboolean
wants_stream (const EnjPeer *peer)
{
  return enj_peer_count_waiting (peer) > 0 && !enj_peer_get_call (peer)
         && !enj_peer_get_inbound (peer);
}

static EnjPeer *
find_calling (const EnjRoster *self, const char *remote)
{
  EnjPeer *peer;

  for (guint i = 0; (peer = get_nth (self, remote, i)); i++)
    if (wants_stream (peer))
      return peer;
  return NULL;
}

const char *
enj_roster_find_caller (const EnjRoster *self, const char *remote)
{
  const EnjPeer *peer = find_calling (self, remote);

  return peer ? enj_peer_get_local (peer) : NULL;
}

char *
enj_roster_dup_source (const EnjRoster *self, const char *remote)
{
  const EnjPeer *peer = find_calling (self, remote);

  return peer ? enj_peer_dup_source (peer) : NULL;
}

/* ---- Going back ------------------------------------------------------------ */

static void
give_all_back (EnjRoster *self, EnjPeer *peer, const EnjReason *reason)
{
  EnjStanza *stanza;

  while ((stanza = enj_peer_steal (peer)))
    enj_returns_push_take (&self->returns, stanza, reason);
}

gboolean
enj_roster_refuse_source (EnjRoster *self, const char *remote, const EnjReason *reason)
{
  EnjPeer *peer = find_calling (self, remote);
  g_autofree char *source = peer ? enj_peer_dup_source (peer) : NULL;
  EnjStanza *stanza;

  while (source && (stanza = enj_peer_steal_of (peer, source)))
    enj_returns_push_take (&self->returns, stanza, reason);
  return source != NULL;
}

gboolean
enj_roster_next_return (EnjRoster *self, EnjReturn *item)
{
  return enj_returns_next (&self->returns, item);
}

void
enj_roster_deny (EnjRoster *self, const EnjReason *reason)
{
  GHashTableIter iter;
  gpointer peer;

  g_hash_table_iter_init (&iter, self->by_pair);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    if (!enj_policy_find (self->settings->policy, enj_peer_get_remote (peer))->allow)
      {
        give_all_back (self, peer, reason);
        enj_roster_mark (self, enj_peer_get_remote (peer));
      }
}

/* ---- Going out ------------------------------------------------------------- */

static void
write_out (EnjRoster *self, EnjPeer *peer, gint64 now)
{
  EnjStanza *stanza = NULL;

  while (enj_peer_flush (peer, &stanza, now))
    enj_returns_push_take (&self->returns, stanza, &too_large);
  self->due = MIN (self->due, enj_peer_deadline (peer));
}

gboolean
enj_roster_send (EnjRoster *self, const char *local, const char *remote, EnjStanza *stanza,
                 gint64 now)
{
  EnjPeer *peer = get (self, local, remote);
  gboolean taken = enj_peer_push (peer, stanza, now);

  write_out (self, peer, now);
  if (!enj_peer_is_up (peer))
    enj_roster_mark (self, remote);
  return taken;
}

/* A stream for a pair that wants one, or the reason why there will be none. */
static void
find_stream (EnjRoster *self, EnjPeer *peer, const EnjReason *refusal, gint64 now)
{
  const char *local = enj_peer_get_local (peer);
  const char *remote = enj_peer_get_remote (peer);
  const EnjFailure *failure
    = enj_failures_find_resting (self->failures, enj_peer_get_key (peer), now);
  EnjCall *call = enj_calls_find_ready (self->calls, local, remote, 0);

  if (failure)
    give_all_back (self, peer, &failure->reason);
  else if (call)
    {
      enj_peer_set_call (peer, call);
      enj_outbound_authorise (enj_call_get_outbound (call), local, remote, now);
    }
  else if (refusal)
    give_all_back (self, peer, refusal);
}

void
enj_roster_serve (EnjRoster *self, const char *remote, const EnjReason *refusal, gint64 now)
{
  EnjPeer *peer;

  for (guint i = 0; (peer = get_nth (self, remote, i));)
    {
      if (wants_stream (peer))
        find_stream (self, peer, refusal, now);
      write_out (self, peer, now);
      if (!forget_if_done (self, peer))
        i++;
    }
}

/* ---- What streams do to pairs ---------------------------------------------- */

void
enj_roster_note_up (EnjRoster *self, const char *local, const char *remote)
{
  EnjPeer *peer = find (self, local, remote);

  enj_roster_mark (self, remote);
  if (!peer)
    return;
  enj_failures_forget (self->failures, enj_peer_get_key (peer));
  enj_peer_note_up (peer);
}

void
enj_roster_refuse (EnjRoster *self, const EnjCall *call, const char *local, const char *remote,
                   const EnjReason *reason, gint64 now)
{
  EnjPeer *peer = find (self, local, remote);

  if (!peer || enj_peer_get_inbound (peer)
      || (enj_peer_get_call (peer) && enj_peer_get_call (peer) != call))
    return;
  enj_peer_set_call (peer, NULL);
  enj_failures_note (self->failures, enj_peer_get_key (peer), reason,
                     self->settings->limits.retry_max, now);
  give_all_back (self, peer, reason);
  enj_roster_mark (self, remote);
}

gboolean
enj_roster_may_retry (EnjRoster *self, const EnjCall *call, const char *local, const char *remote)
{
  EnjPeer *peer = find (self, local, remote);

  if (!peer || enj_peer_get_call (peer) != call || !enj_peer_may_retry (peer))
    return FALSE;
  enj_peer_set_call (peer, NULL);
  enj_roster_mark (self, remote);
  return TRUE;
}

/* What did not leave waits again. */
static void
take_back (EnjRoster *self, EnjSession *session, gint64 now)
{
  g_autoptr (GHashTable) losers = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer loser;
  EnjStanza *stanza;

  while ((stanza = enj_session_steal_unsent (session)))
    {
      char local[ENJ_JID_DOMAIN_SIZE];
      char remote[ENJ_JID_DOMAIN_SIZE];

      if (enj_jid_fill_domain (enj_stanza_get_from (stanza), local)
          && enj_jid_fill_domain (enj_stanza_get_to (stanza), remote))
        {
          EnjPeer *peer = get (self, local, remote);

          enj_peer_take_back (peer, stanza, now);
          enj_roster_mark (self, remote);
          g_hash_table_add (losers, peer);
        }
      enj_stanza_unref (stanza);
    }
  g_hash_table_iter_init (&iter, losers);
  while (g_hash_table_iter_next (&iter, &loser, NULL))
    if (enj_peer_is_losing (loser, now))
      give_all_back (self, loser, &losing);
}

/* The pairs that used the stream of @call have none. */
static void
detach (EnjRoster *self, EnjCall *call, const char *remote)
{
  gboolean is_waited_for
    = enj_call_is_over (call) && !enj_call_is_spent (call) && !enj_call_get_reason (call);
  EnjPeer *peer;

  for (guint i = 0; (peer = get_nth (self, remote, i)); i++)
    {
      if (enj_peer_get_call (peer) != call)
        continue;
      enj_peer_set_call (peer, NULL);
      /* XEP-0220 2.1.1: lost while we waited for the answer. */
      if (is_waited_for && !enj_call_was_up (call, enj_peer_get_local (peer), remote))
        give_all_back (self, peer, &lost);
    }
}

/* What left, and was not proved to have arrived, goes back or goes again.  Behind take_back(),
 * for these left first. */
static void
recover (EnjRoster *self, const GArray *unproved, gint64 now)
{
  GQueue back = G_QUEUE_INIT;
  EnjStanza *stanza;

  for (guint i = unproved->len; i > 0; i--)
    {
      const Unproved *one = &g_array_index (unproved, Unproved, i - 1);
      char local[ENJ_JID_DOMAIN_SIZE];
      char remote[ENJ_JID_DOMAIN_SIZE];
      g_autoptr (EnjStanza) again = NULL;

      if (enj_jid_fill_domain (enj_stanza_get_from (one->stanza), local)
          && enj_jid_fill_domain (enj_stanza_get_to (one->stanza), remote))
        again = enj_salvage_between_servers_new (enj_settings_get_on_loss (self->settings, local),
                                                 local, one->stanza, now - one->left);
      if (!again)
        {
          g_queue_push_head (&back, one->stanza);
          continue;
        }
      enj_peer_take_back (get (self, local, remote), again, now);
      enj_roster_mark (self, remote);
      enj_stanza_unref (one->stanza);
    }
  while ((stanza = g_queue_pop_head (&back)))
    enj_returns_push_take (&self->returns, stanza, &unconfirmed);
}

/* All that @lane, which is over, still had. */
static void
empty (EnjRoster *self, EnjLane *lane, gint64 now)
{
  g_autoptr (GArray) unproved = g_array_new (FALSE, FALSE, sizeof (Unproved));
  Unproved one;

  while ((one.stanza = enj_lane_steal_unconfirmed (lane, &one.left)))
    g_array_append_val (unproved, one);
  take_back (self, &lane->session, now);
  recover (self, unproved, now);
}

void
enj_roster_hang_up (EnjRoster *self, EnjCall *call, gint64 now)
{
  EnjOutbound *outbound = enj_call_get_outbound (call);
  const char *remote;

  if (outbound)
    empty (self, enj_outbound_get_lane (outbound), now);
  for (guint i = 0; (remote = enj_call_get_remote (call, i)); i++)
    {
      detach (self, call, remote);
      enj_roster_mark (self, remote);
    }
}

/* ---- Streams that peers have opened ---------------------------------------- */

gboolean
enj_roster_may_borrow (const EnjRoster *self, const char *local, const char *remote)
{
  const EnjPeer *peer = find (self, local, remote);

  return !peer
         || (!enj_peer_get_inbound (peer)
             && !(enj_peer_get_call (peer)
                  && enj_call_was_up (enj_peer_get_call (peer), local, remote)));
}

gboolean
enj_roster_is_waiting (const EnjRoster *self, const char *local, const char *remote)
{
  const EnjPeer *peer = find (self, local, remote);

  return peer && enj_peer_count_waiting (peer) > 0;
}

void
enj_roster_lend (EnjRoster *self, const char *local, const char *remote, EnjInbound *inbound)
{
  EnjPeer *peer = get (self, local, remote);
  GPtrArray *peers = g_hash_table_lookup (self->lent, inbound);

  if (!peers)
    {
      peers = g_ptr_array_new ();
      g_hash_table_insert (self->lent, inbound, peers);
    }
  g_ptr_array_add (peers, peer);
  enj_peer_set_inbound (peer, inbound);
  enj_roster_mark (self, remote);
}

void
enj_roster_note_room (EnjRoster *self, const EnjInbound *inbound)
{
  const GPtrArray *peers = g_hash_table_lookup (self->lent, inbound);

  for (guint i = 0; peers && i < peers->len; i++)
    enj_roster_mark (self, enj_peer_get_remote (peers->pdata[i]));
}

void
enj_roster_lose_inbound (EnjRoster *self, EnjInbound *inbound, gint64 now)
{
  const GPtrArray *peers = g_hash_table_lookup (self->lent, inbound);

  empty (self, enj_inbound_get_lane (inbound), now);
  for (guint i = 0; peers && i < peers->len; i++)
    {
      enj_peer_set_inbound (peers->pdata[i], NULL);
      enj_roster_mark (self, enj_peer_get_remote (peers->pdata[i]));
    }
  g_hash_table_remove (self->lent, inbound);
}

/* ---- Marks and time -------------------------------------------------------- */

void
enj_roster_mark (EnjRoster *self, const char *remote)
{
  enj_marks_add (&self->marks, remote);
}

void
enj_roster_mark_all (EnjRoster *self)
{
  GHashTableIter iter;
  gpointer remote;

  g_hash_table_iter_init (&iter, self->by_remote);
  while (g_hash_table_iter_next (&iter, &remote, NULL))
    enj_roster_mark (self, remote);
}

char *
enj_roster_steal_marked (EnjRoster *self)
{
  return enj_marks_steal (&self->marks);
}

void
enj_roster_pause (EnjRoster *self, const char *remote, gint64 until)
{
  g_hash_table_insert (self->pauses, g_strdup (remote), g_memdup2 (&until, sizeof until));
  self->due = MIN (self->due, until);
}

gboolean
enj_roster_is_pausing (const EnjRoster *self, const char *remote, gint64 now)
{
  const gint64 *until = g_hash_table_lookup (self->pauses, remote);

  return until && *until > now;
}

gint64
enj_roster_deadline (const EnjRoster *self)
{
  return self->due;
}

static void
end_pauses (EnjRoster *self, gint64 now)
{
  GHashTableIter iter;
  gpointer remote, until;

  g_hash_table_iter_init (&iter, self->pauses);
  while (g_hash_table_iter_next (&iter, &remote, &until))
    if (*(const gint64 *) until <= now)
      {
        enj_roster_mark (self, remote);
        g_hash_table_iter_remove (&iter);
      }
    else
      self->due = MIN (self->due, *(const gint64 *) until);
}

void
enj_roster_tick (EnjRoster *self, gint64 now)
{
  GHashTableIter iter;
  gpointer peer;

  self->due = ENJ_NEVER;
  end_pauses (self, now);
  g_hash_table_iter_init (&iter, self->by_pair);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    {
      EnjStanza *stanza;

      while ((stanza = enj_peer_steal_expired (peer, now)))
        {
          enj_returns_push_take (&self->returns, stanza, &late);
          enj_roster_mark (self, enj_peer_get_remote (peer));
        }
      self->due = MIN (self->due, enj_peer_deadline (peer));
    }
}

guint
enj_roster_count_owned (const EnjRoster *self)
{
  GHashTableIter iter;
  gpointer peer;
  guint n = enj_returns_count (&self->returns);

  g_hash_table_iter_init (&iter, self->by_pair);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    n += enj_peer_count_waiting (peer);
  return n;
}

guint
enj_roster_count_waiting_for (const EnjRoster *self, const char *remote)
{
  const EnjPeer *peer;
  guint n = 0;

  for (guint i = 0; (peer = get_nth (self, remote, i)); i++)
    n += enj_peer_count_waiting (peer);
  return n;
}

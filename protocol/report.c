#include "config.h"

#include "protocol/report.h"

#include <string.h>

#include "protocol/deadlines.h"

/* What is remembered of the link of one component. */
typedef struct
{
  gint64 at;    /* it came up, or went down; 0 where it never did */
  gint64 retry; /* when it is tried again; 0 for not */
  char *error;
} Link;

struct EnjReport
{
  EnjPeers *peers;
  EnjTrunks *trunks;
  EnjGuests *guests;
  GTree *streams;    /* id to EnjSession */
  GHashTable *links; /* component, owned, to Link, owned */
  GHashTable *hosted; /* the same, of those that connect to us */
};

static int
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  const guint64 *one = a;
  const guint64 *other = b;

  (void) data;
  return *one < *other ? -1 : *one > *other;
}

static void
link_free (gpointer data)
{
  Link *link = data;

  g_free (link->error);
  g_free (link);
}

EnjReport *
enj_report_new (EnjPeers *peers, EnjTrunks *trunks, EnjGuests *guests)
{
  EnjReport *self = g_new0 (EnjReport, 1);

  self->peers = peers;
  self->trunks = trunks;
  self->guests = guests;
  self->streams = g_tree_new_full (compare, NULL, NULL, NULL);
  self->links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, link_free);
  self->hosted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, link_free);
  return self;
}

void
enj_report_free (EnjReport *self)
{
  if (!self)
    return;
  g_tree_unref (self->streams);
  g_hash_table_unref (self->links);
  g_hash_table_unref (self->hosted);
  g_free (self);
}

void
enj_report_add (EnjReport *self, EnjSession *session)
{
  g_tree_insert (self->streams, &session->id, session);
}

void
enj_report_remove (EnjReport *self, EnjSession *session)
{
  g_tree_remove (self->streams, &session->id);
}

/* ---- Streams ------------------------------------------------------------------- */

static void
get_pair (const EnjSession *session, const char **local, const char **remote)
{
  if (enj_standing_get_pair (&session->standing, local, remote))
    return;
  *local = session->log.local ? session->log.local : "";
  *remote = session->log.remote ? session->log.remote : "";
}

static gboolean
is_of (const EnjSession *session, const char *local, const char *remote)
{
  const char *claimed_local;
  const char *claimed_remote;

  if (enj_standing_has (&session->standing, local, remote))
    return TRUE;
  get_pair (session, &claimed_local, &claimed_remote);
  return (!local || strcmp (local, claimed_local) == 0)
         && (!remote || strcmp (remote, claimed_remote) == 0);
}

/* What it costs to look at one. */
static guint
weigh (const EnjSession *session)
{
  return MAX (enj_standing_count_pairs (&session->standing), 1);
}

guint
enj_report_list_streams (const EnjReport *self, guint64 after, const char *remote, guint64 *ids,
                         guint max, guint64 *next)
{
  GTreeNode *node = g_tree_upper_bound (self->streams, &after);
  guint looks = 0;
  guint n = 0;

  while (node && n < max && looks < ENJ_REPORT_SCAN)
    {
      const EnjSession *session = g_tree_node_value (node);

      after = session->id;
      looks += weigh (session);
      if (!remote || is_of (session, NULL, remote))
        ids[n++] = session->id;
      node = g_tree_node_next (node);
    }
  *next = node ? after : 0;
  return n;
}

static const char *
get_state (const EnjSession *session)
{
  if (!enj_session_is_open (session))
    return "closing";
  return session->standing.milestones.at[ENJ_MILESTONE_AUTHENTICATED] ? "up" : "negotiating";
}

static gsize
count_bytes (EnjSession *session)
{
  gsize ahead = 0;

  if (session->tls)
    (void) enj_tls_peek (session->tls, &ahead);
  return ahead + enj_bytes_length (enj_stream_output (session->stream));
}

static void
describe_peer (const EnjSession *session, EnjStreamInfo *info)
{
  const EnjStanding *standing = &session->standing;
  gboolean is_proved = standing->milestones.at[ENJ_MILESTONE_AUTHENTICATED] != 0;

  info->address[0] = '\0';
  if (standing->address.length)
    (void) enj_address_format (&standing->address, info->address);
  info->direct_tls = standing->direct_tls;
  info->tls = info->cipher = "";
  if (enj_session_is_encrypted (session))
    {
      info->tls = enj_tls_get_version (session->tls);
      info->cipher = enj_tls_get_cipher (session->tls);
    }
  info->peer_proof = is_proved && standing->peer_proof ? standing->peer_proof : "";
  info->own_proof = is_proved && standing->own_proof ? standing->own_proof : "";
  info->bidi = standing->has_bidi;
  info->acknowledged = standing->is_acknowledged;
}

gboolean
enj_report_describe_stream (const EnjReport *self, guint64 id, EnjStreamInfo *info, gint64 now)
{
  EnjSession *session = g_tree_lookup (self->streams, &id);
  gint64 since;

  if (!session)
    return FALSE;
  since = session->standing.milestones.at[ENJ_MILESTONE_CONNECTED];
  info->id = id;
  info->name = session->log.id;
  info->direction = session->standing.direction;
  info->state = get_state (session);
  get_pair (session, &info->local, &info->remote);
  info->pairs = enj_standing_count_pairs (&session->standing);
  describe_peer (session, info);
  info->queue = enj_departures_count (&session->unsent);
  info->queue_bytes = count_bytes (session);
  info->unproven = session->klass->count_unproven ? session->klass->count_unproven (session) : 0;
  info->age = now - since;
  info->idle = now - MAX (session->vitals.stirred, since);
  return TRUE;
}

guint
enj_report_count_streams (const EnjReport *self)
{
  return (guint) g_tree_nnodes (self->streams);
}

static gboolean
is_to_close (const EnjSession *session, const char *local, const char *remote)
{
  return (strcmp (session->standing.direction, "in") == 0
          || strcmp (session->standing.direction, "out") == 0)
         && enj_session_is_open (session) && is_of (session, local, remote);
}

/* FALSE where it is ending already. */
static gboolean
close_stream (EnjReport *self, EnjSession *session, gint64 now)
{
  EnjCall *call;

  if (strcmp (session->standing.direction, "in") == 0)
    {
      session->now = now;
      enj_session_close (session);
      return TRUE;
    }
  /* What it did not write is to have another stream, which its call sees to. */
  call = enj_calls_find_of (enj_peers_get_calls (self->peers), session);
  if (call)
    enj_call_retire (call, now);
  return call != NULL;
}

guint
enj_report_close_streams (EnjReport *self, const char *local, const char *remote, guint64 before,
                          guint64 *next, gint64 now)
{
  EnjSession *sessions[ENJ_REPORT_CLOSE]; /* for the tree may change when one ends */
  GTreeNode *node = before ? g_tree_lower_bound (self->streams, &before) : NULL;
  guint looks = 0;
  guint found = 0;
  guint n = 0;

  node = node ? g_tree_node_previous (node) : g_tree_node_last (self->streams);
  while (node && found < ENJ_REPORT_CLOSE && looks < ENJ_REPORT_SCAN)
    {
      EnjSession *session = g_tree_node_value (node);

      before = session->id;
      looks += weigh (session);
      if (is_to_close (session, local, remote))
        sessions[found++] = session;
      node = g_tree_node_previous (node);
    }
  *next = node ? before : 0;
  for (guint i = 0; i < found; i++)
    n += close_stream (self, sessions[i], now);
  return n;
}

/* ---- Remote domains ---------------------------------------------------------------- */

guint
enj_report_list_remotes (const EnjReport *self, const char *after, const char **domains,
                         guint max)
{
  return enj_history_list (enj_report_get_history (self), after, domains, max);
}

void
enj_report_describe_remote (const EnjReport *self, const char *domain, EnjRemoteInfo *info,
                            gint64 now)
{
  const EnjFailure *failure = enj_failures_find (enj_peers_get_failures (self->peers), domain);
  EnjCalls *calls = enj_peers_get_calls (self->peers);

  info->domain = domain;
  info->connecting = enj_calls_find_attempt (calls, domain) != NULL;
  info->waiting = enj_roster_count_waiting_for (enj_peers_get_roster (self->peers), domain);
  info->rest = failure ? MAX (failure->rest_until - now, 0) : 0;
  info->failures = failure ? failure->attempts : 0;
  info->n_attempts = enj_history_find (enj_calls_get_history (calls), domain, info->attempts);
}

const EnjHistory *
enj_report_get_history (const EnjReport *self)
{
  return enj_calls_get_history (enj_peers_get_calls (self->peers));
}

/* ---- Links -------------------------------------------------------------------------- */

/* What fails again has been down since it failed first. */
static void
note (GHashTable *links, const char *component, const char *error, gint64 now)
{
  const Link *before = g_hash_table_lookup (links, component);
  Link *link = g_new0 (Link, 1);

  link->at = error && before && before->error ? before->at : now;
  link->error = error ? enj_log_quote (error) : NULL;
  g_hash_table_replace (links, g_strdup (component), link);
}

void
enj_report_note_link_up (EnjReport *self, const char *component, gint64 now)
{
  note (self->links, component, NULL, now);
}

void
enj_report_note_link_down (EnjReport *self, const char *component, const GError *error,
                           gint64 now)
{
  note (self->links, component, error ? error->message : NULL, now);
}

void
enj_report_note_link_retry (EnjReport *self, const char *component, gint64 at)
{
  Link *link = g_hash_table_lookup (self->links, component);

  if (!link)
    {
      link = g_new0 (Link, 1);
      g_hash_table_insert (self->links, g_strdup (component), link);
    }
  link->retry = at;
}

void
enj_report_note_hosted (EnjReport *self, const char *component, gboolean is_up,
                        const GError *error, gint64 now)
{
  note (self->hosted, component, !is_up && error ? error->message : NULL, now);
}

static gboolean
describe (const EnjTrunk *trunk, const Link *link, EnjLinkInfo *info, gint64 now)
{
  const EnjSession *session = trunk ? enj_trunk_get_session (trunk) : NULL;

  if (!trunk)
    return FALSE;
  info->state = enj_trunk_is_up (trunk) ? "up" : session ? "connecting" : "down";
  info->age = link && link->at ? now - link->at : 0;
  info->error = link && link->error ? link->error : "";
  info->retry = link && link->retry ? MAX (link->retry - now, 0) : 0;
  info->stream = session ? session->id : 0;
  info->waiting = enj_trunk_count_waiting (trunk);
  info->unproven = enj_trunk_count_unproven (trunk);
  return TRUE;
}

gboolean
enj_report_describe_link (const EnjReport *self, const char *component, EnjLinkInfo *info,
                          gint64 now)
{
  return describe (enj_trunks_find (self->trunks, component),
                   g_hash_table_lookup (self->links, component), info, now);
}

gboolean
enj_report_describe_hosted (const EnjReport *self, const char *component, EnjLinkInfo *info,
                            gint64 now)
{
  return describe (enj_guests_find (self->guests, component),
                   g_hash_table_lookup (self->hosted, component), info, now);
}

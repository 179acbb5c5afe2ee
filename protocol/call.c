#include "config.h"

#include "protocol/call.h"

#include "protocol/deadlines.h"
#include "protocol/pairs.h"

/* How long we remember who hangs up behind EXTERNAL: its trust may be mended meanwhile. */
#define SHUN G_TIME_SPAN_HOUR

struct EnjCall
{
  EnjCallCommon *common;
  guint64 id;
  char *local;
  char *remote;
  GPtrArray *remotes; /* all that it leads to */
  gboolean is_probe;

  EnjTargets *targets;   /* until the stream has settled */
  EnjAttempts *attempts; /* to connect */
  EnjMilestones milestones; /* on the way to a stream */
  EnjBerth *berth;       /* of the stream, until that is ready */
  guint ticket;          /* of the connection that we have */
  EnjTarget *target;     /* where it leads */
  EnjOutbound *outbound; /* until it is over, and then for those who look after the dead */

  char *moved_host; /* where the peer sends us */
  guint16 moved_port;
  gboolean has_moved; /* we went */

  gboolean avoids_external; /* on the stream that we have */
  gboolean has_turned;      /* to dialback, by another stream */

  EnjPairs *up; /* valid: local to remote */
  gboolean was_of_use;
  gboolean is_shut;
  gboolean is_spent;
  gboolean is_over;
  gboolean is_dirty;
  gboolean has_reason;
  EnjReason reason;
  char *text; /* of the reason */
};

static void
mark_dirty (gpointer data)
{
  EnjCall *self = data;

  if (!self->is_dirty)
    {
      self->is_dirty = TRUE;
      g_queue_push_tail (&self->common->dirty, self);
    }
  enj_wake (self->common->wake);
}

/* ---- Reasons --------------------------------------------------------------- */

static void
set_reason (EnjCall *self, const EnjReason *reason)
{
  char *text = g_strdup (reason->text);

  g_free (self->text);
  self->text = text;
  self->reason = *reason;
  self->reason.text = text;
  self->has_reason = TRUE;
}

/* The moments of the stream that we have, or on the way to one. */
const EnjMilestones *
enj_call_get_milestones (const EnjCall *self)
{
  return self->outbound ? &enj_outbound_get_session (self->outbound)->standing.milestones
                        : &self->milestones;
}

/* For all that it leads to; @reason NULL: for @remote it was of use. */
static void
note_attempt (EnjCall *self, const char *remote, const char *reason, gint64 now)
{
  if (self->is_probe)
    return;
  for (guint i = 0; i < self->remotes->len; i++)
    if (!remote || g_str_equal (self->remotes->pdata[i], remote))
      enj_history_note (self->common->history, self->remotes->pdata[i],
                        enj_call_get_milestones (self), reason, now);
}

static void
note_stream_failure (EnjCall *self)
{
  const EnjSession *session = enj_outbound_get_session (self->outbound);
  const EnjReason reason
    = enj_reason_of_stream (session->reason, enj_outbound_is_breach (self->outbound));

  note_attempt (self, NULL, session->reason ? session->reason->message : "closed in order",
                session->now);
  set_reason (self, &reason);
}

static void
give_up (EnjCall *self, const EnjTargetsWish *wish, gint64 now)
{
  const EnjReason reason = enj_reason_of_targets (wish->error, wish->is_final);

  /* A probe asks the DNS alone, and has no mind to reach anybody. */
  if (!self->is_probe)
    enj_log_info (NULL, "%s: cannot be reached: %s", self->remote, wish->error->message);
  /* What a server did tells more than that no other could be found. */
  if (!self->has_reason)
    {
      note_attempt (self, NULL, wish->error->message, now);
      set_reason (self, &reason);
    }
  self->is_over = TRUE;
  mark_dirty (self);
}

/* ---- On the way ------------------------------------------------------------ */

/* Takes @targets. */
static void
seek (EnjCall *self, EnjTargets *targets)
{
  enj_targets_free (self->targets);
  self->targets = targets;
  for (guint i = 0; i < self->common->forbidden->len; i++)
    enj_targets_forbid (self->targets, &g_array_index (self->common->forbidden, EnjAddress, i));
  mark_dirty (self);
}

static void
seek_by_policy (EnjCall *self)
{
  const EnjPeerPolicy *policy = enj_policy_find (self->common->settings->policy, self->remote);

  seek (self, enj_targets_new (self->remote, policy->host, policy->port, policy->direct_tls,
                               policy->host || self->common->settings->allow_private));
}

EnjCall *
enj_call_new (EnjCallCommon *common, guint64 id, const char *local, const char *remote,
              gboolean is_probe)
{
  EnjCall *self = g_new0 (EnjCall, 1);

  self->common = common;
  self->id = id;
  self->local = g_strdup (local);
  self->remote = g_strdup (remote);
  self->remotes = g_ptr_array_new_with_free_func (g_free);
  enj_call_add_remote (self, remote);
  self->is_probe = is_probe;
  self->attempts = enj_attempts_new (common->berths, id);
  self->up = enj_pairs_new ();
  seek_by_policy (self);
  return self;
}

/* ---- Without EXTERNAL ------------------------------------------------------ */

/* Each local domain has a certificate of its own. */
static char *
get_pair_new (const EnjCall *self)
{
  return g_strconcat (self->local, " ", self->remote, NULL);
}

static gboolean
is_shunned (const EnjCall *self, gint64 now)
{
  g_autofree char *pair = get_pair_new (self);
  const gint64 *until = enj_memory_find (self->common->shunned, pair);

  return until && *until > now;
}

/* XEP-0178 3 lets the peer close the connection on which it has refused EXTERNAL, and then
 * nobody gets to dialback there (E10).  TRUE where the next one should.  Where dialback alone
 * was of no use either, EXTERNAL has another chance the next time. */
static gboolean
note_shunned (EnjCall *self)
{
  g_autofree char *pair = get_pair_new (self);
  gint64 until = enj_outbound_get_session (self->outbound)->now + SHUN;

  if (self->was_of_use)
    return FALSE;
  if (self->avoids_external)
    enj_memory_forget (self->common->shunned, pair);
  if (!enj_outbound_is_shunned (self->outbound))
    return FALSE;
  enj_memory_put_take (self->common->shunned, pair, g_memdup2 (&until, sizeof until));
  return !self->has_turned;
}

/* The driver has it until the connection is closed. */
static void
bury (EnjCall *self)
{
  EnjSession *session = enj_outbound_get_session (self->outbound);

  session->wake = (EnjWake){ 0 };
  if (self->berth)
    g_hash_table_insert (self->common->berthed, session, g_steal_pointer (&self->berth));
  g_hash_table_insert (self->common->dying, session, g_steal_pointer (&self->outbound));
}

void
enj_call_free (EnjCall *self)
{
  if (!self)
    return;
  if (self->is_dirty)
    g_queue_remove (&self->common->dirty, self);
  if (self->outbound)
    bury (self);
  enj_targets_free (self->targets);
  enj_attempts_free (self->attempts);
  if (self->target)
    enj_target_unref (self->target);
  enj_pairs_free (self->up);
  g_ptr_array_unref (self->remotes);
  g_free (self->moved_host);
  g_free (self->text);
  g_free (self->local);
  g_free (self->remote);
  g_free (self);
}

const guint64 *
enj_call_get_id (const EnjCall *self)
{
  return &self->id;
}

const char *
enj_call_get_local (const EnjCall *self)
{
  return self->local;
}

gboolean
enj_call_is_probe (const EnjCall *self)
{
  return self->is_probe;
}

const char *
enj_call_get_remote (const EnjCall *self, guint index)
{
  return index < self->remotes->len ? self->remotes->pdata[index] : NULL;
}

void
enj_call_add_remote (EnjCall *self, const char *remote)
{
  g_ptr_array_add (self->remotes, g_strdup (remote));
}

gboolean
enj_call_leads_to (const EnjCall *self, const char *remote)
{
  return g_ptr_array_find_with_equal_func (self->remotes, remote, g_str_equal, NULL);
}

gboolean
enj_call_next_wish (EnjCall *self, EnjTargetsWish *wish, gint64 now)
{
  if (!self->targets || self->is_over)
    return FALSE;
  if (!self->milestones.at[ENJ_MILESTONE_START])
    {
      self->milestones.at[ENJ_MILESTONE_START] = now;
      if (!self->is_probe)
        enj_history_begin (self->common->history, self->remote, now);
    }
  if (!enj_targets_next (self->targets, wish, now))
    return FALSE;
  if (wish->type == ENJ_TARGETS_GIVE_UP)
    {
      give_up (self, wish, now);
      return FALSE;
    }
  if (wish->type == ENJ_TARGETS_CONNECT)
    {
      if (!self->milestones.at[ENJ_MILESTONE_RESOLVED])
        self->milestones.at[ENJ_MILESTONE_RESOLVED] = now;
      enj_attempts_add (self->attempts, wish->ticket, wish->target);
    }
  return TRUE;
}

gint64
enj_call_deadline (const EnjCall *self)
{
  return self->targets && !self->is_over ? enj_targets_deadline (self->targets) : ENJ_NEVER;
}

EnjTargets *
enj_call_get_targets (EnjCall *self)
{
  if (self->targets)
    mark_dirty (self);
  return self->targets;
}

void
enj_call_dial_failed (EnjCall *self, guint ticket, const char *why)
{
  if (!self->targets || !enj_attempts_lose (self->attempts, ticket))
    return;
  enj_targets_failed (self->targets, ticket, why);
  mark_dirty (self);
}

EnjAttempts *
enj_call_get_attempts (const EnjCall *self)
{
  return self->attempts;
}

EnjSession *
enj_call_dialled (EnjCall *self, guint ticket, gint64 now)
{
  EnjTarget *target = enj_attempts_find (self->attempts, ticket);

  if (!target || self->outbound || self->is_over)
    return NULL;
  if (self->target)
    enj_target_unref (self->target);
  self->target = enj_target_ref (target);
  self->ticket = ticket;
  self->berth = enj_attempts_steal_won (self->attempts, ticket); /* Others count as not tried. */
  enj_targets_connected (self->targets, ticket);
  self->outbound
    = enj_outbound_new (self->local, self->remote, self->target, self->common->settings,
                        self->common->counters, (EnjWake){ mark_dirty, self }, now);
  self->milestones.at[ENJ_MILESTONE_CONNECTED] = now;
  enj_outbound_get_session (self->outbound)->standing.milestones = self->milestones;
  self->milestones.at[ENJ_MILESTONE_CONNECTED] = 0;
  self->avoids_external = is_shunned (self, now);
  if (self->avoids_external)
    enj_outbound_avoid_external (self->outbound);
  return enj_outbound_get_session (self->outbound);
}

/* ---- The stream ------------------------------------------------------------ */

/* RFC 6120 4.9.3.19: the same domain, the same policy, another place, and never an
 * address that DNS must not lead to; once, or two servers could send us to and fro.
 * Only who has proved himself by TLS sends us anywhere, so there is TLS there too, even
 * where that was owed to TLSA records of the first place alone. */
static void
follow (EnjCall *self)
{
  self->has_moved = TRUE;
  seek (self, enj_targets_new_moved (self->remote, self->moved_host, self->moved_port,
                                     self->target, self->common->settings->allow_private));
}

static void
turn_to_dialback (EnjCall *self)
{
  self->has_turned = TRUE;
  if (self->has_moved)
    follow (self);
  else
    seek_by_policy (self);
}

static void
leave_stream (EnjCall *self)
{
  if (self->is_spent)
    {
      self->is_over = TRUE;
      return;
    }
  if (self->moved_host && !self->has_moved && !self->was_of_use)
    {
      bury (self);
      follow (self);
      return;
    }
  if (note_shunned (self))
    {
      enj_log_info (NULL, "%s: ended the stream behind EXTERNAL, and is called for dialback",
                    self->remote);
      bury (self);
      turn_to_dialback (self);
      return;
    }
  if (!self->was_of_use)
    note_stream_failure (self);
  if (self->targets)
    {
      /* Another target may be of more use (XEP-0368 3). */
      bury (self);
      enj_targets_failed (self->targets, self->ticket, self->text);
      mark_dirty (self);
      return;
    }
  self->is_over = TRUE;
}

/* Nobody waits for the end tag of a stream that has failed while there may be a better target. */
static gboolean
has_ended (const EnjCall *self)
{
  const EnjSession *session = enj_outbound_get_session (self->outbound);

  return enj_session_is_over (session)
         || (self->targets && session->reason && !enj_session_is_open (session));
}

gboolean
enj_call_process (EnjCall *self)
{
  self->is_dirty = FALSE;
  if (!self->outbound || self->is_over)
    return FALSE;
  if (enj_outbound_is_ready (self->outbound))
    g_clear_pointer (&self->berth, enj_berth_free);
  if (self->targets && enj_outbound_is_settled (self->outbound))
    g_clear_pointer (&self->targets, enj_targets_free);
  if (!has_ended (self))
    return FALSE;
  leave_stream (self);
  return TRUE;
}

gboolean
enj_call_next (EnjCall *self, EnjNews *news)
{
  while (self->outbound && enj_lane_next (enj_outbound_get_lane (self->outbound), news))
    {
      if (news->type == ENJ_NEWS_REFUSED)
        note_attempt (self, news->remote, news->answer == ENJ_DIALBACK_INVALID ? "key invalid"
                      : enj_stanza_condition_format (news->condition),
                      enj_outbound_get_session (self->outbound)->now);
      if (news->type != ENJ_NEWS_MOVED)
        return TRUE;
      if (!self->moved_host)
        {
          self->moved_host = g_steal_pointer (&news->host);
          self->moved_port = news->port;
        }
      enj_news_clear (news);
    }
  return FALSE;
}

gboolean
enj_call_is_ready (const EnjCall *self)
{
  return self->outbound && !self->is_over && !self->is_spent
         && enj_outbound_is_ready (self->outbound)
         && enj_session_is_open (enj_outbound_get_session (self->outbound));
}

gboolean
enj_call_is_attempt (const EnjCall *self)
{
  return !self->is_probe && !self->is_over && !self->is_spent
         && !(self->outbound && enj_outbound_is_ready (self->outbound));
}

EnjOutbound *
enj_call_get_outbound (const EnjCall *self)
{
  return self->outbound;
}

const EnjAddress *
enj_call_get_address (const EnjCall *self)
{
  return self->target ? &self->target->address : NULL;
}

gboolean
enj_call_may_carry (const EnjCall *self, const char *local, const char *remote)
{
  return enj_call_is_ready (self) && !self->is_shut
         && enj_outbound_may_carry (self->outbound, local, remote);
}

void
enj_call_forget (EnjCall *self, const char *local, const char *remote, const char *id)
{
  if (!self->outbound)
    return;
  enj_outbound_forget (self->outbound, local, remote, id);
  mark_dirty (self);
}

void
enj_call_shut (EnjCall *self)
{
  self->is_shut = TRUE;
}

void
enj_call_retire (EnjCall *self, gint64 now)
{
  self->is_spent = TRUE;
  if (!self->outbound)
    {
      self->is_over = TRUE;
      mark_dirty (self);
      return;
    }
  enj_outbound_get_session (self->outbound)->now = now;
  enj_session_close (enj_outbound_get_session (self->outbound));
}

void
enj_call_set_settings (EnjCall *self, EnjSettings *settings, gint64 now)
{
  if (self->outbound && !enj_outbound_set_settings (self->outbound, settings, now))
    self->is_spent = TRUE;
}

void
enj_call_deny (EnjCall *self, gint64 now)
{
  EnjSession *session = self->outbound ? enj_outbound_get_session (self->outbound) : NULL;

  /* RFC 6120 4.9.1.1: one that has its end tag or its error already gets no other. */
  if (session && enj_session_is_open (session))
    {
      session->now = now;
      enj_session_fail (session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                                              "communication with %s is not enabled",
                                              self->remote));
    }
  enj_call_retire (self, now);
}

/* ---- The end --------------------------------------------------------------- */

gboolean
enj_call_is_over (const EnjCall *self)
{
  return self->is_over;
}

gboolean
enj_call_is_spent (const EnjCall *self)
{
  return self->is_spent;
}

const EnjReason *
enj_call_get_reason (const EnjCall *self)
{
  return self->has_reason && !self->is_spent && !self->was_of_use ? &self->reason : NULL;
}

gboolean
enj_call_was_up (const EnjCall *self, const char *local, const char *remote)
{
  return enj_pairs_get (self->up, local, remote) == ENJ_PAIR_VALID;
}

gboolean
enj_call_note_up (EnjCall *self, const char *local, const char *remote)
{
  self->was_of_use = TRUE;
  if (enj_call_was_up (self, local, remote))
    return FALSE;
  enj_pairs_set (self->up, local, remote, ENJ_PAIR_VALID);
  note_attempt (self, remote, NULL, enj_outbound_get_session (self->outbound)->now);
  return TRUE;
}

gboolean
enj_call_get_up (const EnjCall *self, guint index, const char **local, const char **remote)
{
  EnjPairState state;

  return enj_pairs_get_nth (self->up, index, local, remote, &state);
}

void
enj_call_note_use (EnjCall *self)
{
  self->was_of_use = TRUE;
}

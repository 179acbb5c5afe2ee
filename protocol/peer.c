#include "config.h"

#include "protocol/peer.h"

#include "protocol/outbound.h"
#include "protocol/verifier.h"
#include "protocol/waiting.h"

/* Between the end of a stream, or of all hope of one, and the next attempt, in microseconds. */
#define REST ENJ_SECOND

struct EnjPeer
{
  EnjPeerCommon *common;
  guint64 id;
  char *local;
  char *remote;
  EnjTargets *targets;   /* while we look up and connect */
  EnjOutbound *outbound; /* until it is over */
  EnjWaiting *waiting;
  EnjVerifier *verifier;
  gint64 rest_until;
  gint64 lose_until; /* what streams lose is tried again; 0 while none has lost anything */
  gboolean retried; /* after resource-constraint (D16) */
  gboolean was_up;
  gboolean is_spent; /* we end the stream ourselves: what waits has the next one */
  gboolean is_dirty;
};

static void
mark_dirty (gpointer data)
{
  EnjPeer *self = data;

  if (!self->is_dirty)
    {
      self->is_dirty = TRUE;
      g_queue_push_tail (&self->common->dirty, self);
    }
  enj_wake (self->common->wake);
}

static EnjPeerEvent *
push_event (EnjPeer *self, EnjPeerEventType type)
{
  EnjPeerEvent *event = g_new0 (EnjPeerEvent, 1);

  event->type = type;
  event->id = self->id;
  event->local = g_strdup (self->local);
  event->remote = g_strdup (self->remote);
  g_queue_push_tail (&self->common->events, event);
  enj_wake (self->common->wake);
  return event;
}

static void
note_deadline (EnjPeer *self)
{
  gint64 due = MIN (enj_waiting_deadline (self->waiting), enj_verifier_deadline (self->verifier));

  if (self->targets)
    due = MIN (due, enj_targets_deadline (self->targets));
  else if (!self->outbound && self->rest_until > 0)
    due = MIN (due, self->rest_until);
  self->common->due = MIN (self->common->due, due);
}

/* ---- Giving up ------------------------------------------------------------ */

static void
bounce (EnjPeer *self, EnjStanza *stanza, EnjStanzaCondition condition, const char *type,
        const char *text)
{
  EnjPeerEvent *event = push_event (self, ENJ_PEER_BOUNCE);

  event->stanza = stanza;
  event->condition = condition;
  event->error_type = type;
  event->text = g_strdup (text);
}

static void
bounce_waiting (EnjPeer *self, EnjStanzaCondition condition, const char *type, const char *text)
{
  EnjStanza *stanza;

  while ((stanza = enj_waiting_steal (self->waiting)))
    bounce (self, stanza, condition, type, text);
}

static void
tell_verdict (EnjPeer *self, guint64 asker, EnjDialbackType answer, EnjStanzaCondition condition)
{
  EnjPeerEvent *event = push_event (self, ENJ_PEER_VERDICT);

  event->asker = asker;
  event->answer = answer;
  event->condition = condition;
}

/* XEP-0220 2.5: not reached at all, or lost while we waited. */
static void
fail_questions (EnjPeer *self, EnjStanzaCondition condition)
{
  guint64 asker;

  while ((asker = enj_verifier_steal_due (self->verifier, G_MAXINT64, NULL)))
    tell_verdict (self, asker, ENJ_DIALBACK_ERROR, condition);
}

/* ---- Looking up and connecting --------------------------------------------- */

static void
give_up (EnjPeer *self, const EnjTargetsWish *wish, gint64 now)
{
  enj_log_info (NULL, "%s: cannot be reached: %s", self->remote, wish->error->message);
  bounce_waiting (self, (EnjStanzaCondition) wish->error->code, wish->is_final ? "cancel" : "wait",
                  wish->error->message);
  fail_questions (self, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND);
  g_clear_pointer (&self->targets, enj_targets_free);
  self->rest_until = now + REST;
  mark_dirty (self);
}

static void
push_wish (EnjPeer *self, EnjPeerEventType type, const EnjTargetsWish *wish)
{
  EnjPeerEvent *event = push_event (self, type);

  event->ticket = wish->ticket;
  event->name = g_strdup (wish->name);
  if (wish->target)
    event->address = wish->target->address;
}

static void
hand_wishes (EnjPeer *self, gint64 now)
{
  EnjTargetsWish wish;

  while (self->targets && enj_targets_next (self->targets, &wish, now))
    switch (wish.type)
      {
      case ENJ_TARGETS_LOOKUP_SRV:
        push_wish (self, ENJ_PEER_LOOKUP_SRV, &wish);
        break;
      case ENJ_TARGETS_LOOKUP_ADDRESSES:
        push_wish (self, ENJ_PEER_LOOKUP_ADDRESSES, &wish);
        break;
      case ENJ_TARGETS_LOOKUP_TLSA:
        push_wish (self, ENJ_PEER_LOOKUP_TLSA, &wish);
        break;
      case ENJ_TARGETS_CONNECT:
        /* Nothing in clear ever goes to a port of direct TLS (XEP-0368 3). */
        if (wish.target->direct_tls)
          enj_targets_failed (self->targets, wish.ticket,
                              "direct TLS is not spoken by this version");
        else
          push_wish (self, ENJ_PEER_DIAL, &wish);
        break;
      case ENJ_TARGETS_GIVE_UP:
        give_up (self, &wish, now);
        break;
      }
}

static void
end_rest (EnjPeer *self, gint64 now)
{
  if (now >= self->rest_until)
    self->rest_until = 0;
}

static gboolean
has_work (const EnjPeer *self)
{
  return enj_waiting_length (self->waiting) > 0 || enj_verifier_length (self->verifier) > 0;
}

static void
start (EnjPeer *self, gint64 now)
{
  const EnjPeerPolicy *policy = enj_policy_find (self->common->settings->policy, self->remote);

  if (self->outbound || !has_work (self))
    return;
  if (self->common->goodbye)
    {
      bounce_waiting (self, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait", self->common->goodbye);
      fail_questions (self, ENJ_STANZA_REMOTE_SERVER_TIMEOUT);
      return;
    }
  if (self->targets)
    return;
  if (policy->authentication == ENJ_AUTHENTICATION_CERTIFICATE)
    {
      /* RFC 6120 8.3.3.17: dialback is no proof where a certificate is asked for. */
      bounce_waiting (self, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "cancel",
                      "the remote server cannot be authenticated");
      fail_questions (self, ENJ_STANZA_NOT_AUTHORIZED);
      return;
    }
  if (self->rest_until > 0)
    return;

  self->was_up = FALSE;
  self->is_spent = FALSE;
  self->targets = enj_targets_new (self->remote, policy->host, policy->port, policy->direct_tls,
                                   policy->host || self->common->settings->allow_private);
  for (guint i = 0; i < self->common->forbidden->len; i++)
    enj_targets_forbid (self->targets, &g_array_index (self->common->forbidden, EnjAddress, i));
  hand_wishes (self, now);
}

/* ---- The stream -------------------------------------------------------------- */

static void
flush (EnjPeer *self, gint64 now)
{
  EnjStanza *stanza;

  while ((stanza = enj_waiting_steal (self->waiting)))
    switch (enj_outbound_send (self->outbound, stanza, now))
      {
      case ENJ_SEND_DONE:
        enj_stanza_unref (stanza);
        break;
      case ENJ_SEND_TOO_LARGE:
        bounce (self, stanza, ENJ_STANZA_POLICY_VIOLATION, NULL, "larger than the peer takes");
        break;
      case ENJ_SEND_FULL:
        enj_waiting_push_front (self->waiting, stanza, now);
        enj_stanza_unref (stanza);
        return;
      }
}

static void
handle_refused (EnjPeer *self, const EnjNews *event)
{
  EnjSession *session = enj_outbound_get_session (self->outbound);

  if (event->answer == ENJ_DIALBACK_INVALID)
    {
      /* XEP-0220 2.1.1: the queue is lost, and so is this stream. */
      bounce_waiting (self, ENJ_STANZA_INTERNAL_SERVER_ERROR, NULL,
                      "the remote server found our key invalid");
      enj_session_close (session);
    }
  else if (event->condition == ENJ_STANZA_RESOURCE_CONSTRAINT && !self->retried)
    {
      self->retried = TRUE;
      self->is_spent = TRUE;
      enj_session_close (session);
    }
  else
    {
      bounce_waiting (self, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait",
                      "the remote server could not verify us");
    }
}

static void
handle_news (EnjPeer *self, const EnjNews *event)
{
  guint64 asker;

  switch (event->type)
    {
    case ENJ_NEWS_READY:
      break;
    case ENJ_NEWS_UP:
      self->was_up = TRUE;
      self->retried = FALSE;
      push_event (self, ENJ_PEER_UP);
      break;
    case ENJ_NEWS_REFUSED:
      enj_log_info (NULL, "%s: does not accept us for %s: %s", self->remote, self->local,
                    event->answer == ENJ_DIALBACK_INVALID
                      ? "key invalid"
                      : enj_stanza_condition_format (event->condition));
      handle_refused (self, event);
      break;
    case ENJ_NEWS_ANSWER:
      asker = enj_verifier_steal (self->verifier, event->id);
      if (asker)
        tell_verdict (self, asker, event->answer,
                      /* D33: whatever error it has, it is not the server of that domain. */
                      ENJ_STANZA_REMOTE_SERVER_NOT_FOUND);
      break;
    case ENJ_NEWS_STANZA:
    case ENJ_NEWS_QUESTION:
    case ENJ_NEWS_ADMITTED:
    case ENJ_NEWS_MOVED:
      break;
    }
}

/* How long anything may wait, in microseconds. */
static gint64
get_age (const EnjPeer *self)
{
  return (gint64) self->common->settings->limits.queue_age * ENJ_SECOND;
}

static void
requeue_unsent (EnjPeer *self, gint64 now)
{
  EnjSession *session = enj_outbound_get_session (self->outbound);
  EnjStanza *stanza;

  if (enj_departures_count (&session->unsent) == 0)
    return;
  while ((stanza = enj_session_steal_unsent (session)))
    {
      enj_waiting_push_front (self->waiting, stanza, now);
      enj_stanza_unref (stanza);
    }
  /* A peer that takes streams and no stanzas must not keep them for ever. */
  if (self->lose_until == 0)
    self->lose_until = now + get_age (self);
  else if (now >= self->lose_until)
    bounce_waiting (self, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait",
                    "the stream to the remote server broke again and again");
}

/* The stream is over: what did not leave waits again, or goes back. */
static void
bury (EnjPeer *self, gint64 now)
{
  EnjSession *session = enj_outbound_get_session (self->outbound);
  const GError *reason = session->reason;
  gboolean unknown = g_error_matches (reason, ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN);
  EnjStanza *stanza;

  /* The peer may have handled these: they do not go out twice. */
  while ((stanza = enj_outbound_steal_unconfirmed (self->outbound)))
    bounce (self, stanza, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait", "not confirmed by the peer");
  requeue_unsent (self, now);
  if (!self->was_up && !self->is_spent)
    bounce_waiting (self,
                    unknown ? ENJ_STANZA_REMOTE_SERVER_NOT_FOUND
                            : ENJ_STANZA_REMOTE_SERVER_TIMEOUT,
                    unknown || enj_outbound_is_breach (self->outbound) ? "cancel" : "wait",
                    unknown ? "the remote server does not serve this domain"
                            : "the stream to the remote server could not be set up");
  /* Where we ended it ourselves, the next one asks what came too late for this. */
  if (!self->is_spent)
    fail_questions (self, unknown ? ENJ_STANZA_REMOTE_SERVER_NOT_FOUND
                                  : ENJ_STANZA_REMOTE_SERVER_TIMEOUT);
  if (self->was_up)
    push_event (self, ENJ_PEER_DOWN)->text = g_strdup (reason ? reason->message : NULL);

  session->wake = (EnjWake){ 0 }; /* It may outlive this record. */
  g_hash_table_insert (self->common->dying, session, g_steal_pointer (&self->outbound));
  self->rest_until = self->is_spent ? 0 : now + REST;
}

static void
use_stream (EnjPeer *self, gint64 now)
{
  EnjQuestion question;

  if (!enj_outbound_is_ready (self->outbound))
    return;
  while (enj_verifier_next (self->verifier, &question))
    enj_outbound_verify (self->outbound, self->local, self->remote, question.stream_id, question.key,
                         now);
  if (enj_outbound_is_up (self->outbound, self->local, self->remote))
    flush (self, now);
  else if (enj_waiting_length (self->waiting) > 0)
    enj_outbound_authorise (self->outbound, self->local, self->remote, now);
  else if (enj_outbound_is_idle (self->outbound))
    {
      self->is_spent = TRUE;
      enj_session_close (enj_outbound_get_session (self->outbound));
    }
}

static void
expire (EnjPeer *self, gint64 now)
{
  char *stream_id = NULL;
  EnjStanza *stanza;
  guint64 asker;

  while ((stanza = enj_waiting_steal_expired (self->waiting, now)))
    bounce (self, stanza, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait",
            "the remote server was not reached in time");
  while ((asker = enj_verifier_steal_due (self->verifier, now, &stream_id)))
    {
      /* A stream for this question only has nothing to wait for now. */
      if (self->outbound)
        enj_outbound_forget (self->outbound, self->local, self->remote, stream_id);
      g_clear_pointer (&stream_id, g_free);
      tell_verdict (self, asker, ENJ_DIALBACK_ERROR, ENJ_STANZA_REMOTE_SERVER_TIMEOUT);
    }
}

/* ---- Public -------------------------------------------------------------------- */

void
enj_peer_event_clear (EnjPeerEvent *event)
{
  enj_stanza_unref (event->stanza);
  g_free (event->name);
  g_free (event->text);
  g_free (event->local);
  g_free (event->remote);
  *event = (EnjPeerEvent){ 0 };
}

EnjPeer *
enj_peer_new (EnjPeerCommon *common, guint64 id, const char *local, const char *remote)
{
  const EnjLimits *limits = &common->settings->limits;
  EnjPeer *self = g_new0 (EnjPeer, 1);

  self->common = common;
  self->id = id;
  self->local = g_strdup (local);
  self->remote = g_strdup (remote);
  self->waiting = enj_waiting_new (limits->queue_stanzas, limits->queue_bytes,
                                   (gint64) limits->queue_age * ENJ_SECOND);
  self->verifier = enj_verifier_new ();
  return self;
}

void
enj_peer_free (EnjPeer *self)
{
  if (!self)
    return;
  enj_targets_free (self->targets);
  enj_outbound_free (self->outbound);
  enj_waiting_free (self->waiting);
  enj_verifier_free (self->verifier);
  g_free (self->local);
  g_free (self->remote);
  g_free (self);
}

const guint64 *
enj_peer_get_id (const EnjPeer *self)
{
  return &self->id;
}

const char *
enj_peer_get_local (const EnjPeer *self)
{
  return self->local;
}

const char *
enj_peer_get_remote (const EnjPeer *self)
{
  return self->remote;
}

gboolean
enj_peer_send (EnjPeer *self, EnjStanza *stanza, gint64 now)
{
  gboolean taken;

  if (enj_peer_count_waiting (self) == 0)
    self->lose_until = 0; /* All that was lost has left us since. */
  taken = enj_waiting_push (self->waiting, stanza, now);
  if (self->outbound && enj_outbound_is_up (self->outbound, self->local, self->remote))
    flush (self, now);
  else
    mark_dirty (self);
  note_deadline (self);
  return taken;
}

void
enj_peer_verify (EnjPeer *self, guint64 asker, const char *stream_id, const char *key, gint64 now)
{
  enj_verifier_add (self->verifier, asker, stream_id, key, now + get_age (self));
  note_deadline (self);
  mark_dirty (self);
}

EnjTargets *
enj_peer_get_targets (EnjPeer *self)
{
  return self->targets;
}

void
enj_peer_go_on (EnjPeer *self, gint64 now)
{
  hand_wishes (self, now);
  note_deadline (self);
}

EnjSession *
enj_peer_dialled (EnjPeer *self, guint ticket, gint64 now)
{
  gboolean is_wanted = self->targets && has_work (self);

  (void) ticket; /* The first one ends the race. */
  g_clear_pointer (&self->targets, enj_targets_free);
  mark_dirty (self);
  if (!is_wanted)
    return NULL;
  enj_verifier_rewind (self->verifier);
  self->outbound = enj_outbound_new (self->local, self->remote, NULL, self->common->settings,
                                     self->common->counters, (EnjWake){ mark_dirty, self }, now);
  return enj_outbound_get_session (self->outbound);
}

void
enj_peer_process (EnjPeer *self, gint64 now)
{
  EnjNews event;

  self->is_dirty = FALSE;
  while (self->outbound && enj_outbound_next (self->outbound, &event))
    {
      handle_news (self, &event);
      enj_news_clear (&event);
    }
  if (self->outbound)
    use_stream (self, now);
  if (self->outbound && enj_session_is_over (enj_outbound_get_session (self->outbound)))
    bury (self, now);
  end_rest (self, now);
  start (self, now);
  note_deadline (self);
}

void
enj_peer_tick (EnjPeer *self, gint64 now)
{
  expire (self, now);
  end_rest (self, now);
  hand_wishes (self, now);
  mark_dirty (self);
  note_deadline (self);
}

void
enj_peer_close (EnjPeer *self, const char *text, gint64 now)
{
  bounce_waiting (self, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait", text);
  fail_questions (self, ENJ_STANZA_REMOTE_SERVER_TIMEOUT);
  /* Targets stay: the answer to their wish is not one to the wish of others. */
  if (self->outbound)
    {
      enj_outbound_get_session (self->outbound)->now = now;
      enj_session_close (enj_outbound_get_session (self->outbound));
    }
  mark_dirty (self);
}

void
enj_peer_deny (EnjPeer *self, gint64 now)
{
  bounce_waiting (self, ENJ_STANZA_NOT_ALLOWED, "cancel",
                  "communication with this domain is not enabled");
  fail_questions (self, ENJ_STANZA_POLICY_VIOLATION);
  if (self->outbound)
    {
      enj_outbound_get_session (self->outbound)->now = now;
      enj_session_fail (enj_outbound_get_session (self->outbound),
                        g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                                     "communication with %s is not enabled", self->remote));
    }
  mark_dirty (self);
}

gboolean
enj_peer_is_done (const EnjPeer *self)
{
  return !self->outbound && !self->targets && !self->is_dirty && self->rest_until == 0
         && !has_work (self);
}

gboolean
enj_peer_has_stream (const EnjPeer *self)
{
  return self->outbound != NULL;
}

guint
enj_peer_count_waiting (const EnjPeer *self)
{
  return enj_waiting_length (self->waiting)
         + (self->outbound
                ? enj_departures_count (&enj_outbound_get_session (self->outbound)->unsent)
                : 0);
}

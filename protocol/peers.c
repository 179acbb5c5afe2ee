#include "config.h"

#include "protocol/peers.h"

/* Between the end of a stream that was of use and the next attempt for stanzas, in microseconds. */
#define PAUSE ENJ_SECOND

#define TIMEOUT ENJ_STANZA_REMOTE_SERVER_TIMEOUT

static const EnjReason invalid = { ENJ_STANZA_INTERNAL_SERVER_ERROR, NULL,
                                   "the remote server found our key invalid", TIMEOUT, 0 };
static const EnjReason unverified
  = { TIMEOUT, "wait", "the remote server could not verify us", TIMEOUT, 0 };
static const EnjReason slow
  = { TIMEOUT, "wait", "the remote server was not reached in time", TIMEOUT, 0 };
static const EnjReason denied
  = { ENJ_STANZA_NOT_ALLOWED, "cancel", "communication with this domain is not enabled",
      ENJ_STANZA_POLICY_VIOLATION, 0 };

struct EnjPeers
{
  EnjSettings *settings;
  EnjWake wake;
  EnjCalls *calls;
  EnjInquiry *inquiry;
  EnjFailures *failures;
  EnjRoster *roster;
  EnjPeersEventQueue events;
  gint64 due;    /* not later than the earliest of all */
  char *goodbye; /* why no stream is opened any more; NULL while some are */
};

static void
mark (EnjPeers *self, const char *remote)
{
  enj_roster_mark (self->roster, remote);
  enj_wake (self->wake);
}

/* ---- Events ---------------------------------------------------------------- */

static EnjPeersEvent *
push_event (EnjPeers *self, EnjPeersEventType type, const char *local, const char *remote)
{
  return enj_peers_event_queue_push (&self->events, type, local, remote);
}

static void
push_wish (EnjPeers *self, const EnjCall *call, const EnjTargetsWish *wish)
{
  const char *remote = enj_call_get_remote (call, 0);
  g_autofree char *who
    = enj_call_is_probe (call) ? NULL : enj_roster_dup_source (self->roster, remote);

  enj_peers_event_queue_push_wish (&self->events, *enj_call_get_id (call), remote,
                                   who ? who : enj_inquiry_get_source (self->inquiry, call), wish);
}

/* ---- Attempts -------------------------------------------------------------- */

/* The local domain that somebody is to be called for, or NULL. */
static const char *
find_caller (const EnjPeers *self, const char *remote)
{
  const char *local = enj_roster_find_caller (self->roster, remote);

  return local ? local : enj_inquiry_find_waiting (self->inquiry, remote);
}

/* XEP-0220 2.6.2: a stream that leads there already, if the peer is up to it.  Not where
 * DANE is to judge, for that stream was opened under another name; and not the one whose
 * key is in question (XEP-0288 2.2).  TRUE where @call is gone. */
static gboolean
share (EnjPeers *self, EnjCall *call, const EnjTarget *target)
{
  const char *domain = enj_call_get_remote (call, 0);
  EnjCall *other
    = target->dane ? NULL
                   : enj_calls_find_at (self->calls, &target->address, enj_call_get_local (call),
                                        domain);

  if (!other || enj_inquiry_is_from (self->inquiry, domain, *enj_call_get_id (other)))
    return FALSE;
  enj_log_info (NULL, "%s: shares a stream to the same address", domain);
  enj_calls_add_remote (self->calls, other, domain);
  mark (self, domain);
  enj_calls_drop (self->calls, call);
  return TRUE;
}

/* Is @call still to connect to @target?  FALSE where it is gone. */
static gboolean
may_dial (EnjPeers *self, EnjCall *call, const EnjTarget *target)
{
  if (share (self, call, target))
    return FALSE;
  if (find_caller (self, enj_call_get_remote (call, 0)))
    return TRUE;
  enj_calls_drop (self->calls, call);
  return FALSE;
}

/* The next connection that there is a berth for.  FALSE where there is none. */
static gboolean
dial_next (EnjPeers *self, gint64 now)
{
  EnjTargetsWish wish;
  EnjCall *call = enj_calls_next_dial (self->calls, &wish, now);

  if (call && may_dial (self, call, wish.target))
    push_wish (self, call, &wish);
  return call != NULL;
}

/* Hands on what a call wishes for.  It may be gone afterwards. */
static void
pump (EnjPeers *self, EnjCall *call, gint64 now)
{
  EnjTargetsWish wish;

  while (enj_call_next_wish (call, &wish, now))
    switch (wish.type)
      {
      case ENJ_TARGETS_LOOKUP_SRV:
      case ENJ_TARGETS_LOOKUP_ADDRESSES:
      case ENJ_TARGETS_LOOKUP_TLSA:
        push_wish (self, call, &wish);
        break;
      case ENJ_TARGETS_CONNECT:
        if (enj_inquiry_meet (self->inquiry, call, wish.target, now))
          {
            enj_call_dial_failed (call, wish.ticket, NULL);
            break;
          }
        if (!may_dial (self, call, wish.target))
          return;
        break; /* It waits for a berth. */
      case ENJ_TARGETS_GIVE_UP:
        break; /* The call tells by being over. */
      }
  self->due = MIN (self->due, enj_call_deadline (call));
}

/* Looks after all that has to do with one remote domain. */
static void
serve (EnjPeers *self, const char *remote, gint64 now)
{
  const EnjReason farewell = { TIMEOUT, "wait", self->goodbye, TIMEOUT, 0 };
  const EnjFailure *failure = enj_failures_find_resting (self->failures, remote, now);
  const EnjReason *refusal = self->goodbye ? &farewell : failure ? &failure->reason : NULL;
  const char *local;

  if (!enj_policy_find (self->settings->policy, remote)->allow)
    refusal = &denied; /* A reload gives back what streams to it had to ask. */
  else
    enj_inquiry_place (self->inquiry, remote, now);
  enj_roster_serve (self->roster, remote, refusal, now);
  if (refusal)
    enj_inquiry_fail (self->inquiry, remote, refusal->verdict, now);
  enj_calls_close_idle (self->calls, remote, now);

  /* Only stanzas would make us call without end who takes streams and then ends them. */
  local = enj_roster_is_pausing (self->roster, remote, now)
            ? enj_inquiry_find_waiting (self->inquiry, remote)
            : find_caller (self, remote);
  if (local && !enj_calls_find_attempt (self->calls, remote))
    pump (self, enj_calls_start (self->calls, local, remote), now);
}

/* ---- What the streams tell ---------------------------------------------------- */

/* A call whose own pair cannot be put there is no good for anybody who called. */
static void
handle_ready (EnjPeers *self, EnjCall *call, gint64 now)
{
  const char *local = enj_call_get_local (call);
  const char *remote = enj_call_get_remote (call, 0);

  if (enj_call_may_carry (call, local, remote))
    return;
  enj_roster_refuse (self->roster, call, local, remote, &unverified, now);
  enj_inquiry_fail (self->inquiry, remote, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, now);
}

static void
handle_up (EnjPeers *self, EnjCall *call, const EnjNews *news)
{
  if (enj_call_note_up (call, news->local, news->remote))
    {
      EnjPeersEvent *event = push_event (self, ENJ_PEERS_UP, news->local, news->remote);
      EnjEvidence *evidence = enj_outbound_get_evidence (enj_call_get_outbound (call));

      event->proof = news->proof;
      event->evidence = evidence ? enj_evidence_ref (evidence) : NULL;
    }
  enj_failures_forget (self->failures, news->remote);
  enj_roster_note_up (self->roster, news->local, news->remote);
}

static void
handle_refused (EnjPeers *self, EnjCall *call, const EnjNews *news, gint64 now)
{
  gboolean is_invalid = news->answer == ENJ_DIALBACK_INVALID;
  const char *local;
  const char *remote;

  enj_log_info (NULL, "%s: does not accept us for %s: %s", news->remote, news->local,
                is_invalid ? "key invalid" : enj_stanza_condition_format (news->condition));
  if (!is_invalid && news->condition == ENJ_STANZA_RESOURCE_CONSTRAINT
      && enj_roster_may_retry (self->roster, call, news->local, news->remote))
    {
      if (enj_call_get_up (call, 0, &local, &remote))
        enj_call_shut (call);
      else
        enj_call_retire (call, now);
      return;
    }
  enj_roster_refuse (self->roster, call, news->local, news->remote,
                     is_invalid ? &invalid : &unverified, now);
  /* XEP-0220 2.1.1: the queue is lost, and so is this stream. */
  if (is_invalid)
    enj_call_retire (call, now);
}

static void
handle_news (EnjPeers *self, EnjCall *call, EnjNews *news, gint64 now)
{
  char source[ENJ_ADDRESS_STRING];
  EnjQuestion question;

  switch (news->type)
    {
    case ENJ_NEWS_STANZA:
      push_event (self, ENJ_PEERS_STANZA, news->local, news->remote)->stanza
        = g_steal_pointer (&news->stanza);
      break;
    case ENJ_NEWS_QUESTION:
      enj_address_format_source (enj_call_get_address (call), source);
      question = enj_verifier_question (news);
      question.call = *enj_call_get_id (call);
      question.source = source;
      enj_peers_verify (self, &question, now);
      break;
    case ENJ_NEWS_READY:
      handle_ready (self, call, now);
      break;
    case ENJ_NEWS_UP:
      handle_up (self, call, news);
      break;
    case ENJ_NEWS_REFUSED:
      handle_refused (self, call, news, now);
      break;
    case ENJ_NEWS_ANSWER:
      enj_inquiry_answer (self->inquiry, call, news, now);
      enj_failures_forget (self->failures, news->remote);
      break;
    case ENJ_NEWS_ADMITTED: /* What comes is taken; what goes has the stream already. */
    case ENJ_NEWS_MOVED:
      break;
    }
}

/* ---- The end of a stream ------------------------------------------------------- */

/* For our own lack of room: who has caused the call is told, and others who wait have the next. */
static void
refuse (EnjPeers *self, const char *remote, const EnjReason *reason, gint64 now)
{
  if (!enj_roster_refuse_source (self->roster, remote, reason))
    enj_inquiry_fail (self->inquiry, remote, reason->verdict, now);
}

static void
finish (EnjPeers *self, EnjCall *call, gint64 now)
{
  const EnjReason *reason = enj_call_get_reason (call);
  const GError *error = NULL;
  const char *local;
  const char *remote;

  if (enj_call_get_outbound (call))
    error = enj_outbound_get_session (enj_call_get_outbound (call))->reason;
  for (guint i = 0; enj_call_get_up (call, i, &local, &remote); i++)
    push_event (self, ENJ_PEERS_DOWN, local, remote)->text
      = g_strdup (error ? error->message : NULL);

  for (guint i = 0; !enj_call_is_probe (call) && (remote = enj_call_get_remote (call, i)); i++)
    {
      if (reason && enj_reason_is_ours (reason))
        refuse (self, remote, reason, now);
      else if (reason)
        enj_failures_note (self->failures, remote, reason, self->settings->limits.retry_max, now);
      else if (!enj_call_is_spent (call))
        enj_roster_pause (self->roster, remote, now + PAUSE);
      mark (self, remote);
    }
  enj_calls_drop (self->calls, call);
}

static void
hang_up (EnjPeers *self, EnjCall *call, gint64 now)
{
  const EnjReason *reason = enj_call_get_reason (call);

  enj_calls_hang_up (self->calls, call);
  enj_inquiry_hang_up (self->inquiry, call,
                       reason ? reason->verdict : TIMEOUT,
                       enj_call_is_spent (call) || !enj_call_is_over (call), now);
  enj_roster_hang_up (self->roster, call, now);
}

static void
process_call (EnjPeers *self, EnjCall *call, gint64 now)
{
  const char *remote;
  EnjNews news;

  while (enj_call_next (call, &news))
    {
      handle_news (self, call, &news, now);
      enj_news_clear (&news);
    }
  for (guint i = 0; (remote = enj_call_get_remote (call, i)); i++)
    mark (self, remote);
  if (enj_call_process (call) || enj_call_is_over (call))
    hang_up (self, call, now);
  if (enj_call_is_over (call))
    finish (self, call, now);
  else
    pump (self, call, now);
}

static void
process (EnjPeers *self, gint64 now)
{
  for (;;)
    {
      EnjCall *call = enj_calls_next_dirty (self->calls);
      g_autofree char *remote = call ? NULL : enj_roster_steal_marked (self->roster);

      if (call)
        process_call (self, call, now);
      else if (remote)
        serve (self, remote, now);
      else if (!dial_next (self, now))
        break;
    }
}

/* ---- Public -------------------------------------------------------------------- */

EnjPeers *
enj_peers_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake)
{
  EnjPeers *self = g_new0 (EnjPeers, 1);

  self->settings = enj_settings_ref (settings);
  self->wake = wake;
  self->events.wake = wake;
  self->calls = enj_calls_new (settings, counters, wake);
  self->inquiry = enj_inquiry_new (self->calls);
  self->failures = enj_failures_new ();
  self->roster = enj_roster_new (settings, self->calls, self->failures);
  self->due = ENJ_NEVER;
  return self;
}

void
enj_peers_free (EnjPeers *self)
{
  if (!self)
    return;
  enj_roster_free (self->roster);
  enj_inquiry_free (self->inquiry);
  enj_calls_free (self->calls);
  enj_failures_free (self->failures);
  enj_peers_event_queue_clear (&self->events);
  enj_settings_unref (self->settings);
  g_free (self->goodbye);
  g_free (self);
}

void
enj_peers_set_settings (EnjPeers *self, EnjSettings *settings, gint64 now)
{
  g_autoptr (GPtrArray) calls = enj_calls_list_new (self->calls);

  enj_settings_unref (self->settings);
  self->settings = enj_settings_ref (settings);
  enj_roster_set_settings (self->roster, settings);
  enj_calls_set_settings (self->calls, settings, now);
  enj_roster_deny (self->roster, &denied);
  for (guint i = 0; i < calls->len; i++)
    {
      const char *remote;

      for (guint j = 0; (remote = enj_call_get_remote (calls->pdata[i], j)); j++)
        if (!enj_policy_find (settings->policy, remote)->allow)
          {
            enj_inquiry_fail (self->inquiry, remote, denied.verdict, now);
            enj_call_deny (calls->pdata[i], now);
          }
    }
}

gboolean
enj_peers_send (EnjPeers *self, const char *local, const char *remote, EnjStanza *stanza,
                gint64 now)
{
  gboolean taken = enj_roster_send (self->roster, local, remote, stanza, now);

  enj_wake (self->wake);
  return taken;
}

EnjRoster *
enj_peers_get_roster (EnjPeers *self)
{
  return self->roster;
}

EnjCalls *
enj_peers_get_calls (EnjPeers *self)
{
  return self->calls;
}

void
enj_peers_verify (EnjPeers *self, const EnjQuestion *question, gint64 now)
{
  EnjQuestion copy = *question;

  copy.due = now + (gint64) self->settings->limits.queue_age * ENJ_SECOND;
  self->due = MIN (self->due, copy.due);
  enj_inquiry_add (self->inquiry, &copy, now);
  mark (self, question->remote);
}

void
enj_peers_forget_asker (EnjPeers *self, guint64 asker)
{
  enj_inquiry_forget (self->inquiry, asker);
}

EnjTargets *
enj_peers_find_targets (const EnjPeers *self, guint64 id)
{
  EnjCall *call = enj_calls_find (self->calls, id);

  return call ? enj_call_get_targets (call) : NULL;
}

EnjSession *
enj_peers_dialled (EnjPeers *self, guint64 id, guint ticket, gint64 now)
{
  EnjCall *call = enj_calls_find (self->calls, id);
  EnjSession *session;

  if (!call)
    return NULL;
  if (find_caller (self, enj_call_get_remote (call, 0)))
    {
      session = enj_calls_dialled (self->calls, call, ticket, now);
      enj_wake (self->wake);
      return session;
    }
  if (!enj_call_get_outbound (call))
    enj_calls_drop (self->calls, call);
  return NULL;
}

void
enj_peers_dial_failed (EnjPeers *self, guint64 id, guint ticket, const char *why, gint64 now)
{
  EnjCall *call = enj_calls_find (self->calls, id);

  if (call && why)
    enj_call_dial_failed (call, ticket, why);
  else if (call)
    enj_attempts_put_off (enj_call_get_attempts (call), ticket, now);
}

/* What others have kept for us. */
static void
collect (EnjPeers *self)
{
  EnjVerdict verdict;
  EnjPeersEvent *event;

  while (enj_inquiry_next (self->inquiry, &verdict))
    {
      event = push_event (self, ENJ_PEERS_VERDICT, verdict.local, verdict.remote);
      event->asker = verdict.asker;
      event->answer = verdict.answer;
      event->condition = verdict.condition;
      event->proof = verdict.proof;
      enj_verdict_clear (&verdict);
    }
}

gboolean
enj_peers_next (EnjPeers *self, EnjPeersEvent *event, gint64 now)
{
  process (self, now);
  collect (self);
  return enj_peers_event_queue_pop (&self->events, event);
}

/* ---- Time ---------------------------------------------------------------------- */

gint64
enj_peers_deadline (const EnjPeers *self)
{
  return MIN (MIN (self->due, enj_roster_deadline (self->roster)),
              enj_calls_deadline (self->calls));
}

/* An attempt that nobody waits for any more has failed by taking too long; but where it waited
 * for room with us, that is not the other side's fault. */
static void
tick_call (EnjPeers *self, EnjCall *call, gint64 now)
{
  const char *remote = enj_call_get_remote (call, 0);

  if (enj_call_is_attempt (call) && !enj_call_get_outbound (call) && !find_caller (self, remote))
    {
      if (!enj_attempts_are_waiting (enj_call_get_attempts (call)))
        enj_failures_note (self->failures, remote, &slow, self->settings->limits.retry_max, now);
      enj_calls_drop (self->calls, call);
    }
  else
    pump (self, call, now);
}

void
enj_peers_tick (EnjPeers *self, gint64 now)
{
  g_autoptr (GPtrArray) calls = NULL;

  if (now < enj_peers_deadline (self))
    return;
  enj_calls_tick (self->calls, now);
  enj_inquiry_tick (self->inquiry, now);
  self->due = enj_inquiry_deadline (self->inquiry);
  enj_roster_tick (self->roster, now);
  calls = enj_calls_list_new (self->calls);
  for (guint i = 0; i < calls->len; i++)
    tick_call (self, calls->pdata[i], now);
  enj_wake (self->wake);
}

/* ---- Going down ---------------------------------------------------------------- */

void
enj_peers_refuse (EnjPeers *self, const char *text, gint64 now)
{
  if (!self->goodbye)
    self->goodbye = g_strdup (text);
  enj_calls_retire_stuck (self->calls, now);
  enj_roster_mark_all (self->roster);
}

void
enj_peers_close (EnjPeers *self, const char *text, gint64 now)
{
  g_autoptr (GPtrArray) calls = enj_calls_list_new (self->calls);

  enj_peers_refuse (self, text, now);
  for (guint i = 0; i < calls->len; i++)
    {
      const char *remote;

      if (enj_call_is_spent (calls->pdata[i]))
        continue;
      for (guint j = 0; (remote = enj_call_get_remote (calls->pdata[i], j)); j++)
        mark (self, remote);
      enj_call_retire (calls->pdata[i], now);
    }
}

const EnjFailures *
enj_peers_get_failures (const EnjPeers *self)
{
  return self->failures;
}

guint
enj_peers_count_waiting (const EnjPeers *self)
{
  return enj_roster_count_owned (self->roster) + enj_calls_count_unsent (self->calls);
}

guint
enj_peers_count_owned (const EnjPeers *self)
{
  return enj_roster_count_owned (self->roster) + enj_calls_count_owned (self->calls);
}

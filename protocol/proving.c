#include "config.h"

#include "protocol/proving.h"

#include "protocol/ns.h"

/* How long an answer may take. */
#define ANSWER_WITHIN (30 * ENJ_SECOND)

/* The same for who may know no pings: what is written meanwhile is held as long. */
#define FIRST_ANSWER_WITHIN (10 * ENJ_SECOND)

struct EnjProving
{
  EnjSession *session;
  EnjCounters *counters;
  const char *from;
  const char *to;
  EnjBarrier *barrier;
  gboolean is_off; /* its pings only ask whether the peer is there */
  gboolean is_patient;
  gboolean has_answered;
  gint64 excused;  /* when the ping was written for which we have waited longer */
};

EnjProving *
enj_proving_new (EnjSession *session, EnjCounters *counters, const char *from, const char *to)
{
  EnjProving *self = g_new0 (EnjProving, 1);

  self->session = session;
  self->counters = counters;
  self->from = from;
  self->to = to;
  self->barrier = enj_barrier_new ();
  return self;
}

void
enj_proving_free (EnjProving *self)
{
  if (!self)
    return;
  enj_barrier_free (self->barrier);
  g_free (self);
}

void
enj_proving_set_patient (EnjProving *self)
{
  self->is_patient = TRUE;
}

/* It may be there although it has not answered. */
static gboolean
is_doubtful (const EnjProving *self)
{
  return self->is_patient && !self->has_answered;
}

static gint64
get_time (const EnjProving *self)
{
  return is_doubtful (self) ? FIRST_ANSWER_WITHIN : ANSWER_WITHIN;
}

static void
arm (EnjProving *self)
{
  gint64 since = enj_barrier_waits_since (self->barrier);

  if (!enj_session_is_open (self->session))
    return;
  self->session->due[ENJ_WAIT_ACK] = enj_barrier_deadline (self->barrier);
  self->session->due[ENJ_WAIT_ANSWER] = since < ENJ_NEVER ? since + get_time (self) : ENJ_NEVER;
}

/* What is kept is bounded as what waits for a stream is.  While it is full nothing more is sent,
 * and what comes waits. */
static void
weigh (EnjProving *self)
{
  EnjSession *session = self->session;
  const EnjLimits *limits = &session->settings->limits;
  guint before = session->held;
  gboolean is_full = enj_barrier_count (self->barrier) >= limits->queue_stanzas
                     || enj_barrier_get_size (self->barrier) >= limits->queue_bytes;

  session->held = (before & ~(guint) ENJ_HOLD_PINGS) | (is_full ? ENJ_HOLD_PINGS : 0);
  if (is_full)
    enj_barrier_hurry (self->barrier);
  else if (before && !session->held && session->was_full)
    {
      session->was_full = FALSE;
      enj_wake (session->wake);
    }
}

static void
ask (EnjProving *self)
{
  EnjSession *session = self->session;
  const char *id;
  g_autofree char *xml = NULL;

  if (!enj_session_is_open (session))
    return;
  id = enj_barrier_ping (self->barrier, enj_departures_count (&session->unsent), session->now);
  if (!id)
    return;
  xml = g_strdup_printf ("<iq type='get' id='%s' from='%s' to='%s'>"
                         "<ping xmlns='" ENJ_NS_PING "'/></iq>",
                         id, self->from, self->to);
  (void) enj_stream_send_text (session->stream, xml); /* Over its limit, no answer comes. */
  enj_session_written (session);
}

void
enj_proving_ask (EnjProving *self)
{
  ask (self);
  arm (self);
}

void
enj_proving_hurry (EnjProving *self)
{
  enj_barrier_hurry (self->barrier);
  if (enj_barrier_deadline (self->barrier) <= self->session->now)
    ask (self);
  arm (self);
}

void
enj_proving_note_sent (EnjProving *self, EnjStanza *stanza)
{
  enj_receipt_measure (enj_stanza_get_receipt (stanza), &self->counters->route,
                       self->session->now);
  if (self->is_off)
    {
      self->counters->unproven++;
      return;
    }
  enj_barrier_note_sent (self->barrier, stanza, self->session->now);
  weigh (self);
  arm (self);
}

/* RFC 6120 8.2.3: the id alone is for everybody to bring. */
static gboolean
is_from_there (const EnjProving *self, const EnjStanza *stanza)
{
  return enj_stanza_get_kind (stanza) == ENJ_STANZA_IQ && !enj_stanza_is_answerable (stanza)
         && g_strcmp0 (enj_stanza_get_from (stanza), self->to) == 0;
}

gboolean
enj_proving_handle (EnjProving *self, const EnjStanza *stanza)
{
  const char *id = enj_stanza_get_id (stanza);
  guint beyond;
  guint confirmed;

  if (!is_from_there (self, stanza) || !enj_barrier_is_form_of_id (id))
    return FALSE;
  if (!enj_barrier_is_awaited (self->barrier, id))
    return TRUE;
  self->has_answered = TRUE;
  self->is_off &= !self->is_patient;
  beyond = enj_barrier_count_beyond (self->barrier, id);
  if (beyond > 0)
    (void) enj_session_prove_sent (self->session, beyond);
  (void) enj_barrier_answer (self->barrier, id, &confirmed); /* Too early proves nothing. */
  self->counters->confirmed += confirmed;
  weigh (self);
  arm (self);
  return TRUE;
}

static void
switch_off (EnjProving *self)
{
  EnjStanza *stanza;

  if (!self->is_off)
    enj_log_message (&self->session->log,
                     "the %s does not answer our pings: what it has taken is not proved "
                     "from now on", self->is_patient ? "component" : "server");
  self->is_off = TRUE;
  for (; (stanza = enj_barrier_steal (self->barrier, NULL)); enj_stanza_unref (stanza))
    self->counters->unproven++;
  enj_barrier_free (self->barrier);
  self->barrier = enj_barrier_new ();
  weigh (self);
}

static void
miss_answer (EnjProving *self)
{
  EnjSession *session = self->session;

  if (session->now - session->heard >= ANSWER_WITHIN && !is_doubtful (self)
      && (self->is_patient || !session->settings->is_shared))
    /* RFC 6120 4.6.2. */
    enj_session_fail (session,
                      g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_CONNECTION_TIMEOUT,
                                   "%s has not answered a ping",
                                   self->is_patient ? "component" : "server"));
  else if (session->due[ENJ_WAIT_STALL] == ENJ_NEVER)
    switch_off (self);
  /* Else the ping may still be in our queue: that has a deadline of its own. */
}

/* Who was stopped himself finds the time over, and the answer not yet read. */
static gboolean
was_away (EnjProving *self, gint64 since)
{
  gint64 now = self->session->now;

  if (self->excused == since || now - since < get_time (self) + ENJ_SECOND)
    return FALSE;
  self->excused = since;
  return TRUE;
}

void
enj_proving_tick (EnjProving *self, gint64 now)
{
  gint64 since = enj_barrier_waits_since (self->barrier);
  gint64 *due = &self->session->due[ENJ_WAIT_ANSWER];

  if (since < ENJ_NEVER && now - since >= get_time (self) && !was_away (self, since))
    miss_answer (self);
  if (enj_barrier_deadline (self->barrier) <= now)
    ask (self);
  arm (self);
  if (*due <= now)
    *due = now + ENJ_SECOND;
}

gboolean
enj_proving_is_done (const EnjProving *self)
{
  return enj_barrier_count (self->barrier) == 0
         && enj_departures_count (&self->session->unsent) == 0;
}

guint
enj_proving_count (const EnjProving *self)
{
  return enj_barrier_count (self->barrier);
}

EnjStanza *
enj_proving_steal (EnjProving *self, gint64 *left)
{
  return enj_barrier_steal (self->barrier, left);
}

#include "config.h"

#include "protocol/sounding.h"

#include "protocol/barrier.h"
#include "protocol/jid.h"
#include "protocol/ns.h"

/* A ping goes behind so many stanzas, and behind fewer after this time. */
#define ASK_COUNT 32
#define ASK_AFTER ENJ_SECOND

/* How long an answer may take. */
#define ANSWER_WITHIN (60 * ENJ_SECOND)

typedef enum
{
  WAIT_ASK,
  WAIT_ANSWER, /* or for a way back, where there was none to ask by */
  N_WAITS
} Wait;

struct EnjSounding
{
  EnjSession *session;
  EnjCounters *counters;
  EnjBarrier *barrier;
  char *local; /* the pair that asks; NULL while there was nothing to ask after */
  char *remote;
  char *asked;      /* the ping that is out; NULL for none */
  guint unasked;    /* stanzas since the last one */
  gboolean is_mute; /* the first was not answered: no more here */
  gint64 due[N_WAITS];
};

EnjSounding *
enj_sounding_new (EnjSession *session, EnjCounters *counters)
{
  EnjSounding *self = g_new0 (EnjSounding, 1);

  self->session = session;
  self->counters = counters;
  self->barrier = enj_barrier_new ();
  for (guint i = 0; i < N_WAITS; i++)
    self->due[i] = ENJ_NEVER;
  return self;
}

static void
stop_asking (EnjSounding *self)
{
  if (self->asked)
    enj_ways_forget (self->session->ways, self->asked);
  g_clear_pointer (&self->asked, g_free);
  for (guint i = 0; i < N_WAITS; i++)
    self->due[i] = ENJ_NEVER;
}

void
enj_sounding_free (EnjSounding *self)
{
  if (!self)
    return;
  stop_asking (self);
  enj_barrier_free (self->barrier);
  g_free (self->local);
  g_free (self->remote);
  g_free (self);
}

static void
arm (EnjSounding *self)
{
  if (enj_session_is_open (self->session))
    self->session->due[ENJ_WAIT_PROOF] = enj_deadlines_earliest (self->due, N_WAITS);
}

/* What is kept is bounded as what waits for a stream is. */
static void
weigh (EnjSounding *self)
{
  EnjSession *session = self->session;
  const EnjLimits *limits = &session->settings->limits;
  guint before = session->held;
  gboolean is_full = enj_barrier_count (self->barrier) >= limits->queue_stanzas
                     || enj_barrier_get_size (self->barrier) >= limits->queue_bytes;

  session->held = (before & ~(guint) ENJ_HOLD_PINGS) | (is_full ? ENJ_HOLD_PINGS : 0);
  if (before && !session->held && session->was_full)
    {
      session->was_full = FALSE;
      enj_wake (session->wake);
    }
}

/* Nothing will prove what is kept. */
static void
give_up (EnjSounding *self)
{
  EnjStanza *stanza;

  stop_asking (self);
  for (; (stanza = enj_barrier_steal (self->barrier, NULL)); enj_stanza_unref (stanza))
    self->counters->unproven++;
  enj_barrier_free (self->barrier);
  self->barrier = enj_barrier_new ();
  weigh (self);
}

/* ---- Asking ------------------------------------------------------------------ */

static void ask_in_time (EnjSounding *self);

static void
handle_answer (gpointer data, const char *id)
{
  EnjSounding *self = data;
  guint confirmed;

  (void) enj_barrier_answer (self->barrier, id, &confirmed); /* What has left since has no ping. */
  self->counters->confirmed += confirmed;
  g_clear_pointer (&self->asked, g_free);
  self->due[WAIT_ANSWER] = ENJ_NEVER;
  weigh (self);
  if (enj_barrier_count (self->barrier) > 0)
    ask_in_time (self);
  arm (self);
  enj_wake (self->session->output); /* It came by another stream: here is a new deadline. */
}

static void
ask (EnjSounding *self)
{
  EnjSession *session = self->session;
  g_autofree char *xml = NULL;

  self->due[WAIT_ASK] = ENJ_NEVER;
  if (self->asked || !enj_session_is_open (session))
    return;
  if (!enj_ways_lead_back (session->ways, self->local, self->remote))
    {
      if (session->held & ENJ_HOLD_PINGS)
        {
          give_up (self);
          return;
        }
      /* The peer may come back, or this stream end as well: then what is kept is known lost. */
      self->due[WAIT_ASK] = session->now + ASK_AFTER;
      if (self->due[WAIT_ANSWER] == ENJ_NEVER)
        self->due[WAIT_ANSWER] = session->now + ANSWER_WITHIN;
      return;
    }
  /* One at a time: a place for it is always free. */
  self->asked = g_strdup (enj_barrier_ping (self->barrier, 0, session->now));
  self->unasked = 0;
  self->due[WAIT_ANSWER] = session->now + ANSWER_WITHIN;
  enj_ways_expect (session->ways, self->asked, self->local, self->remote, handle_answer, self);
  xml = g_strdup_printf ("<iq type='get' id='%s' from='%s' to='%s'>"
                         "<ping xmlns='" ENJ_NS_PING "'/></iq>",
                         self->asked, self->local, self->remote);
  (void) enj_stream_send_text (session->stream, xml); /* Over its limit, no answer comes. */
  enj_session_written (session);
}

static void
ask_in_time (EnjSounding *self)
{
  if (self->asked)
    return;
  if (self->unasked >= ASK_COUNT || (self->session->held & ENJ_HOLD_PINGS))
    ask (self);
  else if (self->due[WAIT_ASK] == ENJ_NEVER)
    self->due[WAIT_ASK] = self->session->now + ASK_AFTER;
}

/* Prosody answers whatever comes over a stream as if it came from the domain that opened it: for
 * another one the answer would be on a stream where that is not verified, and end it. */
static gboolean
is_first_pair (const EnjSounding *self, const char *local, const char *remote)
{
  const EnjLog *log = &self->session->log;

  return g_strcmp0 (log->local, local) == 0 && g_strcmp0 (log->remote, remote) == 0;
}

/* TRUE: the domain that it goes to may be asked where it came from.  Not after an answer to an iq,
 * for that to a ping is one: two servers would ask each other for ever what has become of the
 * last. */
static gboolean
may_ask_after (const EnjSounding *self, const EnjStanza *stanza, char *local, char *remote)
{
  gboolean is_answer
    = enj_stanza_get_kind (stanza) == ENJ_STANZA_IQ && !enj_stanza_is_answerable (stanza);

  return self->session->ways && !self->is_mute && !is_answer
         && enj_jid_fill_domain (enj_stanza_get_from (stanza), local)
         && enj_jid_fill_domain (enj_stanza_get_to (stanza), remote)
         && is_first_pair (self, local, remote);
}

/* Most streams never ask, and a buffer for any name is a kilobyte. */
static void
set_name (char **name, const char *domain)
{
  if (g_strcmp0 (*name, domain) == 0)
    return;
  g_free (*name);
  *name = g_strdup (domain);
}

void
enj_sounding_note_sent (EnjSounding *self, EnjStanza *stanza)
{
  char local[ENJ_JID_DOMAIN_SIZE];
  char remote[ENJ_JID_DOMAIN_SIZE];
  gboolean may_ask = may_ask_after (self, stanza, local, remote);
  gboolean is_kept = may_ask && enj_ways_has_answered (self->session->ways, remote);

  if (is_kept)
    enj_barrier_note_sent (self->barrier, stanza, self->session->now);
  else
    self->counters->unproven++;
  if (!is_kept && !(may_ask && enj_ways_lead_back (self->session->ways, local, remote)))
    return;
  set_name (&self->local, local);
  set_name (&self->remote, remote);
  self->unasked++;
  weigh (self);
  ask_in_time (self);
  arm (self);
}

/* ---- The end of waiting -------------------------------------------------------- */

static void
miss_answer (EnjSounding *self)
{
  EnjSession *session = self->session;

  if (!self->asked || !enj_ways_lead_back (session->ways, self->local, self->remote))
    {
      give_up (self);
    }
  else if (session->due[ENJ_WAIT_STALL] != ENJ_NEVER || session->input_paused)
    {
      /* The ping may still be in our queue, or the answer not yet read. */
      self->due[WAIT_ANSWER] = session->now + ANSWER_WITHIN;
    }
  else if (enj_barrier_count (self->barrier) == 0 || session->settings->is_shared)
    {
      self->is_mute = TRUE;
      give_up (self);
    }
  else
    {
      enj_ways_note_silence (session->ways, self->remote);
      enj_session_fail (session, g_error_new_literal (ENJ_STREAM_ERROR,
                                                      ENJ_STREAM_CONNECTION_TIMEOUT,
                                                      "peer has not answered a ping"));
    }
}

void
enj_sounding_tick (EnjSounding *self, gint64 now)
{
  guint which;

  while (enj_session_is_open (self->session)
         && enj_deadlines_next_due (self->due, N_WAITS, now, &which))
    switch ((Wait) which)
      {
      case WAIT_ASK:
        ask (self);
        break;
      case WAIT_ANSWER:
        miss_answer (self);
        break;
      case N_WAITS:
        g_assert_not_reached ();
      }
  arm (self);
}

/* RFC 6120 4.4: who closes in return has handled what came before our end tag. */
void
enj_sounding_note_over (EnjSounding *self)
{
  EnjSession *session = self->session;
  EnjStanza *stanza;

  if (session->ways)
    enj_ways_leave (session->ways, session->id);
  stop_asking (self);
  if (!session->closed_in_return || enj_departures_count (&session->unsent) > 0)
    return;
  for (; (stanza = enj_sounding_steal (self, NULL)); enj_stanza_unref (stanza))
    self->counters->confirmed++;
}

guint
enj_sounding_count (const EnjSounding *self)
{
  return enj_barrier_count (self->barrier);
}

EnjStanza *
enj_sounding_steal (EnjSounding *self, gint64 *left)
{
  return enj_barrier_steal (self->barrier, left);
}

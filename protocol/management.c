#include "config.h"

#include "protocol/management.h"

#include "protocol/ns.h"

/* Of so many stanzas the peer is asked whether it has them, and of fewer after this time. */
#define ASK_COUNT 32
#define ASK_AFTER (5 * ENJ_SECOND)

/* How long <r/> and <enable/> may go without an answer. */
#define ANSWER_WITHIN (30 * ENJ_SECOND)

/* Prosody keeps the last 500 that were not acknowledged and forgets older ones. */
#define OWED_MAX 400
#define OWED_AGAIN 200

/* While we do not read, we do not see <r/>: its answer is sent unasked. */
#define TELL_EVERY (10 * ENJ_SECOND)

typedef enum
{
  STATE_OFF,
  STATE_ASKED, /* <enable/> is sent */
  STATE_ON
} State;

typedef enum
{
  WAIT_ASK,    /* to send <r/> */
  WAIT_ANSWER, /* for <a/>, or <enabled/> */
  WAIT_TELL,   /* to send <a/> */
  WAIT_MOVE,   /* for any progress, where too much is not confirmed */
  N_WAITS
} Wait;

struct EnjManagement
{
  EnjSession *session;
  EnjCounters *counters;
  EnjAck *ack;
  State state;
  gboolean is_allowed;
  gboolean is_behind; /* less was acknowledged than had come */
  guint before;       /* stanzas on their way out that stand before our <enable/> or <enabled/> */
  guint unasked;      /* that have left since the last <r/> */
  gint64 due[N_WAITS];
};

/* ---- Writing --------------------------------------------------------------- */

static void
arm (EnjManagement *self)
{
  if (enj_session_is_open (self->session))
    self->session->due[ENJ_WAIT_ACK] = enj_deadlines_earliest (self->due, N_WAITS);
}

/* Where there is no room for it, the stream's deadline for a peer that does not read ends it. */
static void
write_text (EnjManagement *self, const char *xml)
{
  if (!enj_session_is_open (self->session))
    return;
  (void) enj_stream_send_text (self->session->stream, xml);
  enj_session_written (self->session);
}

static void
tell (EnjManagement *self)
{
  g_autofree char *xml = g_strdup_printf ("<a xmlns='" ENJ_NS_SM "' h='%u'/>",
                                          enj_ack_get_handled (self->ack));

  self->is_behind = enj_ack_count_owed (self->ack) > 0;
  self->due[WAIT_TELL]
    = self->session->input_paused ? self->session->now + TELL_EVERY : ENJ_NEVER;
  write_text (self, xml);
}

static void
write_request (EnjManagement *self)
{
  write_text (self, "<r xmlns='" ENJ_NS_SM "'/>");
}

/* One question at a time. */
static void
ask (EnjManagement *self)
{
  self->due[WAIT_ASK] = ENJ_NEVER;
  if (self->state != STATE_ON || self->due[WAIT_ANSWER] != ENJ_NEVER)
    return;
  self->unasked = 0;
  self->due[WAIT_ANSWER] = self->session->now + ANSWER_WITHIN;
  write_request (self);
}

static void
ask_in_time (EnjManagement *self)
{
  if (self->unasked >= ASK_COUNT)
    ask (self);
  else if (self->due[WAIT_ASK] == ENJ_NEVER && self->due[WAIT_ANSWER] == ENJ_NEVER)
    self->due[WAIT_ASK] = self->session->now + ASK_AFTER;
}

static void
refuse (EnjManagement *self, const char *condition)
{
  g_autofree char *xml
    = g_strdup_printf ("<failed xmlns='" ENJ_NS_SM "'><%s xmlns='" ENJ_NS_STANZA_ERRORS "'/>"
                       "</failed>",
                       condition);

  write_text (self, xml);
}

static void
fail (EnjManagement *self, EnjStreamCondition condition, const char *why)
{
  enj_session_fail (self->session, g_error_new_literal (ENJ_STREAM_ERROR, condition, why));
}

/* ---- What the peer has not confirmed ------------------------------------------ */

/* The kept ones are bounded as those that wait for a stream are.  A peer that confirms nothing
 * gets nothing more, and after a while it is left. */
static void
weigh (EnjManagement *self, gboolean has_moved)
{
  EnjSession *session = self->session;
  const EnjLimits *limits = &session->settings->limits;
  guint before = session->held;
  gboolean is_full = enj_ack_count_unconfirmed (self->ack) >= limits->queue_stanzas
                     || enj_ack_get_unconfirmed_size (self->ack) >= limits->queue_bytes;

  session->held = (before & ~(guint) ENJ_HOLD_ACKS) | (is_full ? ENJ_HOLD_ACKS : 0);
  if (!is_full)
    self->due[WAIT_MOVE] = ENJ_NEVER;
  else if (!(before & ENJ_HOLD_ACKS) || has_moved)
    self->due[WAIT_MOVE] = session->now + (gint64) limits->stall_timeout * ENJ_SECOND;
  if (before && !session->held && session->was_full)
    {
      session->was_full = FALSE;
      enj_wake (session->wake);
    }
}

static void
handle_ack (EnjManagement *self, const EnjElement *element)
{
  const char *text = enj_element_get_attribute (element, NULL, "h");
  guint before;
  guint64 h;
  guint32 beyond;

  if (!text || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &h, NULL))
    {
      fail (self, ENJ_STREAM_BAD_FORMAT, "acknowledgement without a number");
      return;
    }

  beyond = enj_ack_count_beyond (self->ack, (guint32) h);
  if (beyond > 0 && beyond <= enj_departures_count (&self->session->unsent))
    (void) enj_session_prove_sent (self->session, self->before + beyond);
  before = enj_ack_count_unconfirmed (self->ack);
  if (!enj_ack_confirm (self->ack, (guint32) h))
    {
      fail (self, ENJ_STREAM_HANDLED_COUNT_TOO_HIGH, "more acknowledged than was sent");
      return;
    }

  self->counters->confirmed += before - enj_ack_count_unconfirmed (self->ack);
  self->due[WAIT_ANSWER] = ENJ_NEVER;
  weigh (self, enj_ack_count_unconfirmed (self->ack) < before);
  if (enj_ack_count_unconfirmed (self->ack) > 0)
    ask_in_time (self);
}

/* ---- What comes --------------------------------------------------------------- */

static void
turn_on (EnjManagement *self)
{
  self->state = STATE_ON;
  self->due[WAIT_ANSWER] = ENJ_NEVER;
  self->session->standing.is_acknowledged = TRUE;
  enj_log_debug (&self->session->log, "acknowledgements are on");
  if (self->unasked > 0)
    ask_in_time (self);
}

static void
handle_enable (EnjManagement *self)
{
  if (self->state != STATE_OFF)
    {
      /* XEP-0198 3: at most one attempt. */
      fail (self, ENJ_STREAM_POLICY_VIOLATION, "acknowledgements enabled twice");
      return;
    }
  if (!self->is_allowed)
    {
      refuse (self, "unexpected-request");
      return;
    }
  self->before = enj_departures_count (&self->session->unsent);
  write_text (self, "<enabled xmlns='" ENJ_NS_SM "'/>");
  turn_on (self);
}

/* What was sent meanwhile is as on any stream without acknowledgements. */
static void
handle_failed (EnjManagement *self)
{
  EnjStanza *stanza;

  if (self->state != STATE_ASKED)
    return;
  self->state = STATE_OFF;
  while ((stanza = enj_ack_steal_unconfirmed (self->ack, NULL)))
    {
      self->counters->unproven++;
      enj_stanza_unref (stanza);
    }
  self->due[WAIT_ASK] = self->due[WAIT_ANSWER] = ENJ_NEVER;
  weigh (self, TRUE);
}

static void
handle_enabled (EnjManagement *self)
{
  if (self->state == STATE_ASKED)
    turn_on (self);
  else
    fail (self, ENJ_STREAM_POLICY_VIOLATION, "<enabled/> was not asked for");
}

/* TRUE: known here. */
static gboolean
dispatch (EnjManagement *self, const EnjElement *element)
{
  gboolean is_request = enj_element_is (element, ENJ_NS_SM, "r");

  if (is_request || enj_element_is (element, ENJ_NS_SM, "a"))
    {
      if (self->state == STATE_OFF)
        refuse (self, "unexpected-request");
      else if (is_request)
        tell (self);
      else if (self->state == STATE_ASKED)
        /* It would stand for <enabled/>, of which all that is counted and asked begins. */
        fail (self, ENJ_STREAM_POLICY_VIOLATION, "acknowledged before <enabled/>");
      else
        handle_ack (self, element);
      return TRUE;
    }
  if (enj_element_is (element, ENJ_NS_SM, "enable"))
    handle_enable (self);
  else if (enj_element_is (element, ENJ_NS_SM, "enabled"))
    handle_enabled (self);
  else if (enj_element_is (element, ENJ_NS_SM, "failed"))
    handle_failed (self);
  else if (enj_element_is (element, ENJ_NS_SM, "resume"))
    refuse (self, "feature-not-implemented");
  else
    return FALSE;
  return TRUE;
}

gboolean
enj_management_handle (EnjManagement *self, const EnjElement *element)
{
  gboolean is_known = dispatch (self, element);

  arm (self);
  return is_known;
}

void
enj_management_note_received (EnjManagement *self, EnjStanza *stanza)
{
  EnjSession *session = self->session;

  if (self->state != STATE_ON)
    return;
  enj_ack_note_received (self->ack, stanza);
  if (enj_ack_count_owed (self->ack) <= OWED_MAX || session->input_paused)
    return;
  session->input_paused = TRUE;
  self->due[WAIT_TELL] = session->now + TELL_EVERY;
  arm (self);
  enj_wake (session->output);
}

/* Runs wherever a stanza comes to its end, so what is to be written waits for tick(). */
static void
on_done (gpointer data)
{
  EnjManagement *self = data;
  EnjSession *session = self->session;
  guint owed = enj_ack_count_owed (self->ack);

  if (session->input_paused && owed <= OWED_AGAIN)
    {
      session->input_paused = FALSE;
      enj_wake (session->output);
    }
  if (self->is_behind && owed == 0)
    {
      self->is_behind = FALSE;
      self->due[WAIT_TELL] = session->now;
      arm (self);
      enj_wake (session->output);
    }
}

/* ---- Public --------------------------------------------------------------------- */

EnjManagement *
enj_management_new (EnjSession *session, EnjCounters *counters)
{
  EnjManagement *self = g_new0 (EnjManagement, 1);

  self->session = session;
  self->counters = counters;
  self->ack = enj_ack_new (on_done, self);
  for (guint i = 0; i < N_WAITS; i++)
    self->due[i] = ENJ_NEVER;
  return self;
}

void
enj_management_free (EnjManagement *self)
{
  if (!self)
    return;
  enj_ack_free (self->ack);
  g_free (self);
}

void
enj_management_allow (EnjManagement *self)
{
  self->is_allowed = TRUE;
}

void
enj_management_enable (EnjManagement *self)
{
  g_return_if_fail (self->state == STATE_OFF);

  self->state = STATE_ASKED;
  self->before = enj_departures_count (&self->session->unsent);
  self->due[WAIT_ANSWER] = self->session->now + ANSWER_WITHIN;
  write_text (self, "<enable xmlns='" ENJ_NS_SM "'/>");
  arm (self);
}

gboolean
enj_management_note_sent (EnjManagement *self, EnjStanza *stanza)
{
  enj_receipt_measure (enj_stanza_get_receipt (stanza), &self->counters->route,
                       self->session->now);
  if (self->state == STATE_OFF)
    return FALSE;
  if (self->before > 0)
    {
      self->before--;
      return FALSE;
    }
  enj_ack_note_sent (self->ack, stanza, self->session->now);
  self->unasked++;
  weigh (self, FALSE);
  ask_in_time (self);
  arm (self);
  return TRUE;
}

void
enj_management_note_closing (EnjManagement *self)
{
  if (self->state == STATE_ON)
    tell (self);
  /* The peer's last word on what it has can still come before its end tag, though it may owe us
   * an answer that tells less, or its <enabled/>, which it sends first. */
  if (self->state != STATE_OFF && enj_ack_count_unconfirmed (self->ack) > 0)
    write_request (self);
}

gboolean
enj_management_probe (EnjManagement *self)
{
  ask (self);
  arm (self);
  return self->state == STATE_ON;
}

static void
come_due (EnjManagement *self, Wait which)
{
  switch (which)
    {
    case WAIT_ASK:
      ask (self);
      break;
    case WAIT_TELL:
      tell (self);
      break;
    case WAIT_ANSWER:
      /* The question may still be in our queue; how long that may take is another deadline.  And
       * what we do not read cannot be held against the peer. */
      if (self->session->due[ENJ_WAIT_STALL] != ENJ_NEVER || self->session->input_paused)
        self->due[WAIT_ANSWER] = self->session->now + ANSWER_WITHIN;
      else
        fail (self, ENJ_STREAM_CONNECTION_TIMEOUT, "peer acknowledges nothing");
      break;
    case WAIT_MOVE:
      if (self->session->input_paused)
        self->due[WAIT_MOVE] = self->session->now + ANSWER_WITHIN;
      else
        fail (self, ENJ_STREAM_RESOURCE_CONSTRAINT, "too many stanzas are not acknowledged");
      break;
    case N_WAITS:
      g_assert_not_reached ();
    }
}

void
enj_management_tick (EnjManagement *self, gint64 now)
{
  guint which;

  while (enj_session_is_open (self->session)
         && enj_deadlines_next_due (self->due, N_WAITS, now, &which))
    come_due (self, (Wait) which);
  arm (self);
}

gboolean
enj_management_is_past (const EnjManagement *self)
{
  return self->state == STATE_ON && !enj_session_is_open (self->session);
}

EnjStanza *
enj_management_steal_unconfirmed (EnjManagement *self, gint64 *left)
{
  return enj_ack_steal_unconfirmed (self->ack, left);
}

guint
enj_management_count_unconfirmed (const EnjManagement *self)
{
  return enj_ack_count_unconfirmed (self->ack);
}

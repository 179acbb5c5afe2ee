#include "config.h"

#include "protocol/session.h"

#include "protocol/ns.h"
#include "protocol/stream-error.h"

/* More than this in the queue, and nobody writes before it has shrunk. */
#define ROOM (256 * 1024)

/* What is encrypted ahead of the socket. */
#define AHEAD (64 * 1024)

/* GnuTLS makes records of at most this size. */
#define RECORD 16384

/* Bytes left the stream's queue, for TLS or for the driver. */
static void
consume (EnjSession *self, gsize len)
{
  enj_bytes_drained (enj_stream_output (self->stream), len);
  enj_departures_take (&self->unsent, len);
}

static void
let_go (EnjSession *self)
{
  EnjStanza *stanza;

  while ((stanza = enj_departures_next (&self->unsent)))
    {
      if (self->klass->left)
        self->klass->left (self, stanza);
      enj_stanza_unref (stanza);
    }
}

static void
finish (EnjSession *self)
{
  if (self->state == ENJ_SESSION_OVER)
    return;

  self->state = ENJ_SESSION_OVER;
  for (guint i = 0; i < ENJ_N_WAITS; i++)
    self->due[i] = ENJ_NEVER;
  enj_session_wait (self, ENJ_WAIT_CLOSE, self->settings->limits.close_timeout);
  self->klass->over (self);
  enj_wake (self->wake);
  enj_wake (self->output);
}

static void
take_reason (EnjSession *self, GError *error)
{
  if (self->reason)
    g_error_free (error);
  else
    self->reason = error;
}

/* ---- Input ------------------------------------------------------------ */

static void
handle_event (EnjSession *self, EnjStreamEvent *event)
{
  switch (event->type)
    {
    case ENJ_STREAM_OPENED:
      /* What negotiates on would come behind our end tag. */
      if (self->state == ENJ_SESSION_OPEN)
        self->klass->event (self, event);
      break;
    case ENJ_STREAM_STANZA:
      self->vitals.stirred = self->now;
      self->klass->event (self, event);
      break;
    case ENJ_STREAM_ELEMENT:
      if (enj_element_is (event->element, ENJ_NS_STREAM, "error"))
        {
          /* RFC 6120 4.9.1.1: after it nothing is to be expected but the end. */
          if (self->klass->told && self->state == ENJ_SESSION_OPEN)
            self->klass->told (self, event->element);
          take_reason (self, enj_stream_error_parse_new (event->element));
          enj_session_close (self);
        }
      else
        self->klass->event (self, event);
      break;
    case ENJ_STREAM_CLOSED:
      /* RFC 6120 4.4: close in return, unless we were first. */
      self->closed_in_return = self->state == ENJ_SESSION_CLOSING;
      enj_session_close (self);
      finish (self);
      break;
    case ENJ_STREAM_FAILED:
      enj_session_fail (self, g_steal_pointer (&event->error));
      break;
    }
}

static gboolean
is_listening (const EnjSession *self)
{
  return self->state == ENJ_SESSION_OPEN || self->state == ENJ_SESSION_CLOSING;
}

static void
drain_events (EnjSession *self)
{
  EnjStreamEvent event = { 0 };

  while (is_listening (self) && enj_stream_next (self->stream, &event))
    {
      handle_event (self, &event);
      g_clear_pointer (&event.stanza, enj_stanza_unref);
      g_clear_pointer (&event.element, enj_element_unref);
      g_clear_error (&event.error);
    }
}

static void
feed_clear (EnjSession *self, const guint8 *data, gsize len)
{
  if (!is_listening (self))
    return;
  enj_stream_feed (self->stream, data, len, self->now);
  drain_events (self);
}

static void
feed_tls (EnjSession *self, const guint8 *data, gsize len)
{
  guint8 plain[RECORD];
  gboolean was_up = enj_tls_is_up (self->tls);
  gssize n;

  enj_tls_feed (self->tls, data, len);
  do
    {
      g_autoptr (GError) error = NULL;

      n = enj_tls_read (self->tls, plain, sizeof plain, &error);
      if (n < 0)
        {
          /* RFC 6120 5.4.3.2: no end tag after a TLS failure. */
          enj_session_drop (self, g_steal_pointer (&error));
          return;
        }
      if (!was_up && enj_tls_is_up (self->tls))
        {
          was_up = TRUE;
          enj_session_wait (self, ENJ_WAIT_TLS, 0);
          self->standing.milestones.at[ENJ_MILESTONE_ENCRYPTED] = self->now;
          if (self->state == ENJ_SESSION_OPEN)
            self->klass->secured (self);
        }
      if (n > 0)
        feed_clear (self, plain, (gsize) n);
    }
  while (n > 0);

  enj_wake (self->output);
  if (enj_tls_is_closed (self->tls))
    enj_session_eof (self, NULL, self->now);
}

void
enj_session_feed (EnjSession *self, const guint8 *data, gsize len, gint64 now)
{
  self->now = now;
  self->heard = now;
  if (self->state == ENJ_SESSION_OVER)
    return;
  if (self->tls)
    feed_tls (self, data, len);
  else
    feed_clear (self, data, len);
}

void
enj_session_eof (EnjSession *self, const char *why, gint64 now)
{
  gint64 due;

  self->now = now;
  while (is_listening (self) && (due = enj_stream_deadline (self->stream)) < ENJ_NEVER)
    {
      /* What has come as a whole counts, though expat may still sit on it. */
      enj_stream_tick (self->stream, due);
      drain_events (self);
    }
  if (self->state == ENJ_SESSION_OPEN && !self->reason)
    self->reason = g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED, "%s",
                                why ? why : "connection closed without an end of the stream");
  finish (self);
}

/* ---- Output ----------------------------------------------------------- */

static void
encrypt (EnjSession *self)
{
  EnjBytes *output = enj_stream_output (self->stream);
  gsize ahead;

  if (!enj_tls_is_up (self->tls))
    return;
  enj_tls_peek (self->tls, &ahead);
  while (ahead < AHEAD && enj_bytes_length (output) > 0)
    {
      g_autoptr (GError) error = NULL;
      gsize len;
      const guint8 *data = enj_bytes_peek (output, &len);

      len = MIN (len, RECORD);
      if (!enj_tls_write (self->tls, data, len, &error))
        {
          enj_session_drop (self, g_steal_pointer (&error));
          return;
        }
      consume (self, len);
      enj_tls_peek (self->tls, &ahead);
    }
  if (self->state == ENJ_SESSION_OVER && enj_bytes_length (output) == 0)
    enj_tls_close (self->tls);
}

const guint8 *
enj_session_peek (EnjSession *self, gsize *len)
{
  const guint8 *data;

  *len = 0;
  if (self->given_up)
    return NULL;
  if (self->tls && self->clear_left == 0)
    {
      if (!self->silent)
        encrypt (self);
      return enj_tls_peek (self->tls, len);
    }

  data = enj_bytes_peek (enj_stream_output (self->stream), len);
  if (self->tls)
    *len = MIN (*len, self->clear_left);
  return data;
}

void
enj_session_drained (EnjSession *self, gsize len, gint64 now)
{
  gsize left;

  self->now = now;
  if (self->tls && self->clear_left == 0)
    {
      gsize ahead;

      enj_tls_drained (self->tls, len);
      enj_tls_peek (self->tls, &ahead);
      enj_departures_written (&self->unsent, len, ahead);
    }
  else
    {
      consume (self, len);
      enj_departures_written (&self->unsent, len, 0);
      self->clear_left -= MIN (len, self->clear_left);
    }

  let_go (self);
  enj_session_peek (self, &left);
  enj_session_wait (self, ENJ_WAIT_STALL, left > 0 ? self->settings->limits.stall_timeout : 0);
  if (self->was_full && !self->held && enj_session_has_room (self))
    {
      self->was_full = FALSE;
      enj_wake (self->wake);
    }
}

void
enj_session_written (EnjSession *self)
{
  self->vitals.said = self->now;
  if (self->due[ENJ_WAIT_STALL] == ENJ_NEVER)
    enj_session_wait (self, ENJ_WAIT_STALL, self->settings->limits.stall_timeout);
  enj_wake (self->output);
}

EnjSend
enj_session_send (EnjSession *self, EnjStanza *stanza)
{
  guint64 most = self->peer_limits.max_bytes;

  if (most > 0 && enj_stanza_get_size (stanza) > most)
    return ENJ_SEND_TOO_LARGE;
  if (self->held || !enj_session_has_room (self) || !enj_stream_send_stanza (self->stream, stanza))
    {
      self->was_full = TRUE;
      return ENJ_SEND_FULL;
    }
  enj_departures_push (&self->unsent, stanza, enj_bytes_length (enj_stream_output (self->stream)));
  enj_stream_push_through (self->stream, stanza);
  self->vitals.stirred = self->now;
  enj_session_written (self);
  return ENJ_SEND_DONE;
}

EnjStanza *
enj_session_steal_unsent (EnjSession *self)
{
  EnjStanza *stanza = enj_departures_steal_newest (&self->unsent);

  /* Whoever takes it sends it again: it must not leave by this way too. */
  self->given_up |= stanza != NULL;
  return stanza;
}

gboolean
enj_session_prove_sent (EnjSession *self, guint count)
{
  gboolean possible = enj_departures_prove (&self->unsent, count);

  let_go (self);
  return possible;
}

gboolean
enj_session_has_room (EnjSession *self)
{
  if (enj_bytes_length (enj_stream_output (self->stream)) < ROOM)
    return TRUE;
  self->was_full = TRUE;
  return FALSE;
}

/* ---- Time ------------------------------------------------------------- */

void
enj_session_wait (EnjSession *self, EnjWait which, guint64 seconds)
{
  self->due[which] = seconds > 0 ? self->now + (gint64) seconds * ENJ_SECOND : ENJ_NEVER;
}

gint64
enj_session_deadline (const EnjSession *self)
{
  gint64 due = enj_deadlines_earliest (self->due, ENJ_N_WAITS);

  if (self->state == ENJ_SESSION_OPEN)
    due = MIN (due, enj_vitals_deadline (&self->vitals));
  return is_listening (self) ? MIN (due, enj_stream_deadline (self->stream)) : due;
}

static void
handle_vital (EnjSession *self, EnjVital vital)
{
  switch (vital)
    {
    case ENJ_VITAL_SPEAK:
      /* RFC 6120 4.6.1: white space keeps the connection alive. */
      if (!self->klass->quiet || !self->klass->quiet (self))
        (void) enj_stream_send_text (self->stream, " "); /* A full queue is not quiet. */
      enj_session_written (self);
      break;
    case ENJ_VITAL_IDLE:
      enj_session_close (self); /* RFC 6120 4.6.3: of no use, and nobody's fault. */
      break;
    case ENJ_VITAL_EXPIRED:
      enj_session_fail (self, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_RESET,
                                           "the peer's certificate has expired"));
      break;
    case ENJ_VITAL_NONE:
      break;
    }
}

static void
drop_late (EnjSession *self, const char *what, guint64 seconds)
{
  enj_session_drop (self, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_CONNECTION_TIMEOUT,
                                       "%s %" G_GUINT64_FORMAT " s", what, seconds));
}

static void
handle_due (EnjSession *self, EnjWait which)
{
  switch (which)
    {
    case ENJ_WAIT_TLS:
      drop_late (self, "TLS handshake not done after", self->settings->limits.tls_timeout);
      break;
    case ENJ_WAIT_STALL:
      /* RFC 6120 4.6.1: it does not read, so it would not read an error. */
      drop_late (self, "peer has read nothing for", self->settings->limits.stall_timeout);
      break;
    case ENJ_WAIT_CLOSE:
      self->given_up = TRUE;
      drop_late (self, "peer has not closed its stream for", self->settings->limits.close_timeout);
      break;
    case ENJ_WAIT_HEADER:
    case ENJ_WAIT_NEGOTIATION:
    case ENJ_WAIT_ANSWER:
    case ENJ_WAIT_QUIET:
    case ENJ_WAIT_ACK:
    case ENJ_WAIT_PROOF:
      self->klass->due (self, which);
      break;
    case ENJ_N_WAITS:
      g_assert_not_reached ();
    }
}

void
enj_session_tick (EnjSession *self, gint64 now)
{
  guint which;

  self->now = now;
  while (enj_deadlines_next_due (self->due, ENJ_N_WAITS, now, &which))
    handle_due (self, (EnjWait) which);
  if (self->state == ENJ_SESSION_OPEN)
    handle_vital (self, enj_vitals_next (&self->vitals, now));
  if (is_listening (self) && enj_stream_deadline (self->stream) <= now)
    {
      enj_stream_tick (self->stream, now);
      drain_events (self);
    }
}

/* ---- Life -------------------------------------------------------------- */

void
enj_session_init (EnjSession *self, const EnjSessionClass *klass, const char *kind,
                  const char *content_ns, EnjSettings *settings, EnjWake wake, gint64 now)
{
  static guint64 last_id;

  self->klass = klass;
  self->id = ++last_id;
  self->state = ENJ_SESSION_OPEN;
  self->settings = enj_settings_ref (settings);
  self->stream = enj_stream_new (content_ns, &settings->limits);
  self->wake = wake;
  self->now = now;
  self->heard = now;
  self->standing.direction = kind;
  self->standing.milestones.at[ENJ_MILESTONE_CONNECTED] = now;
  enj_vitals_init (&self->vitals);
  for (guint i = 0; i < ENJ_N_WAITS; i++)
    self->due[i] = ENJ_NEVER;
  g_snprintf (self->log.id, sizeof self->log.id, "%s-%" G_GUINT64_FORMAT, kind, self->id);
}

void
enj_session_clear (EnjSession *self)
{
  g_clear_pointer (&self->stream, enj_stream_free);
  g_clear_pointer (&self->tls, enj_tls_free);
  g_clear_pointer (&self->settings, enj_settings_unref);
  g_clear_error (&self->reason);
  enj_departures_clear (&self->unsent);
  enj_standing_clear (&self->standing);
}

static gboolean
restart (EnjSession *self, const char *fault)
{
  if (!enj_stream_restart (self->stream))
    {
      enj_session_drop (self, g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                                                   fault));
      return FALSE;
    }
  self->header_sent = FALSE;
  return TRUE;
}

gboolean
enj_session_restart (EnjSession *self)
{
  return restart (self, "more bytes behind the end of the stream before");
}

gboolean
enj_session_start_tls (EnjSession *self, EnjTls *tls)
{
  if (!restart (self, "more bytes in clear behind the start of TLS"))
    {
      enj_tls_free (tls);
      return FALSE;
    }

  enj_stream_lower_limits (self->stream);
  self->tls = tls;
  self->clear_left = enj_bytes_length (enj_stream_output (self->stream));
  /* Who had proved himself in clear has it before him again. */
  enj_vitals_init (&self->vitals);
  enj_session_wait (self, ENJ_WAIT_TLS, self->settings->limits.tls_timeout);
  feed_tls (self, NULL, 0);
  return TRUE;
}

void
enj_session_settle_in (EnjSession *self)
{
  const EnjLimits *limits = &self->settings->limits;

  enj_vitals_start (&self->vitals, limits->keepalive, limits->idle_timeout, &self->peer_limits,
                    self->now);
  enj_stream_allow_rest (self->stream);
}

void
enj_session_expire_at (EnjSession *self, gint64 wall)
{
  enj_vitals_expire_at (&self->vitals, wall, self->now);
}

/* Our end tag is written: of all deadlines only those of the end are left. */
static void
await_close (EnjSession *self)
{
  for (guint i = 0; i < ENJ_N_WAITS; i++)
    self->due[i] = ENJ_NEVER;
  enj_session_written (self);
  enj_session_wait (self, ENJ_WAIT_CLOSE, self->settings->limits.close_timeout);
}

void
enj_session_close (EnjSession *self)
{
  if (self->state != ENJ_SESSION_OPEN)
    return;
  if (!self->header_sent)
    {
      /* There is no stream to close: RFC 6120 4.4 begins with one. */
      finish (self);
      return;
    }
  if (self->klass->closing)
    self->klass->closing (self);
  self->state = ENJ_SESSION_CLOSING;
  (void) enj_stream_send_close (self->stream); /* Over its limit, the deadline ends it. */
  await_close (self);
}

void
enj_session_fail (EnjSession *self, GError *error)
{
  if (g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED))
    {
      enj_session_drop (self, error);
      return;
    }
  if (self->state != ENJ_SESSION_OPEN)
    {
      /* The end tag is written: no error may follow it. */
      take_reason (self, error);
      finish (self);
      return;
    }

  if (!self->header_sent)
    self->klass->open (self); /* RFC 6120 4.9.1.2 */
  /* Over its limit nothing is sent, and the deadline below ends it. */
  (void) enj_stream_send_error (self->stream, error);
  (void) enj_stream_send_close (self->stream);
  take_reason (self, error);
  self->state = ENJ_SESSION_DEAF;
  await_close (self);
  enj_wake (self->wake);
}

void
enj_session_drop (EnjSession *self, GError *error)
{
  take_reason (self, error);
  self->silent = TRUE;
  self->given_up |= !self->tls; /* A TLS alert may still leave. */
  finish (self);
}

gboolean
enj_session_is_open (const EnjSession *self)
{
  return self->state == ENJ_SESSION_OPEN;
}

gboolean
enj_session_is_over (const EnjSession *self)
{
  return self->state == ENJ_SESSION_OVER;
}

gboolean
enj_session_is_encrypted (const EnjSession *self)
{
  return self->tls && enj_tls_is_up (self->tls);
}

#include "config.h"

#include "protocol/link.h"

#include <string.h>

#include <gnutls/gnutls.h>

#include "protocol/handshake.h"
#include "protocol/jid.h"
#include "protocol/ns.h"
#include "protocol/proving.h"

typedef enum
{
  STATE_HEADER,    /* ours is sent */
  STATE_HANDSHAKE, /* the proof is sent */
  STATE_UP,
  STATE_LEAVING /* up no longer: what was sent is proved, then our end tag follows */
} State;

struct EnjLink
{
  EnjSession session; /* must be first */
  EnjCounters *counters;
  EnjProving *proving;
  State state;
  char *domain;
  char *parent;
  char *secret;
  GQueue received; /* of EnjLinkEvent: not yet fetched */
  guint64 header_end;
  guint64 before; /* the position of what was the first byte to our parser */
};

static void
send_header (EnjLink *self)
{
  /* XEP-0114 3: `to` is the component, and there is no version. */
  EnjHeader header = { .content_ns = ENJ_NS_COMPONENT, .to = self->domain };

  (void) enj_stream_send_header (self->session.stream, &header); /* The queue is empty here. */
  self->session.header_sent = TRUE;
  enj_session_written (&self->session);
}

static void
open_for_error (EnjSession *session)
{
  send_header ((EnjLink *) session);
}

static void
fail (EnjLink *self, EnjStreamCondition condition, const char *why)
{
  enj_session_fail (&self->session, g_error_new_literal (ENJ_STREAM_ERROR, condition, why));
}

static void
handle_header (EnjLink *self)
{
  const EnjHeader *header = enj_stream_get_header (self->session.stream);
  g_autofree char *digest = NULL;
  g_autofree char *xml = NULL;

  if (!header->id || !*header->id)
    {
      /* A server that refuses opens with an empty id; its error follows. */
      if (header->id)
        return;
      fail (self, ENJ_STREAM_BAD_FORMAT, "stream header without an id");
      return;
    }
  enj_session_wait (&self->session, ENJ_WAIT_HEADER, 0);
  digest = enj_handshake_new (header->id, self->secret);
  xml = g_strdup_printf ("<handshake>%s</handshake>", digest);
  (void) enj_stream_send_text (self->session.stream, xml); /* The queue is all but empty here. */
  enj_session_written (&self->session);
  self->state = STATE_HANDSHAKE;
}

/* Wraps around where the parser was given more than stood there: that is no matter. */
static void
push_event (EnjLink *self, EnjLinkEventType type, EnjStanza *stanza, guint64 end)
{
  EnjLinkEvent *event = g_new (EnjLinkEvent, 1);

  *event = (EnjLinkEvent){ .type = type,
                           .stanza = stanza,
                           .header = self->header_end,
                           .end = self->before + end };
  g_queue_push_tail (&self->received, event);
  enj_wake (self->session.wake);
}

static void
come_up (EnjLink *self)
{
  const EnjLimits *limits = &self->session.settings->limits;

  self->state = STATE_UP;
  enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION, 0);
  enj_session_wait (&self->session, ENJ_WAIT_QUIET, limits->keepalive);
  enj_stream_raise_limits (self->session.stream, limits->stanza_size_link);
}

static void
handle_accepted (EnjLink *self, guint64 end)
{
  come_up (self);
  enj_log_message (&self->session.log, "link up");
  push_event (self, ENJ_LINK_UP, NULL, end);
}

static void
handle_element (EnjLink *self, const EnjElement *element, guint64 end)
{
  const char *ns = enj_element_get_namespace (element);
  gboolean is_handshake = strcmp (enj_element_get_name (element), "handshake") == 0
                          && (strcmp (ns, ENJ_NS_COMPONENT) == 0 || !*ns);

  if (is_handshake && self->state == STATE_HANDSHAKE)
    handle_accepted (self, end);
  else if (!enj_element_is (element, ENJ_NS_STREAM, "features"))
    fail (self, ENJ_STREAM_UNSUPPORTED_STANZA_TYPE, "element that is not understood here");
}

/* Behind our end tag nobody answers: what was sent is proved before it. */
static void
leave_if_done (EnjLink *self)
{
  if (self->state == STATE_LEAVING && enj_proving_is_done (self->proving))
    enj_session_close (&self->session);
}

static void
handle_stanza (EnjLink *self, EnjStanza **stanza, guint64 end)
{
  if (!enj_link_was_up (self))
    fail (self, ENJ_STREAM_NOT_AUTHORIZED, "stanza before the handshake");
  else if (enj_proving_handle (self->proving, *stanza))
    leave_if_done (self);
  else
    push_event (self, ENJ_LINK_STANZA, g_steal_pointer (stanza), end);
}

static void
handle_event (EnjSession *session, EnjStreamEvent *event)
{
  EnjLink *self = (EnjLink *) session;

  if (event->type == ENJ_STREAM_OPENED)
    {
      self->header_end = event->end;
      handle_header (self);
    }
  else if (event->type == ENJ_STREAM_STANZA)
    handle_stanza (self, &event->stanza, event->end);
  else if (session->state == ENJ_SESSION_OPEN)
    handle_element (self, event->element, event->end);
}

static void
handle_quiet (EnjLink *self)
{
  EnjSession *session = &self->session;
  gint64 keepalive = (gint64) session->settings->limits.keepalive * ENJ_SECOND;

  if (session->now - session->heard >= keepalive)
    enj_proving_ask (self->proving);
  enj_session_wait (session, ENJ_WAIT_QUIET, session->settings->limits.keepalive);
}

static void
handle_due (EnjSession *session, EnjWait which)
{
  EnjLink *self = (EnjLink *) session;

  if (which == ENJ_WAIT_QUIET)
    handle_quiet (self);
  else if (which == ENJ_WAIT_ACK || which == ENJ_WAIT_ANSWER)
    {
      enj_proving_tick (self->proving, session->now);
      leave_if_done (self);
    }
  else if (self->state == STATE_LEAVING)
    enj_session_close (session);
  else
    fail (self, ENJ_STREAM_CONNECTION_TIMEOUT, "server has not answered the handshake");
}

static void
handle_left (EnjSession *session, EnjStanza *stanza)
{
  enj_proving_note_sent (((EnjLink *) session)->proving, stanza);
}

static void
handle_over (EnjSession *session)
{
  g_autofree char *reason = session->reason ? enj_log_quote (session->reason->message) : NULL;

  enj_log_info (&session->log, "link closed: %s", reason ? reason : "in order");
}

/* A link never starts TLS. */
static void
handle_secured (EnjSession *session)
{
  g_return_if_fail (session->tls == NULL);
}

static const EnjSessionClass link_class = {
  .event = handle_event,
  .secured = handle_secured,
  .due = handle_due,
  .open = open_for_error,
  .over = handle_over,
  .left = handle_left,
};

static EnjLink *
link_new (const char *domain, const char *parent, const char *secret, EnjSettings *settings,
          EnjCounters *counters, EnjWake wake, gint64 now)
{
  EnjLink *self = g_new0 (EnjLink, 1);

  enj_session_init (&self->session, &link_class, "link", ENJ_NS_COMPONENT, settings, wake, now);
  self->counters = counters;
  self->domain = g_strdup (domain);
  self->parent = g_strdup (parent);
  self->secret = g_strdup (secret);
  self->proving = enj_proving_new (&self->session, counters, self->domain, self->parent);
  self->session.log.local = self->domain;
  return self;
}

EnjLink *
enj_link_new (const char *domain, const char *parent, const char *secret, EnjSettings *settings,
              EnjCounters *counters, EnjWake wake, gint64 now)
{
  EnjLink *self = link_new (domain, parent, secret, settings, counters, wake, now);

  enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION,
                    settings->limits.link_handshake_timeout);
  send_header (self);
  return self;
}

/* Has it opened, and is nothing else in what was said first? */
static gboolean
read_header (EnjLink *self, const EnjLinkPast *past)
{
  EnjStreamEvent event;
  guint n = 0;

  enj_stream_feed (self->session.stream, past->header, past->header_len, self->session.now);
  while (enj_stream_next (self->session.stream, &event))
    {
      n += event.type == ENJ_STREAM_OPENED && event.end == past->header_len ? 1 : 2;
      enj_stanza_unref (event.stanza);
      enj_element_unref (event.element);
      g_clear_error (&event.error);
    }
  return n == 1;
}

EnjLink *
enj_link_new_resumed (const char *domain, const char *parent, const EnjLinkPast *past,
                      EnjSettings *settings, EnjCounters *counters, EnjWake wake, gint64 now)
{
  EnjLink *self = link_new (domain, parent, "", settings, counters, wake, now);
  gboolean whole = read_header (self, past);

  self->before = past->position - past->header_len;
  self->header_end = past->header_len;
  self->session.header_sent = TRUE;
  come_up (self);
  if (past->output_len > 0)
    whole &= enj_bytes_append (enj_stream_output (self->session.stream), past->output,
                               past->output_len);
  if (whole)
    enj_log_message (&self->session.log, "link up: carried on");
  else
    enj_session_drop (&self->session,
                      g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_INTERNAL_SERVER_ERROR,
                                           "what was left of the link cannot be read"));
  push_event (self, ENJ_LINK_UP, NULL, past->header_len);
  enj_session_written (&self->session);
  return self;
}

static void
event_free (gpointer data)
{
  EnjLinkEvent *event = data;

  enj_stanza_unref (event->stanza);
  g_free (event);
}

void
enj_link_free (EnjLink *self)
{
  if (!self)
    return;
  g_queue_clear_full (&self->received, event_free);
  enj_session_clear (&self->session);
  enj_proving_free (self->proving);
  gnutls_memset (self->secret, 0, strlen (self->secret));
  g_free (self->secret);
  g_free (self->domain);
  g_free (self->parent);
  g_free (self);
}

EnjSession *
enj_link_get_session (EnjLink *self)
{
  return &self->session;
}

gboolean
enj_link_next (EnjLink *self, EnjLinkEvent *event)
{
  g_autofree EnjLinkEvent *first = g_queue_pop_head (&self->received);

  if (first)
    *event = *first;
  return first != NULL;
}

gboolean
enj_link_is_up (const EnjLink *self)
{
  return self->state == STATE_UP && enj_session_is_open (&self->session);
}

gboolean
enj_link_is_leaving (const EnjLink *self)
{
  return self->state == STATE_LEAVING && enj_session_is_open (&self->session);
}

gboolean
enj_link_was_up (const EnjLink *self)
{
  return self->state >= STATE_UP;
}

void
enj_link_close (EnjLink *self, gint64 now)
{
  self->session.now = now;
  if (!enj_link_is_up (self) || enj_proving_is_done (self->proving))
    {
      enj_session_close (&self->session);
      return;
    }
  self->state = STATE_LEAVING;
  enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION,
                    self->session.settings->limits.close_timeout);
  enj_proving_hurry (self->proving);
  enj_wake (self->session.output); /* Whoever drives us looks at the deadlines then. */
}

guint
enj_link_count_unproven (const EnjLink *self)
{
  return enj_proving_count (self->proving);
}

EnjStanza *
enj_link_steal_unproven (EnjLink *self, gint64 *left)
{
  return enj_proving_steal (self->proving, left);
}

static gboolean
is_from_component (const EnjLink *self, const EnjStanza *stanza)
{
  const char *from = enj_stanza_get_from (stanza);
  gsize len = 0;
  const char *domain = from ? enj_jid_find_domain (from, &len) : NULL;

  return domain && enj_stanza_get_to (stanza) && strlen (self->domain) == len
         && memcmp (domain, self->domain, len) == 0;
}

gboolean
enj_link_may_send (const EnjLink *self, const EnjStanza *stanza)
{
  return is_from_component (self, stanza)
         && enj_stanza_get_size (stanza) <= self->session.settings->limits.stanza_size_link;
}

/* Nobody could be told that an error or a result was not sent. */
static gboolean
is_open_for (const EnjLink *self, const EnjStanza *stanza)
{
  return enj_link_is_up (self)
         || (enj_link_is_leaving (self) && !enj_stanza_is_answerable (stanza));
}

gboolean
enj_link_send (EnjLink *self, EnjStanza *stanza, gint64 now)
{
  g_return_val_if_fail (is_from_component (self, stanza), FALSE);

  /* One that has waited may be larger than a limit that came meanwhile. */
  if (!is_open_for (self, stanza) || !enj_link_may_send (self, stanza))
    return FALSE;
  self->session.now = now;
  if (enj_session_send (&self->session, stanza) != ENJ_SEND_DONE)
    return FALSE;
  self->counters->written_link++;
  return TRUE;
}

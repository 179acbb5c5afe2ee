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
  GQueue stanzas; /* received and not yet fetched */
  gboolean tell_up;
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

static void
handle_accepted (EnjLink *self)
{
  const EnjLimits *limits = &self->session.settings->limits;

  self->state = STATE_UP;
  self->tell_up = TRUE;
  enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION, 0);
  enj_session_wait (&self->session, ENJ_WAIT_QUIET, limits->keepalive);
  enj_stream_raise_limits (self->session.stream, limits->stanza_size_link);
  enj_log_message (&self->session.log, "link up");
  enj_wake (self->session.wake);
}

static void
handle_element (EnjLink *self, const EnjElement *element)
{
  const char *ns = enj_element_get_namespace (element);
  gboolean is_handshake = strcmp (enj_element_get_name (element), "handshake") == 0
                          && (strcmp (ns, ENJ_NS_COMPONENT) == 0 || !*ns);

  if (is_handshake && self->state == STATE_HANDSHAKE)
    handle_accepted (self);
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
handle_stanza (EnjLink *self, EnjStanza **stanza)
{
  if (!enj_link_was_up (self))
    fail (self, ENJ_STREAM_NOT_AUTHORIZED, "stanza before the handshake");
  else if (enj_proving_handle (self->proving, *stanza))
    leave_if_done (self);
  else
    {
      g_queue_push_tail (&self->stanzas, g_steal_pointer (stanza));
      enj_wake (self->session.wake);
    }
}

static void
handle_event (EnjSession *session, EnjStreamEvent *event)
{
  EnjLink *self = (EnjLink *) session;

  if (event->type == ENJ_STREAM_OPENED)
    handle_header (self);
  else if (event->type == ENJ_STREAM_STANZA)
    handle_stanza (self, &event->stanza);
  else if (session->state == ENJ_SESSION_OPEN)
    handle_element (self, event->element);
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

EnjLink *
enj_link_new (const char *domain, const char *parent, const char *secret, EnjSettings *settings,
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
  enj_session_wait (&self->session, ENJ_WAIT_NEGOTIATION,
                    settings->limits.link_handshake_timeout);
  send_header (self);
  return self;
}

void
enj_link_free (EnjLink *self)
{
  if (!self)
    return;
  g_queue_clear_full (&self->stanzas, (GDestroyNotify) enj_stanza_unref);
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
  *event = (EnjLinkEvent){ .type = ENJ_LINK_UP };
  if (self->tell_up)
    {
      self->tell_up = FALSE;
      return TRUE;
    }
  event->type = ENJ_LINK_STANZA;
  event->stanza = g_queue_pop_head (&self->stanzas);
  return event->stanza != NULL;
}

gboolean
enj_link_is_up (const EnjLink *self)
{
  return self->state == STATE_UP && enj_session_is_open (&self->session);
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

gboolean
enj_link_send (EnjLink *self, EnjStanza *stanza, gint64 now)
{
  g_return_val_if_fail (is_from_component (self, stanza), FALSE);

  /* One that has waited may be larger than a limit that came meanwhile. */
  if (!enj_link_is_up (self) || !enj_link_may_send (self, stanza))
    return FALSE;
  self->session.now = now;
  if (enj_session_send (&self->session, stanza) != ENJ_SEND_DONE)
    return FALSE;
  self->counters->written_link++;
  return TRUE;
}

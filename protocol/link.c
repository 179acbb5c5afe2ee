#include "config.h"

#include "protocol/link.h"

#include <string.h>

#include <gnutls/gnutls.h>

#include "protocol/handshake.h"
#include "protocol/jid.h"
#include "protocol/ns.h"

/* A start tag that arrives in pieces is held back by the server's expat until
 * as many bytes again have come; Prosody reads 8 KiB at a time. */
#define LONG_TAG 4096

/* How long an answer to our ping may take, in seconds. */
#define PING_TIMEOUT 30

typedef enum
{
  STATE_HEADER,    /* ours is sent */
  STATE_HANDSHAKE, /* the proof is sent */
  STATE_UP
} State;

struct EnjLink
{
  EnjSession session; /* must be first */
  EnjCounters *counters;
  State state;
  char *domain;
  char *parent;
  char *secret;
  GQueue stanzas; /* received and not yet fetched */
  gboolean tell_up;
  guint pings;
  char ping_id[32]; /* "" while none is awaited */
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

/* RFC 6120 8.2.3: the id alone is for everybody to guess. */
static gboolean
is_pong (EnjLink *self, const EnjStanza *stanza)
{
  return self->ping_id[0] && enj_stanza_get_kind (stanza) == ENJ_STANZA_IQ
         && !enj_stanza_is_answerable (stanza)
         && g_strcmp0 (enj_stanza_get_id (stanza), self->ping_id) == 0
         && g_strcmp0 (enj_stanza_get_from (stanza), self->parent) == 0;
}

static void
handle_stanza (EnjLink *self, EnjStanza **stanza)
{
  if (self->state != STATE_UP)
    fail (self, ENJ_STREAM_NOT_AUTHORIZED, "stanza before the handshake");
  else if (is_pong (self, *stanza))
    {
      self->ping_id[0] = '\0';
      enj_session_wait (&self->session, ENJ_WAIT_ANSWER, 0);
    }
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

/* XEP-0199: any answer, an error too, proves that the server is there. */
static void
send_ping (EnjLink *self)
{
  g_autofree char *xml = NULL;

  g_snprintf (self->ping_id, sizeof self->ping_id, "enj-ping-%u", ++self->pings);
  xml = g_strdup_printf ("<iq type='get' id='%s' from='%s' to='%s'>"
                         "<ping xmlns='" ENJ_NS_PING "'/></iq>",
                         self->ping_id, self->domain, self->parent);
  (void) enj_stream_send_text (self->session.stream, xml); /* Over its limit, no answer comes. */
  enj_session_written (&self->session);
  enj_session_wait (&self->session, ENJ_WAIT_ANSWER, PING_TIMEOUT);
}

static void
handle_quiet (EnjLink *self)
{
  EnjSession *session = &self->session;
  gint64 keepalive = (gint64) session->settings->limits.keepalive * ENJ_SECOND;

  if (session->now - session->heard >= keepalive)
    send_ping (self);
  enj_session_wait (session, ENJ_WAIT_QUIET, session->settings->limits.keepalive);
}

static void
handle_due (EnjSession *session, EnjWait which)
{
  EnjLink *self = (EnjLink *) session;

  if (which == ENJ_WAIT_QUIET)
    handle_quiet (self);
  else if (which != ENJ_WAIT_ANSWER)
    fail (self, ENJ_STREAM_CONNECTION_TIMEOUT, "server has not answered the handshake");
  else if (session->now - session->heard >= PING_TIMEOUT * ENJ_SECOND)
    /* RFC 6120 4.6.2. */
    fail (self, ENJ_STREAM_CONNECTION_TIMEOUT, "server has not answered a ping");
}

static void
handle_over (EnjSession *session)
{
  g_autofree char *reason = session->reason ? enj_log_quote (session->reason->message) : NULL;

  enj_log_info (&session->log, "link closed: %s", reason ? reason : "in order");
}

/* Nothing here proves what the server has. */
static void
handle_left (EnjSession *session, EnjStanza *stanza)
{
  (void) stanza;
  ((EnjLink *) session)->counters->unproven++;
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
  return self->state == STATE_UP;
}

/* Behind the end of the tag that starts at @data; `>` may stand in quotes. */
static const guint8 *
skip_tag (const guint8 *data, const guint8 *end)
{
  gboolean quoted = FALSE;

  while (data < end && (quoted || *data != '>'))
    {
      quoted ^= *data == '"';
      data++;
    }
  return data;
}

/* The longest tag of canonical content. */
static gsize
longest_tag (const guint8 *data, gsize len)
{
  const guint8 *end = data + len;
  const guint8 *open;
  gsize longest = 0;

  while (data < end && (open = memchr (data, '<', (gsize) (end - data))))
    {
      data = skip_tag (open, end);
      longest = MAX (longest, (gsize) (data - open));
    }
  return longest;
}

static void
push_through (EnjLink *self, const EnjStanza *stanza)
{
  gsize len;
  const guint8 *content = enj_stanza_get_content (stanza, &len);
  gsize head = enj_stanza_get_size (stanza) - len;
  gsize longest = MAX (head, len > LONG_TAG ? longest_tag (content, len) : 0);
  guint8 *blanks;

  if (longest <= LONG_TAG)
    return;
  blanks = enj_bytes_reserve (enj_stream_output (self->session.stream), longest);
  if (!blanks)
    return; /* What is behind it in the queue will do as well. */
  memset (blanks, '\n', longest);
  enj_bytes_commit (enj_stream_output (self->session.stream), longest);
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
  push_through (self, stanza);
  self->counters->written_link++;
  return TRUE;
}

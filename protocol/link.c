#include "config.h"

#include "protocol/link.h"

#include <string.h>

#include <gnutls/gnutls.h>

#include "protocol/handshake.h"
#include "protocol/jid.h"
#include "protocol/ns.h"

typedef struct
{
  EnjCarrier carrier; /* must be first */
  gboolean has_tried; /* the proof is sent */
  char *parent;
  char *secret;
} Link;

static void
send_header (Link *self)
{
  EnjSession *session = &self->carrier.session;
  /* XEP-0114 3: `to` is the component, and there is no version. */
  EnjHeader header = { .content_ns = ENJ_NS_COMPONENT, .to = self->carrier.domain };

  (void) enj_stream_send_header (session->stream, &header); /* The queue is empty here. */
  session->header_sent = TRUE;
  enj_session_written (session);
}

static void
open_for_error (EnjSession *session)
{
  send_header ((Link *) session);
}

static void
handle_header (EnjCarrier *carrier)
{
  Link *self = (Link *) carrier;
  EnjSession *session = &carrier->session;
  const EnjHeader *header = enj_stream_get_header (session->stream);
  g_autofree char *digest = NULL;
  g_autofree char *xml = NULL;

  if (!header->id || !*header->id)
    {
      /* A server that refuses opens with an empty id; its error follows. */
      if (header->id)
        return;
      enj_carrier_fail (carrier, ENJ_STREAM_BAD_FORMAT, "stream header without an id");
      return;
    }
  enj_session_wait (session, ENJ_WAIT_HEADER, 0);
  digest = enj_handshake_new (header->id, self->secret);
  xml = g_strdup_printf ("<handshake>%s</handshake>", digest);
  (void) enj_stream_send_text (session->stream, xml); /* The queue is all but empty here. */
  enj_session_written (session);
  self->has_tried = TRUE;
}

static void
handle_accepted (Link *self, guint64 end)
{
  enj_carrier_come_up (&self->carrier, self->parent);
  enj_log_message (&self->carrier.session.log, "link up");
  enj_carrier_push (&self->carrier, ENJ_CARRIER_UP, NULL, end);
}

static void
handle_element (EnjCarrier *carrier, const EnjElement *element, guint64 end)
{
  Link *self = (Link *) carrier;

  if (enj_handshake_is (element) && self->has_tried && !enj_carrier_was_up (carrier))
    handle_accepted (self, end);
  else if (!enj_element_is (element, ENJ_NS_STREAM, "features"))
    enj_carrier_fail (carrier, ENJ_STREAM_UNSUPPORTED_STANZA_TYPE,
                      "element that is not understood here");
}

static void
handle_stanza (EnjCarrier *carrier, EnjStanza **stanza, guint64 end)
{
  if (!enj_carrier_was_up (carrier))
    enj_carrier_fail (carrier, ENJ_STREAM_NOT_AUTHORIZED, "stanza before the handshake");
  else if (!enj_carrier_prove (carrier, *stanza))
    enj_carrier_push (carrier, ENJ_CARRIER_STANZA, g_steal_pointer (stanza), end);
}

static void
handle_due (EnjSession *session, EnjWait which)
{
  EnjCarrier *carrier = (EnjCarrier *) session;

  if (!enj_carrier_handle_due (carrier, which))
    enj_carrier_fail (carrier, ENJ_STREAM_CONNECTION_TIMEOUT,
                      "server has not answered the handshake");
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

static gboolean
is_from_component (const EnjCarrier *carrier, const EnjStanza *stanza)
{
  const char *from = enj_stanza_get_from (stanza);
  gsize len = 0;
  const char *domain = from ? enj_jid_find_domain (from, &len) : NULL;

  return domain && enj_stanza_get_to (stanza) && strlen (carrier->domain) == len
         && memcmp (domain, carrier->domain, len) == 0;
}

static void
link_free (EnjCarrier *carrier)
{
  Link *self = (Link *) carrier;

  enj_carrier_clear (carrier);
  gnutls_memset (self->secret, 0, strlen (self->secret));
  g_free (self->secret);
  g_free (self->parent);
  g_free (self);
}

static const EnjCarrierClass link_class = {
  .session = { .event = enj_carrier_handle_event,
               .secured = handle_secured,
               .due = handle_due,
               .open = open_for_error,
               .over = handle_over,
               .left = enj_carrier_handle_left,
               .count_unproven = enj_carrier_handle_count },
  .opened = handle_header,
  .stanza = handle_stanza,
  .element = handle_element,
  .suits = is_from_component,
  .free = link_free,
};

static Link *
link_new (const char *domain, const char *parent, const char *secret, EnjSettings *settings,
          EnjCounters *counters, EnjWake wake, gint64 now)
{
  Link *self = g_new0 (Link, 1);

  enj_carrier_init (&self->carrier, &link_class, "link", domain, settings, counters, wake, now);
  self->parent = g_strdup (parent);
  self->secret = g_strdup (secret);
  self->carrier.session.standing.own_proof = "secret";
  return self;
}

EnjCarrier *
enj_link_new (const char *domain, const char *parent, const char *secret, EnjSettings *settings,
              EnjCounters *counters, EnjWake wake, gint64 now)
{
  Link *self = link_new (domain, parent, secret, settings, counters, wake, now);

  enj_session_wait (&self->carrier.session, ENJ_WAIT_NEGOTIATION,
                    settings->limits.link_handshake_timeout);
  send_header (self);
  return &self->carrier;
}

/* Has it opened, and is nothing else in what was said first? */
static gboolean
read_header (EnjSession *session, const EnjLinkPast *past)
{
  EnjStreamEvent event;
  guint n = 0;

  enj_stream_feed (session->stream, past->header, past->header_len, session->now);
  while (enj_stream_next (session->stream, &event))
    {
      n += event.type == ENJ_STREAM_OPENED && event.end == past->header_len ? 1 : 2;
      enj_stanza_unref (event.stanza);
      enj_element_unref (event.element);
      g_clear_error (&event.error);
    }
  return n == 1;
}

EnjCarrier *
enj_link_new_resumed (const char *domain, const char *parent, const EnjLinkPast *past,
                      EnjSettings *settings, EnjCounters *counters, EnjWake wake, gint64 now)
{
  EnjCarrier *carrier = &link_new (domain, parent, "", settings, counters, wake, now)->carrier;
  EnjSession *session = &carrier->session;
  gboolean whole = read_header (session, past);

  carrier->before = past->position - past->header_len;
  carrier->header_end = past->header_len;
  session->header_sent = TRUE;
  enj_carrier_come_up (carrier, parent);
  if (past->output_len > 0)
    whole &= enj_bytes_append (enj_stream_output (session->stream), past->output,
                               past->output_len);
  if (whole)
    enj_log_message (&session->log, "link up: carried on");
  else
    enj_session_drop (session,
                      g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_INTERNAL_SERVER_ERROR,
                                           "what was left of the link cannot be read"));
  enj_carrier_push (carrier, ENJ_CARRIER_UP, NULL, past->header_len);
  enj_session_written (session);
  return carrier;
}

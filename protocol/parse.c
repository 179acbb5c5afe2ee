#include "config.h"

#include "protocol/parse.h"

#include <string.h>

#include "protocol/condition.h"
#include "protocol/escape.h"
#include "protocol/jid.h"
#include "protocol/limits.h"
#include "protocol/ns.h"
#include "protocol/reader.h"
#include "protocol/stanza.h"

/* The piece is read as the only child of a stream of this tag. */
#define TAG "x"

/* As @content_ns of the reader: no character of XML, so nothing can be a stanza in it. */
#define NO_CONTENT_NS "\002"

static EnjReaderLimits
stream_limits (void)
{
  EnjLimits limits = enj_limits_default ();

  return (EnjReaderLimits){ .size = limits.stanza_size,
                            .elements = (guint) limits.elements,
                            .depth = (guint) limits.depth,
                            .attributes = (guint) limits.attributes };
}

static void
event_clear (EnjReaderEvent *event)
{
  enj_element_unref (event->element);
  enj_stanza_unref (event->stanza);
  *event = (EnjReaderEvent){ .type = ENJ_READER_CLOSED };
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EnjReaderEvent, event_clear)

static gboolean
wrap (EnjBytes *out, const char *xml, gsize len, const char *default_ns, GError **error)
{
  if (enj_bytes_append (out, "<" TAG, strlen ("<" TAG))
      && enj_escape_write_attribute (out, "xmlns", default_ns) && enj_bytes_append (out, ">", 1)
      && enj_bytes_append (out, xml, len)
      && enj_bytes_append (out, "</" TAG ">", strlen ("</" TAG ">")))
    return TRUE;

  g_set_error_literal (error, ENJ_STREAM_ERROR, ENJ_STREAM_RESOURCE_CONSTRAINT, "no memory");
  return FALSE;
}

/* The next event of a reader that has been fed all there is. */
static gboolean
next_event (EnjReader *reader, EnjReaderEvent *event, GError **error)
{
  GError *fault = NULL;

  if (enj_reader_next (reader, event, &fault))
    return TRUE;

  if (!fault)
    {
      enj_reader_flush (reader);
      if (enj_reader_next (reader, event, &fault))
        return TRUE;
    }
  if (!fault)
    fault = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_NOT_WELL_FORMED,
                                 "element has no end");
  g_propagate_error (error, fault);
  return FALSE;
}

/* The stream closes with our tag, and with that alone. */
static gboolean
read_end (EnjReader *reader, GError **error)
{
  g_auto (EnjReaderEvent) event = { .type = ENJ_READER_CLOSED };
  gsize rest;

  if (!next_event (reader, &event, error))
    return FALSE;

  (void) enj_reader_get_rest (reader, &rest);
  if (event.type == ENJ_READER_CLOSED && rest == 0)
    return TRUE;

  g_set_error_literal (error, ENJ_STREAM_ERROR, ENJ_STREAM_BAD_FORMAT, "more than one element");
  return FALSE;
}

static gboolean
read_wrapped (EnjReader *reader, EnjReaderEvent *event, GError **error)
{
  g_auto (EnjReaderEvent) header = { .type = ENJ_READER_CLOSED };

  if (!next_event (reader, &header, error) || !next_event (reader, event, error))
    return FALSE;

  if (event->type == ENJ_READER_CLOSED)
    {
      g_set_error_literal (error, ENJ_STREAM_ERROR, ENJ_STREAM_BAD_FORMAT, "no element");
      return FALSE;
    }
  return read_end (reader, error);
}

/* Reads the one element that @xml is; @event is set, and the caller's to clear, in any case. */
static gboolean
read_one (const char *xml, gsize len, const char *content_ns, const char *default_ns,
          const EnjReaderLimits *limits, EnjReaderEvent *event, GError **error)
{
  EnjBytes bytes;
  gboolean done = FALSE;

  enj_bytes_init (&bytes, G_MAXSSIZE);
  if (wrap (&bytes, xml, len, default_ns, error))
    {
      g_autoptr (EnjReader) reader = enj_reader_new (content_ns, limits);
      gsize wrapped_len;
      const guint8 *wrapped = enj_bytes_peek (&bytes, &wrapped_len);

      enj_reader_feed (reader, wrapped, wrapped_len);
      done = read_wrapped (reader, event, error);
    }
  enj_bytes_clear (&bytes);
  return done;
}

EnjElement *
enj_parse_element (const char *xml, gssize len, const char *default_ns, GError **error)
{
  g_auto (EnjReaderEvent) event = { .type = ENJ_READER_CLOSED };
  const EnjReaderLimits limits = stream_limits ();

  if (!read_one (xml, len < 0 ? strlen (xml) : (gsize) len, NO_CONTENT_NS, default_ns, &limits,
                 &event, error))
    return NULL;

  return g_steal_pointer (&event.element);
}

/* ---- Stanzas ------------------------------------------------------------ */

/* What a program is told where a peer would lose the stream. */
static void
set_stanza_error (GError **error, const GError *fault)
{
  EnjStanzaCondition condition = ENJ_STANZA_BAD_REQUEST;

  if (fault->code == ENJ_STREAM_STANZA_TOO_BIG || fault->code == ENJ_STREAM_POLICY_VIOLATION)
    condition = ENJ_STANZA_POLICY_VIOLATION;
  else if (fault->code == ENJ_STREAM_RESOURCE_CONSTRAINT)
    condition = ENJ_STANZA_RESOURCE_CONSTRAINT;

  g_set_error_literal (error, ENJ_STANZA_ERROR, (int) condition, fault->message);
}

/* Prepares one address, which may be absent. */
static gboolean
prepare (const char **address, char **prepared, const char *name, GError **error)
{
  if (!*address)
    return TRUE;

  *prepared = enj_jid_prepare_new (*address, error);
  if (!*prepared)
    {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }
  *address = *prepared;
  return TRUE;
}

static EnjStanza *
prepared_new (EnjStanza *stanza, GError **error)
{
  EnjStanzaHead head = *enj_stanza_get_head (stanza);
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;
  EnjStanza *prepared;

  if (!prepare (&head.from, &from, "from", error) || !prepare (&head.to, &to, "to", error))
    return NULL;

  prepared = enj_stanza_new_headed (stanza, &head);
  if (!prepared)
    g_set_error_literal (error, ENJ_STANZA_ERROR, ENJ_STANZA_RESOURCE_CONSTRAINT, "no memory");
  return prepared;
}

EnjStanza *
enj_stanza_parse (const char *xml, gssize len, GError **error)
{
  g_auto (EnjReaderEvent) event = { .type = ENJ_READER_CLOSED };
  g_autoptr (GError) fault = NULL;
  const EnjReaderLimits limits = stream_limits ();

  if (!read_one (xml, len < 0 ? strlen (xml) : (gsize) len, ENJ_NS_CLIENT, ENJ_NS_CLIENT, &limits,
                 &event, &fault))
    {
      set_stanza_error (error, fault);
      return NULL;
    }
  if (!event.stanza)
    {
      g_set_error_literal (error, ENJ_STANZA_ERROR, ENJ_STANZA_BAD_REQUEST,
                           "neither message nor presence nor iq of jabber:client");
      return NULL;
    }
  return prepared_new (event.stanza, error);
}

/* Nothing is limited: the reader has counted these bytes while it wrote them. */
static EnjElement *
parse_own (const EnjStanza *stanza)
{
  const EnjReaderLimits limits
      = { .size = G_MAXINT32, .elements = G_MAXUINT, .depth = G_MAXUINT, .attributes = G_MAXUINT };
  g_auto (EnjReaderEvent) event = { .type = ENJ_READER_CLOSED };
  EnjBytes bytes;
  const guint8 *data;
  gsize len;

  enj_bytes_init (&bytes, G_MAXSSIZE);
  if (enj_stanza_format (stanza, &bytes))
    {
      data = enj_bytes_peek (&bytes, &len);
      (void) read_one ((const char *) data, len, NO_CONTENT_NS, ENJ_NS_CLIENT, &limits, &event,
                       NULL);
    }
  enj_bytes_clear (&bytes);
  return g_steal_pointer (&event.element);
}

const EnjElement *
enj_stanza_get_element (EnjStanza *self)
{
  const char *name = enj_stanza_kind_format (enj_stanza_get_kind (self));
  EnjElement *element;

  if (enj_stanza_peek_element (self))
    return enj_stanza_peek_element (self);

  /* Without memory to parse there is nothing inside, rather than nothing to look at. */
  element = parse_own (self);
  if (!element)
    element = enj_element_builder_end_new (enj_element_builder_new (ENJ_NS_CLIENT, name));
  enj_stanza_take_element (self, element);
  return element;
}

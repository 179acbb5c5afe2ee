#include "config.h"

#include "protocol/stream.h"

#include <string.h>

#include "protocol/budget.h"
#include "protocol/deadlines.h"
#include "protocol/ns.h"
#include "protocol/stream-error.h"

/* Between two looks at an open token, in microseconds.  Each costs a scan of what the token holds
 * so far, and the peer chooses how often bytes come: a look that found nothing doubles the time
 * to the next.  Measured, 20 peers that dribble 240 KiB of `>` take 7 % of a core, and
 * no tag waits for longer than the second number. */
#define FLUSH_INTERVAL (30 * G_USEC_PER_SEC / 1000)
#define FLUSH_INTERVAL_MAX (120 * G_USEC_PER_SEC / 1000)

/* A start tag that arrives in pieces is held back by the expat of the other side until
 * as many bytes again have come; Prosody reads 8 KiB at a time. */
#define LONG_TAG 4096

/* Quiet for so long, a stream gives its parser back: that, and making it again, costs a few
 * microseconds (4, measured), and a parser takes as much memory as a session of TLS. */
#define REST_AFTER (5 * G_USEC_PER_SEC)

/* Besides the largest stanza and as much white space behind it: twice what a session has written
 * before it waits for room. */
#define SWAMP (512 * 1024)

/* Of a peer: more namespaces in one element nobody needs, and a reader with namespaces has a
 * table of them.  What our own server sends is its users', and must not break the link. */
#define DECLARED_MAX 32

/* Of one attribute or namespace, before authentication. */
#define VALUE_MAX 8192

struct EnjStream
{
  char *content_ns;
  EnjReader *reader;
  EnjReaderLimits limits;
  EnjReaderLimits first; /* those before authentication */
  guint elements;        /* the limit after it */

  EnjElement *header_element; /* what header borrows from */
  EnjHeader header;
  gboolean is_ended;

  gint64 now;              /* of the newest feed() or tick() */
  gint64 flush_interval;
  gint64 flush_allowed_at; /* not before */
  gint64 flush_due;        /* ENJ_NEVER where nothing waits */
  gboolean is_unflushed;   /* bytes came after the last flush */

  gboolean may_rest;
  gint64 heard;    /* when bytes came last */
  gint64 rest_due; /* when to look whether it was quiet long enough */

  EnjBytes output;
  gsize swamp; /* so long, it is more than stanzas */
};

static void
forget_header (EnjStream *self)
{
  self->header = (EnjHeader){ 0 };
  g_clear_pointer (&self->header_element, enj_element_unref);
}

EnjStream *
enj_stream_new (const char *content_ns, const EnjLimits *limits)
{
  EnjStream *self = g_new0 (EnjStream, 1);
  guint64 stanza_size = MAX (limits->stanza_size, limits->stanza_size_link);
  gboolean is_peer = g_str_equal (content_ns, ENJ_NS_SERVER);

  self->content_ns = g_strdup (content_ns);
  self->limits = (EnjReaderLimits){
    .size = (gsize) limits->stanza_size_unauthenticated,
    .elements = (guint) limits->elements_unauthenticated,
    .depth = (guint) limits->depth,
    .attributes = (guint) limits->attributes,
    .declared = is_peer ? DECLARED_MAX : 0,
    .value = VALUE_MAX,
    .is_modest = is_peer, /* The link is always read. */
  };
  self->first = self->limits;
  self->elements = (guint) limits->elements;
  self->reader = enj_reader_new (content_ns, &self->limits);
  self->flush_interval = FLUSH_INTERVAL;
  self->flush_allowed_at = G_MININT64;
  self->flush_due = ENJ_NEVER;
  self->rest_due = ENJ_NEVER;

  /* What waits is bounded where it waits; here it is what one turn of the loop may write. */
  self->swamp = (gsize) (SWAMP + 2 * stanza_size);
  enj_bytes_init (&self->output, (gsize) (limits->queue_bytes * 2 + stanza_size));
  return self;
}

void
enj_stream_free (EnjStream *self)
{
  if (!self)
    return;

  forget_header (self);
  enj_reader_free (self->reader);
  enj_bytes_clear (&self->output);
  g_free (self->content_ns);
  g_free (self);
}

void
enj_stream_raise_limits (EnjStream *self, gsize size)
{
  self->limits.size = size;
  self->limits.elements = self->elements;
  self->limits.value = 0;
  /* What our own server sends is its users', each of whom could end the link for all. */
  self->limits.cuts = g_str_equal (self->content_ns, ENJ_NS_COMPONENT);
  enj_reader_set_limits (self->reader, &self->limits);
}

void
enj_stream_lower_limits (EnjStream *self)
{
  self->limits = self->first;
  enj_reader_set_limits (self->reader, &self->limits);
}

/* No tag ends but with this.  Before authentication a look is cheap, and tells of a fault that is
 * somewhere in the token. */
static gboolean
may_end_token (const EnjStream *self, const guint8 *data, gsize len)
{
  return self->limits.size <= self->first.size || memchr (data, '>', len);
}

void
enj_stream_feed (EnjStream *self, const guint8 *data, gsize len, gint64 now)
{
  if (self->is_ended || len == 0)
    return;

  self->now = now;
  self->heard = now;
  if (self->may_rest && self->rest_due == ENJ_NEVER)
    self->rest_due = now + REST_AFTER;
  self->is_unflushed |= may_end_token (self, data, len);
  enj_reader_feed (self->reader, data, len);
}

static void
flush (EnjStream *self)
{
  self->flush_allowed_at = self->now + self->flush_interval;
  self->flush_interval = MIN (self->flush_interval * 2, FLUSH_INTERVAL_MAX);
  self->flush_due = ENJ_NEVER;
  self->is_unflushed = FALSE;
  enj_reader_flush (self->reader);
}

/* All bytes are parsed.  TRUE where it pays to look once more: expat holds a token back that may
 * be whole, and the last look is long enough ago. */
static gboolean
look_again (EnjStream *self)
{
  self->flush_due = ENJ_NEVER;
  if (!self->is_unflushed || !enj_reader_is_pending (self->reader))
    return FALSE;

  if (self->now >= self->flush_allowed_at)
    {
      flush (self);
      return TRUE;
    }

  self->flush_due = self->flush_allowed_at;
  return FALSE;
}

static void
end (EnjStream *self)
{
  self->is_ended = TRUE;
  self->flush_due = ENJ_NEVER;
  self->rest_due = ENJ_NEVER;
}

static void
fail (EnjStream *self, GError *error, EnjStreamEvent *event)
{
  end (self);
  event->type = ENJ_STREAM_FAILED;
  event->error = error;
}

static void
open_stream (EnjStream *self, EnjElement *element, EnjStreamEvent *event)
{
  GError *error = NULL;

  forget_header (self);
  self->header_element = element;
  if (enj_header_parse (element, self->content_ns, &self->header, &error))
    event->type = ENJ_STREAM_OPENED;
  else
    fail (self, error, event);
}

static void
translate (EnjStream *self, const EnjReaderEvent *read, EnjStreamEvent *event)
{
  switch (read->type)
    {
    case ENJ_READER_HEADER:
      open_stream (self, read->element, event);
      break;
    case ENJ_READER_STANZA:
      event->type = ENJ_STREAM_STANZA;
      event->stanza = read->stanza;
      break;
    case ENJ_READER_ELEMENT:
      event->type = ENJ_STREAM_ELEMENT;
      event->element = read->element;
      break;
    case ENJ_READER_CLOSED:
      event->type = ENJ_STREAM_CLOSED;
      end (self);
      break;
    }
}

gboolean
enj_stream_next (EnjStream *self, EnjStreamEvent *event)
{
  EnjReaderEvent read = { 0 };
  GError *error = NULL;

  *event = (EnjStreamEvent){ 0 };
  if (self->is_ended)
    return FALSE;

  do
    {
      if (enj_reader_next (self->reader, &read, &error))
        {
          self->flush_interval = FLUSH_INTERVAL;
          event->end = read.end;
          translate (self, &read, event);
          return TRUE;
        }
      if (error)
        {
          fail (self, error, event);
          return TRUE;
        }
    }
  while (look_again (self));

  return FALSE;
}

gboolean
enj_stream_restart (EnjStream *self)
{
  gsize rest = 0;

  (void) enj_reader_get_rest (self->reader, &rest);
  if (self->is_ended || rest > 0 || enj_reader_is_pending (self->reader))
    return FALSE;

  /* RFC 6120 4.3.3 and 5.4.3.3: nothing of the old stream stays, what its parser holds least of
   * all.  The rate of flushes is the connection's and goes on. */
  forget_header (self);
  enj_reader_free (self->reader);
  self->reader = enj_reader_new (self->content_ns, &self->limits);
  self->flush_due = ENJ_NEVER;
  self->is_unflushed = FALSE;
  self->may_rest = FALSE;
  self->rest_due = ENJ_NEVER;
  return TRUE;
}

void
enj_stream_allow_rest (EnjStream *self)
{
  self->may_rest = TRUE;
  self->rest_due = self->heard + REST_AFTER;
}

void
enj_stream_rest (EnjStream *self)
{
  if (!self->is_ended)
    enj_reader_rest (self->reader);
}

const EnjHeader *
enj_stream_get_header (const EnjStream *self)
{
  return &self->header;
}

gint64
enj_stream_deadline (const EnjStream *self)
{
  return MIN (self->flush_due, self->rest_due);
}

/* Bytes cost no more than to note their time: here it is looked at. */
static void
rest_in_time (EnjStream *self, gint64 now)
{
  if (now < self->rest_due)
    return;
  self->rest_due = ENJ_NEVER;
  if (now < self->heard + REST_AFTER)
    self->rest_due = self->heard + REST_AFTER;
  else
    enj_stream_rest (self);
}

void
enj_stream_tick (EnjStream *self, gint64 now)
{
  rest_in_time (self, now);
  if (now < self->flush_due)
    return;

  self->now = now;
  flush (self);
}

gboolean
enj_stream_send_header (EnjStream *self, const EnjHeader *header)
{
  return enj_header_format (header, &self->output);
}

gboolean
enj_stream_send_stanza (EnjStream *self, const EnjStanza *stanza)
{
  return enj_stanza_format (stanza, &self->output);
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

void
enj_stream_push_through (EnjStream *self, const EnjStanza *stanza)
{
  gsize len;
  const guint8 *content = enj_stanza_get_content (stanza, &len);
  gsize head = enj_stanza_get_size (stanza) - len;
  gsize longest = MAX (head, len > LONG_TAG ? longest_tag (content, len) : 0);
  guint8 *blanks = longest > LONG_TAG ? enj_bytes_reserve (&self->output, longest) : NULL;

  if (!blanks)
    return; /* Without room for them, what is behind it in the queue will do as well. */
  memset (blanks, '\n', longest);
  enj_bytes_commit (&self->output, longest);
}

/* Whole or not at all: a half element would take in what comes behind it. */
gboolean
enj_stream_send_element (EnjStream *self, const EnjElement *element)
{
  EnjBytes whole;
  const guint8 *data;
  gsize len;
  gboolean done;

  enj_bytes_init (&whole, self->output.limit);
  done = enj_element_format (element, self->content_ns, &whole);
  data = enj_bytes_peek (&whole, &len);
  done = done && enj_bytes_append (&self->output, data, len);
  enj_bytes_clear (&whole);
  return done;
}

gboolean
enj_stream_send_text (EnjStream *self, const char *xml)
{
  return enj_bytes_append (&self->output, xml, strlen (xml));
}

gboolean
enj_stream_send_error (EnjStream *self, const GError *error)
{
  return enj_stream_error_format (error, &self->output);
}

gboolean
enj_stream_send_close (EnjStream *self)
{
  return enj_stream_send_text (self, "</stream:stream>");
}

gboolean
enj_stream_is_swamped (const EnjStream *self)
{
  return enj_bytes_length (&self->output) > self->swamp || enj_budget_is_far_over ();
}

EnjBytes *
enj_stream_output (EnjStream *self)
{
  return &self->output;
}

/* stream.h - one XML stream: bytes in, events out; elements in, bytes out.
 *
 * Opens, restarts and closes (RFC 6120 4.3, 4.4), holds the deferral of expat
 * at bay, keeps what the peer's header said.  Does not know TLS, nor what the
 * elements mean, nor whether they are allowed. */
#pragma once

#include "protocol/condition.h"
#include "protocol/header.h"
#include "protocol/limits.h"
#include "protocol/reader.h"

typedef struct EnjStream EnjStream;

typedef enum
{
  ENJ_STREAM_OPENED,  /* the peer's header: enj_stream_get_header() */
  ENJ_STREAM_STANZA,  /* stanza */
  ENJ_STREAM_ELEMENT, /* element */
  ENJ_STREAM_CLOSED,  /* the peer's end tag */
  ENJ_STREAM_FAILED   /* error: to be sent to the peer */
} EnjStreamEventType;

/* The receiver owns what is not NULL. */
typedef struct EnjStreamEvent
{
  EnjStreamEventType type;
  EnjStanza *stanza;
  EnjElement *element;
  GError *error;
  guint64 end; /* the position behind it, in bytes since the first of the stream */
} EnjStreamEvent;

/* Starts with the limits of a stream that is not authenticated. */
EnjStream *enj_stream_new (const char *content_ns, const EnjLimits *limits);
void enj_stream_free (EnjStream *self);

/* After authentication: @size is the stanza limit from now on, in bytes. */
void enj_stream_raise_limits (EnjStream *self, gsize size);

/* As at first: what was proved does not count any more. */
void enj_stream_lower_limits (EnjStream *self);

/* The shape of feed: feed(), then next() until FALSE.  @data is borrowed
 * until then. */
void enj_stream_feed (EnjStream *self, const guint8 *data, gsize len, gint64 now);
gboolean enj_stream_next (EnjStream *self, EnjStreamEvent *event);

/* The stream is void from here, a new header is awaited (4.3.3).  FALSE where
 * the peer had sent more behind the element that led here: such bytes must
 * not be taken for part of the new stream (S14). */
gboolean enj_stream_restart (EnjStream *self);

/* From now on what only reading needs is given back while the peer is quiet, some
 * seconds after its last byte, and comes back by itself.  Until the next restart. */
void enj_stream_allow_rest (EnjStream *self);

/* The same, at once where it can be. */
void enj_stream_rest (EnjStream *self);

/* The newest header of the peer, refused ones too; valid until the next
 * restart.  All NULL before it has come. */
const EnjHeader *enj_stream_get_header (const EnjStream *self);

/* When tick() is to be called: no token is to wait in expat, no parser to lie
 * about; ENJ_NEVER.  Call next() after it. */
gint64 enj_stream_deadline (const EnjStream *self);
void enj_stream_tick (EnjStream *self, gint64 now);

/* Output.  FALSE when the queue is over its limit: the peer does not read. */
gboolean enj_stream_send_header (EnjStream *self, const EnjHeader *header);
gboolean enj_stream_send_stanza (EnjStream *self, const EnjStanza *stanza);
gboolean enj_stream_send_element (EnjStream *self, const EnjElement *element);
gboolean enj_stream_send_text (EnjStream *self, const char *xml);
gboolean enj_stream_send_error (EnjStream *self, const GError *error);
gboolean enj_stream_send_close (EnjStream *self);

/* White space behind a stanza with a long tag, or the parser of the other side would sit on it
 * and on all that follows (RFC 6120 4.6.1 allows it). */
void enj_stream_push_through (EnjStream *self, const EnjStanza *stanza);

/* More waits to be written than our stanzas make, which wait for room (session.h), or all memory
 * and more is used up (budget.h): a peer that does not read should be answered no more. */
gboolean enj_stream_is_swamped (const EnjStream *self);

/* For the formatters of dialback, features... */
EnjBytes *enj_stream_output (EnjStream *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjStream, enj_stream_free)

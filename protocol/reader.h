/* reader.h - expat: bytes in, elements and stanzas out; every limit of XML.
 *
 * Accepts UTF-8 only and refuses comments, processing instructions, DOCTYPE
 * and entities (RFC 6120 11.1).  Stanzas (message, presence, iq in the content
 * namespace) are written into canonical form while they are read, other
 * children of the stream become trees.  Stops behind every element that is not
 * a stanza, because the stream may change there: what follows is parsed by the
 * next call of next(), or never.
 *
 * Knows nothing of addresses or of what an element means. */
#pragma once

#include "protocol/element.h"
#include "protocol/stanza.h"

typedef struct EnjReader EnjReader;

typedef struct
{
  gsize size; /* of a first-level child, in and canonical; of the header; of blanks between */
  guint elements;
  guint depth;
  guint attributes;
  guint declared; /* namespaces, by one element; 0: as many as attributes */
  gsize value;    /* bytes of one attribute or namespace; 0: of any size */
  gboolean cuts;  /* keeps the head of a stanza that is over a limit, marked, and reads on */
  gboolean is_modest; /* grows while budget.h has some left, and fails with resource-constraint */
} EnjReaderLimits;

typedef enum
{
  ENJ_READER_HEADER,  /* element: the stream tag, with no children */
  ENJ_READER_STANZA,  /* stanza */
  ENJ_READER_ELEMENT, /* element */
  ENJ_READER_CLOSED   /* the stream's end tag */
} EnjReaderEventType;

/* The receiver owns element or stanza. */
typedef struct
{
  EnjReaderEventType type;
  EnjElement *element;
  EnjStanza *stanza;
  guint64 end; /* the position behind it, in bytes since the first of the stream */
} EnjReaderEvent;

/* @content_ns: the namespace of stanzas.  In the header's element the
 * declarations stand as attributes of namespace ENJ_READER_XMLNS: name "" for
 * the default one, else the prefix. */
#define ENJ_READER_XMLNS "http://www.w3.org/2000/xmlns/"

EnjReader *enj_reader_new (const char *content_ns, const EnjReaderLimits *limits);
void enj_reader_free (EnjReader *self);

/* From now on; holds for the element under way too. */
void enj_reader_set_limits (EnjReader *self, const EnjReaderLimits *limits);

/* @data is borrowed until next() has returned FALSE.  Any length; one call
 * for one run of next(). */
void enj_reader_feed (EnjReader *self, const guint8 *data, gsize len);

/* The next event in order.  FALSE when the bytes are used up, or on a fault:
 * @error is then an ENJ_STREAM_ERROR and the reader gives nothing more. */
gboolean enj_reader_next (EnjReader *self, EnjReaderEvent *event, GError **error);

/* Bytes fed that stand behind the last event and were not parsed (T04, S14). */
const guint8 *enj_reader_get_rest (EnjReader *self, gsize *len);

/* A token may be complete in expat's hands and not reported (reparse
 * deferral).  is_pending() tells that bytes wait; flush() makes expat look
 * again: call next() after it.  Costs a scan of the token: not more than every
 * 20 to 50 ms. */
gboolean enj_reader_is_pending (const EnjReader *self);
void enj_reader_flush (EnjReader *self);

/* For a stream that is quiet between two stanzas: gives back the parser and all
 * else that only reading needs.  The next bytes bring it back, and find it as it
 * was.  Does nothing where something is half read, or where the header declared
 * more than is worth keeping. */
void enj_reader_rest (EnjReader *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjReader, enj_reader_free)

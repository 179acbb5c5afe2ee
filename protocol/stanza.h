/* stanza.h - a stanza: a small head over canonical bytes.
 *
 * Immutable and counted.  The head is kind, addresses, id, type, language and
 * the attributes that we do not know; the content is one run of bytes in
 * canonical form, in which the content namespace of the stream is implicit, so
 * the same bytes serve jabber:server, jabber:client and
 * jabber:component:accept.  A new address is a new head over the same bytes.
 * The public part is in enjamb.h. */
#pragma once

#include "protocol/bytes.h"
#include "protocol/element.h"
#include "protocol/receipt.h"

typedef struct
{
  EnjStanzaKind kind;
  const char *from;
  const char *to;
  const char *id;
  const char *type;
  const char *lang;
  const char *extra; /* canonical attributes, each with a blank before it, or NULL */
} EnjStanzaHead;

/* Copies head and content.  NULL when memory cannot be had. */
EnjStanza *enj_stanza_new_raw (const EnjStanzaHead *head, const guint8 *content, gsize len);

/* A new head over the same content, with the same receipt. */
EnjStanza *enj_stanza_new_headed (EnjStanza *self, const EnjStanzaHead *head);

const EnjStanzaHead *enj_stanza_get_head (const EnjStanza *self);
const guint8 *enj_stanza_get_content (const EnjStanza *self, gsize *len);

/* "message", "presence", "iq". */
const char *enj_stanza_kind_format (EnjStanzaKind kind);
gboolean enj_stanza_kind_parse (const char *name, EnjStanzaKind *kind);

/* Takes a reference; only once, by the source, before anybody else has it. */
void enj_stanza_set_receipt (EnjStanza *self, EnjReceipt *receipt);
EnjReceipt *enj_stanza_get_receipt (const EnjStanza *self);

/* It was sent before, and may have arrived: once for each mark.  Marked only by who makes it,
 * before anybody else has it; its heirs are not. */
void enj_stanza_mark_again (EnjStanza *self);
guint enj_stanza_count_again (const EnjStanza *self);

/* It may wait until @due, monotonic microseconds, and from one queue to the next no longer than
 * was first said: the earliest of all, which is the result. */
gint64 enj_stanza_wait_until (EnjStanza *self, gint64 due);

typedef enum
{
  ENJ_CUT_NOT,
  ENJ_CUT_SIZE,
  ENJ_CUT_FORM, /* too many elements or attributes, or too deep */
  ENJ_CUT_MEMORY
} EnjCut;

/* Over a limit: only its head was kept, and it goes back.  Marked by who reads it; the mark is
 * the content's, and stays with it under other heads. */
void enj_stanza_mark_cut (EnjStanza *self, EnjCut cut);
EnjCut enj_stanza_get_cut (const EnjStanza *self);

/* An error, or an iq result: never answered (RFC 6120 8.3.1, 8.2.3). */
gboolean enj_stanza_is_answerable (const EnjStanza *self);

/* The most bytes that format() will write, exact where nothing is escaped. */
gsize enj_stanza_get_size (const EnjStanza *self);

/* With no xmlns: the stream's content namespace is the default one.  All or,
 * FALSE, nothing. */
gboolean enj_stanza_format (const EnjStanza *self, EnjBytes *out);

/* An error of the type of the caller's choice ("cancel", "wait", "modify",
 * "auth"; NULL takes the condition's own), with @text or NULL.  The
 * content of the stanza is not returned, nor an id that is longer than what all servers take.
 * NULL where never answered. */
EnjStanza *enj_stanza_new_error_full (EnjStanza *self, EnjStanzaCondition condition,
                                      const char *type, const char *text);

/* For the parser of trees: what get_element() keeps. */
const EnjElement *enj_stanza_peek_element (const EnjStanza *self);
void enj_stanza_take_element (EnjStanza *self, EnjElement *element);

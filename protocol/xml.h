/* xml.h - expat, tamed: bytes in slices, what is refused, and where it stands.
 *
 * Accepts UTF-8 only and refuses comments, processing instructions, DOCTYPE and
 * entities (RFC 6120 11.1).  Counts the bytes, so that a handler can stop
 * behind a token and what follows is never parsed as XML.
 *
 * Knows no stanza and no limit. */
#pragma once

#include <expat.h>
#include <glib.h>

#include "protocol/bytes.h"
#include "protocol/condition.h"

/* Handlers get @self, which may be the first member of something greater.
 * They must look at @fault first: expat may still call them after refuse(). */
typedef struct
{
  XML_StartElementHandler start;
  XML_EndElementHandler end;
  XML_CharacterDataHandler text;
  XML_StartNamespaceDeclHandler declaration;
} EnjXmlHandlers;

/* Positions count from the first byte of the stream.  Read only. */
typedef struct
{
  XML_Parser parser;
  GError *fault;    /* nothing more comes from expat */
  guint64 fed;      /* bytes handed to expat */
  guint64 token;    /* where that begins which expat has not reported */
  gboolean stopped; /* by stop(); the next advance() goes on */

  /* Private. */
  const EnjXmlHandlers *handlers;
  char separator;
  char *tag;    /* what a new parser has to read first; NULL before keep_tag() */
  gboolean in_section; /* CDATA */
  gint64 base;  /* the position of the parser's first byte */
  const guint8 *data;
  gsize len;
  gsize used; /* of @data, handed to expat */
  gboolean flush;
  EnjBytes rest;
} EnjXml;

/* @handlers live for ever. */
void enj_xml_init (EnjXml *self, char separator, const EnjXmlHandlers *handlers);
void enj_xml_clear (EnjXml *self);

/* The first fault stands. */
void enj_xml_refuse (EnjXml *self, EnjStreamCondition condition, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* For handlers: stops behind the present token. */
void enj_xml_stop (EnjXml *self);
guint64 enj_xml_token_start (const EnjXml *self);
guint64 enj_xml_token_end (const EnjXml *self);

/* @data is borrowed until advance() has returned FALSE. */
void enj_xml_feed (EnjXml *self, const guint8 *data, gsize len);

/* One run of expat: FALSE when there was nothing left to do, or a fault. */
gboolean enj_xml_advance (EnjXml *self);

/* Expat looks again at what it deferred, now, or in the next advance(). */
void enj_xml_reparse (EnjXml *self);
void enj_xml_flush (EnjXml *self);
gboolean enj_xml_is_pending (const EnjXml *self);

/* @tag, taken, is a start tag that leads to where the stream is between its
 * children, or NULL.  With one rest() gives the parser back where it holds nothing;
 * it comes back by itself, and all positions are as if it had never gone. */
void enj_xml_keep_tag (EnjXml *self, char *tag);
gboolean enj_xml_rest (EnjXml *self);

/* What stands behind the token that stop() was for; NULL with @len 0 for
 * nothing, with @len > 0 where memory for it could not be had. */
const guint8 *enj_xml_get_rest (EnjXml *self, gsize *len);

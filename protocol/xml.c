#include "config.h"

#include "protocol/xml.h"

/* A parser keeps a buffer of the size of the largest slice that it was ever fed. */
#define SLICE 3072

/* ---- What is refused ---------------------------------------------------- */

void
enj_xml_refuse (EnjXml *self, EnjStreamCondition condition, const char *format, ...)
{
  va_list args;

  if (self->fault)
    return;

  va_start (args, format);
  self->fault = g_error_new_valist (ENJ_STREAM_ERROR, (int) condition, format, args);
  va_end (args);
  if (self->parser)
    (void) XML_StopParser (self->parser, XML_FALSE);
}

static void
refuse_syntax (EnjXml *self)
{
  enum XML_Error code = XML_GetErrorCode (self->parser);
  EnjStreamCondition condition;

  if (code == XML_ERROR_NO_MEMORY)
    condition = ENJ_STREAM_RESOURCE_CONSTRAINT;
  else if (code == XML_ERROR_UNDEFINED_ENTITY)
    condition = ENJ_STREAM_RESTRICTED_XML; /* RFC 6120 11.1: none but the predefined ones. */
  else
    condition = ENJ_STREAM_NOT_WELL_FORMED;

  enj_xml_refuse (self, condition, "%s in byte %" G_GUINT64_FORMAT, XML_ErrorString (code),
                  enj_xml_token_start (self));
}

static void
on_xml_declaration (void *user_data, const char *version, const char *encoding, int standalone)
{
  (void) version;
  (void) standalone;
  if (encoding && g_ascii_strcasecmp (encoding, "UTF-8") != 0)
    enj_xml_refuse (user_data, ENJ_STREAM_UNSUPPORTED_ENCODING, "encoding other than UTF-8");
}

/* Without DOCTYPE there are no entities, so expat's own guard against a billion laughs has
 * nothing to count and needs no setting. */
static void
on_doctype (void *user_data, const char *name, const char *system_id, const char *public_id,
            int has_internal_subset)
{
  (void) name;
  (void) system_id;
  (void) public_id;
  (void) has_internal_subset;
  enj_xml_refuse (user_data, ENJ_STREAM_RESTRICTED_XML, "document type declaration");
}

static void
on_comment (void *user_data, const char *text)
{
  (void) text;
  enj_xml_refuse (user_data, ENJ_STREAM_RESTRICTED_XML, "comment");
}

static void
on_instruction (void *user_data, const char *target, const char *data)
{
  (void) target;
  (void) data;
  enj_xml_refuse (user_data, ENJ_STREAM_RESTRICTED_XML, "processing instruction");
}

/* The one place between two tokens where a parser knows more than the elements that are open. */
static void
on_section_start (void *user_data)
{
  ((EnjXml *) user_data)->in_section = TRUE;
}

static void
on_section_end (void *user_data)
{
  ((EnjXml *) user_data)->in_section = FALSE;
}

/* Expat takes UTF-16 where it sees signs of it, whatever encoding it was told.  By RFC 6120 11.6
 * U+FEFF is a character and no byte order mark, so it may not stand before the stream. */
static void
check_encoding (EnjXml *self, const guint8 *data, gsize len)
{
  for (gsize i = 0; i < len && self->fed + i < 2; i++)
    {
      gboolean is_first = self->fed + i == 0;

      if (data[i] == 0 || (is_first && data[i] >= 0xFE))
        enj_xml_refuse (self, ENJ_STREAM_UNSUPPORTED_ENCODING, "stream not in UTF-8");
      else if (is_first && data[i] == 0xEF)
        enj_xml_refuse (self, ENJ_STREAM_NOT_WELL_FORMED, "stream begins with a character");
    }
}

/* ---- Running expat ------------------------------------------------------ */

static void
settle (EnjXml *self, enum XML_Status status)
{
  XML_Index index;

  if (status == XML_STATUS_ERROR)
    refuse_syntax (self);
  if (status != XML_STATUS_OK || self->fault)
    return;

  /* Below 0 while expat defers: what it has not reported begins where it did before. */
  index = XML_GetCurrentByteIndex (self->parser);
  if (index >= 0)
    self->token = (guint64) (self->base + index);
}

static void
set_handlers (EnjXml *self)
{
  XML_SetElementHandler (self->parser, self->handlers->start, self->handlers->end);
  XML_SetCharacterDataHandler (self->parser, self->handlers->text);
  XML_SetCdataSectionHandler (self->parser, on_section_start, on_section_end);
  XML_SetStartNamespaceDeclHandler (self->parser, self->handlers->declaration);
  XML_SetXmlDeclHandler (self->parser, on_xml_declaration);
  XML_SetStartDoctypeDeclHandler (self->parser, on_doctype);
  XML_SetCommentHandler (self->parser, on_comment);
  XML_SetProcessingInstructionHandler (self->parser, on_instruction);
}

/* With the kept tag it stands where the one before stood; nobody is told of that tag. */
static void
make_parser (EnjXml *self)
{
  int len = self->tag ? (int) strlen (self->tag) : 0;

  self->parser = XML_ParserCreateNS ("UTF-8", self->separator);
  if (self->parser)
    {
      /* The prefix, for RFC 6120 4.8.5: a stanza may not have one. */
      XML_SetReturnNSTriplet (self->parser, 1);
      XML_SetUserData (self->parser, self);
    }
  if (!self->parser || (len > 0 && XML_Parse (self->parser, self->tag, len, 0) != XML_STATUS_OK))
    {
      enj_xml_refuse (self, ENJ_STREAM_RESOURCE_CONSTRAINT, "no memory for a parser");
      return;
    }
  self->base = (gint64) self->fed - len;
  set_handlers (self);
}

static void
parse_slice (EnjXml *self)
{
  const guint8 *slice = self->data + self->used;
  gsize len = MIN (self->len - self->used, SLICE);

  if (!self->parser)
    make_parser (self);
  check_encoding (self, slice, len);
  if (self->fault)
    return;

  self->used += len;
  self->fed += len;
  settle (self, XML_Parse (self->parser, (const char *) slice, (int) len, XML_FALSE));
}

void
enj_xml_init (EnjXml *self, char separator, const EnjXmlHandlers *handlers)
{
  *self = (EnjXml){ .handlers = handlers, .separator = separator };
  make_parser (self);
}

void
enj_xml_clear (EnjXml *self)
{
  g_clear_pointer (&self->parser, XML_ParserFree);
  g_clear_error (&self->fault);
  g_clear_pointer (&self->tag, g_free);
  enj_bytes_clear (&self->rest);
}

void
enj_xml_stop (EnjXml *self)
{
  self->stopped = TRUE;
  self->token = enj_xml_token_end (self);
  (void) XML_StopParser (self->parser, XML_TRUE);
}

guint64
enj_xml_token_start (const EnjXml *self)
{
  return (guint64) (self->base + MAX (XML_GetCurrentByteIndex (self->parser), 0));
}

guint64
enj_xml_token_end (const EnjXml *self)
{
  /* In the end handler of an empty element's tag the index is that of its end, the count 0. */
  return enj_xml_token_start (self) + (guint64) XML_GetCurrentByteCount (self->parser);
}

void
enj_xml_feed (EnjXml *self, const guint8 *data, gsize len)
{
  g_return_if_fail (self->used == self->len || self->fault);

  self->data = data;
  self->len = len;
  self->used = 0;
  if (!data && len > 0)
    enj_xml_refuse (self, ENJ_STREAM_RESOURCE_CONSTRAINT, "no memory for what was read ahead");
}

gboolean
enj_xml_advance (EnjXml *self)
{
  if (self->fault)
    return FALSE;

  if (self->stopped)
    {
      self->stopped = FALSE;
      settle (self, XML_ResumeParser (self->parser));
    }
  else if (self->used < self->len)
    {
      parse_slice (self);
    }
  else if (self->flush)
    {
      enj_xml_reparse (self);
    }
  else
    {
      return FALSE;
    }
  return TRUE;
}

/* CVE-2023-52425: the deferral stays on but for this moment. */
void
enj_xml_reparse (EnjXml *self)
{
  self->flush = FALSE;
#ifdef HAVE_XML_SETREPARSEDEFERRALENABLED
  if (enj_xml_is_pending (self))
    {
      XML_SetReparseDeferralEnabled (self->parser, XML_FALSE);
      settle (self, XML_Parse (self->parser, "", 0, XML_FALSE));
      if (!self->fault)
        XML_SetReparseDeferralEnabled (self->parser, XML_TRUE);
    }
#endif
}

void
enj_xml_flush (EnjXml *self)
{
  self->flush = TRUE;
}

gboolean
enj_xml_is_pending (const EnjXml *self)
{
  return !self->fault && !self->stopped && self->token < self->fed;
}

void
enj_xml_keep_tag (EnjXml *self, char *tag)
{
  g_free (self->tag);
  self->tag = tag;
}

gboolean
enj_xml_rest (EnjXml *self)
{
  if (!self->tag || self->fault || self->stopped || self->in_section || self->used < self->len
      || self->token < self->fed)
    return FALSE;

  g_clear_pointer (&self->parser, XML_ParserFree);
  enj_bytes_clear (&self->rest);
  return TRUE;
}

const guint8 *
enj_xml_get_rest (EnjXml *self, gsize *len)
{
  guint64 start = self->fed - self->used; /* of the data */
  gsize held = (gsize) (self->fed - self->token);
  const char *context;
  int offset;
  int size;

  *len = 0;
  if (!self->stopped || self->fault)
    return NULL;

  *len = held + (self->len - self->used);
  if (self->token >= start || *len == 0)
    return *len > 0 ? self->data + (self->token - start) : NULL;

  /* Expat has had some of it since an earlier feed(), and defers it. */
  context = XML_GetInputContext (self->parser, &offset, &size);
  enj_bytes_clear (&self->rest);
  enj_bytes_init (&self->rest, *len);
  if (!context || !enj_bytes_append (&self->rest, context + size - held, held)
      || !enj_bytes_append (&self->rest, self->data + self->used, self->len - self->used))
    return NULL;

  return enj_bytes_peek (&self->rest, len);
}

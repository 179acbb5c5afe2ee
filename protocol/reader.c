#include "config.h"

#include "protocol/reader.h"

#include <string.h>

#include "protocol/canon.h"
#include "protocol/census.h"
#include "protocol/condition.h"
#include "protocol/draft.h"
#include "protocol/ns.h"
#include "protocol/opening.h"
#include "protocol/xml.h"

/* Events that one run of expat may leave behind; it is stopped when they are that many, for a
 * deferred token may hide thousands of stanzas. */
#define QUEUE 32

/* Who cuts has the source's bytes, not its own, to be patient with: each may come as &apos; and
 * such, so one token may be so many times the limit.  Elements that are open cost expat memory,
 * so deep it may go at all; 512 KiB of "<a></a>" are not. */
#define CUT_TOKEN_TIMES 8
#define CUT_DEPTH 100000

/* Scratch memory that a quiet reader may keep. */
#define SCRATCH_MAX 1024

struct EnjReader
{
  EnjXml xml; /* first: the handlers get it */
  EnjReaderLimits limits;
  char *content_ns;
  EnjOpening opening;
  gboolean closed;

  EnjReaderEvent *queue; /* of QUEUE; NULL while nothing has come */
  guint first;
  guint count;

  /* What is open. */
  guint depth;    /* elements; 1 is between the children of the stream */
  EnjCensus census;
  guint64 start;  /* of this child of the stream */
  gsize blanks;   /* since the last one */
  EnjCanon canon;
  EnjElementBuilder *builder; /* NULL in a stanza */

  /* The stanza that is open. */
  gboolean in_stanza;
  EnjCut cut; /* what comes up to its end is not kept */
  EnjStanzaKind kind;
  EnjDraft draft;
};

/* ---- Refusals ----------------------------------------------------------- */

/* TRUE: not the stream is refused, but the stanza. */
static gboolean
cut (EnjReader *self, EnjCut why)
{
  if (!self->cut && self->in_stanza && self->limits.cuts)
    self->cut = why;
  return self->cut != ENJ_CUT_NOT;
}

static void
refuse_bytes (EnjReader *self)
{
  enj_xml_refuse (&self->xml, ENJ_STREAM_STANZA_TOO_BIG,
                  "%s over the limit of %" G_GSIZE_FORMAT " bytes",
                  self->depth > 0 ? "stanza" : "stream header", self->limits.size);
}

static void
refuse_size (EnjReader *self)
{
  if (!cut (self, ENJ_CUT_SIZE))
    refuse_bytes (self);
}

/* The canonical form could not be written. */
static void
refuse_output (EnjReader *self)
{
  if (!self->canon.no_memory)
    refuse_size (self);
  else if (!cut (self, ENJ_CUT_MEMORY))
    enj_xml_refuse (&self->xml, ENJ_STREAM_RESOURCE_CONSTRAINT, "no memory for a stanza");
}

static gboolean
check_counts (EnjReader *self, const char **atts)
{
  g_autoptr (GError) error = NULL;

  if (enj_census_enter (&self->census, self->depth, (const char *const *) atts, &error))
    return TRUE;

  if (!cut (self, ENJ_CUT_FORM))
    enj_xml_refuse (&self->xml, ENJ_STREAM_POLICY_VIOLATION, "%s", error->message);
  return FALSE;
}

/* ---- Events ------------------------------------------------------------- */

static void
emit (EnjReader *self, EnjReaderEventType type, EnjElement *element, EnjStanza *stanza)
{
  if (!self->queue)
    self->queue = g_new (EnjReaderEvent, QUEUE);
  self->queue[self->count++]
      = (EnjReaderEvent){ type, element, stanza, enj_xml_token_end (&self->xml) };
  /* An empty stream tag leaves one more event after the stop. */
  if (type != ENJ_READER_STANZA || self->count == QUEUE - 2)
    enj_xml_stop (&self->xml);
}

static void
emit_tree (EnjReader *self, EnjReaderEventType type, EnjElementBuilder *builder)
{
  emit (self, type, enj_element_builder_end_new (builder), NULL);
}

/* ---- Trees -------------------------------------------------------------- */

static void
build_start (EnjReader *self, const EnjCanonName *name)
{
  g_autofree char *local = g_strndup (name->name, name->len);

  if (self->builder)
    enj_element_builder_start (self->builder, name->ns, local);
  else
    self->builder = enj_element_builder_new (name->ns, local);
}

static void
begin_stream (EnjReader *self, const char *triplet, const char **atts)
{
  g_autoptr (EnjElementBuilder) builder = NULL;
  const char *ns;
  const char *name;

  if (enj_xml_token_end (&self->xml) > self->limits.size)
    refuse_size (self);
  else if (check_counts (self, atts) && !enj_canon_split (&self->canon, triplet, &ns, &name))
    refuse_output (self);
  if (self->xml.fault)
    return;

  builder = enj_element_builder_new (ns, name);
  enj_opening_build (&self->opening, ENJ_READER_XMLNS, builder);
  enj_xml_keep_tag (&self->xml,
                    enj_opening_end_tag_new (&self->opening, triplet, ENJ_CANON_SEPARATOR));
  if (!enj_canon_build_attributes (&self->canon, builder, atts))
    {
      refuse_output (self);
      return;
    }

  for (; *atts; atts += 2)
    if (enj_draft_find (atts[0]) == ENJ_DRAFT_LANG)
      enj_opening_speak (&self->opening, atts[1]);

  emit_tree (self, ENJ_READER_HEADER, g_steal_pointer (&builder));
}

/* ---- Stanzas ------------------------------------------------------------ */

static gboolean
find_kind (EnjReader *self, const EnjCanonName *name)
{
  g_autofree char *copy = NULL;

  if (name->changed)
    return FALSE;

  if (name->name[name->len] == '\0')
    return enj_stanza_kind_parse (name->name, &self->kind);

  copy = g_strndup (name->name, name->len);
  if (enj_stanza_kind_parse (copy, &self->kind))
    enj_xml_refuse (&self->xml, ENJ_STREAM_BAD_NAMESPACE_PREFIX, "%s with a prefix", copy);
  return FALSE;
}

/* What may be written: with a stanza only its content is. */
static void
set_room (EnjReader *self)
{
  self->canon.out.limit = self->builder ? self->limits.size
                                        : enj_draft_get_room (&self->draft, self->limits.size);
}

static void
begin_stanza (EnjReader *self, const EnjCanonName *name, const char **atts)
{
  const char *values[ENJ_DRAFT_OTHER] = { NULL };
  guint prefixes = 0;

  enj_draft_restart (&self->draft, name->len, self->limits.size);
  for (; *atts && !self->xml.fault; atts += 2)
    {
      EnjDraftField field = enj_draft_find (atts[0]);

      if (field != ENJ_DRAFT_OTHER)
        values[field] = atts[1];
      else if (!self->cut
               && !enj_canon_write_attribute (&self->canon, &self->draft.extra, &prefixes,
                                              atts[0], atts[1]))
        refuse_output (self);
    }
  if (!enj_draft_take (&self->draft, values, &self->canon.no_memory))
    refuse_output (self);
  set_room (self);
}

/* Borrowed from the draft, but for what nobody has a field for. */
static EnjStanzaHead
get_head (const EnjReader *self)
{
  const char *lang = enj_draft_get (&self->draft, ENJ_DRAFT_LANG);

  return (EnjStanzaHead){
    .kind = self->kind,
    .from = enj_draft_get (&self->draft, ENJ_DRAFT_FROM),
    .to = enj_draft_get (&self->draft, ENJ_DRAFT_TO),
    .id = enj_draft_get (&self->draft, ENJ_DRAFT_ID),
    .type = enj_draft_get (&self->draft, ENJ_DRAFT_TYPE),
    .lang = lang ? lang : self->opening.lang, /* RFC 6120 4.7.4 */
  };
}

static void
emit_stanza (EnjReader *self, const EnjStanzaHead *head, const guint8 *content, gsize len)
{
  EnjStanza *stanza = enj_stanza_new_raw (head, content, len);

  if (!stanza)
    {
      enj_xml_refuse (&self->xml, ENJ_STREAM_RESOURCE_CONSTRAINT, "no memory for a stanza");
      return;
    }
  enj_stanza_mark_cut (stanza, self->cut);
  emit (self, ENJ_READER_STANZA, NULL, stanza);
}

static void
end_stanza (EnjReader *self)
{
  EnjStanzaHead head = get_head (self);
  gsize len;
  const guint8 *content = enj_bytes_peek (&self->canon.out, &len);

  /* A language from the header is not counted: the peer did not write it here. */
  if (!self->cut
      && (!enj_draft_fits (&self->draft, len, self->limits.size)
          || !enj_draft_get_extra (&self->draft, &head.extra)))
    refuse_size (self);
  if (self->cut)
    emit_stanza (self, &head, NULL, 0);
  else if (!self->xml.fault)
    emit_stanza (self, &head, content, len);
}

/* ---- What expat calls --------------------------------------------------- */

/* An element that is not a stanza is written, too: its limit is of the canonical form. */
static void
begin_element (EnjReader *self, const EnjCanonName *name, const char **atts)
{
  gboolean is_tree = self->builder || self->depth == 1;

  /* The name goes into the tree at once: writing attributes moves it. */
  if (is_tree)
    build_start (self, name);
  if (!enj_canon_start (&self->canon, name, atts)
      || (is_tree && !enj_canon_build_attributes (&self->canon, self->builder, atts)))
    refuse_output (self);
}

/* What is over a limit in a stanza's own tag may be cut: its head is read all the same. */
static void
begin_child (EnjReader *self, const EnjCanonName *name, const char **atts)
{
  self->in_stanza = find_kind (self, name);
  if (self->xml.fault || (!check_counts (self, atts) && !self->cut))
    return;

  if (self->in_stanza)
    begin_stanza (self, name, atts);
  else
    begin_element (self, name, atts);
}

/* A stream inside a stream is how stanzas were smuggled (CVE-2022-20917). */
static gboolean
check_smuggled (EnjReader *self, const EnjCanonName *name)
{
  if ((!name->changed && !self->builder) || strcmp (name->ns, ENJ_NS_STREAM) != 0)
    return TRUE;

  if (!cut (self, ENJ_CUT_FORM))
    enj_xml_refuse (&self->xml, ENJ_STREAM_BAD_FORMAT, "stream element inside another element");
  return FALSE;
}

static void
restart_child (EnjReader *self)
{
  self->start = enj_xml_token_start (&self->xml);
  self->blanks = 0;
  self->in_stanza = FALSE;
  self->cut = ENJ_CUT_NOT;
  self->canon.out.limit = self->limits.size;
  enj_canon_restart (&self->canon);
}

static void
on_start (void *user_data, const char *triplet, const char **atts)
{
  EnjReader *self = user_data;
  EnjCanonName name;

  if (self->xml.fault)
    return;

  if (self->depth == 1)
    restart_child (self);
  if (self->depth == 0)
    begin_stream (self, triplet, atts);
  else if (self->cut && self->depth < CUT_DEPTH)
    ; /* Not kept. */
  else if (self->cut)
    enj_xml_refuse (&self->xml, ENJ_STREAM_POLICY_VIOLATION, "nested elements: %u", self->depth);
  else if (!enj_canon_enter (&self->canon, triplet, &name))
    refuse_output (self);
  else if (self->depth == 1)
    begin_child (self, &name, atts);
  else if (check_counts (self, atts) && check_smuggled (self, &name))
    begin_element (self, &name, atts);
  self->depth++;
}

static void
end_child (EnjReader *self, const char *triplet)
{
  if (!(self->in_stanza && self->limits.cuts)
      && enj_xml_token_end (&self->xml) - self->start > self->limits.size)
    {
      refuse_size (self);
    }
  else if (self->in_stanza)
    {
      if (!self->cut)
        enj_canon_leave (&self->canon);
      end_stanza (self);
      self->in_stanza = FALSE;
    }
  else if (enj_canon_end (&self->canon, triplet))
    {
      emit_tree (self, ENJ_READER_ELEMENT, g_steal_pointer (&self->builder));
    }
  else
    {
      refuse_output (self);
    }
}

static void
on_end (void *user_data, const char *triplet)
{
  EnjReader *self = user_data;

  if (self->xml.fault)
    return;

  self->depth--;
  if (self->depth == 0)
    {
      self->closed = TRUE;
      emit (self, ENJ_READER_CLOSED, NULL, NULL);
    }
  else if (self->depth == 1)
    {
      end_child (self, triplet);
      enj_census_restart (&self->census);
    }
  else if (!self->cut && !enj_canon_end (&self->canon, triplet))
    {
      refuse_output (self);
    }
  else if (self->builder)
    {
      enj_element_builder_end (self->builder);
    }
}

/* Between stanzas only white space may stand (RFC 6120 11.7). */
static void
take_blanks (EnjReader *self, const char *text, gsize len)
{
  for (gsize i = 0; i < len; i++)
    if (!strchr (" \t\r\n", text[i]))
      {
        enj_xml_refuse (&self->xml, ENJ_STREAM_BAD_FORMAT, "text between stanzas");
        return;
      }
  self->blanks += len;
  if (self->blanks > self->limits.size)
    enj_xml_refuse (&self->xml, ENJ_STREAM_STANZA_TOO_BIG,
                    "white space over the limit of %" G_GSIZE_FORMAT " bytes", self->limits.size);
}

static void
on_text (void *user_data, const char *text, int len)
{
  EnjReader *self = user_data;

  if (self->xml.fault)
    return;

  if (self->depth == 1)
    take_blanks (self, text, (gsize) len);
  else if (!self->cut && !enj_canon_text (&self->canon, text, (gsize) len))
    refuse_output (self);
  else if (self->builder)
    enj_element_builder_text_len (self->builder, text, (gsize) len);
}

static void
on_declaration (void *user_data, const char *prefix, const char *uri)
{
  EnjReader *self = user_data;

  enj_census_declare (&self->census, uri);
  if (self->depth > 0 || self->xml.fault)
    return;

  if (!enj_opening_declare (&self->opening, prefix, uri))
    refuse_size (self);
}

/* ---- Fed ---------------------------------------------------------------- */

/* More bytes came than the header, or the child of the stream under way, may have. */
static gboolean
is_over (const EnjReader *self)
{
  gboolean by_token = self->depth == 1 || (self->depth > 1 && self->in_stanza && self->limits.cuts);
  guint64 start = self->depth == 0 ? 0 : by_token ? self->xml.token : self->start;
  guint64 most = self->limits.size * (by_token && self->limits.cuts ? CUT_TOKEN_TIMES : 1);

  return !self->xml.stopped && !self->xml.fault && self->xml.fed - start > most;
}

/* One run of expat; FALSE when there was nothing to do. */
static gboolean
advance (EnjReader *self)
{
  if (self->closed || !enj_xml_advance (&self->xml))
    return FALSE;

  /* What is over may be whole in expat's hands, with something else behind it. */
  if (is_over (self))
    enj_xml_reparse (&self->xml);
  if (is_over (self))
    refuse_bytes (self);
  return TRUE;
}

static void
set_limits (EnjReader *self, const EnjReaderLimits *limits)
{
  self->limits = *limits;
  self->census.max_elements = limits->elements;
  self->census.max_depth = limits->depth;
  self->census.max_attributes = limits->attributes;
  self->census.max_declared = limits->declared;
  self->census.max_value = limits->value;
}

EnjReader *
enj_reader_new (const char *content_ns, const EnjReaderLimits *limits)
{
  static const EnjXmlHandlers handlers
    = { .start = on_start, .end = on_end, .text = on_text, .declaration = on_declaration };
  EnjReader *self = g_new0 (EnjReader, 1);

  set_limits (self, limits);
  self->content_ns = g_strdup (content_ns);
  enj_xml_init (&self->xml, ENJ_CANON_SEPARATOR, &handlers);
  enj_canon_init (&self->canon, self->content_ns, limits->size);
  self->canon.out.is_modest = limits->is_modest;
  enj_opening_init (&self->opening, limits->size);
  return self;
}

void
enj_reader_free (EnjReader *self)
{
  if (!self)
    return;

  for (guint i = self->first; i < self->count; i++)
    {
      enj_element_unref (self->queue[i].element);
      enj_stanza_unref (self->queue[i].stanza);
    }
  g_free (self->queue);
  enj_xml_clear (&self->xml);
  enj_canon_clear (&self->canon);
  enj_opening_clear (&self->opening);
  enj_draft_clear (&self->draft);
  enj_element_builder_free (self->builder);
  g_free (self->content_ns);
  g_free (self);
}

void
enj_reader_set_limits (EnjReader *self, const EnjReaderLimits *limits)
{
  set_limits (self, limits);
  enj_canon_set_limit (&self->canon, limits->size);
  if (self->depth <= 1)
    return;

  set_room (self);
  if (enj_bytes_length (&self->canon.out) > self->canon.out.limit)
    refuse_size (self);
}

void
enj_reader_feed (EnjReader *self, const guint8 *data, gsize len)
{
  if (self->closed)
    return;

  /* Blanks that keep a stream alive for hours are no fault; endless ones at once are. */
  if (self->depth == 1 && !enj_xml_is_pending (&self->xml))
    self->blanks = 0;
  enj_xml_feed (&self->xml, data, len);
}

gboolean
enj_reader_next (EnjReader *self, EnjReaderEvent *event, GError **error)
{
  while (self->first == self->count)
    {
      self->first = self->count = 0;
      if (advance (self))
        continue;

      if (self->xml.fault && error)
        *error = g_error_copy (self->xml.fault);
      if (self->depth <= 1)
        {
          enj_bytes_trim (&self->canon.out, SCRATCH_MAX);
          enj_bytes_trim (&self->draft.values, SCRATCH_MAX);
          enj_bytes_trim (&self->draft.extra, SCRATCH_MAX);
        }
      return FALSE;
    }

  *event = self->queue[self->first++];
  return TRUE;
}

const guint8 *
enj_reader_get_rest (EnjReader *self, gsize *len)
{
  return enj_xml_get_rest (&self->xml, len);
}

gboolean
enj_reader_is_pending (const EnjReader *self)
{
  return enj_xml_is_pending (&self->xml);
}

void
enj_reader_flush (EnjReader *self)
{
  enj_xml_flush (&self->xml);
}

void
enj_reader_rest (EnjReader *self)
{
  if (self->depth != 1 || self->first < self->count || self->closed || !enj_xml_rest (&self->xml))
    return;

  g_clear_pointer (&self->queue, g_free);
  enj_canon_clear (&self->canon);
  enj_draft_clear (&self->draft);
}

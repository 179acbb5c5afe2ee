/* What our writer puts out is what expat alone reads from the peer's own bytes:
 * the same elements, attributes and text, in the same order (a stanza must not
 * be another one behind us: the smuggling of 2022).  The input is what stands
 * in a stream; expat reads it twice, as it came and as we have written it. */
#include "config.h"

#include <string.h>

#include <expat.h>

#include "protocol/ns.h"
#include "protocol/reader.h"

#define HEADER "<stream:stream xmlns='" ENJ_NS_SERVER "' xmlns:stream='" ENJ_NS_STREAM "'>"
#define SEPARATOR '\001'

/* Deeper than the reader lets anything be. */
#define DEPTH_MAX 40

static const EnjReaderLimits limits = {
  .size = 1 << 20, .elements = 1 << 12, .depth = DEPTH_MAX - 2, .attributes = 1 << 8
};

/* What expat tells of one stream: a text for each of its children. */
typedef struct
{
  XML_Parser parser;
  GPtrArray *children; /* of GString */
  GString *current;
  guint depth;
  GStringChunk *names; /* of namespaces */
  const char *in_force[DEPTH_MAX];
  gboolean maps;       /* say jabber:client where our writer has to */
} Dump;

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* ---- The oracle ------------------------------------------------------------- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
dump_attributes (Dump *dump, const char **atts)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (; *atts; atts += 2)
    g_ptr_array_add (lines, g_strdup_printf (" %s=\"%s\"\n", atts[0], atts[1]));
  g_ptr_array_sort (lines, compare_names);
  for (guint i = 0; i < lines->len; i++)
    g_string_append (dump->current, lines->pdata[i]);
}

/* What is inherited and what was declared look the same on a stream of another namespace; so our
 * writer calls a stanza within something else jabber:client (element.h). */
static const char *
namespace_of (Dump *dump, const char *name, const char **local)
{
  const char *end = strchr (name, SEPARATOR);
  g_autofree char *ns = end ? g_strndup (name, (gsize) (end - name)) : g_strdup ("");
  gboolean is_foreign = dump->depth > 2
                        && strcmp (dump->in_force[dump->depth - 2], ENJ_NS_SERVER) != 0;

  *local = end ? end + 1 : name;
  if (dump->maps
      && ((is_foreign && strcmp (ns, ENJ_NS_SERVER) == 0) || strcmp (ns, ENJ_NS_COMPONENT) == 0))
    return g_string_chunk_insert_const (dump->names, "jabber:client");
  return g_string_chunk_insert_const (dump->names, ns);
}

static void
handle_start (void *user_data, const char *name, const char **atts)
{
  Dump *dump = user_data;
  const char *local;
  const char *ns;

  if (++dump->depth >= DEPTH_MAX)
    {
      XML_StopParser (dump->parser, XML_FALSE);
      return;
    }
  ns = namespace_of (dump, name, &local);
  dump->in_force[dump->depth - 1] = strcmp (ns, ENJ_NS_XML) == 0 && dump->depth > 1
                                      ? dump->in_force[dump->depth - 2]
                                      : ns;
  if (dump->depth == 1)
    return;
  if (dump->depth == 2)
    {
      dump->current = g_string_new (NULL);
      g_ptr_array_add (dump->children, dump->current);
    }
  g_string_append_printf (dump->current, "<%s %s\n", ns, local);
  dump_attributes (dump, atts);
  g_string_append (dump->current, ">");
}

static void
handle_end (void *user_data, const char *name G_GNUC_UNUSED)
{
  Dump *dump = user_data;

  if (dump->depth-- > 1)
    g_string_append (dump->current, "</>");
}

static void
handle_text (void *user_data, const char *text, int len)
{
  Dump *dump = user_data;

  if (dump->depth > 1)
    g_string_append_len (dump->current, text, len);
}

static void
free_child (gpointer data)
{
  g_string_free (data, TRUE);
}

/* FALSE where expat found a fault. */
static gboolean
dump_stream (Dump *dump, const char *data, gsize len)
{
  enum XML_Status status;

  *dump = (Dump){ .parser = XML_ParserCreateNS ("UTF-8", SEPARATOR),
                  .names = g_string_chunk_new (256),
                  .children = g_ptr_array_new_with_free_func (free_child),
                  .maps = dump->maps };
  XML_SetUserData (dump->parser, dump);
  XML_SetElementHandler (dump->parser, handle_start, handle_end);
  XML_SetCharacterDataHandler (dump->parser, handle_text);
  status = XML_Parse (dump->parser, HEADER, (int) strlen (HEADER), 0);
  if (status == XML_STATUS_OK)
    status = XML_Parse (dump->parser, data, (int) len, 1);
  /* The stream has no end tag: "no element found" at the very end is no fault. */
  return status == XML_STATUS_OK
         || XML_GetErrorCode (dump->parser) == XML_ERROR_NO_ELEMENTS;
}

static void
dump_clear (Dump *dump)
{
  XML_ParserFree (dump->parser);
  g_ptr_array_unref (dump->children);
  g_string_chunk_free (dump->names);
}

/* ---- What is tested ----------------------------------------------------------- */

/* Reads and writes; returns how many children came through. */
static guint
rewrite (const guint8 *data, gsize size, EnjBytes *out)
{
  g_autoptr (EnjReader) reader = enj_reader_new (ENJ_NS_SERVER, &limits);
  g_autofree guint8 *all = g_malloc (strlen (HEADER) + size);
  EnjReaderEvent event;
  guint n = 0;

  memcpy (all, HEADER, strlen (HEADER));
  memcpy (all + strlen (HEADER), data, size);
  enj_reader_feed (reader, all, strlen (HEADER) + size);
  for (guint flushed = 0; flushed < 2; flushed++)
    {
      while (enj_reader_next (reader, &event, NULL))
        {
          if (event.stanza)
            g_assert_true (enj_stanza_format (event.stanza, out));
          else if (event.type == ENJ_READER_ELEMENT)
            g_assert_true (enj_element_format (event.element, ENJ_NS_SERVER, out));
          n += event.type == ENJ_READER_STANZA || event.type == ENJ_READER_ELEMENT;
          enj_stanza_unref (event.stanza);
          enj_element_unref (event.element);
        }
      enj_reader_flush (reader);
    }
  return n;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  Dump theirs = { .maps = TRUE };
  Dump ours = { .maps = FALSE };
  const guint8 *written;
  EnjBytes out;
  gsize len;
  guint n;

  enj_bytes_init (&out, 1 << 24);
  n = rewrite (data, size, &out);
  written = enj_bytes_peek (&out, &len);

  (void) dump_stream (&theirs, (const char *) data, size);
  g_assert_true (dump_stream (&ours, (const char *) written, len));
  g_assert_cmpuint (ours.children->len, ==, n);
  g_assert_cmpuint (theirs.children->len, >=, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpstr (((GString *) ours.children->pdata[i])->str, ==,
                     ((GString *) theirs.children->pdata[i])->str);

  dump_clear (&theirs);
  dump_clear (&ours);
  enj_bytes_clear (&out);
  return 0;
}

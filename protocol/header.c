#include "config.h"

#include "protocol/header.h"

#include <string.h>

#include "protocol/condition.h"
#include "protocol/escape.h"
#include "protocol/ns.h"
#include "protocol/reader.h"

/* More digits than any version will have, and few enough for a guint. */
#define DIGITS_MAX 9

static gboolean
append (EnjBytes *out, const char *text)
{
  return enj_bytes_append (out, text, strlen (text));
}

static gboolean
parse_number (const char **text, guint *number)
{
  guint digits = 0;

  *number = 0;
  while (**text == '0' && g_ascii_isdigit ((*text)[1]))
    (*text)++;
  for (; g_ascii_isdigit (**text); (*text)++)
    {
      if (++digits > DIGITS_MAX)
        return FALSE;
      *number = *number * 10 + (guint) g_ascii_digit_value (**text);
    }

  return digits > 0;
}

/* RFC 6120 4.7.5: two integers, whose leading zeros count for nothing; 0.9 where there is none. */
static gboolean
parse_version (const char *version, EnjHeader *header)
{
  header->has_version = version != NULL;
  if (!version)
    {
      header->major = 0;
      header->minor = 9;
      return TRUE;
    }

  return parse_number (&version, &header->major) && *version++ == '.'
         && parse_number (&version, &header->minor) && !*version;
}

/* XEP-0220 2.4.1 announces dialback by the declaration, whatever its prefix. */
static gboolean
declares (const EnjElement *element, const char *declared)
{
  const char *ns;
  const char *name;
  const char *value;

  for (guint i = 0; enj_element_get_nth_attribute (element, i, &ns, &name, &value); i++)
    if (ns && strcmp (ns, ENJ_READER_XMLNS) == 0 && strcmp (value, declared) == 0)
      return TRUE;

  return FALSE;
}

/* RFC 6120 4.8.2: the stream namespace itself as the default one, or none at all, leaves the
 * first-level children to qualify themselves. */
static const char *
find_content_ns (const EnjElement *element)
{
  const char *ns = enj_element_get_attribute (element, ENJ_READER_XMLNS, "");

  return ns && *ns && strcmp (ns, ENJ_NS_STREAM) != 0 ? ns : NULL;
}

static gboolean
write_header (const EnjHeader *header, EnjBytes *out)
{
  char version[32];

  g_snprintf (version, sizeof version, "%u.%u", header->major, header->minor);

  return append (out, "<?xml version='1.0'?><stream:stream")
         && enj_escape_write_attribute (out, "xmlns", header->content_ns)
         && enj_escape_write_attribute (out, "xmlns:stream", ENJ_NS_STREAM)
         && enj_escape_write_attribute (out, "xmlns:db",
                                        header->has_dialback ? ENJ_NS_DIALBACK : NULL)
         && enj_escape_write_attribute (out, "from", header->from)
         && enj_escape_write_attribute (out, "to", header->to)
         && enj_escape_write_attribute (out, "id", header->id)
         && enj_escape_write_attribute (out, "version", header->has_version ? version : NULL)
         && enj_escape_write_attribute (out, "xml:lang", header->lang) && append (out, ">");
}

gboolean
enj_header_parse (const EnjElement *element, const char *content_ns, EnjHeader *header,
                  GError **error)
{
  const char *version = enj_element_get_attribute (element, NULL, "version");
  gboolean has_good_version;

  *header = (EnjHeader){
    .content_ns = find_content_ns (element),
    .from = enj_element_get_attribute (element, NULL, "from"),
    .to = enj_element_get_attribute (element, NULL, "to"),
    .id = enj_element_get_attribute (element, NULL, "id"),
    .lang = enj_element_get_attribute (element, ENJ_NS_XML, "lang"),
    .has_dialback = declares (element, ENJ_NS_DIALBACK),
  };
  has_good_version = parse_version (version, header);

  /* RFC 6120 4.8.1. */
  if (g_strcmp0 (enj_element_get_namespace (element), ENJ_NS_STREAM) != 0)
    {
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_INVALID_NAMESPACE,
                   "the root element is not in the stream namespace");
      return FALSE;
    }
  if (strcmp (enj_element_get_name (element), "stream") != 0)
    {
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_BAD_FORMAT, "the root element is no stream");
      return FALSE;
    }
  if (header->content_ns && strcmp (header->content_ns, content_ns) != 0)
    {
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_INVALID_NAMESPACE,
                   "the content namespace is not %s", content_ns);
      return FALSE;
    }
  if (!has_good_version)
    {
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_UNSUPPORTED_VERSION,
                   "the version is not two numbers");
      return FALSE;
    }

  return TRUE;
}

gboolean
enj_header_format (const EnjHeader *header, EnjBytes *out)
{
  EnjBytes whole;
  const guint8 *data;
  gsize len;
  gboolean done;

  enj_bytes_init (&whole, out->limit);
  done = write_header (header, &whole);
  data = enj_bytes_peek (&whole, &len);
  done = done && enj_bytes_append (out, data, len);
  enj_bytes_clear (&whole);
  return done;
}

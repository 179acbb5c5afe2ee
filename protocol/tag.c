#include "config.h"

#include "protocol/tag.h"

#include <string.h>

#include "protocol/escape.h"

#define TAG_MAX 2048

static gboolean
write_name (EnjBytes *out, const char *triplet, char separator)
{
  const char *first = strchr (triplet, separator);
  const char *name = first ? first + 1 : triplet;
  const char *second = strchr (name, separator);
  gsize len = second ? (gsize) (second - name) : strlen (name);

  if (second && !(enj_bytes_append (out, second + 1, strlen (second + 1))
                  && enj_bytes_append (out, ":", 1)))
    return FALSE;
  return enj_bytes_append (out, name, len);
}

static gboolean
write_declarations (EnjBytes *out, const EnjBytes *declarations)
{
  gsize len;
  const char *prefix = (const char *) enj_bytes_peek (declarations, &len);

  while (len > 0)
    {
      const char *ns = prefix + strlen (prefix) + 1;
      g_autofree char *name = g_strconcat ("xmlns", *prefix ? ":" : "", prefix, NULL);

      if (!enj_escape_write_attribute (out, name, ns))
        return FALSE;
      len -= strlen (prefix) + strlen (ns) + 2;
      prefix = ns + strlen (ns) + 1;
    }
  return TRUE;
}

char *
enj_tag_new (const char *triplet, char separator, const EnjBytes *declarations)
{
  EnjBytes out;
  char *tag = NULL;
  gsize len;

  enj_bytes_init (&out, TAG_MAX);
  if (enj_bytes_append (&out, "<", 1) && write_name (&out, triplet, separator)
      && write_declarations (&out, declarations) && enj_bytes_append (&out, ">", 1))
    {
      tag = (char *) enj_bytes_peek (&out, &len);
      tag = g_strndup (tag, len);
    }
  enj_bytes_clear (&out);
  return tag;
}

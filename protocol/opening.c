#include "config.h"

#include "protocol/opening.h"

#include <string.h>

#include "protocol/tag.h"

/* RFC 5646 4.4.1: no registered tag is longer than 35. */
#define LANG_MAX 64

void
enj_opening_init (EnjOpening *self, gsize limit)
{
  self->lang = NULL;
  enj_bytes_init (&self->declarations, limit);
}

void
enj_opening_clear (EnjOpening *self)
{
  g_clear_pointer (&self->lang, g_free);
  enj_bytes_clear (&self->declarations);
}

gboolean
enj_opening_declare (EnjOpening *self, const char *prefix, const char *uri)
{
  prefix = prefix ? prefix : "";
  uri = uri ? uri : "";
  return enj_bytes_append (&self->declarations, prefix, strlen (prefix) + 1)
         && enj_bytes_append (&self->declarations, uri, strlen (uri) + 1);
}

void
enj_opening_speak (EnjOpening *self, const char *lang)
{
  g_free (self->lang);
  self->lang = strlen (lang) <= LANG_MAX ? g_strdup (lang) : NULL;
}

void
enj_opening_build (const EnjOpening *self, const char *ns, EnjElementBuilder *builder)
{
  gsize len;
  const char *prefix = (const char *) enj_bytes_peek (&self->declarations, &len);

  while (len > 0)
    {
      const char *uri = prefix + strlen (prefix) + 1;
      gsize used = strlen (prefix) + strlen (uri) + 2;

      enj_element_builder_attribute (builder, ns, prefix, uri);
      prefix += used;
      len -= used;
    }
}

char *
enj_opening_end_tag_new (EnjOpening *self, const char *triplet, char separator)
{
  char *tag = enj_tag_new (triplet, separator, &self->declarations);

  enj_bytes_clear (&self->declarations);
  return tag;
}

#include "config.h"

#include "protocol/draft.h"

#include <string.h>

#include "protocol/escape.h"
#include "protocol/ns.h"

/* The name of xml:lang as expat gives it: a triplet. */
#define XML_LANG ENJ_NS_XML "\001lang\001xml"

/* An escaped byte takes at most five more: &quot; */
#define ESCAPE_MORE 5

static const char *const words[] = {
#define X(name, word) [ENJ_DRAFT_##name] = word,
  ENJ_DRAFT_FIELDS (X)
#undef X
};

void
enj_draft_restart (EnjDraft *self, gsize kind_len, gsize limit)
{
  self->values.start = self->values.end = 0;
  self->values.limit = limit;
  self->extra.start = self->extra.end = 0;
  self->extra.limit = limit;
  memset (self->at, 0, sizeof self->at);
  self->kind_len = kind_len;
  self->plain = 0;
}

void
enj_draft_clear (EnjDraft *self)
{
  enj_bytes_clear (&self->values);
  enj_bytes_clear (&self->extra);
}

EnjDraftField
enj_draft_find (const char *triplet)
{
  for (guint i = 0; i < ENJ_DRAFT_LANG; i++)
    if (strcmp (triplet, words[i]) == 0)
      return (EnjDraftField) i;

  return strcmp (triplet, XML_LANG) == 0 ? ENJ_DRAFT_LANG : ENJ_DRAFT_OTHER;
}

gboolean
enj_draft_take (EnjDraft *self, const char *const values[ENJ_DRAFT_OTHER], gboolean *no_memory)
{
  gboolean is_whole = TRUE;

  *no_memory = FALSE;
  for (guint i = 0; i < ENJ_DRAFT_OTHER; i++)
    {
      gsize len = values[i] ? strlen (values[i]) : 0;
      gsize at = enj_bytes_length (&self->values);

      if (!values[i])
        continue;
      if (enj_bytes_append (&self->values, values[i], len + 1))
        {
          self->at[i] = at + 1;
          self->plain += strlen (" =\"\"") + strlen (words[i]) + len;
          continue;
        }
      is_whole = FALSE;
      *no_memory |= len < self->values.limit - at;
    }
  return is_whole;
}

const char *
enj_draft_get (const EnjDraft *self, EnjDraftField field)
{
  gsize len;
  const guint8 *values = enj_bytes_peek (&self->values, &len);

  return self->at[field] > 0 ? (const char *) values + self->at[field] - 1 : NULL;
}

gboolean
enj_draft_get_extra (EnjDraft *self, const char **extra)
{
  gsize len = enj_bytes_length (&self->extra);

  *extra = NULL;
  if (len == 0)
    return TRUE;
  if (!enj_bytes_append (&self->extra, "", 1))
    return FALSE;

  *extra = (const char *) enj_bytes_peek (&self->extra, &len);
  return TRUE;
}

static gsize
start_size (const EnjDraft *self)
{
  return 1 + self->kind_len + self->plain + enj_bytes_length (&self->extra);
}

gsize
enj_draft_get_room (const EnjDraft *self, gsize limit)
{
  gsize tags = start_size (self) + 1 + self->kind_len + strlen ("</>");

  return limit - MIN (tags, limit);
}

/* What escapes add to the values; more than @limit where it would be over. */
static gsize
measure_escapes (const EnjDraft *self, gsize limit)
{
  EnjBytes escaped;
  gsize plain = 0;
  gsize more = limit + 1;
  gboolean fits = TRUE;

  enj_bytes_init (&escaped, limit);
  for (guint i = 0; i < ENJ_DRAFT_OTHER && fits; i++)
    {
      const char *value = enj_draft_get (self, (EnjDraftField) i);

      if (value)
        {
          plain += strlen (value);
          fits = enj_escape_attribute (&escaped, value, strlen (value));
        }
    }
  if (fits)
    more = enj_bytes_length (&escaped) - plain;
  enj_bytes_clear (&escaped);
  return more;
}

gboolean
enj_draft_fits (const EnjDraft *self, gsize content, gsize limit)
{
  gsize size = start_size (self)
               + (content > 0 ? content + self->kind_len + strlen ("></>") : strlen ("/>"));

  /* Nearly all are far from the limit, and need no count. */
  return size + ESCAPE_MORE * enj_bytes_length (&self->values) <= limit
         || size + measure_escapes (self, limit) <= limit;
}

#include "config.h"

#include "protocol/escape.h"

#include <string.h>

enum
{
  IN_TEXT = 1,
  IN_ATTRIBUTE = 2
};

/* What must not stand as it is, as in Canonical XML 1.0, 2.3: an XML parser would read a bare CR
 * as LF, and bare white space in an attribute as spaces (XML 1.0 2.11, 3.3.3). */
static const guint8 special[256] = {
  ['&'] = IN_TEXT | IN_ATTRIBUTE, ['<'] = IN_TEXT | IN_ATTRIBUTE, ['>'] = IN_TEXT,
  ['"'] = IN_ATTRIBUTE,           ['\t'] = IN_ATTRIBUTE,          ['\n'] = IN_ATTRIBUTE,
  ['\r'] = IN_TEXT | IN_ATTRIBUTE,
};

static const char *
reference (guint8 c)
{
  switch (c)
    {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\t':
      return "&#x9;";
    case '\n':
      return "&#xA;";
    default:
      return "&#xD;";
    }
}

/* The first byte that @where asks to be escaped, or @end.  Four at a time: nearly all are plain,
 * and this is the inner loop of each stanza. */
static const guint8 *
find_special (const guint8 *p, const guint8 *end, guint8 where)
{
  while (end - p >= 4
         && !((special[p[0]] | special[p[1]] | special[p[2]] | special[p[3]]) & where))
    p += 4;
  while (p < end && !(special[*p] & where))
    p++;

  return p;
}

static gboolean
escape (EnjBytes *out, const char *text, gsize len, guint8 where)
{
  const guint8 *p = (const guint8 *) text;
  const guint8 *end = p + len;

  while (p < end)
    {
      const guint8 *plain_end = find_special (p, end, where);
      const char *escaped;

      if (!enj_bytes_append (out, p, (gsize) (plain_end - p)))
        return FALSE;
      if (plain_end == end)
        break;

      escaped = reference (*plain_end);
      if (!enj_bytes_append (out, escaped, strlen (escaped)))
        return FALSE;
      p = plain_end + 1;
    }

  return TRUE;
}

gboolean
enj_escape_text (EnjBytes *out, const char *text, gsize len)
{
  return escape (out, text, len, IN_TEXT);
}

gboolean
enj_escape_attribute (EnjBytes *out, const char *value, gsize len)
{
  return escape (out, value, len, IN_ATTRIBUTE);
}

gboolean
enj_escape_write_attribute (EnjBytes *out, const char *name, const char *value)
{
  gsize name_len;
  gsize len;
  guint8 *p;

  if (!value)
    return TRUE;

  name_len = strlen (name);
  len = strlen (value);
  if (find_special ((const guint8 *) value, (const guint8 *) value + len, IN_ATTRIBUTE)
      != (const guint8 *) value + len)
    return enj_bytes_append (out, " ", 1) && enj_bytes_append (out, name, name_len)
           && enj_bytes_append (out, "=\"", 2) && enj_escape_attribute (out, value, len)
           && enj_bytes_append (out, "\"", 1);

  /* Nearly all values are plain, and written in one piece. */
  p = enj_bytes_reserve (out, name_len + len + 4);
  if (!p)
    return FALSE;

  *p++ = ' ';
  memcpy (p, name, name_len);
  p += name_len;
  *p++ = '=';
  *p++ = '"';
  memcpy (p, value, len);
  p[len] = '"';
  enj_bytes_commit (out, name_len + len + 4);
  return TRUE;
}

gboolean
enj_escape_is_plain (const char *value, gsize len)
{
  const guint8 *end = (const guint8 *) value + len;

  return find_special ((const guint8 *) value, end, IN_ATTRIBUTE) == end;
}

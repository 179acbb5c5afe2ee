#include "config.h"

#include "protocol/legal.h"

#include <string.h>

#define REPLACEMENT_CHARACTER 0xFFFD

/* The character at @p, or 0 where there is none that XML has (XML 1.0, 2.2). */
static gunichar
legal_char (const char *p, const char *end)
{
  gunichar c = g_utf8_get_char_validated (p, end - p);

  if (c == (gunichar) -1 || c == (gunichar) -2 || c == 0xFFFE || c == 0xFFFF)
    return 0;
  return c >= 0x20 || c == '\t' || c == '\n' || c == '\r' ? c : 0;
}

static const char *
find_illegal (const char *p, const char *end)
{
  while (p < end)
    if (*p >= 0x20 && *p < 0x7F)
      p++;
    else if (legal_char (p, end))
      p = g_utf8_next_char (p);
    else
      break;

  return p;
}

void
enj_legal_text_append (GString *out, const char *text, gsize len)
{
  const char *p = text;
  const char *end = text + len;

  while (p < end)
    {
      const char *illegal = find_illegal (p, end);

      g_string_append_len (out, p, illegal - p);
      p = illegal;
      if (p == end)
        break;

      g_string_append_unichar (out, REPLACEMENT_CHARACTER);
      /* A character that XML lacks goes as a whole, what is not UTF-8 byte by byte. */
      if ((gint32) g_utf8_get_char_validated (p, end - p) >= 0)
        p = g_utf8_next_char (p);
      else
        p++;
    }
}

char *
enj_legal_text_new (const char *text)
{
  gsize len;
  GString *legal;

  if (!text)
    return NULL;

  len = strlen (text);
  if (find_illegal (text, text + len) == text + len)
    return g_strndup (text, len);

  legal = g_string_sized_new (len);
  enj_legal_text_append (legal, text, len);
  return g_string_free (legal, FALSE);
}

gboolean
enj_legal_is_name (const char *name)
{
  if (!name || !*name || g_ascii_isdigit (*name) || *name == '-' || *name == '.')
    return FALSE;

  for (const char *p = name; *p; p++)
    if (!g_ascii_isalnum (*p) && !strchr ("-._", *p) && (guchar) *p < 0x80)
      return FALSE;

  return g_utf8_validate (name, -1, NULL);
}

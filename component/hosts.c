#include "config.h"

#include "component/hosts.h"

#include <string.h>

#define BLANKS " \t\r\v\f"
#define LOCALHOST "localhost"

static gsize
get_length (const char *name)
{
  gsize len = strlen (name);

  return len > 1 && name[len - 1] == '.' ? len - 1 : len;
}

/* The next word of the line from @at on, which moves behind it; NULL at its end. */
static const char *
next_word (const char **at, gsize *len)
{
  const char *word = *at + strspn (*at, BLANKS);

  *len = strcspn (word, BLANKS "#\n");
  *at = word + *len;
  return *len > 0 ? word : NULL;
}

static gboolean
is_on_line (const char *at, const char *name, gsize name_len)
{
  const char *word;
  gsize len;

  while ((word = next_word (&at, &len)))
    if (len == name_len && g_ascii_strncasecmp (word, name, len) == 0)
      return TRUE;

  return FALSE;
}

guint
enj_hosts_find (const char *text, const char *name, EnjAddress *addresses, guint max)
{
  gsize name_len = get_length (name);
  const char *line = text;
  guint n = 0;

  while (line && n < max)
    {
      const char *at = line;
      gsize len;
      const char *word = next_word (&at, &len);

      if (word && is_on_line (at, name, name_len))
        {
          g_autofree char *first = g_strndup (word, len);

          n += enj_address_parse (&addresses[n], first, 0);
        }
      line = strchr (at, '\n');
      line = line ? line + 1 : NULL;
    }
  return n;
}

gboolean
enj_hosts_is_localhost (const char *name)
{
  gsize len = get_length (name);
  gsize tail = strlen (LOCALHOST);

  return len >= tail && g_ascii_strncasecmp (name + len - tail, LOCALHOST, tail) == 0
         && (len == tail || name[len - tail - 1] == '.');
}

#include "config.h"

#include "component/terminal.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Lines further in than this are to be copied. */
#define COPIED 8

guint
enj_terminal_get_width (void)
{
  struct winsize size;

  return ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Where a line goes on; 0: it is not to be broken. */
static guint
find_indent (const char *line)
{
  const gsize margin = strspn (line, " ");
  const char *column = strstr (line + margin, "  ");

  if (column)
    return (guint) g_utf8_strlen (line, column + strspn (column, " ") - line);
  return margin > COPIED ? 0 : (guint) margin + 4;
}

static void
append_broken (GString *text, const char *line, guint indent, guint width)
{
  const gsize start = strspn (line, " ");
  g_auto (GStrv) words = g_strsplit (line + start, " ", -1);
  glong used = (glong) start;

  g_string_append_len (text, line, (gssize) start);
  for (char **word = words; *word; word++)
    {
      const glong length = g_utf8_strlen (*word, -1);
      const gboolean first = word == words;

      if (!first && used > (glong) indent && used + 1 + length > (glong) width)
        {
          g_string_append_printf (text, "\n%*s", (int) indent, "");
          used = indent;
        }
      else if (!first)
        {
          g_string_append_c (text, ' ');
          used++;
        }
      g_string_append (text, *word);
      used += length;
    }
}

char *
enj_terminal_fit_new (const char *text, guint width)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GString *fit = g_string_new (NULL);

  for (char **line = lines; *line; line++)
    {
      const guint indent = find_indent (*line);

      if (line != lines)
        g_string_append_c (fit, '\n');
      if (indent == 0 || indent >= width || g_utf8_strlen (*line, -1) <= (glong) width)
        g_string_append (fit, *line);
      else
        append_broken (fit, *line, indent, width);
    }
  return g_string_free (fit, FALSE);
}

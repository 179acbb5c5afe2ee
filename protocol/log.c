#include "config.h"

#include "protocol/log.h"

#include <string.h>

#define QUOTE_MAX 256
#define CUT "..."

static GLogLevelFlags lowest_level = G_LOG_LEVEL_DEBUG;

void
enj_log_set_lowest (GLogLevelFlags lowest)
{
  lowest_level = lowest;
}

/* As GLib numbers them, which is as syslog(3) does. */
static const char *
format_priority (GLogLevelFlags level)
{
  if (level & G_LOG_LEVEL_ERROR)
    return "3";
  if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING))
    return "4";
  if (level & G_LOG_LEVEL_MESSAGE)
    return "5";
  if (level & G_LOG_LEVEL_INFO)
    return "6";
  return "7";
}

void
enj_log (const EnjLog *self, GLogLevelFlags level, const char *format, ...)
{
  g_autofree char *message = NULL;
  GLogField fields[7] = {
    { "PRIORITY", format_priority (level), -1 },
    { "GLIB_DOMAIN", G_LOG_DOMAIN, -1 },
  };
  gsize n = 2;
  va_list args;

  if (level > lowest_level)
    return;
  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  fields[n++] = (GLogField){ "MESSAGE", message, -1 };

  if (self && self->id[0])
    fields[n++] = (GLogField){ "ENJAMB_STREAM", self->id, -1 };
  if (self && self->local)
    fields[n++] = (GLogField){ "ENJAMB_LOCAL", self->local, -1 };
  if (self && self->remote)
    fields[n++] = (GLogField){ "ENJAMB_REMOTE", self->remote, -1 };
  if (self && self->source)
    fields[n++] = (GLogField){ "ENJAMB_SOURCE", self->source, -1 };

  g_log_structured_array (level, fields, n);
}

char *
enj_log_quote (const char *text)
{
  GString *quoted = g_string_sized_new (64);
  gsize safe = 0;

  for (const char *p = text; p && *p && quoted->len <= QUOTE_MAX; p++)
    {
      if (*p == '\\')
        g_string_append (quoted, "\\\\");
      else if (g_ascii_isprint (*p))
        g_string_append_c (quoted, *p);
      else
        g_string_append_printf (quoted, "\\x%02x", (guint8) *p);

      if (quoted->len <= QUOTE_MAX - strlen (CUT))
        safe = quoted->len;
    }

  /* Between two characters: half an escape would read as something else. */
  if (quoted->len > QUOTE_MAX)
    {
      g_string_truncate (quoted, safe);
      g_string_append (quoted, CUT);
    }

  return g_string_free (quoted, FALSE);
}

#include "config.h"

#include "component/prosody.h"

/* Lua 5.1 2.1: a control character by its decimal number of three digits. */
static void
append_quoted (GString *text, const char *value)
{
  g_string_append_c (text, '"');
  for (; *value; value++)
    {
      guchar c = (guchar) *value;

      if (c < 0x20 || c == 0x7f)
        g_string_append_printf (text, "\\%03u", c);
      else if (c == '"' || c == '\\')
        g_string_append_printf (text, "\\%c", c);
      else
        g_string_append_c (text, *value);
    }
  g_string_append_c (text, '"');
}

char *
enj_prosody_block_new (const EnjConfigComponent *component)
{
  GString *text;

  if (!component->server)
    return NULL;
  text = g_string_new ("-- The subdomain is enjamb's: Prosody hands local traffic to it over this\n"
                       "-- component link and leaves the rest of the world to it.\n"
                       "Component ");
  append_quoted (text, component->domain);
  g_string_append (text, "\n    component_secret = ");
  append_quoted (text, component->secret);
  g_string_append (text,
                   "\n"
                   "    -- enjamb federates this domain itself.\n"
                   "    modules_disabled = { \"s2s\" }\n"
                   "    -- After a half-open link the new connection gets in at once.\n"
                   "    component_conflict_resolve = \"kick_old\"\n");
  return g_string_free (text, FALSE);
}

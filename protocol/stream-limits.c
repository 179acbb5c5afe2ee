#include "config.h"

#include "protocol/stream-limits.h"

#include <string.h>

#include "protocol/ns.h"

/* The schema says xs:unsignedInt, around which white space may stand. */
static guint64
parse_number (const EnjElement *limits, const char *name)
{
  const EnjElement *child = enj_element_find (limits, ENJ_NS_STREAM_LIMITS, name);
  g_autofree char *text = child ? g_strdup (enj_element_get_text (child)) : NULL;
  guint64 number = 0;

  if (text && !g_ascii_string_to_unsigned (g_strstrip (text), 10, 0, G_MAXUINT32, &number, NULL))
    number = 0;
  return number;
}

EnjStreamLimits
enj_stream_limits_parse (const EnjElement *element)
{
  const EnjElement *limits = enj_element_is (element, ENJ_NS_STREAM_LIMITS, "limits")
                               ? element
                               : enj_element_find (element, ENJ_NS_STREAM_LIMITS, "limits");

  if (!limits)
    return (EnjStreamLimits){ 0 };
  return (EnjStreamLimits){
    .max_bytes = parse_number (limits, "max-bytes"),
    .idle_seconds = parse_number (limits, "idle-seconds"),
  };
}

gboolean
enj_stream_limits_format (const EnjStreamLimits *limits, EnjBytes *out)
{
  g_autoptr (GString) xml = g_string_new ("<limits xmlns='" ENJ_NS_STREAM_LIMITS "'>");

  if (limits->max_bytes > 0)
    g_string_append_printf (xml, "<max-bytes>%" G_GUINT64_FORMAT "</max-bytes>",
                            limits->max_bytes);
  if (limits->idle_seconds > 0)
    g_string_append_printf (xml, "<idle-seconds>%" G_GUINT64_FORMAT "</idle-seconds>",
                            limits->idle_seconds);
  g_string_append (xml, "</limits>");
  return enj_bytes_append (out, xml->str, xml->len);
}

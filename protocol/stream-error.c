#include "config.h"

#include "protocol/stream-error.h"

#include <string.h>

#include "protocol/escape.h"
#include "protocol/jid.h"
#include "protocol/log.h"
#include "protocol/ns.h"

static gboolean
append (EnjBytes *out, const char *text)
{
  return enj_bytes_append (out, text, strlen (text));
}

/* RFC 6120 4.9.2: one defined condition, perhaps a text, perhaps something of an application. */
static const EnjElement *
find_condition (const EnjElement *element)
{
  const EnjElement *child;

  for (guint i = 0; (child = enj_element_get_child (element, i)); i++)
    if (g_strcmp0 (enj_element_get_namespace (child), ENJ_NS_STREAM_ERRORS) == 0
        && strcmp (enj_element_get_name (child), "text") != 0)
      return child;

  return NULL;
}

static gboolean
write_error (const GError *error, EnjBytes *out)
{
  /* A message may hold what a peer said, and that must not make our own stream ill-formed. */
  g_autofree char *text = enj_log_quote (error->message);

  return append (out, "<stream:error><")
         && append (out, enj_stream_condition_format ((EnjStreamCondition) error->code))
         && append (out, " xmlns='" ENJ_NS_STREAM_ERRORS "'/>"
                         "<text xmlns='" ENJ_NS_STREAM_ERRORS "' xml:lang='en'>")
         && enj_escape_text (out, text, strlen (text)) && append (out, "</text>")
         && (error->code != ENJ_STREAM_STANZA_TOO_BIG
             || append (out, "<stanza-too-big xmlns='" ENJ_NS_LIMIT_ERRORS "'/>"))
         && (error->code != ENJ_STREAM_HANDLED_COUNT_TOO_HIGH
             || append (out, "<handled-count-too-high xmlns='" ENJ_NS_SM "'/>"))
         && append (out, "</stream:error>");
}

GError *
enj_stream_error_parse_new (const EnjElement *element)
{
  const EnjElement *child = find_condition (element);
  const EnjElement *text = enj_element_find (element, ENJ_NS_STREAM_ERRORS, "text");
  EnjStreamCondition condition = ENJ_STREAM_UNDEFINED_CONDITION;
  g_autofree char *message = enj_log_quote (text ? enj_element_get_text (text) : "");

  if (child)
    condition = enj_stream_condition_parse (enj_element_get_name (child));
  if (condition == ENJ_STREAM_POLICY_VIOLATION
      && enj_element_find (element, ENJ_NS_LIMIT_ERRORS, "stanza-too-big"))
    condition = ENJ_STREAM_STANZA_TOO_BIG;

  return g_error_new_literal (ENJ_STREAM_ERROR, condition,
                              *message ? message : enj_stream_condition_format (condition));
}

/* 0 where there is none. */
static gboolean
read_port (const char *text, guint16 *port)
{
  guint64 value = 0;

  if (*text == '\0' || *text == ':')
    {
      if (*text == ':' && !g_ascii_string_to_unsigned (text + 1, 10, 1, 65535, &value, NULL))
        return FALSE;
      *port = (guint16) value;
      return TRUE;
    }
  return FALSE;
}

gboolean
enj_stream_error_find_other_host (const EnjElement *element, char **host, guint16 *port)
{
  const EnjElement *child = enj_element_find (element, ENJ_NS_STREAM_ERRORS, "see-other-host");
  g_autofree char *text = g_strstrip (g_strdup (child ? enj_element_get_text (child) : ""));
  g_autofree char *domain = NULL;
  gsize len = *text == '[' ? strcspn (text, "]") : strcspn (text, ":");

  if (text[len] == ']')
    len++;
  if (len == 0 || !read_port (text + len, port))
    return FALSE;
  text[len] = '\0';
  domain = enj_jid_domain_new (text, NULL);
  if (!domain)
    return FALSE;
  *host = *domain == '[' ? g_strndup (domain + 1, strlen (domain) - 2) : g_steal_pointer (&domain);
  return TRUE;
}

gboolean
enj_stream_error_format (const GError *error, EnjBytes *out)
{
  EnjBytes whole;
  const guint8 *data;
  gsize len;
  gboolean done;

  g_return_val_if_fail (error->domain == ENJ_STREAM_ERROR, FALSE);

  if (error->code == ENJ_STREAM_DISCONNECTED)
    return TRUE;

  enj_bytes_init (&whole, out->limit);
  done = write_error (error, &whole);
  data = enj_bytes_peek (&whole, &len);
  done = done && enj_bytes_append (out, data, len);
  enj_bytes_clear (&whole);
  return done;
}

#include "config.h"

#include "protocol/dialback.h"

#include <string.h>

#include "protocol/escape.h"
#include "protocol/jid.h"
#include "protocol/ns.h"

/* What the type attribute says; a request has none. */
static const char *const types[] = {
  [ENJ_DIALBACK_VALID] = "valid",
  [ENJ_DIALBACK_INVALID] = "invalid",
  [ENJ_DIALBACK_ERROR] = "error",
};

/* RFC 6120 8.3.2. */
static const char *const error_types[] = { "auth", "cancel", "continue", "modify", "wait" };

static gboolean
append (EnjBytes *out, const char *text)
{
  return enj_bytes_append (out, text, strlen (text));
}

static char *
parse_domain_new (const EnjElement *element, const char *name)
{
  const char *domain = enj_element_get_attribute (element, NULL, name);

  /* Why it is no domain does not matter: it counts as missing. */
  return domain ? enj_jid_domain_new (domain, NULL) : NULL;
}

static EnjDialbackType
parse_type (const EnjElement *element)
{
  const char *type = enj_element_get_attribute (element, NULL, "type");

  if (!type)
    return ENJ_DIALBACK_REQUEST;
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_strcmp0 (type, types[i]) == 0)
      return (EnjDialbackType) i;

  return ENJ_DIALBACK_UNKNOWN;
}

/* XEP-0220 2.5.  Whose the error element is, is not asked: that it failed is said by the type. */
static void
parse_error (const EnjElement *element, EnjDialback *dialback)
{
  const EnjElement *error = enj_element_find (element, NULL, "error");
  const EnjElement *child;
  const char *type;

  if (!error)
    return;

  type = enj_element_get_attribute (error, NULL, "type");
  for (guint i = 0; i < G_N_ELEMENTS (error_types); i++)
    if (g_strcmp0 (type, error_types[i]) == 0)
      dialback->error_type = g_strdup (type);

  for (guint i = 0; (child = enj_element_get_child (error, i)); i++)
    if (g_strcmp0 (enj_element_get_namespace (child), ENJ_NS_STANZA_ERRORS) == 0
        && strcmp (enj_element_get_name (child), "text") != 0)
      {
        dialback->condition = enj_stanza_condition_parse (enj_element_get_name (child));
        return;
      }
}

static gboolean
write_error (const EnjDialback *dialback, EnjBytes *out)
{
  const char *type = dialback->error_type;

  if (!type)
    type = enj_stanza_condition_type (dialback->condition);

  /* No prefix: the default namespace of the stream is jabber:server, as XEP-0220 2.5 asks. */
  return append (out, "<error") && enj_escape_write_attribute (out, "type", type)
         && append (out, "><") && append (out, enj_stanza_condition_format (dialback->condition))
         && append (out, " xmlns='" ENJ_NS_STANZA_ERRORS "'/></error>");
}

static gboolean
write_dialback (const EnjDialback *dialback, EnjBytes *out)
{
  const char *name = dialback->kind == ENJ_DIALBACK_RESULT ? "db:result" : "db:verify";
  gboolean has_content = FALSE;

  if (!append (out, "<") || !append (out, name)
      || !enj_escape_write_attribute (out, "from", dialback->from)
      || !enj_escape_write_attribute (out, "to", dialback->to)
      || !enj_escape_write_attribute (out, "id", dialback->id)
      || !enj_escape_write_attribute (out, "type", types[dialback->type]))
    return FALSE;

  if (dialback->type == ENJ_DIALBACK_REQUEST)
    has_content = dialback->key && *dialback->key;
  else if (dialback->type == ENJ_DIALBACK_ERROR)
    has_content = TRUE;

  if (!has_content)
    return append (out, "/>");

  return append (out, ">")
         && (dialback->type == ENJ_DIALBACK_ERROR
                 ? write_error (dialback, out)
                 : enj_escape_text (out, dialback->key, strlen (dialback->key)))
         && append (out, "</") && append (out, name) && append (out, ">");
}

gboolean
enj_dialback_parse (const EnjElement *element, EnjDialback *dialback)
{
  *dialback = (EnjDialback){ .condition = ENJ_STANZA_UNDEFINED_CONDITION };

  if (enj_element_is (element, ENJ_NS_DIALBACK, "result"))
    dialback->kind = ENJ_DIALBACK_RESULT;
  else if (enj_element_is (element, ENJ_NS_DIALBACK, "verify"))
    dialback->kind = ENJ_DIALBACK_VERIFY;
  else
    return FALSE;

  dialback->type = parse_type (element);
  dialback->from = parse_domain_new (element, "from");
  dialback->to = parse_domain_new (element, "to");
  dialback->id = g_strdup (enj_element_get_attribute (element, NULL, "id"));

  /* Peers send keys as the examples of XEP-0220 print them: on a line of their own. */
  if (dialback->type == ENJ_DIALBACK_REQUEST)
    dialback->key = g_strstrip (g_strdup (enj_element_get_text (element)));
  else if (dialback->type == ENJ_DIALBACK_ERROR)
    parse_error (element, dialback);

  return TRUE;
}

void
enj_dialback_clear (EnjDialback *dialback)
{
  g_free (dialback->from);
  g_free (dialback->to);
  g_free (dialback->id);
  g_free (dialback->key);
  g_free (dialback->error_type);
  *dialback = (EnjDialback){ .condition = ENJ_STANZA_UNDEFINED_CONDITION };
}

gboolean
enj_dialback_format (const EnjDialback *dialback, EnjBytes *out)
{
  EnjBytes whole;
  const guint8 *data;
  gsize len;
  gboolean done;

  g_return_val_if_fail (dialback->type != ENJ_DIALBACK_UNKNOWN, FALSE);

  enj_bytes_init (&whole, out->limit);
  done = write_dialback (dialback, &whole);
  data = enj_bytes_peek (&whole, &len);
  done = done && enj_bytes_append (out, data, len);
  enj_bytes_clear (&whole);
  return done;
}

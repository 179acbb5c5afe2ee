#include "config.h"

#include "protocol/sasl.h"

#include <string.h>

#include "protocol/ns.h"

static const char *const names[] = {
  [ENJ_SASL_AUTH] = "auth",       [ENJ_SASL_CHALLENGE] = "challenge",
  [ENJ_SASL_RESPONSE] = "response", [ENJ_SASL_ABORT] = "abort",
  [ENJ_SASL_SUCCESS] = "success", [ENJ_SASL_FAILURE] = "failure",
};

static const char *const conditions[ENJ_SASL_N_CONDITIONS] = {
  [ENJ_SASL_ABORTED] = "aborted",
  [ENJ_SASL_ENCRYPTION_REQUIRED] = "encryption-required",
  [ENJ_SASL_INCORRECT_ENCODING] = "incorrect-encoding",
  [ENJ_SASL_INVALID_AUTHZID] = "invalid-authzid",
  [ENJ_SASL_INVALID_MECHANISM] = "invalid-mechanism",
  [ENJ_SASL_MALFORMED_REQUEST] = "malformed-request",
  [ENJ_SASL_NOT_AUTHORIZED] = "not-authorized",
  [ENJ_SASL_TEMPORARY_AUTH_FAILURE] = "temporary-auth-failure",
};

/* RFC 6120 13.9.1: what would not be encoded just so is refused, padding and blanks too. */
static char *
decode_new (const char *base64)
{
  gsize len = 0;
  g_autofree guint8 *data = g_base64_decode (base64, &len);
  g_autofree char *again = g_base64_encode (data, len);

  if (strcmp (again, base64) != 0 || !g_utf8_validate_len ((const char *) data, len, NULL))
    return NULL;
  return g_strndup ((const char *) data, len);
}

/* RFC 6120 6.4.2: a text of no length at all is written as "=". */
static void
parse_text (const char *text, EnjSasl *sasl)
{
  if (!*text)
    return;
  sasl->text = strcmp (text, "=") == 0 ? g_strdup ("") : decode_new (text);
  sasl->is_misencoded = sasl->text == NULL;
}

static EnjSaslCondition
parse_condition (const EnjElement *failure)
{
  const EnjElement *child;

  for (guint i = 0; (child = enj_element_get_child (failure, i)); i++)
    for (guint j = 0; j < ENJ_SASL_N_CONDITIONS; j++)
      if (enj_element_is (child, ENJ_NS_SASL, conditions[j]))
        return (EnjSaslCondition) j;
  return ENJ_SASL_NOT_AUTHORIZED;
}

gboolean
enj_sasl_parse (const EnjElement *element, EnjSasl *sasl)
{
  guint kind = 0;

  *sasl = (EnjSasl){ .condition = ENJ_SASL_NOT_AUTHORIZED };
  while (kind < G_N_ELEMENTS (names) && !enj_element_is (element, ENJ_NS_SASL, names[kind]))
    kind++;
  if (kind == G_N_ELEMENTS (names))
    return FALSE;

  sasl->kind = (EnjSaslKind) kind;
  if (sasl->kind == ENJ_SASL_AUTH)
    sasl->mechanism = g_strdup (enj_element_get_attribute (element, NULL, "mechanism"));
  if (sasl->kind == ENJ_SASL_AUTH || sasl->kind == ENJ_SASL_RESPONSE)
    parse_text (enj_element_get_text (element), sasl);
  if (sasl->kind == ENJ_SASL_FAILURE)
    sasl->condition = parse_condition (element);
  return TRUE;
}

void
enj_sasl_clear (EnjSasl *sasl)
{
  g_clear_pointer (&sasl->mechanism, g_free);
  g_clear_pointer (&sasl->text, g_free);
}

gboolean
enj_sasl_format (const EnjSasl *sasl, EnjBytes *out)
{
  g_autoptr (GString) xml = g_string_new ("<");
  const char *name = names[sasl->kind];

  g_string_append_printf (xml, "%s xmlns='" ENJ_NS_SASL "'", name);
  if (sasl->mechanism)
    {
      g_autofree char *mechanism = g_markup_escape_text (sasl->mechanism, -1);

      g_string_append_printf (xml, " mechanism='%s'", mechanism);
    }
  if (sasl->kind == ENJ_SASL_FAILURE)
    {
      g_string_append_printf (xml, "><%s/></%s>", conditions[sasl->condition], name);
    }
  else if (sasl->text)
    {
      g_autofree char *base64 = g_base64_encode ((const guint8 *) sasl->text, strlen (sasl->text));

      g_string_append_printf (xml, ">%s</%s>", *base64 ? base64 : "=", name);
    }
  else
    {
      g_string_append (xml, "/>");
    }
  return enj_bytes_append (out, xml->str, xml->len);
}

const char *
enj_sasl_condition_format (EnjSaslCondition condition)
{
  return conditions[condition];
}

#include "config.h"

#include "protocol/features.h"

#include <string.h>

#include "protocol/ns.h"

/* What is written, in order, where all of @set is offered and nothing of @unset. */
static const struct
{
  guint set;
  guint unset;
  const char *xml;
} formats[] = {
  { ENJ_FEATURE_STARTTLS, ENJ_FEATURE_STARTTLS_REQUIRED, "<starttls xmlns='" ENJ_NS_TLS "'/>" },
  { ENJ_FEATURE_STARTTLS | ENJ_FEATURE_STARTTLS_REQUIRED, 0,
    "<starttls xmlns='" ENJ_NS_TLS "'><required/></starttls>" },
  { ENJ_FEATURE_EXTERNAL, 0,
    "<mechanisms xmlns='" ENJ_NS_SASL "'><mechanism>EXTERNAL</mechanism></mechanisms>" },
  { ENJ_FEATURE_DIALBACK, ENJ_FEATURE_DIALBACK_ERRORS,
    "<dialback xmlns='" ENJ_NS_DIALBACK_FEATURE "'/>" },
  { ENJ_FEATURE_DIALBACK | ENJ_FEATURE_DIALBACK_ERRORS, 0,
    "<dialback xmlns='" ENJ_NS_DIALBACK_FEATURE "'><errors/></dialback>" },
  { ENJ_FEATURE_BIDI, 0, "<bidi xmlns='" ENJ_NS_BIDI_FEATURE "'/>" },
  { ENJ_FEATURE_SM, 0, "<sm xmlns='" ENJ_NS_SM "'/>" },
};

static gboolean
offers_external (const EnjElement *mechanisms)
{
  const EnjElement *child;

  for (guint i = 0; (child = enj_element_get_child (mechanisms, i)); i++)
    if (enj_element_is (child, ENJ_NS_SASL, "mechanism"))
      {
        g_autofree char *name = g_strdup (enj_element_get_text (child));

        if (strcmp (g_strstrip (name), "EXTERNAL") == 0)
          return TRUE;
      }

  return FALSE;
}

/* RFC 6120 4.3.2 recommends that every feature is marked as STARTTLS is. */
static gboolean
is_required (const EnjElement *feature)
{
  return enj_element_find (feature, enj_element_get_namespace (feature), "required") != NULL;
}

static guint
parse_feature (const EnjElement *feature)
{
  if (enj_element_is (feature, ENJ_NS_TLS, "starttls"))
    return ENJ_FEATURE_STARTTLS | (is_required (feature) ? ENJ_FEATURE_STARTTLS_REQUIRED : 0);

  /* Older peers mark this one as required; dialback is what we do then anyway. */
  if (enj_element_is (feature, ENJ_NS_DIALBACK_FEATURE, "dialback"))
    return ENJ_FEATURE_DIALBACK
           | (enj_element_find (feature, ENJ_NS_DIALBACK_FEATURE, "errors")
                  ? ENJ_FEATURE_DIALBACK_ERRORS
                  : 0);

  if (enj_element_is (feature, ENJ_NS_SASL, "mechanisms"))
    return offers_external (feature) ? ENJ_FEATURE_EXTERNAL : 0;

  if (enj_element_is (feature, ENJ_NS_BIDI_FEATURE, "bidi"))
    return ENJ_FEATURE_BIDI;

  if (enj_element_is (feature, ENJ_NS_SM, "sm"))
    return ENJ_FEATURE_SM;

  return is_required (feature) ? ENJ_FEATURE_UNKNOWN_REQUIRED : 0;
}

EnjFeatures
enj_features_parse (const EnjElement *element)
{
  guint features = 0;
  const EnjElement *child;

  for (guint i = 0; (child = enj_element_get_child (element, i)); i++)
    features |= parse_feature (child);

  /* RFC 6120 5.3.1. */
  if ((features & ENJ_FEATURE_STARTTLS) && enj_element_get_n_children (element) == 1)
    features |= ENJ_FEATURE_STARTTLS_REQUIRED;

  return (EnjFeatures) features;
}

gboolean
enj_features_format (EnjFeatures features, const EnjStreamLimits *limits, EnjBytes *out)
{
  g_autoptr (GString) xml = g_string_new ("<stream:features>");

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if ((features & formats[i].set) == formats[i].set && !(features & formats[i].unset))
      g_string_append (xml, formats[i].xml);

  return enj_bytes_append (out, xml->str, xml->len)
         && (!limits || enj_stream_limits_format (limits, out))
         && enj_bytes_append (out, "</stream:features>", strlen ("</stream:features>"));
}

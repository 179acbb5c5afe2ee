#include "config.h"

#include "component/about.h"

#include <string.h>

#include "protocol/element.h"
#include "protocol/ns.h"

static EnjStanza *
reply_info (const EnjAbout *self, EnjStanza *iq, const EnjElement *query)
{
  static const char *const own[]
    = { ENJ_NS_DISCO_INFO, ENJ_NS_DISCO_ITEMS, ENJ_NS_VERSION, ENJ_NS_PING, NULL };
  g_autoptr (EnjElement) payload = NULL;
  EnjElementBuilder *builder;

  /* XEP-0030 7: a node that is not known. */
  if (enj_element_get_attribute (query, NULL, "node"))
    return enj_stanza_new_error (iq, ENJ_STANZA_ITEM_NOT_FOUND, NULL);

  builder = enj_element_builder_new (ENJ_NS_DISCO_INFO, "query");
  enj_element_builder_start (builder, NULL, "identity");
  enj_element_builder_attribute (builder, NULL, "category", self->category);
  enj_element_builder_attribute (builder, NULL, "type", self->type);
  enj_element_builder_attribute (builder, NULL, "name", self->name);
  enj_element_builder_end (builder);
  for (guint list = 0; list < 2; list++)
    for (const char *const *feature = list ? self->features : own; feature && *feature; feature++)
      {
        enj_element_builder_start (builder, NULL, "feature");
        enj_element_builder_attribute (builder, NULL, "var", *feature);
        enj_element_builder_end (builder);
      }
  payload = enj_element_builder_end_new (builder);
  return enj_stanza_new_reply (iq, payload);
}

static EnjStanza *
reply_items (EnjStanza *iq, const EnjElement *query)
{
  g_autoptr (EnjElement) payload = NULL;

  if (enj_element_get_attribute (query, NULL, "node"))
    return enj_stanza_new_error (iq, ENJ_STANZA_ITEM_NOT_FOUND, NULL);
  /* XEP-0030 4.1: none is an empty query. */
  payload = enj_element_builder_end_new (enj_element_builder_new (ENJ_NS_DISCO_ITEMS, "query"));
  return enj_stanza_new_reply (iq, payload);
}

static void
add_text (EnjElementBuilder *builder, const char *name, const char *text)
{
  enj_element_builder_start (builder, NULL, name);
  enj_element_builder_text (builder, text);
  enj_element_builder_end (builder);
}

static EnjStanza *
reply_version (EnjStanza *iq)
{
  g_autoptr (EnjElement) payload = NULL;
  EnjElementBuilder *builder = enj_element_builder_new (ENJ_NS_VERSION, "query");

  add_text (builder, "name", PACKAGE_NAME);
  add_text (builder, "version", PACKAGE_VERSION);
  payload = enj_element_builder_end_new (builder);
  return enj_stanza_new_reply (iq, payload);
}

EnjStanza *
enj_about_new_reply (const EnjAbout *self, EnjStanza *stanza)
{
  const char *to = enj_stanza_get_to (stanza);
  const char *type = enj_stanza_get_type (stanza);
  const EnjElement *payload;

  if (enj_stanza_get_kind (stanza) != ENJ_STANZA_IQ || !to || strpbrk (to, "@/")
      || (g_strcmp0 (type, "get") != 0 && g_strcmp0 (type, "set") != 0))
    return NULL;

  /* RFC 6120 8.2.3: a request has exactly one child. */
  if (enj_element_get_n_children (enj_stanza_get_element (stanza)) != 1)
    return enj_stanza_new_error (stanza, ENJ_STANZA_BAD_REQUEST,
                                 "a request has exactly one child");
  if (strcmp (type, "get") != 0)
    return NULL;

  payload = enj_element_get_child (enj_stanza_get_element (stanza), 0);
  if (enj_element_is (payload, ENJ_NS_PING, "ping"))
    return enj_stanza_new_reply (stanza, NULL);
  if (enj_element_is (payload, ENJ_NS_DISCO_INFO, "query"))
    return reply_info (self, stanza, payload);
  if (enj_element_is (payload, ENJ_NS_DISCO_ITEMS, "query"))
    return reply_items (stanza, payload);
  if (enj_element_is (payload, ENJ_NS_VERSION, "query"))
    return reply_version (stanza);
  return NULL;
}

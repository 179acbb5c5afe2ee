#include "config.h"

#include "component/survey.h"

#include <string.h>

#include "protocol/element.h"
#include "protocol/jid.h"
#include "protocol/log.h"
#include "protocol/ns.h"

EnjStanza *
enj_survey_new_question (const char *component, const char *parent)
{
  g_autoptr (EnjElement) query
    = enj_element_builder_end_new (enj_element_builder_new (ENJ_NS_DISCO_ITEMS, "query"));

  return enj_stanza_new (ENJ_STANZA_IQ, "get", component, parent, NULL, query);
}

static gboolean
is_uncovered (const EnjRealm *realm, const char *jid, char **domain)
{
  if (!jid || strpbrk (jid, "@/"))
    return FALSE;
  *domain = enj_jid_domain_new (jid, NULL);
  return *domain && enj_realm_classify (realm, *domain) == ENJ_REALM_REMOTE;
}

guint
enj_survey_report (EnjRealm *realm, const char *component, EnjStanza *answer)
{
  const EnjElement *query
    = enj_element_find (enj_stanza_get_element (answer), ENJ_NS_DISCO_ITEMS, "query");
  guint n = 0;

  if (!query || g_strcmp0 (enj_stanza_get_type (answer), "result") != 0)
    return 0;
  for (guint i = 0; i < enj_element_get_n_children (query); i++)
    {
      const EnjElement *item = enj_element_get_child (query, i);
      g_autofree char *domain = NULL;

      if (!enj_element_is (item, ENJ_NS_DISCO_ITEMS, "item")
          || !is_uncovered (realm, enj_element_get_attribute (item, NULL, "jid"), &domain))
        continue;
      n++;
      enj_log_warning (NULL,
                       "%s is a host of the server behind %s, but local-domains does not cover "
                       "it: add it there, or its users cannot be reached",
                       domain, component);
    }
  return n;
}

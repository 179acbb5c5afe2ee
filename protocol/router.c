#include "config.h"

#include "protocol/router.h"

#include <string.h>

#include "protocol/log.h"

static void
fill_domain (const char *jid, char buffer[ENJ_JID_DOMAIN_SIZE])
{
  if (!jid || !enj_jid_fill_domain (jid, buffer))
    buffer[0] = '\0';
}

static void
bounce (EnjDecision *decision, EnjStanzaCondition condition, const char *type, const char *text)
{
  decision->route = ENJ_ROUTE_BOUNCE;
  decision->condition = condition;
  decision->error_type = type;
  decision->text = text;
}

static void
drop (EnjDecision *decision, EnjTallyDrop rule, const char *text)
{
  decision->route = ENJ_ROUTE_DROP;
  decision->drop = rule;
  decision->text = text;
}

/* What a service sends, or an error of ours on its way back. */
static void
decide_outward (const EnjSettings *settings, const EnjStanza *stanza, EnjDecision *decision)
{
  const EnjPeerPolicy *peer;

  if (enj_realm_is_local_to (settings->realm, decision->local, decision->domain))
    {
      if (enj_stanza_get_size (stanza) > settings->limits.stanza_size_link)
        {
          bounce (decision, ENJ_STANZA_POLICY_VIOLATION, "modify",
                  "larger than the local server takes");
          return;
        }
      decision->route = ENJ_ROUTE_LINK;
      memcpy (decision->domain, decision->local, strlen (decision->local) + 1);
      return;
    }
  if (enj_realm_classify (settings->realm, decision->local) != ENJ_REALM_OURS)
    {
      drop (decision, ENJ_TALLY_DROP_FOREIGN, "not from a domain of ours");
      return;
    }

  peer = enj_policy_find (settings->policy, decision->domain);
  if (enj_realm_classify (settings->realm, decision->domain) == ENJ_REALM_LOCAL)
    /* RFC 6120 10.5: a local domain is never looked for elsewhere. */
    bounce (decision, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, "cancel",
            "this domain is reached by the link of another component only");
  else if (enj_jid_domain_is_ip (decision->domain))
    bounce (decision, ENJ_STANZA_NOT_ALLOWED, "cancel", "no federation with IP addresses");
  else if (!settings->federates || !peer->allow)
    bounce (decision, ENJ_STANZA_NOT_ALLOWED, "cancel",
            "communication with this domain is not enabled");
  else
    decision->route = ENJ_ROUTE_PEER;
}

/* Of a stanza whose head alone is left. */
static void
decide_cut (EnjCut cut, EnjDecision *decision)
{
  switch (cut)
    {
    case ENJ_CUT_NOT:
      break;
    case ENJ_CUT_SIZE:
      bounce (decision, ENJ_STANZA_POLICY_VIOLATION, "modify", "larger than is taken here");
      break;
    case ENJ_CUT_FORM:
      bounce (decision, ENJ_STANZA_POLICY_VIOLATION, "modify",
              "deeper, or of more elements or attributes, than is taken here");
      break;
    case ENJ_CUT_MEMORY:
      bounce (decision, ENJ_STANZA_RESOURCE_CONSTRAINT, "wait", "no memory for it at the moment");
      break;
    }
  enj_log_debug (NULL, "stanza cut: %s", decision->text);
}

void
enj_router_decide (const EnjSettings *settings, EnjOrigin origin, const EnjStanza *stanza,
                   EnjDecision *decision)
{
  fill_domain (enj_stanza_get_from (stanza), decision->local);
  fill_domain (enj_stanza_get_to (stanza), decision->domain);

  if (enj_stanza_get_cut (stanza))
    decide_cut (enj_stanza_get_cut (stanza), decision);
  else if (!*decision->domain)
    bounce (decision, ENJ_STANZA_JID_MALFORMED, "modify", "'to' is no address");
  else if (enj_realm_classify (settings->realm, decision->domain) == ENJ_REALM_OURS)
    decision->route = ENJ_ROUTE_SERVICE;
  else if (origin == ENJ_ORIGIN_SERVICE || origin == ENJ_ORIGIN_HOSTED)
    decide_outward (settings, stanza, decision);
  else if (origin == ENJ_ORIGIN_LINK)
    bounce (decision, ENJ_STANZA_ITEM_NOT_FOUND, "cancel", "not a domain of this component");
  else
    /* RFC 6120 10.4: never an open relay. */
    drop (decision, ENJ_TALLY_DROP_TRANSIT, "a remote server may only reach domains of ours");
}

/* @jid with @domain in it; NULL where it is so already, or there is none.  New string. */
static char *
respell_new (const char *jid, const char *domain)
{
  gsize len = 0;
  const char *old = jid ? enj_jid_find_domain (jid, &len) : NULL;

  if (!old || (strlen (domain) == len && memcmp (old, domain, len) == 0))
    return NULL;
  return g_strdup_printf ("%.*s%s%s", (int) (old - jid), jid, domain, old + len);
}

EnjStanza *
enj_router_spell_new (const EnjDecision *decision, EnjStanza *stanza)
{
  EnjStanzaHead head = *enj_stanza_get_head (stanza);
  g_autofree char *from = respell_new (head.from, decision->local);

  if (!from)
    return enj_stanza_ref (stanza);
  head.from = from;
  return enj_stanza_new_headed (stanza, &head);
}

EnjStanza *
enj_router_spell_to_new (const char *domain, EnjStanza *stanza)
{
  EnjStanzaHead head = *enj_stanza_get_head (stanza);
  g_autofree char *to = respell_new (head.to, domain);

  if (!to && head.from)
    return enj_stanza_ref (stanza);
  if (to)
    head.to = to;
  if (!head.from)
    head.from = domain;
  return enj_stanza_new_headed (stanza, &head);
}

void
enj_router_log_drop (const EnjSettings *settings, const EnjStanza *stanza, const char *rule,
                     const char *why)
{
  char remote[ENJ_JID_DOMAIN_SIZE];
  const EnjLog log = { .remote = remote };

  fill_domain (enj_stanza_get_from (stanza), remote);
  if (!*remote || enj_realm_classify (settings->realm, remote) != ENJ_REALM_REMOTE)
    fill_domain (enj_stanza_get_to (stanza), remote);
  enj_log_info (&log, "stanza dropped: %s%s%s", rule, why ? ": " : "", why ? why : "");
}

gboolean
enj_router_may_send (const char *component, const EnjStanza *stanza)
{
  char domain[ENJ_JID_DOMAIN_SIZE];

  fill_domain (enj_stanza_get_from (stanza), domain);
  return strcmp (domain, component) == 0 && enj_stanza_get_to (stanza);
}

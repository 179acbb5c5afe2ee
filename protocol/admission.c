#include "config.h"

#include "protocol/admission.h"

#include "protocol/jid.h"

static gboolean
check_domain (const char *attribute, const char *claimed, char **canonical, GError **error)
{
  g_autoptr (GError) malformed = NULL;

  *canonical = NULL;
  if (!claimed || !*claimed)
    return TRUE;

  *canonical = enj_jid_domain_new (claimed, &malformed);
  if (!*canonical)
    {
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_IMPROPER_ADDRESSING,
                   "'%s' of the stream is no domain: %s", attribute, malformed->message);
      return FALSE;
    }
  if (enj_jid_domain_is_ip (*canonical))
    {
      /* A valid address (RFC 7622 3.2), but nothing proves who owns it. */
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                   "'%s' of the stream is an IP address", attribute);
      return FALSE;
    }
  return TRUE;
}

gboolean
enj_admission_header (const EnjSettings *settings, const EnjHeader *header, char **from,
                      char **to, GError **error)
{
  g_autofree char *sender = NULL;
  g_autofree char *target = NULL;

  if (!check_domain ("to", header->to, &target, error)
      || !check_domain ("from", header->from, &sender, error))
    return FALSE;

  /* RFC 6120 4.9.3.6. */
  if (target && enj_realm_classify (settings->realm, target) != ENJ_REALM_OURS)
    {
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN, "%s is not served here",
                   target);
      return FALSE;
    }
  if (sender && enj_realm_classify (settings->realm, sender) != ENJ_REALM_REMOTE)
    {
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_INVALID_FROM,
                   "%s is never reached from outside", sender);
      return FALSE;
    }
  if (sender && !enj_policy_find (settings->policy, sender)->allow)
    {
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                   "communication with %s is not enabled", sender);
      return FALSE;
    }

  *from = g_steal_pointer (&sender);
  *to = g_steal_pointer (&target);
  return TRUE;
}

gboolean
enj_admission_needs_tls (const EnjSettings *settings, const char *domain)
{
  const EnjPeerPolicy *peer = enj_policy_find (settings->policy, domain ? domain : "");

  return peer->encryption == ENJ_ENCRYPTION_REQUIRED;
}

gboolean
enj_admission_needs_certificate (const EnjSettings *settings, const char *domain)
{
  return enj_policy_find (settings->policy, domain)->authentication
         == ENJ_AUTHENTICATION_CERTIFICATE;
}

gboolean
enj_admission_pair (const EnjSettings *settings, const char *from, const char *to,
                    gboolean encrypted, GError **error)
{
  const EnjPeerPolicy *peer = enj_policy_find (settings->policy, from);

  if (enj_realm_classify (settings->realm, to) != ENJ_REALM_OURS)
    {
      g_set_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_ITEM_NOT_FOUND, "%s is not served here",
                   to);
      return FALSE;
    }
  if (enj_realm_classify (settings->realm, from) != ENJ_REALM_REMOTE)
    {
      g_set_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_FORBIDDEN,
                   "%s is never reached from outside", from);
      return FALSE;
    }
  if (!peer->allow || enj_jid_domain_is_ip (from))
    {
      g_set_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_POLICY_VIOLATION,
                   "communication with %s is not enabled", from);
      return FALSE;
    }
  if (!encrypted && peer->encryption == ENJ_ENCRYPTION_REQUIRED)
    {
      g_set_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_POLICY_VIOLATION,
                   "dialback with %s needs TLS first", from);
      return FALSE;
    }
  return TRUE;
}

/* A prepared address and its domain, or improper-addressing (S28, S37). */
static char *
prepare (const char *attribute, const char *jid, char **domain, GError **error)
{
  g_autoptr (GError) malformed = NULL;
  g_autofree char *prepared = NULL;
  const char *start;
  gsize len;

  if (!jid || !*jid)
    {
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_IMPROPER_ADDRESSING,
                   "stanza without '%s'", attribute);
      return NULL;
    }
  prepared = enj_jid_prepare_new (jid, &malformed);
  if (!prepared)
    {
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_IMPROPER_ADDRESSING,
                   "'%s' of a stanza is no address: %s", attribute, malformed->message);
      return NULL;
    }
  start = enj_jid_find_domain (prepared, &len);
  *domain = g_strndup (start, len);
  return g_steal_pointer (&prepared);
}

EnjStanza *
enj_admission_stanza_new (const EnjSettings *settings, const EnjPairs *pairs, gboolean encrypted,
                          EnjStanza *stanza, GError **error)
{
  g_autofree char *from_domain = NULL;
  g_autofree char *to_domain = NULL;
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;
  EnjStanzaHead head = *enj_stanza_get_head (stanza);
  EnjStanza *admitted;

  if (enj_pairs_count (pairs, ENJ_PAIR_VALID) == 0)
    {
      /* RFC 6120 4.3.5: not processed. */
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_NOT_AUTHORIZED,
                   "stanza before any domain was verified");
      return NULL;
    }
  from = prepare ("from", head.from, &from_domain, error);
  if (!from)
    return NULL;
  to = prepare ("to", head.to, &to_domain, error);
  if (!to)
    return NULL;

  if (enj_realm_classify (settings->realm, from_domain) != ENJ_REALM_REMOTE
      || !enj_pairs_has_sender (pairs, from_domain))
    {
      /* RFC 6120 8.1.2.2, on every stanza (S30). */
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_INVALID_FROM,
                   "%s was not verified on this stream", from_domain);
      return NULL;
    }
  if (enj_pairs_get (pairs, from_domain, to_domain) != ENJ_PAIR_VALID)
    {
      /* RFC 6120 8.1.1.2. */
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN,
                   "%s was not verified for %s on this stream", from_domain, to_domain);
      return NULL;
    }
  if (!encrypted && enj_admission_needs_tls (settings, from_domain))
    {
      g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION,
                   "%s must use TLS", from_domain);
      return NULL;
    }

  head.from = from;
  head.to = to;
  admitted = enj_stanza_new_headed (stanza, &head);
  if (!admitted)
    g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_RESOURCE_CONSTRAINT,
                 "no memory for a stanza");
  return admitted;
}

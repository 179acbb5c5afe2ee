#include "config.h"

#include "protocol/condition.h"

/* RFC 6120 4.9.3; behind the words on the wire come our own three. */
static const char *const stream_words[] = {
#define X(name, word) [ENJ_STREAM_##name] = word,
  ENJ_STREAM_CONDITIONS (X)
#undef X
  [ENJ_STREAM_STANZA_TOO_BIG] = "policy-violation",
  [ENJ_STREAM_HANDLED_COUNT_TOO_HIGH] = "undefined-condition",
  [ENJ_STREAM_DISCONNECTED] = "undefined-condition",
};

/* RFC 6120 8.3.3.  Where it leaves a choice of types, not "wait": nothing may ask a program to
 * send again and again what will be refused again. */
static const struct
{
  const char *word;
  const char *type;
} stanza_conditions[] = {
  [ENJ_STANZA_BAD_REQUEST] = { "bad-request", "modify" },
  [ENJ_STANZA_CONFLICT] = { "conflict", "cancel" },
  [ENJ_STANZA_FEATURE_NOT_IMPLEMENTED] = { "feature-not-implemented", "cancel" },
  [ENJ_STANZA_FORBIDDEN] = { "forbidden", "auth" },
  [ENJ_STANZA_GONE] = { "gone", "cancel" },
  [ENJ_STANZA_INTERNAL_SERVER_ERROR] = { "internal-server-error", "cancel" },
  [ENJ_STANZA_ITEM_NOT_FOUND] = { "item-not-found", "cancel" },
  [ENJ_STANZA_JID_MALFORMED] = { "jid-malformed", "modify" },
  [ENJ_STANZA_NOT_ACCEPTABLE] = { "not-acceptable", "modify" },
  [ENJ_STANZA_NOT_ALLOWED] = { "not-allowed", "cancel" },
  [ENJ_STANZA_NOT_AUTHORIZED] = { "not-authorized", "auth" },
  [ENJ_STANZA_POLICY_VIOLATION] = { "policy-violation", "modify" },
  [ENJ_STANZA_RECIPIENT_UNAVAILABLE] = { "recipient-unavailable", "wait" },
  [ENJ_STANZA_REDIRECT] = { "redirect", "modify" },
  [ENJ_STANZA_REGISTRATION_REQUIRED] = { "registration-required", "auth" },
  [ENJ_STANZA_REMOTE_SERVER_NOT_FOUND] = { "remote-server-not-found", "cancel" },
  [ENJ_STANZA_REMOTE_SERVER_TIMEOUT] = { "remote-server-timeout", "wait" },
  [ENJ_STANZA_RESOURCE_CONSTRAINT] = { "resource-constraint", "wait" },
  [ENJ_STANZA_SERVICE_UNAVAILABLE] = { "service-unavailable", "cancel" },
  [ENJ_STANZA_SUBSCRIPTION_REQUIRED] = { "subscription-required", "auth" },
  [ENJ_STANZA_UNDEFINED_CONDITION] = { "undefined-condition", "cancel" },
  [ENJ_STANZA_UNEXPECTED_REQUEST] = { "unexpected-request", "modify" },
};

G_DEFINE_QUARK (enj-stream-error-quark, enj_stream_error)
G_DEFINE_QUARK (enj-stanza-error-quark, enj_stanza_error)

const char *
enj_stream_condition_format (EnjStreamCondition condition)
{
  g_return_val_if_fail (condition < G_N_ELEMENTS (stream_words), "undefined-condition");

  return stream_words[condition];
}

EnjStreamCondition
enj_stream_condition_parse (const char *word)
{
  for (guint i = 0; i < ENJ_STREAM_STANZA_TOO_BIG; i++)
    if (g_strcmp0 (word, stream_words[i]) == 0)
      return (EnjStreamCondition) i;

  return ENJ_STREAM_UNDEFINED_CONDITION;
}

const char *
enj_stanza_condition_format (EnjStanzaCondition condition)
{
  g_return_val_if_fail (condition < G_N_ELEMENTS (stanza_conditions), "undefined-condition");

  return stanza_conditions[condition].word;
}

EnjStanzaCondition
enj_stanza_condition_parse (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (stanza_conditions); i++)
    if (g_strcmp0 (word, stanza_conditions[i].word) == 0)
      return (EnjStanzaCondition) i;

  return ENJ_STANZA_UNDEFINED_CONDITION;
}

const char *
enj_stanza_condition_type (EnjStanzaCondition condition)
{
  g_return_val_if_fail (condition < G_N_ELEMENTS (stanza_conditions), "cancel");

  return stanza_conditions[condition].type;
}

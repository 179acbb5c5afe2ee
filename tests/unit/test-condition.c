#include "config.h"

#include "protocol/condition.h"

/* RFC 6120 8.3.3, read from the text once more: the word and the types that it allows. */
static const struct
{
  EnjStanzaCondition condition;
  const char *word;
  const char *types;
} stanza_cases[] = {
  { ENJ_STANZA_BAD_REQUEST, "bad-request", "modify" },
  { ENJ_STANZA_CONFLICT, "conflict", "cancel" },
  { ENJ_STANZA_FEATURE_NOT_IMPLEMENTED, "feature-not-implemented", "cancel modify" },
  { ENJ_STANZA_FORBIDDEN, "forbidden", "auth" },
  { ENJ_STANZA_GONE, "gone", "cancel" },
  { ENJ_STANZA_INTERNAL_SERVER_ERROR, "internal-server-error", "cancel" },
  { ENJ_STANZA_ITEM_NOT_FOUND, "item-not-found", "cancel" },
  { ENJ_STANZA_JID_MALFORMED, "jid-malformed", "modify" },
  { ENJ_STANZA_NOT_ACCEPTABLE, "not-acceptable", "modify" },
  { ENJ_STANZA_NOT_ALLOWED, "not-allowed", "cancel" },
  { ENJ_STANZA_NOT_AUTHORIZED, "not-authorized", "auth" },
  { ENJ_STANZA_POLICY_VIOLATION, "policy-violation", "modify wait" },
  { ENJ_STANZA_RECIPIENT_UNAVAILABLE, "recipient-unavailable", "wait" },
  { ENJ_STANZA_REDIRECT, "redirect", "modify" },
  { ENJ_STANZA_REGISTRATION_REQUIRED, "registration-required", "auth" },
  { ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, "remote-server-not-found", "cancel" },
  { ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "remote-server-timeout", "wait" },
  { ENJ_STANZA_RESOURCE_CONSTRAINT, "resource-constraint", "wait" },
  { ENJ_STANZA_SERVICE_UNAVAILABLE, "service-unavailable", "cancel" },
  { ENJ_STANZA_SUBSCRIPTION_REQUIRED, "subscription-required", "auth" },
  { ENJ_STANZA_UNDEFINED_CONDITION, "undefined-condition", "auth cancel continue modify wait" },
  { ENJ_STANZA_UNEXPECTED_REQUEST, "unexpected-request", "wait modify" },
};

static void
test_stanza_words (void)
{
  g_assert_cmpuint (G_N_ELEMENTS (stanza_cases), ==, 22);

  for (guint i = 0; i < G_N_ELEMENTS (stanza_cases); i++)
    {
      g_assert_cmpstr (enj_stanza_condition_format (stanza_cases[i].condition), ==,
                       stanza_cases[i].word);
      g_assert_cmpint (enj_stanza_condition_parse (stanza_cases[i].word), ==,
                       stanza_cases[i].condition);
    }
}

static void
test_stanza_types (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (stanza_cases); i++)
    {
      g_auto (GStrv) types = g_strsplit (stanza_cases[i].types, " ", -1);
      const char *type = enj_stanza_condition_type (stanza_cases[i].condition);

      g_assert_true (g_strv_contains ((const char *const *) types, type));
      if (types[1])
        g_assert_cmpstr (type, !=, "wait");
    }
}

static void
test_stream_words (void)
{
  static const struct
  {
    EnjStreamCondition condition;
    const char *word;
  } cases[] = {
    { ENJ_STREAM_BAD_FORMAT, "bad-format" },
    { ENJ_STREAM_HOST_UNKNOWN, "host-unknown" },
    { ENJ_STREAM_NOT_WELL_FORMED, "not-well-formed" },
    { ENJ_STREAM_UNDEFINED_CONDITION, "undefined-condition" },
    { ENJ_STREAM_UNSUPPORTED_VERSION, "unsupported-version" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpstr (enj_stream_condition_format (cases[i].condition), ==, cases[i].word);
      g_assert_cmpint (enj_stream_condition_parse (cases[i].word), ==, cases[i].condition);
    }

  for (EnjStreamCondition c = 0; c < ENJ_STREAM_STANZA_TOO_BIG; c++)
    g_assert_cmpint (enj_stream_condition_parse (enj_stream_condition_format (c)), ==, c);
}

static void
test_own_stream_codes (void)
{
  g_assert_cmpstr (enj_stream_condition_format (ENJ_STREAM_STANZA_TOO_BIG), ==,
                   "policy-violation");
  g_assert_cmpint (enj_stream_condition_parse ("policy-violation"), ==,
                   ENJ_STREAM_POLICY_VIOLATION);
  g_assert_cmpstr (enj_stream_condition_format (ENJ_STREAM_DISCONNECTED), ==,
                   "undefined-condition");
}

static void
test_unknown_words (void)
{
  static const char *const words[] = { "xml-not-well-formed", "Conflict", "conflict ", "", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_assert_cmpint (enj_stream_condition_parse (words[i]), ==, ENJ_STREAM_UNDEFINED_CONDITION);
      g_assert_cmpint (enj_stanza_condition_parse (words[i]), ==, ENJ_STANZA_UNDEFINED_CONDITION);
    }
}

static void
test_domains_differ (void)
{
  g_assert_cmpstr (g_quark_to_string (ENJ_STREAM_ERROR), ==, "enj-stream-error-quark");
  g_assert_cmpstr (g_quark_to_string (ENJ_STANZA_ERROR), ==, "enj-stanza-error-quark");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/condition/stanza-conditions-have-the-words-of-rfc-6120", test_stanza_words);
  g_test_add_func ("/condition/stanza-conditions-have-an-allowed-type", test_stanza_types);
  g_test_add_func ("/condition/stream-conditions-have-the-words-of-rfc-6120", test_stream_words);
  g_test_add_func ("/condition/own-stream-codes-have-a-legal-word", test_own_stream_codes);
  g_test_add_func ("/condition/unknown-words-are-undefined-condition", test_unknown_words);
  g_test_add_func ("/condition/error-domains-are-two", test_domains_differ);
  return g_test_run ();
}

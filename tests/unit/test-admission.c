#include "config.h"

#include "protocol/admission.h"

#include <string.h>

#include "protocol/dialback.h"
#include "protocol/ns.h"
#include "tests/support/proves.h"
#include "tests/support/reading.h"
#include "tests/support/settings.h"

/* No condition: it is let in. */
#define LET_IN (-1)

/* A label and a name that are one byte too long. */
#define LONG_LABEL "a123456789b123456789c123456789d123456789e123456789f123456789abcd.test"

/* Names that Prosody takes for local.test, or that are no names at all: none may pass for one of
 * the world outside. */
static const char *const local_spellings[] = {
  "local.test",
  "LOCAL.TEST",
  "Local.Test",
  "local.test.",
  "\xef\xbc\xac\xef\xbc\xaf\xef\xbc\xa3\xef\xbc\xa1\xef\xbc\xac.test", /* full width */
  "lo\xc2\xad" "cal.test",                                             /* soft hyphen */
  "loc\xe2\x80\x8d" "al.test",                                         /* zero width joiner */
  "loc\xe2\x80\x8c" "al.test",                                         /* zero width non-joiner */
  "local\xef\xbc\x8etest",                                             /* full width stop */
  "local\xe3\x80\x82test",                                             /* ideographic stop */
  "local\xef\xbd\xa1test",                                             /* half width stop */
  "\xe2\x84\x93ocal.test",                                             /* script l */
  "xn--local-.test",
  "xn--ocal-kb8a.test",   /* the same in A-labels, as no ToASCII makes them */
  "xn--ph7cd0acm.test",
  "xn--local-1ha.test",
  "xn--local-zt3b.test",

};

/* What the server behind the link serves, what we serve, what nobody may be. */
static const char *const own_domains[] = {
  "local.test",      "muc.local.test", "a.b.local.test", "comp.local.test",
  "COMP.local.TEST", "alone.test",     "alone.test.",    "other.test",
};

static gboolean
is_refused (const GError *error)
{
  return g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_INVALID_FROM)
         || g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_IMPROPER_ADDRESSING);
}

/* ---- Headers -------------------------------------------------------------- */

static gboolean
admit_header (EnjSettings *settings, const char *from, const char *to, GError **error)
{
  EnjHeader header = { .content_ns = ENJ_NS_SERVER, .from = from, .to = to };
  g_autofree char *sender = NULL;
  g_autofree char *target = NULL;
  gboolean admitted = enj_admission_header (settings, &header, &sender, &target, error);

  if (!admitted)
    {
      g_assert_null (sender);
      g_assert_null (target);
    }
  return admitted;
}

static void
test_headers (void)
{
  static const struct
  {
    const char *from;
    const char *to;
    int condition;
  } cases[] = {
    { "remote.test", "comp.local.test", LET_IN },
    { "remote.test", "alone.test", LET_IN },
    { NULL, "comp.local.test", LET_IN },
    { "remote.test", NULL, LET_IN },
    { NULL, NULL, LET_IN },
    { "", "", LET_IN },
    { "secret.test", "comp.local.test", LET_IN },
    { "proven.test", "comp.local.test", LET_IN },
    { "notlocal.test", "comp.local.test", LET_IN },
    { "below.other.test", "comp.local.test", LET_IN },
    /* RFC 6120 4.9.3.6 */
    { "remote.test", "nowhere.test", ENJ_STREAM_HOST_UNKNOWN },
    { "remote.test", "local.test", ENJ_STREAM_HOST_UNKNOWN },
    { "remote.test", "muc.local.test", ENJ_STREAM_HOST_UNKNOWN },
    { "remote.test", "sub.comp.local.test", ENJ_STREAM_HOST_UNKNOWN },
    { "remote.test", "other.test", ENJ_STREAM_HOST_UNKNOWN },
    { NULL, "nowhere.test", ENJ_STREAM_HOST_UNKNOWN },
    { "denied.test", "comp.local.test", ENJ_STREAM_POLICY_VIOLATION },
    { "DENIED.test.", "comp.local.test", ENJ_STREAM_POLICY_VIOLATION },
    { "a.b.denied.test", "comp.local.test", ENJ_STREAM_POLICY_VIOLATION },
    /* No name of a domain */
    { "a..b", "comp.local.test", ENJ_STREAM_IMPROPER_ADDRESSING },
    { ".a", "comp.local.test", ENJ_STREAM_IMPROPER_ADDRESSING },
    { "-a", "comp.local.test", ENJ_STREAM_IMPROPER_ADDRESSING },
    { "_x.a", "comp.local.test", ENJ_STREAM_IMPROPER_ADDRESSING },
    { "a b", "comp.local.test", ENJ_STREAM_IMPROPER_ADDRESSING },
    { "a/b", "comp.local.test", ENJ_STREAM_IMPROPER_ADDRESSING },
    { "u@remote.test", "comp.local.test", ENJ_STREAM_IMPROPER_ADDRESSING },
    { LONG_LABEL, "comp.local.test", ENJ_STREAM_IMPROPER_ADDRESSING },
    { "remote.test", "u@comp.local.test", ENJ_STREAM_IMPROPER_ADDRESSING },
    { "remote.test", "comp..local.test", ENJ_STREAM_IMPROPER_ADDRESSING },
    { "remote.test", ".", ENJ_STREAM_IMPROPER_ADDRESSING },
  };
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s to %s", cases[i].from, cases[i].to);
      g_assert_cmpint (admit_header (settings, cases[i].from, cases[i].to, &error), ==,
                       cases[i].condition == LET_IN);
      if (cases[i].condition == LET_IN)
        g_assert_no_error (error);
      else
        g_assert_error (error, ENJ_STREAM_ERROR, cases[i].condition);
    }
}

/* A valid address that nothing proves. */
static void
test_header_with_ip (void)
{
  static const char *const literals[] = { "192.0.2.1", "127.0.0.1", "[::1]", "[2001:db8::1]" };
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  enj_test_proves ("N06");
  for (guint i = 0; i < G_N_ELEMENTS (literals); i++)
    {
      g_autoptr (GError) from = NULL;
      g_autoptr (GError) to = NULL;

      g_assert_false (admit_header (settings, literals[i], "comp.local.test", &from));
      g_assert_error (from, ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION);
      g_assert_false (admit_header (settings, "remote.test", literals[i], &to));
      g_assert_error (to, ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION);
    }
}

static void
test_header_in_canonical_form (void)
{
  static const char *const spellings[] = {
    "comp.local.test",
    "COMP.LOCAL.TEST.",
    "\xef\xbd\x83omp.local.test",
    "comp\xe3\x80\x82local.test",
  };
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  enj_test_proves ("D38");
  for (guint i = 0; i < G_N_ELEMENTS (spellings); i++)
    {
      EnjHeader header = { .from = "XN--Bcher-kva.test", .to = spellings[i] };
      g_autofree char *from = NULL;
      g_autofree char *to = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (enj_admission_header (settings, &header, &from, &to, &error));
      g_assert_cmpstr (from, ==, "b\xc3\xbc" "cher.test");
      g_assert_cmpstr (to, ==, "comp.local.test");
    }
}

static void
test_header_that_claims_a_domain_of_ours (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  for (guint i = 0; i < G_N_ELEMENTS (own_domains); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", own_domains[i]);
      g_assert_false (admit_header (settings, own_domains[i], "comp.local.test", &error));
      g_assert_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_INVALID_FROM);
    }
  for (guint i = 0; i < G_N_ELEMENTS (local_spellings); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", local_spellings[i]);
      g_assert_false (admit_header (settings, local_spellings[i], "comp.local.test", &error));
      g_assert_true (is_refused (error));
    }
}

static void
test_needs_tls (void)
{
  const EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjSettings) optional = enj_test_settings_new ();
  g_autoptr (EnjSettings) required
      = enj_test_settings_new_full (&limits, ENJ_ENCRYPTION_REQUIRED);

  g_assert_false (enj_admission_needs_tls (optional, NULL));
  g_assert_false (enj_admission_needs_tls (optional, "remote.test"));
  g_assert_true (enj_admission_needs_tls (optional, "secret.test"));
  g_assert_true (enj_admission_needs_tls (required, NULL));
  g_assert_true (enj_admission_needs_tls (required, "remote.test"));
}

/* ---- Dialback ------------------------------------------------------------- */

static void
test_pairs (void)
{
  static const struct
  {
    const char *from;
    const char *to;
    gboolean encrypted;
    int condition;
  } cases[] = {
    { "remote.test", "comp.local.test", TRUE, LET_IN },
    { "remote.test", "comp.local.test", FALSE, LET_IN },
    { "remote.test", "alone.test", TRUE, LET_IN },
    { "below.other.test", "comp.local.test", TRUE, LET_IN },
    { "secret.test", "comp.local.test", TRUE, LET_IN },
    /* XEP-0220 2.5 */
    { "remote.test", "nowhere.test", TRUE, ENJ_STANZA_ITEM_NOT_FOUND },
    { "remote.test", "local.test", TRUE, ENJ_STANZA_ITEM_NOT_FOUND },
    { "remote.test", "other.test", TRUE, ENJ_STANZA_ITEM_NOT_FOUND },
    { "remote.test", "192.0.2.1", TRUE, ENJ_STANZA_ITEM_NOT_FOUND },
    { "denied.test", "comp.local.test", TRUE, ENJ_STANZA_POLICY_VIOLATION },
    { "a.denied.test", "comp.local.test", TRUE, ENJ_STANZA_POLICY_VIOLATION },
    { "192.0.2.1", "comp.local.test", TRUE, ENJ_STANZA_POLICY_VIOLATION },
    { "[2001:db8::1]", "comp.local.test", TRUE, ENJ_STANZA_POLICY_VIOLATION },
    { "secret.test", "comp.local.test", FALSE, ENJ_STANZA_POLICY_VIOLATION },
    { "local.test", "comp.local.test", TRUE, ENJ_STANZA_FORBIDDEN },
    { "comp.local.test", "comp.local.test", TRUE, ENJ_STANZA_FORBIDDEN },
  };
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  enj_test_proves ("D20 D34");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s to %s", cases[i].from, cases[i].to);
      g_assert_cmpint (enj_admission_pair (settings, cases[i].from, cases[i].to,
                                           cases[i].encrypted, &error),
                       ==, cases[i].condition == LET_IN);
      if (cases[i].condition == LET_IN)
        g_assert_no_error (error);
      else
        g_assert_error (error, ENJ_STANZA_ERROR, cases[i].condition);
    }
}

static void
test_certificates (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  g_assert_true (enj_admission_needs_certificate (settings, "proven.test"));
  g_assert_false (enj_admission_needs_certificate (settings, "remote.test"));
  g_assert_false (enj_admission_needs_certificate (settings, "a.proven.test"));
}

/* From the wire to the answer, for a name of ours in whatever letters. */
static void
assert_dialback_is_forbidden (EnjSettings *settings, const char *from)
{
  g_autofree char *xml
      = g_strdup_printf ("<db:result from='%s' to='comp.local.test'>key</db:result>", from);
  g_autoptr (EnjElement) element = enj_test_read_element_new (xml);
  g_autoptr (GError) error = NULL;
  EnjDialback dialback;

  g_test_message ("%s", from);
  g_assert_true (enj_dialback_parse (element, &dialback));
  g_assert_cmpstr (dialback.to, ==, "comp.local.test");
  /* NULL: no name, which is improper addressing. */
  if (dialback.from)
    {
      g_assert_false (enj_admission_pair (settings, dialback.from, dialback.to, TRUE, &error));
      g_assert_error (error, ENJ_STANZA_ERROR, ENJ_STANZA_FORBIDDEN);
    }
  enj_dialback_clear (&dialback);
}

static void
test_dialback_that_claims_a_domain_of_ours (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  enj_test_proves ("D35 D38");
  for (guint i = 0; i < G_N_ELEMENTS (own_domains); i++)
    assert_dialback_is_forbidden (settings, own_domains[i]);
  for (guint i = 0; i < G_N_ELEMENTS (local_spellings); i++)
    assert_dialback_is_forbidden (settings, local_spellings[i]);
}

/* ---- Stanzas -------------------------------------------------------------- */

static EnjPairs *
pairs_new (void)
{
  EnjPairs *pairs = enj_pairs_new ();

  enj_pairs_set (pairs, "remote.test", "comp.local.test", ENJ_PAIR_VALID);
  enj_pairs_set (pairs, "friend.test", "alone.test", ENJ_PAIR_VALID);
  enj_pairs_set (pairs, "secret.test", "comp.local.test", ENJ_PAIR_VALID);
  enj_pairs_set (pairs, "pending.test", "comp.local.test", ENJ_PAIR_PENDING);
  enj_pairs_set (pairs, "friend.test", "comp.local.test", ENJ_PAIR_PENDING);
  /* That cannot come to be; it is refused all the same. */
  enj_pairs_set (pairs, "local.test", "comp.local.test", ENJ_PAIR_VALID);
  enj_pairs_set (pairs, "alone.test", "comp.local.test", ENJ_PAIR_VALID);
  return pairs;
}

static EnjStanza *
stanza_new (const char *from, const char *to)
{
  const EnjStanzaHead head = { .kind = ENJ_STANZA_MESSAGE, .from = from, .to = to };

  return enj_stanza_new_raw (&head, NULL, 0);
}

/* NULL as @error: let in.  Plain, unless @encrypted. */
static EnjStanza *
admit (const EnjPairs *pairs, const char *from, const char *to, gboolean encrypted, GError **error)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (EnjStanza) stanza = stanza_new (from, to);

  return enj_admission_stanza_new (settings, pairs, encrypted, stanza, error);
}

static void
test_stanzas_let_in (void)
{
  static const struct
  {
    const char *from, *to;
    const char *canonical_from, *canonical_to;
  } cases[] = {
    { "a@remote.test", "u@comp.local.test", "a@remote.test", "u@comp.local.test" },
    { "remote.test", "comp.local.test", "remote.test", "comp.local.test" },
    { "A@REMOTE.test./Res", "U@Comp.Local.Test", "a@remote.test/Res", "u@comp.local.test" },
    { "\xef\xbc\xb2" "emote.test", "comp.local.test", "remote.test", "comp.local.test" },
    { "remote\xe3\x80\x82test", "comp\xef\xbc\x8elocal.test", "remote.test", "comp.local.test" },
    { "a@friend.test", "alone.test/x", "a@friend.test", "alone.test/x" },
    /* RFC 7622 3.2: at the first '/', then at the first '@'. */
    { "remote.test/x@victim.test", "comp.local.test/a/b", "remote.test/x@victim.test",
      "comp.local.test/a/b" },
  };
  g_autoptr (EnjPairs) pairs = pairs_new ();

  enj_test_proves ("S37 D38");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (EnjStanza) stanza = admit (pairs, cases[i].from, cases[i].to, FALSE, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (enj_stanza_get_from (stanza), ==, cases[i].canonical_from);
      g_assert_cmpstr (enj_stanza_get_to (stanza), ==, cases[i].canonical_to);
    }
}

typedef struct
{
  const char *from;
  const char *to;
} Addresses;

static void
assert_refused (const Addresses *cases, guint n, EnjStreamCondition condition)
{
  g_autoptr (EnjPairs) pairs = pairs_new ();

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s to %s", cases[i].from, cases[i].to);
      g_assert_null (admit (pairs, cases[i].from, cases[i].to, TRUE, &error));
      g_assert_error (error, ENJ_STREAM_ERROR, (int) condition);
    }
}

static void
test_stanzas_without_addresses (void)
{
  static const Addresses cases[] = {
    { NULL, "comp.local.test" }, { "", "comp.local.test" }, { "remote.test", NULL },
    { "remote.test", "" },       { NULL, NULL },
  };

  enj_test_proves ("S28");
  assert_refused (cases, G_N_ELEMENTS (cases), ENJ_STREAM_IMPROPER_ADDRESSING);
}

static void
test_stanzas_with_no_addresses_at_all (void)
{
  static const Addresses cases[] = {
    { "@remote.test", "comp.local.test" },    { "a@", "comp.local.test" },
    { "a@@remote.test", "comp.local.test" },  { "remote.test/", "comp.local.test" },
    { "a b@remote.test", "comp.local.test" }, { "a@remote..test", "comp.local.test" },
    { "remote.test", "@comp.local.test" },    { "remote.test", "comp.local.test/" },
    { "remote.test", "a..b" },                { LONG_LABEL, "comp.local.test" },
  };

  enj_test_proves ("S37");
  assert_refused (cases, G_N_ELEMENTS (cases), ENJ_STREAM_IMPROPER_ADDRESSING);
}

static void
test_stanzas_of_senders_not_verified (void)
{
  static const Addresses cases[] = {
    { "a@victim.test", "comp.local.test" },
    { "victim.test", "comp.local.test" },
    { "sub.remote.test", "comp.local.test" },
    { "a@pending.test", "comp.local.test" },
    { "192.0.2.1", "comp.local.test" },
    { "victim.test/@remote.test", "comp.local.test" },
    { "remote.test@victim.test", "comp.local.test" },
    /* Nor is the target looked at first. */
    { "a@victim.test", "nowhere.test" },
  };

  enj_test_proves ("S30");
  assert_refused (cases, G_N_ELEMENTS (cases), ENJ_STREAM_INVALID_FROM);
}

static void
test_stanzas_for_targets_not_verified (void)
{
  static const Addresses cases[] = {
    { "a@remote.test", "u@alone.test" },
    { "a@friend.test", "u@comp.local.test" },
    { "a@remote.test", "u@nowhere.test" },
    { "a@remote.test", "u@local.test" },
    { "a@remote.test", "u@muc.local.test" },
    { "a@remote.test", "u@remote.test" },
    { "a@remote.test", "192.0.2.1" },
    { "a@remote.test", "nowhere.test/u@comp.local.test" },
  };

  enj_test_proves ("S29 D59");
  assert_refused (cases, G_N_ELEMENTS (cases), ENJ_STREAM_HOST_UNKNOWN);
}

static void
test_stanzas_that_claim_a_domain_of_ours (void)
{
  g_autoptr (EnjPairs) pairs = pairs_new ();

  enj_test_proves ("S30");
  for (guint i = 0; i < G_N_ELEMENTS (own_domains) + G_N_ELEMENTS (local_spellings); i++)
    {
      const char *domain = i < G_N_ELEMENTS (own_domains)
                             ? own_domains[i]
                             : local_spellings[i - G_N_ELEMENTS (own_domains)];
      g_autofree char *full = g_strconcat ("a@", domain, "/x", NULL);
      g_autoptr (GError) bare_error = NULL;
      g_autoptr (GError) full_error = NULL;

      g_test_message ("%s", domain);
      g_assert_null (admit (pairs, domain, "comp.local.test", TRUE, &bare_error));
      g_assert_true (is_refused (bare_error));
      g_assert_null (admit (pairs, full, "comp.local.test", TRUE, &full_error));
      g_assert_true (is_refused (full_error));
    }
}

/* RFC 6120 4.3.5: whatever it says, it is not looked at. */
static void
test_stanzas_before_any_proof (void)
{
  static const Addresses cases[] = {
    { "a@remote.test", "u@comp.local.test" }, { NULL, NULL }, { "a@local.test", "comp.local.test" },
  };
  g_autoptr (EnjPairs) pairs = enj_pairs_new ();

  enj_test_proves ("S15 D21");
  enj_pairs_set (pairs, "remote.test", "comp.local.test", ENJ_PAIR_PENDING);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (admit (pairs, cases[i].from, cases[i].to, TRUE, &error));
      g_assert_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_NOT_AUTHORIZED);
    }
}

/* A policy that asks for TLS now is kept by streams that were there before. */
static void
test_stanzas_in_clear (void)
{
  g_autoptr (EnjPairs) pairs = pairs_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjStanza) stanza = NULL;

  g_assert_null (admit (pairs, "a@secret.test", "comp.local.test", FALSE, &error));
  g_assert_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_POLICY_VIOLATION);
  stanza = admit (pairs, "a@secret.test", "comp.local.test", TRUE, NULL);
  g_assert_nonnull (stanza);
}

static void
test_the_rest_of_a_stanza_is_kept (void)
{
  const EnjStanzaHead head = { .kind = ENJ_STANZA_IQ,
                               .from = "A@Remote.test",
                               .to = "Comp.local.test",
                               .id = "i1",
                               .type = "set",
                               .lang = "de",
                               .extra = " x=\"1\"" };
  const char *content = "<a xmlns=\"b\"/>";
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (EnjPairs) pairs = pairs_new ();
  g_autoptr (EnjStanza) stanza
      = enj_stanza_new_raw (&head, (const guint8 *) content, strlen (content));
  g_autoptr (EnjStanza) admitted
      = enj_admission_stanza_new (settings, pairs, TRUE, stanza, NULL);
  const EnjStanzaHead *kept = enj_stanza_get_head (admitted);
  const guint8 *bytes;
  gsize len;

  g_assert_cmpint (kept->kind, ==, ENJ_STANZA_IQ);
  g_assert_cmpstr (kept->from, ==, "a@remote.test");
  g_assert_cmpstr (kept->to, ==, "comp.local.test");
  g_assert_cmpstr (kept->id, ==, "i1");
  g_assert_cmpstr (kept->type, ==, "set");
  g_assert_cmpstr (kept->lang, ==, "de");
  g_assert_cmpstr (kept->extra, ==, " x=\"1\"");
  bytes = enj_stanza_get_content (admitted, &len);
  g_assert_cmpmem (bytes, len, content, strlen (content));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admission/headers", test_headers);
  g_test_add_func ("/admission/header-with-an-ip-address", test_header_with_ip);
  g_test_add_func ("/admission/header-in-canonical-form", test_header_in_canonical_form);
  g_test_add_func ("/admission/header-that-claims-a-domain-of-ours",
                   test_header_that_claims_a_domain_of_ours);
  g_test_add_func ("/admission/who-needs-tls", test_needs_tls);
  g_test_add_func ("/admission/who-needs-a-certificate", test_certificates);
  g_test_add_func ("/admission/pairs", test_pairs);
  g_test_add_func ("/admission/dialback-that-claims-a-domain-of-ours",
                   test_dialback_that_claims_a_domain_of_ours);
  g_test_add_func ("/admission/stanzas-let-in", test_stanzas_let_in);
  g_test_add_func ("/admission/stanzas-without-addresses", test_stanzas_without_addresses);
  g_test_add_func ("/admission/stanzas-with-what-is-no-address",
                   test_stanzas_with_no_addresses_at_all);
  g_test_add_func ("/admission/stanzas-of-senders-not-verified",
                   test_stanzas_of_senders_not_verified);
  g_test_add_func ("/admission/stanzas-for-targets-not-verified",
                   test_stanzas_for_targets_not_verified);
  g_test_add_func ("/admission/stanzas-that-claim-a-domain-of-ours",
                   test_stanzas_that_claim_a_domain_of_ours);
  g_test_add_func ("/admission/stanzas-before-any-proof", test_stanzas_before_any_proof);
  g_test_add_func ("/admission/stanzas-in-clear", test_stanzas_in_clear);
  g_test_add_func ("/admission/the-rest-of-a-stanza-is-kept", test_the_rest_of_a_stanza_is_kept);
  return g_test_run ();
}

#include "config.h"

#include "protocol/router.h"

#include <string.h>

#include "tests/support/proves.h"
#include "tests/support/settings.h"

typedef struct
{
  EnjOrigin origin;
  const char *from;
  const char *to;
  EnjRoute route;
  const char *domain; /* where it goes, NULL where it does not */
  int condition;      /* of a bounce */
} Case;

#define GOES(origin, from, to, route, domain) \
  {                                           \
    origin, from, to, route, domain, 0        \
  }
#define BOUNCED(origin, from, to, condition)               \
  {                                                        \
    origin, from, to, ENJ_ROUTE_BOUNCE, NULL, condition    \
  }
#define DROPPED(origin, from, to)                \
  {                                              \
    origin, from, to, ENJ_ROUTE_DROP, NULL, 0    \
  }

static EnjStanza *
stanza_new (const char *from, const char *to)
{
  const EnjStanzaHead head = { .kind = ENJ_STANZA_MESSAGE, .from = from, .to = to };

  return enj_stanza_new_raw (&head, NULL, 0);
}

static void
assert_case (const EnjSettings *settings, const Case *expected)
{
  g_autoptr (EnjStanza) stanza = stanza_new (expected->from, expected->to);
  EnjDecision decision;

  enj_router_decide (settings, expected->origin, stanza, &decision);
  g_test_message ("%s to %s", expected->from, expected->to);
  g_assert_cmpint (decision.route, ==, expected->route);
  if (expected->domain)
    g_assert_cmpstr (decision.domain, ==, expected->domain);
  if (decision.route == ENJ_ROUTE_PEER)
    g_assert_cmpint (enj_realm_classify (settings->realm, decision.local), ==, ENJ_REALM_OURS);
  if (decision.route == ENJ_ROUTE_BOUNCE)
    g_assert_cmpint ((int) decision.condition, ==, expected->condition);
  if (decision.route == ENJ_ROUTE_BOUNCE || decision.route == ENJ_ROUTE_DROP)
    g_assert_nonnull (decision.text);
}

static void
assert_cases (const Case *cases, guint n)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  for (guint i = 0; i < n; i++)
    assert_case (settings, &cases[i]);
}

static void
test_to_our_own (void)
{
  static const Case cases[] = {
    GOES (ENJ_ORIGIN_LINK, "u@local.test", "comp.local.test", ENJ_ROUTE_SERVICE, "comp.local.test"),
    GOES (ENJ_ORIGIN_PEER, "u@remote.test", "x@Comp.Local.Test./r", ENJ_ROUTE_SERVICE,
          "comp.local.test"),
    GOES (ENJ_ORIGIN_SERVICE, "comp.local.test", "alone.test", ENJ_ROUTE_SERVICE, "alone.test"),
    GOES (ENJ_ORIGIN_SERVICE, "comp.local.test", "comp.local.test", ENJ_ROUTE_SERVICE,
          "comp.local.test"),
    GOES (ENJ_ORIGIN_LINK, NULL, "comp.local.test", ENJ_ROUTE_SERVICE, "comp.local.test"), };

  enj_test_proves ("S32");
  assert_cases (cases, G_N_ELEMENTS (cases));
}

static void
test_what_the_link_reaches (void)
{
  static const Case cases[] = {
    GOES (ENJ_ORIGIN_SERVICE, "comp.local.test", "u@local.test", ENJ_ROUTE_LINK, "comp.local.test"),
    GOES (ENJ_ORIGIN_SERVICE, "a@comp.local.test", "muc.LOCAL.test", ENJ_ROUTE_LINK,
          "comp.local.test"),
    GOES (ENJ_ORIGIN_SERVICE, "a@Comp.local.test", "sub.comp.local.test", ENJ_ROUTE_LINK,
          "comp.local.test"),
  };

  assert_cases (cases, G_N_ELEMENTS (cases));
}

/* RFC 6120 10.5: neither by server-to-server, nor by a link that is not for it. */
static void
test_local_domains_stay_local (void)
{
  static const Case cases[] = {
    BOUNCED (ENJ_ORIGIN_SERVICE, "alone.test", "u@local.test", ENJ_STANZA_REMOTE_SERVER_NOT_FOUND),
    BOUNCED (ENJ_ORIGIN_SERVICE, "alone.test", "u@other.test", ENJ_STANZA_REMOTE_SERVER_NOT_FOUND),
    BOUNCED (ENJ_ORIGIN_SERVICE, "comp.local.test", "u@OTHER.test.",
             ENJ_STANZA_REMOTE_SERVER_NOT_FOUND),
  };

  enj_test_proves ("S32");
  assert_cases (cases, G_N_ELEMENTS (cases));
}

static void
test_to_the_world (void)
{
  static const Case cases[] = {
    GOES (ENJ_ORIGIN_SERVICE, "a@comp.local.test", "b@remote.test", ENJ_ROUTE_PEER, "remote.test"),
    GOES (ENJ_ORIGIN_SERVICE, "Alone.Test", "b@REMOTE.test./x", ENJ_ROUTE_PEER, "remote.test"),
    GOES (ENJ_ORIGIN_SERVICE, "comp.local.test", "below.other.test", ENJ_ROUTE_PEER,
          "below.other.test"),
  };

  assert_cases (cases, G_N_ELEMENTS (cases));
}

/* The pair, each in canonical form. */
static void
test_both_ends_of_a_pair (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (EnjStanza) stanza = stanza_new ("a@Alone.TEST./x", "b@XN--Bcher-kva.test");
  EnjDecision decision;

  enj_router_decide (settings, ENJ_ORIGIN_SERVICE, stanza, &decision);
  g_assert_cmpint (decision.route, ==, ENJ_ROUTE_PEER);
  g_assert_cmpstr (decision.local, ==, "alone.test");
  g_assert_cmpstr (decision.domain, ==, "b\xc3\xbc" "cher.test");
}

/* RFC 6120 10.4: no open relay. */
static void
test_never_from_one_peer_to_another (void)
{
  static const Case cases[] = {
    DROPPED (ENJ_ORIGIN_PEER, "a@remote.test", "b@victim.test"),
    DROPPED (ENJ_ORIGIN_PEER, "a@remote.test", "b@remote.test"),
    DROPPED (ENJ_ORIGIN_PEER, "a@remote.test", "b@local.test"),
    DROPPED (ENJ_ORIGIN_PEER, "a@remote.test", "b@muc.local.test"),
    DROPPED (ENJ_ORIGIN_PEER, "a@comp.local.test", "b@victim.test"),
  };

  enj_test_proves ("S31");
  assert_cases (cases, G_N_ELEMENTS (cases));
}

static void
test_the_link_reaches_its_component_only (void)
{
  static const Case cases[] = {
    BOUNCED (ENJ_ORIGIN_LINK, "u@local.test", "b@remote.test", ENJ_STANZA_ITEM_NOT_FOUND),
    BOUNCED (ENJ_ORIGIN_LINK, "u@local.test", "b@local.test", ENJ_STANZA_ITEM_NOT_FOUND),
  };

  enj_test_proves ("S31");
  assert_cases (cases, G_N_ELEMENTS (cases));
}

static void
test_never_out_under_a_name_that_is_not_ours (void)
{
  static const Case cases[] = {
    DROPPED (ENJ_ORIGIN_SERVICE, "a@remote.test", "b@victim.test"),
    DROPPED (ENJ_ORIGIN_SERVICE, "a@local.test", "b@remote.test"),
    DROPPED (ENJ_ORIGIN_SERVICE, "a@remote.test", "b@local.test"),
    DROPPED (ENJ_ORIGIN_SERVICE, "sub.comp.local.test", "b@remote.test"),
    DROPPED (ENJ_ORIGIN_SERVICE, NULL, "b@remote.test"),
    DROPPED (ENJ_ORIGIN_SERVICE, "a..b", "b@remote.test"),
  };

  assert_cases (cases, G_N_ELEMENTS (cases));
}

static void
test_policy (void)
{
  static const Case cases[] = {
    BOUNCED (ENJ_ORIGIN_SERVICE, "comp.local.test", "b@denied.test", ENJ_STANZA_NOT_ALLOWED),
    BOUNCED (ENJ_ORIGIN_SERVICE, "comp.local.test", "b@a.DENIED.test", ENJ_STANZA_NOT_ALLOWED),
  };

  assert_cases (cases, G_N_ELEMENTS (cases));
}

static void
test_ip_addresses (void)
{
  static const Case cases[] = {
    BOUNCED (ENJ_ORIGIN_SERVICE, "comp.local.test", "b@192.0.2.1", ENJ_STANZA_NOT_ALLOWED),
    BOUNCED (ENJ_ORIGIN_SERVICE, "comp.local.test", "[2001:db8::1]", ENJ_STANZA_NOT_ALLOWED),
  };

  enj_test_proves ("N06");
  assert_cases (cases, G_N_ELEMENTS (cases));
}

/* RFC 6120 8.1.1.2, and 10.3 for what has no address at all. */
static void
test_no_address (void)
{
  static const Case cases[] = {
    BOUNCED (ENJ_ORIGIN_SERVICE, "comp.local.test", NULL, ENJ_STANZA_JID_MALFORMED),
    BOUNCED (ENJ_ORIGIN_SERVICE, "comp.local.test", "", ENJ_STANZA_JID_MALFORMED),
    BOUNCED (ENJ_ORIGIN_SERVICE, "comp.local.test", "b@remote..test", ENJ_STANZA_JID_MALFORMED),
    BOUNCED (ENJ_ORIGIN_LINK, "u@local.test", "b@", ENJ_STANZA_JID_MALFORMED),
  };

  assert_cases (cases, G_N_ELEMENTS (cases));
}

static void
test_without_federation (void)
{
  const EnjLimits limits = enj_limits_default ();
  const Case world = BOUNCED (ENJ_ORIGIN_SERVICE, "comp.local.test", "b@remote.test",
                              ENJ_STANZA_NOT_ALLOWED);
  const Case local = GOES (ENJ_ORIGIN_SERVICE, "comp.local.test", "b@local.test", ENJ_ROUTE_LINK,
                           "comp.local.test");
  g_autoptr (EnjSettings) model = enj_test_settings_new ();
  g_autoptr (EnjSettings) settings
      = enj_settings_new (model->realm, model->policy, model->dialback_key, &limits, FALSE, FALSE);

  assert_case (settings, &world);
  assert_case (settings, &local);
}

static void
test_spelling (void)
{
  static const char *const cases[][2] = {
    { "comp.local.test", "comp.local.test" },
    { "Comp.Local.TEST", "comp.local.test" },
    { "a@comp.local.test./R/x@y", "a@comp.local.test/R/x@y" },
    { "a@COMP.local.test", "a@comp.local.test" },
    { "\357\274\243omp.local.test/r", "comp.local.test/r" },
  };
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();

  enj_test_proves ("C08");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjStanza) stanza = stanza_new (cases[i][0], "u@local.test");
      g_autoptr (EnjStanza) spelt = NULL;
      EnjDecision decision;

      enj_router_decide (settings, ENJ_ORIGIN_SERVICE, stanza, &decision);
      g_assert_cmpint (decision.route, ==, ENJ_ROUTE_LINK);
      spelt = enj_router_spell_new (&decision, stanza);
      g_assert_cmpstr (enj_stanza_get_from (spelt), ==, cases[i][1]);
      g_assert_cmpstr (enj_stanza_get_to (spelt), ==, "u@local.test");
    }
}

static void
test_size (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autofree char *text = g_strnfill (settings->limits.stanza_size_link, 'x');
  const EnjStanzaHead head
      = { .kind = ENJ_STANZA_MESSAGE, .from = "comp.local.test", .to = "u@local.test" };
  g_autoptr (EnjStanza) stanza
      = enj_stanza_new_raw (&head, (const guint8 *) text, strlen (text));
  EnjDecision decision;

  enj_router_decide (settings, ENJ_ORIGIN_SERVICE, stanza, &decision);
  g_assert_cmpint (decision.route, ==, ENJ_ROUTE_BOUNCE);
  g_assert_cmpint (decision.condition, ==, ENJ_STANZA_POLICY_VIOLATION);
}

static void
test_may_send (void)
{
  static const struct
  {
    const char *from;
    const char *to;
    gboolean may;
  } cases[] = {
    { "comp.local.test", "b@remote.test", TRUE },
    { "a@comp.local.test/x", "b@remote.test", TRUE },
    { "a@COMP.local.test.", "b@remote.test", TRUE },
    { "alone.test", "b@remote.test", FALSE },
    { "sub.comp.local.test", "b@remote.test", FALSE },
    { "a@local.test", "b@remote.test", FALSE },
    { "a@remote.test/comp.local.test", "b@remote.test", FALSE },
    { NULL, "b@remote.test", FALSE },
    { "", "b@remote.test", FALSE },
    { "comp.local.test", NULL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjStanza) stanza = stanza_new (cases[i].from, cases[i].to);

      g_test_message ("%s to %s", cases[i].from, cases[i].to);
      g_assert_cmpint (enj_router_may_send ("comp.local.test", stanza), ==, cases[i].may);
    }
}

/* A stanza of which only the head is left is for nobody but its sender. */
static void
test_cut (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  static const struct
  {
    EnjCut cut;
    const char *to;
    EnjStanzaCondition condition;
    const char *type;
  } cases[] = {
    { ENJ_CUT_SIZE, "comp.local.test", ENJ_STANZA_POLICY_VIOLATION, "modify" },
    { ENJ_CUT_SIZE, "elsewhere.test", ENJ_STANZA_POLICY_VIOLATION, "modify" },
    { ENJ_CUT_FORM, "comp.local.test", ENJ_STANZA_POLICY_VIOLATION, "modify" },
    { ENJ_CUT_MEMORY, "comp.local.test", ENJ_STANZA_RESOURCE_CONSTRAINT, "wait" },
    { ENJ_CUT_MEMORY, "elsewhere.test", ENJ_STANZA_RESOURCE_CONSTRAINT, "wait" },
  };
  EnjDecision decision;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjStanza) stanza = stanza_new ("u@local.test", cases[i].to);

      enj_stanza_mark_cut (stanza, cases[i].cut);
      enj_router_decide (settings, ENJ_ORIGIN_LINK, stanza, &decision);
      g_assert_cmpint (decision.route, ==, ENJ_ROUTE_BOUNCE);
      g_assert_cmpint (decision.condition, ==, cases[i].condition);
      g_assert_cmpstr (decision.error_type, ==, cases[i].type);
    }
}

static GLogWriterOutput
note_remote (GLogLevelFlags level G_GNUC_UNUSED, const GLogField *fields, gsize n_fields,
             gpointer noted)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "ENJAMB_REMOTE") == 0)
      g_string_append_printf (noted, "%s ", (const char *) fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

/* Lines are bounded for each remote domain, and what one has dropped is no line about others. */
static void
test_drops_are_told (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (EnjStanza) inward = stanza_new ("u@there.test", "comp.local.test");
  g_autoptr (EnjStanza) outward = stanza_new ("comp.local.test", "u@elsewhere.test/r");
  GString *noted = g_string_new (NULL);

  g_log_set_writer_func (note_remote, noted, NULL);
  enj_router_log_drop (settings, inward, "it is one", NULL);
  enj_router_log_drop (settings, outward, "it is one", "too many");
  g_assert_cmpstr (noted->str, ==, "there.test elsewhere.test ");
  g_string_free (noted, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/router/our-own-domains-to-their-service", test_to_our_own);
  g_test_add_func ("/router/by-the-link-what-it-reaches", test_what_the_link_reaches);
  g_test_add_func ("/router/local-domains-stay-local", test_local_domains_stay_local);
  g_test_add_func ("/router/the-rest-to-the-world", test_to_the_world);
  g_test_add_func ("/router/both-ends-of-a-pair", test_both_ends_of_a_pair);
  g_test_add_func ("/router/never-from-one-peer-to-another", test_never_from_one_peer_to_another);
  g_test_add_func ("/router/the-link-reaches-its-component-only",
                   test_the_link_reaches_its_component_only);
  g_test_add_func ("/router/never-out-under-a-name-that-is-not-ours",
                   test_never_out_under_a_name_that_is_not_ours);
  g_test_add_func ("/router/keeps-to-the-policy", test_policy);
  g_test_add_func ("/router/no-federation-with-ip-addresses", test_ip_addresses);
  g_test_add_func ("/router/bounces-what-has-no-address", test_no_address);
  g_test_add_func ("/router/does-without-federation", test_without_federation);
  g_test_add_func ("/router/spells-our-own-domain-as-servers-compare-it", test_spelling);
  g_test_add_func ("/router/keeps-from-the-link-what-is-too-large-for-it", test_size);
  g_test_add_func ("/router/bounces-what-was-cut", test_cut);
  g_test_add_func ("/router/services-send-under-their-own-name", test_may_send);
  /* The last one: the writer stays. */
  g_test_add_func ("/router/what-is-dropped-is-told-of-its-remote-domain", test_drops_are_told);
  return g_test_run ();
}

#include "config.h"

#include "protocol/targets.h"

#include <string.h>

#include "protocol/chance.h"
#include "tests/support/proves.h"

#define PLAIN "_xmpp-server._tcp.remote.example"
#define DIRECT "_xmpps-server._tcp.remote.example"

static EnjTargets *
new_from_dns (void)
{
  return enj_targets_new ("remote.example", NULL, 0, FALSE, FALSE);
}

static void
assert_asks (EnjTargets *targets, EnjTargetsWishType type, const char *name)
{
  EnjTargetsWish wish;

  for (guint again = 0; again < 2; again++)
    {
      enj_targets_next (targets, &wish);
      g_assert_cmpint (wish.type, ==, type);
      g_assert_cmpstr (wish.name, ==, name);
    }
}

static void
assert_connects (EnjTargets *targets, const char *address, gboolean direct_tls)
{
  char text[ENJ_ADDRESS_STRING];
  EnjTargetsWish wish;

  for (guint again = 0; again < 2; again++)
    {
      enj_targets_next (targets, &wish);
      g_assert_cmpint (wish.type, ==, ENJ_TARGETS_CONNECT);
      g_assert_cmpstr (enj_address_format (&wish.address, text), ==, address);
      g_assert_cmpint (wish.direct_tls, ==, direct_tls);
    }
}

static void
assert_gives_up (EnjTargets *targets, EnjStanzaCondition condition, gboolean is_final)
{
  EnjTargetsWish wish;

  enj_targets_next (targets, &wish);
  g_assert_cmpint (wish.type, ==, ENJ_TARGETS_GIVE_UP);
  g_assert_error (wish.error, ENJ_STANZA_ERROR, (gint) condition);
  g_assert_null (strstr (wish.error->message, "remote.example"));
  g_assert_cmpint (wish.is_final, ==, is_final);
}

/* "priority weight port target"; "." is no target. */
static void
answer_srv (EnjTargets *targets, const char *const *lines)
{
  EnjSrvRecord records[32] = { 0 };
  guint n = 0;

  for (; lines[n]; n++)
    {
      g_auto (GStrv) words = g_strsplit (lines[n], " ", 4);

      records[n].priority = (guint16) g_ascii_strtoull (words[0], NULL, 10);
      records[n].weight = (guint16) g_ascii_strtoull (words[1], NULL, 10);
      records[n].port = (guint16) g_ascii_strtoull (words[2], NULL, 10);
      records[n].target = g_strdup (strcmp (words[3], ".") == 0 ? "" : words[3]);
    }

  enj_targets_srv (targets, ENJ_LOOKUP_FOUND, records, n);
  for (guint i = 0; i < n; i++)
    g_free (records[i].target);
}

#define SRV(targets, ...) answer_srv ((targets), (const char *const[]){ __VA_ARGS__, NULL })

static void
answer_addresses (EnjTargets *targets, const char *const *texts)
{
  EnjAddress addresses[64];
  guint n = 0;

  for (; texts[n]; n++)
    g_assert_true (enj_address_parse (&addresses[n], texts[n], 0));
  enj_targets_addresses (targets, ENJ_LOOKUP_FOUND, addresses, n);
}

#define ADDRESSES(targets, ...)                                                                   \
  answer_addresses ((targets), (const char *const[]){ __VA_ARGS__, NULL })

static void
skip_srv (EnjTargets *targets)
{
  assert_asks (targets, ENJ_TARGETS_LOOKUP_SRV, PLAIN);
  enj_targets_srv (targets, ENJ_LOOKUP_NO_NAME, NULL, 0);
  assert_asks (targets, ENJ_TARGETS_LOOKUP_SRV, DIRECT);
  enj_targets_srv (targets, ENJ_LOOKUP_NO_DATA, NULL, 0);
}

static void
test_all_in_order (void)
{
  g_autoptr (EnjTargets) targets = new_from_dns ();

  enj_test_proves ("N01");
  assert_asks (targets, ENJ_TARGETS_LOOKUP_SRV, PLAIN);
  SRV (targets, "20 0 5271 third.example", "5 0 5269 first.example", "10 0 5270 second.example");

  assert_asks (targets, ENJ_TARGETS_LOOKUP_ADDRESSES, "first.example");
  ADDRESSES (targets, "198.51.100.1", "198.51.100.2");
  assert_connects (targets, "198.51.100.1:5269", FALSE);
  enj_targets_failed (targets, "refused");
  assert_connects (targets, "198.51.100.2:5269", FALSE);
  enj_targets_failed (targets, "refused");

  assert_asks (targets, ENJ_TARGETS_LOOKUP_ADDRESSES, "second.example");
  enj_targets_addresses (targets, ENJ_LOOKUP_FAILED, NULL, 0);

  assert_asks (targets, ENJ_TARGETS_LOOKUP_ADDRESSES, "third.example");
  ADDRESSES (targets, "2001:db8::1");
  assert_connects (targets, "[2001:db8::1]:5271", FALSE);
}

static void
test_idn (void)
{
  g_autoptr (EnjTargets) targets
      = enj_targets_new ("b\xc3\xbc" "cher.example", NULL, 0, FALSE, FALSE);

  enj_test_proves ("N01");
  assert_asks (targets, ENJ_TARGETS_LOOKUP_SRV, "_xmpp-server._tcp.xn--bcher-kva.example");
}

/* Who is first, of three records of one priority, counted. */
static void
count_first (const char *const *records, guint counts[3], guint rounds)
{
  for (guint i = 0; i < rounds; i++)
    {
      g_autoptr (EnjTargets) targets = new_from_dns ();
      guint seen = 0;

      answer_srv (targets, records);
      for (guint place = 0; place < 3; place++)
        {
          EnjTargetsWish wish;
          guint which;

          enj_targets_next (targets, &wish);
          g_assert_cmpint (wish.type, ==, ENJ_TARGETS_LOOKUP_ADDRESSES);
          which = (guint) (wish.name[0] - 'a');
          g_assert_cmpuint (which, <, 3);
          seen |= 1u << which;
          if (place == 0)
            counts[which]++;
          enj_targets_addresses (targets, ENJ_LOOKUP_NO_DATA, NULL, 0);
        }
      g_assert_cmpuint (seen, ==, 7);
    }
}

typedef struct
{
  guint32 state;
} Random;

static void
fill (guint8 *data, gsize len, gpointer user_data)
{
  Random *random = user_data;

  for (gsize i = 0; i < len; i++)
    {
      random->state = random->state * 1664525 + 1013904223;
      data[i] = (guint8) (random->state >> 24);
    }
}

static void
test_weights (void)
{
  static const char *const weighted[]
      = { "1 10 5269 a.example", "1 30 5269 b.example", "1 60 5269 c.example", NULL };
  static const char *const with_zero[]
      = { "1 9 5269 a.example", "1 0 5269 b.example", "1 0 5269 c.example", NULL };
  static const char *const tiny[]
      = { "1 1 5269 a.example", "1 0 5269 b.example", "1 0 5269 c.example", NULL };
  guint counts[3] = { 0 };
  guint zero[3] = { 0 };
  guint half[3] = { 0 };
  Random random = { 1 };

  enj_test_proves ("N01");
  enj_chance_set_source (fill, &random);
  count_first (weighted, counts, 10000);
  count_first (with_zero, zero, 10000);
  count_first (tiny, half, 1000);
  enj_chance_set_source (NULL, NULL);

  /* RFC 2782: 11, 30 and 60 of 101, for a sum of 0 counts too. */
  g_assert_cmpuint (counts[0], >, 900);
  g_assert_cmpuint (counts[0], <, 1300);
  g_assert_cmpuint (counts[1], >, 2700);
  g_assert_cmpuint (counts[1], <, 3300);
  g_assert_cmpuint (counts[2], >, 5600);
  g_assert_cmpuint (counts[2], <, 6300);

  /* Weight 0 has a very small chance, but one. */
  g_assert_cmpuint (zero[0], >, 8500);
  g_assert_cmpuint (zero[1] + zero[2], >, 500);
  g_assert_cmpuint (half[0], >, 400);
  g_assert_cmpuint (half[0], <, 600);
}

static void
test_fallback (void)
{
  g_autoptr (EnjTargets) targets = new_from_dns ();

  enj_test_proves ("N03");
  skip_srv (targets);
  assert_asks (targets, ENJ_TARGETS_LOOKUP_ADDRESSES, "remote.example");
  ADDRESSES (targets, "198.51.100.1");
  assert_connects (targets, "198.51.100.1:5269", FALSE);
  enj_targets_failed (targets, "connection refused");
  assert_gives_up (targets, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);
}

static void
test_no_fallback_after_srv (void)
{
  g_autoptr (EnjTargets) targets = new_from_dns ();

  enj_test_proves ("N04");
  SRV (targets, "1 0 5269 a.example");
  ADDRESSES (targets, "198.51.100.1");
  enj_targets_failed (targets, "connection refused");
  assert_asks (targets, ENJ_TARGETS_LOOKUP_SRV, DIRECT);
  enj_targets_srv (targets, ENJ_LOOKUP_NO_NAME, NULL, 0);
  assert_gives_up (targets, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);
}

static void
test_no_fallback_after_failure (void)
{
  g_autoptr (EnjTargets) first = new_from_dns ();
  g_autoptr (EnjTargets) second = new_from_dns ();

  enj_test_proves ("N03");
  enj_targets_srv (first, ENJ_LOOKUP_FAILED, NULL, 0);
  assert_gives_up (first, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, FALSE);

  enj_targets_srv (second, ENJ_LOOKUP_NO_DATA, NULL, 0);
  enj_targets_srv (second, ENJ_LOOKUP_FAILED, NULL, 0);
  assert_gives_up (second, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, FALSE);
}

static void
test_refusal (void)
{
  static const char *const records[] = { "0 0 0 .", "0 0 5269 ." };

  enj_test_proves ("N02");
  for (guint i = 0; i < G_N_ELEMENTS (records); i++)
    {
      g_autoptr (EnjTargets) targets = new_from_dns ();

      SRV (targets, records[i]);
      assert_asks (targets, ENJ_TARGETS_LOOKUP_SRV, DIRECT);
      enj_targets_srv (targets, ENJ_LOOKUP_NO_NAME, NULL, 0);
      assert_gives_up (targets, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE);
    }
}

static void
test_other_kind (void)
{
  g_autoptr (EnjTargets) only = new_from_dns ();
  g_autoptr (EnjTargets) refused = new_from_dns ();
  g_autoptr (EnjTargets) both = new_from_dns ();

  enj_targets_srv (only, ENJ_LOOKUP_NO_NAME, NULL, 0);
  SRV (only, "1 0 443 a.example");
  assert_asks (only, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (only, "198.51.100.1");
  assert_connects (only, "198.51.100.1:443", TRUE);
  enj_targets_failed (only, "refused");
  assert_gives_up (only, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);

  /* Direct TLS is refused: no address of the domain itself either. */
  enj_targets_srv (refused, ENJ_LOOKUP_NO_NAME, NULL, 0);
  SRV (refused, "0 0 0 .");
  assert_gives_up (refused, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE);

  SRV (both, "9 0 5269 a.example");
  ADDRESSES (both, "198.51.100.1");
  assert_connects (both, "198.51.100.1:5269", FALSE);
  enj_targets_failed (both, "refused");
  SRV (both, "1 0 5270 a.example");
  ADDRESSES (both, "198.51.100.1");
  assert_connects (both, "198.51.100.1:5270", TRUE);
}

/* What the DNS says of the domain itself, and what becomes of it. */
static void
test_conditions (void)
{
  static const struct
  {
    EnjLookupResult result;
    const char *address;
    EnjStanzaCondition condition;
    gboolean is_final;
  } cases[] = {
    { ENJ_LOOKUP_NO_NAME, NULL, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE },
    { ENJ_LOOKUP_NO_DATA, NULL, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE },
    { ENJ_LOOKUP_FAILED, NULL, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, FALSE },
    { ENJ_LOOKUP_FOUND, NULL, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE },
    { ENJ_LOOKUP_FOUND, "127.0.0.1", ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE },
    { ENJ_LOOKUP_FOUND, "0.0.0.0", ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE },
    { ENJ_LOOKUP_FOUND, "10.1.1.1", ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE },
    { ENJ_LOOKUP_FOUND, "100.64.0.1", ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE },
    { ENJ_LOOKUP_FOUND, "169.254.169.254", ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE },
    { ENJ_LOOKUP_FOUND, "::1", ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE },
    { ENJ_LOOKUP_FOUND, "fe80::1", ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE },
    { ENJ_LOOKUP_FOUND, "::ffff:10.1.1.1", ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjTargets) targets = new_from_dns ();
      EnjAddress address;

      skip_srv (targets);
      if (cases[i].address)
        g_assert_true (enj_address_parse (&address, cases[i].address, 0));
      enj_targets_addresses (targets, cases[i].result, &address, cases[i].address ? 1 : 0);
      assert_gives_up (targets, cases[i].condition, cases[i].is_final);
    }
}

static void
test_fresh (void)
{
  g_autoptr (EnjTargets) before = new_from_dns ();
  g_autoptr (EnjTargets) after = new_from_dns ();

  enj_test_proves ("N14");
  SRV (before, "1 0 5269 a.example");
  ADDRESSES (before, "198.51.100.1");
  assert_connects (before, "198.51.100.1:5269", FALSE);

  /* The same name leads inside now (DNS rebinding). */
  assert_asks (after, ENJ_TARGETS_LOOKUP_SRV, PLAIN);
  SRV (after, "1 0 5269 a.example");
  ADDRESSES (after, "192.168.1.1");
  enj_targets_srv (after, ENJ_LOOKUP_NO_NAME, NULL, 0);
  assert_gives_up (after, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE);
}

static void
test_private_skipped (void)
{
  g_autoptr (EnjTargets) targets = new_from_dns ();
  g_autoptr (EnjTargets) lab = enj_targets_new ("remote.example", NULL, 0, FALSE, TRUE);

  SRV (targets, "1 0 5269 a.example", "2 0 5269 b.example");
  ADDRESSES (targets, "127.0.0.1", "198.51.100.1", "::1");
  assert_connects (targets, "198.51.100.1:5269", FALSE);
  enj_targets_failed (targets, "refused");
  assert_asks (targets, ENJ_TARGETS_LOOKUP_ADDRESSES, "b.example");

  SRV (lab, "1 0 5269 a.example");
  ADDRESSES (lab, "127.0.0.1");
  assert_connects (lab, "127.0.0.1:5269", FALSE);
}

static void
test_ports (void)
{
  static const char *const refused[] = { "0", "22", "25", "80", "1023" };

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (EnjTargets) targets = new_from_dns ();
      g_autofree char *record = g_strdup_printf ("1 0 %s a.example", refused[i]);

      SRV (targets, record);
      enj_targets_srv (targets, ENJ_LOOKUP_NO_NAME, NULL, 0);
      assert_gives_up (targets, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE);
    }
}

static void
test_own_listener (void)
{
  g_autoptr (EnjTargets) targets = enj_targets_new ("remote.example", NULL, 0, FALSE, TRUE);
  g_autoptr (EnjTargets) configured
      = enj_targets_new ("remote.example", "127.0.0.1", 5269, FALSE, FALSE);
  EnjAddress own;

  g_assert_true (enj_address_parse (&own, "127.0.0.1", 5269));
  enj_targets_forbid (targets, &own);
  SRV (targets, "1 0 5269 a.example", "2 0 5270 a.example");
  ADDRESSES (targets, "127.0.0.1", "::ffff:127.0.0.1");
  assert_asks (targets, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (targets, "127.0.0.1");
  assert_connects (targets, "127.0.0.1:5270", FALSE);

  assert_connects (configured, "127.0.0.1:5269", FALSE);
  enj_targets_forbid (configured, &own);
  assert_gives_up (configured, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE);
}

static void
test_families (void)
{
  g_autoptr (EnjTargets) targets = new_from_dns ();
  static const char *const expected[] = {
    "[2001:db8::1]:5269", "198.51.100.1:5269", "[2001:db8::2]:5269",
    "198.51.100.2:5269",  "[2001:db8::3]:5269", "198.51.100.3:5269",
    "[2001:db8::4]:5269", "198.51.100.4:5269",
  };

  SRV (targets, "1 0 5269 a.example", "2 0 5269 b.example");
  ADDRESSES (targets, "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8::5",
             "2001:db8::6", "2001:db8::7", "2001:db8::8", "2001:db8::9", "198.51.100.1",
             "198.51.100.2", "198.51.100.3", "198.51.100.4", "198.51.100.5");

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      assert_connects (targets, expected[i], FALSE);
      enj_targets_failed (targets, "timed out");
    }
  assert_asks (targets, ENJ_TARGETS_LOOKUP_ADDRESSES, "b.example");
}

static void
test_bounds (void)
{
  g_autoptr (EnjTargets) targets = new_from_dns ();
  g_autoptr (EnjTargets) many = new_from_dns ();
  EnjSrvRecord records[1000];
  EnjTargetsWish wish;
  guint attempts = 0;
  guint lookups = 0;

  for (guint i = 0; i < G_N_ELEMENTS (records); i++)
    records[i] = (EnjSrvRecord){ .port = 5269, .target = (char *) "a.example" };

  enj_targets_srv (targets, ENJ_LOOKUP_FOUND, records, G_N_ELEMENTS (records));
  for (enj_targets_next (targets, &wish); wish.type != ENJ_TARGETS_GIVE_UP;
       enj_targets_next (targets, &wish))
    if (wish.type == ENJ_TARGETS_CONNECT)
      {
        attempts++;
        enj_targets_failed (targets, "refused");
      }
    else
      ADDRESSES (targets, "198.51.100.1", "198.51.100.2", "198.51.100.3");
  g_assert_cmpuint (attempts, ==, 10);
  assert_gives_up (targets, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);

  enj_targets_srv (many, ENJ_LOOKUP_FOUND, records, G_N_ELEMENTS (records));
  for (enj_targets_next (many, &wish); wish.type == ENJ_TARGETS_LOOKUP_ADDRESSES;
       enj_targets_next (many, &wish))
    {
      lookups++;
      enj_targets_addresses (many, ENJ_LOOKUP_NO_DATA, NULL, 0);
    }
  g_assert_cmpuint (lookups, ==, 16);
}

static void
test_configured (void)
{
  g_autoptr (EnjTargets) address
      = enj_targets_new ("remote.example", "127.0.0.1", 25, TRUE, FALSE);
  g_autoptr (EnjTargets) name = enj_targets_new ("remote.example", "there.example", 7000, FALSE,
                                                 FALSE);

  assert_connects (address, "127.0.0.1:25", TRUE);
  enj_targets_failed (address, "refused");
  assert_gives_up (address, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);

  assert_asks (name, ENJ_TARGETS_LOOKUP_ADDRESSES, "there.example");
  ADDRESSES (name, "10.0.0.1", "198.51.100.1");
  assert_connects (name, "10.0.0.1:7000", FALSE);
  enj_targets_failed (name, "refused");
  assert_connects (name, "198.51.100.1:7000", FALSE);
  enj_targets_failed (name, "refused");
  assert_gives_up (name, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);
}

static void
test_ip_domain (void)
{
  static const char *const domains[] = { "192.0.2.1", "[2001:db8::1]" };

  enj_test_proves ("N06");
  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    {
      g_autoptr (EnjTargets) targets = enj_targets_new (domains[i], NULL, 0, FALSE, TRUE);

      assert_gives_up (targets, ENJ_STANZA_NOT_ALLOWED, TRUE);
    }
}

static void
test_long_name (void)
{
  /* 240 bytes: a name of its own, but too long with the service before it. */
  g_autofree char *label = g_strnfill (60, 'a');
  g_autofree char *domain = g_strdup_printf ("%s.%s.%s.%.57s", label, label, label, label);
  g_autoptr (EnjTargets) targets = enj_targets_new (domain, NULL, 0, FALSE, FALSE);

  assert_asks (targets, ENJ_TARGETS_LOOKUP_ADDRESSES, domain);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/targets/tries-all-records-and-addresses", test_all_in_order);
  g_test_add_func ("/targets/asks-by-a-labels", test_idn);
  g_test_add_func ("/targets/chance-goes-by-weight", test_weights);
  g_test_add_func ("/targets/without-srv-the-domain-itself", test_fallback);
  g_test_add_func ("/targets/with-srv-never-the-domain-itself", test_no_fallback_after_srv);
  g_test_add_func ("/targets/a-failed-look-up-ends-it", test_no_fallback_after_failure);
  g_test_add_func ("/targets/a-dot-is-a-refusal", test_refusal);
  g_test_add_func ("/targets/direct-tls-where-the-other-leads-nowhere", test_other_kind);
  g_test_add_func ("/targets/errors-tell-what-the-dns-said", test_conditions);
  g_test_add_func ("/targets/every-attempt-asks-afresh", test_fresh);
  g_test_add_func ("/targets/private-addresses-are-passed-over", test_private_skipped);
  g_test_add_func ("/targets/ports-of-other-services-are-refused", test_ports);
  g_test_add_func ("/targets/never-our-own-listener", test_own_listener);
  g_test_add_func ("/targets/families-take-turns", test_families);
  g_test_add_func ("/targets/sixteen-records-and-ten-attempts", test_bounds);
  g_test_add_func ("/targets/a-configured-address-is-taken-as-it-is", test_configured);
  g_test_add_func ("/targets/an-ip-address-is-no-domain", test_ip_domain);
  g_test_add_func ("/targets/no-question-that-is-too-long", test_long_name);
  return g_test_run ();
}

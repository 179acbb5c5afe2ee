#include "config.h"

#include "protocol/targets.h"

#include "tests/support/hunt.h"
#include "tests/support/proves.h"

static void
test_all_in_order (void)
{
  EnjTestHunt hunt;

  enj_test_proves ("N01");
  enj_test_hunt_start (&hunt, FALSE);
  SRV (&hunt, "20 0 5271 third.example", "5 0 5269 first.example", "10 0 5270 second.example");

  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "first.example");
  enj_test_hunt_quiet (&hunt);
  ADDRESSES (&hunt, "198.51.100.1", "198.51.100.2");
  enj_test_hunt_fails_at (&hunt, "198.51.100.1:5269", FALSE);
  enj_test_hunt_fails_at (&hunt, "198.51.100.2:5269", FALSE);

  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "second.example");
  enj_targets_addresses (hunt.targets, hunt.wish.ticket, ENJ_LOOKUP_FAILED, FALSE, NULL, 0);

  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "third.example");
  ADDRESSES (&hunt, "2001:db8::1");
  enj_test_hunt_connects (&hunt, "[2001:db8::1]:5271", FALSE);
  g_assert_cmpstr (hunt.wish.target->host, ==, "third.example");
  g_assert_false (hunt.wish.target->is_secure);
  enj_test_hunt_stop (&hunt);
}

static void
test_idn (void)
{
  EnjTestHunt hunt = { 0 };

  enj_test_proves ("N01 A10");
  hunt.targets = enj_targets_new ("b\xc3\xbc" "cher.example", NULL, 0, FALSE, FALSE);
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_SRV, "_xmpp-server._tcp.xn--bcher-kva.example");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_SRV, "_xmpps-server._tcp.xn--bcher-kva.example");
  enj_test_hunt_stop (&hunt);
}

/* Whichever answer comes first, both are mixed. */
static void
test_mixed (void)
{
  enj_test_proves ("N07");
  for (guint first = 0; first < 2; first++)
    {
      EnjTestHunt hunt;

      enj_test_hunt_start (&hunt, FALSE);
      for (guint i = 0; i < 2; i++)
        {
          enj_test_hunt_quiet (&hunt);
          if (i == first)
            enj_test_hunt_srv (&hunt, hunt.plain, FALSE,
                        LINES ("1 0 5269 a.example", "3 0 5269 c.example"));
          else
            enj_test_hunt_srv (&hunt, hunt.direct, FALSE, LINES ("2 0 5270 b.example"));
        }
      enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
      ADDRESSES (&hunt, "198.51.100.1");
      enj_test_hunt_fails_at (&hunt, "198.51.100.1:5269", FALSE);
      enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "b.example");
      ADDRESSES (&hunt, "198.51.100.1");
      enj_test_hunt_fails_at (&hunt, "198.51.100.1:5270", TRUE);
      enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "c.example");
      enj_test_hunt_stop (&hunt);
    }
}

static void
test_fallback (void)
{
  EnjTestHunt hunt;

  enj_test_proves ("N03");
  enj_test_hunt_skip_srv (&hunt);
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "remote.example");
  ADDRESSES (&hunt, "198.51.100.1");
  enj_test_hunt_fails_at (&hunt, "198.51.100.1:5269", FALSE);
  enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);
  enj_test_hunt_stop (&hunt);
}

static void
test_no_fallback_after_srv (void)
{
  EnjTestHunt hunt;

  enj_test_proves ("N04");
  enj_test_hunt_start (&hunt, FALSE);
  SRV (&hunt, "1 0 5269 a.example");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (&hunt, "198.51.100.1");
  enj_test_hunt_fails_at (&hunt, "198.51.100.1:5269", FALSE);
  enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);
  enj_test_hunt_stop (&hunt);
}

/* What the two look-ups have found; "" is that there is nothing, securely so or not. */
typedef struct
{
  EnjLookupResult results[2];
  const char *records[2];
  gboolean secure;
  const char *asks; /* the first host then; NULL: it gives up, and not for good */
} Finding;

static void
answer (EnjTestHunt *hunt, const Finding *finding, guint kind)
{
  guint ticket = kind == 0 ? hunt->plain : hunt->direct;

  if (finding->results[kind] == ENJ_LOOKUP_FOUND)
    enj_test_hunt_srv (hunt, ticket, finding->secure, LINES (finding->records[kind]));
  else
    enj_targets_srv (hunt->targets, ticket, finding->results[kind], finding->secure, NULL, 0);
}

/* Each kind is a service of its own: the failure of one is not that of the other, but no records
 * of the other are not made up for by the domain itself, unless the failure says nothing. */
static void
test_one_failure (void)
{
#define FAILED ENJ_LOOKUP_FAILED
#define FORGED ENJ_LOOKUP_FORGED
#define NONE ENJ_LOOKUP_NO_DATA
  static const Finding findings[] = {
    { .results = { FAILED, FAILED } },
    { .results = { ENJ_LOOKUP_FOUND, FAILED }, { "1 0 5269 a.example" }, FALSE, "a.example" },
    { .results = { FAILED, ENJ_LOOKUP_FOUND }, { NULL, "1 0 5269 a.example" }, FALSE, "a.example" },
    { .results = { ENJ_LOOKUP_FOUND, FAILED }, { "1 0 5269 a.example" }, TRUE, "a.example" },
    { .results = { ENJ_LOOKUP_FOUND, FAILED }, { "0 0 0 ." } },
    { .results = { FAILED, ENJ_LOOKUP_FOUND }, { NULL, "0 0 0 ." } },
    { .results = { FAILED, NONE } },
    { .results = { FAILED, ENJ_LOOKUP_NO_NAME } },
    { .results = { NONE, FAILED }, .asks = "remote.example" },
    { .results = { NONE, FAILED }, .secure = TRUE },
    { .results = { NONE, FORGED } },
    { .results = { FORGED, NONE } },
    { .results = { ENJ_LOOKUP_FOUND, FORGED }, { "1 0 5269 a.example" } },
    { .results = { FORGED, ENJ_LOOKUP_FOUND }, { NULL, "1 0 5269 a.example" } },
  };

  enj_test_proves ("N03 A01");
  for (guint i = 0; i < 2 * G_N_ELEMENTS (findings); i++)
    {
      const Finding *finding = &findings[i / 2];
      EnjTestHunt hunt;

      g_test_message ("finding %u", i / 2);
      enj_test_hunt_start (&hunt, FALSE);
      answer (&hunt, finding, i % 2);
      if (finding->results[i % 2] != FORGED)
        enj_test_hunt_quiet (&hunt);
      answer (&hunt, finding, 1 - i % 2);
      if (finding->asks)
        enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, finding->asks);
      else
        enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, FALSE);

      /* What comes late finds nobody. */
      enj_test_hunt_srv (&hunt, hunt.direct, FALSE, LINES ("1 0 5269 b.example"));
      enj_test_hunt_quiet (&hunt);
      enj_test_hunt_stop (&hunt);
    }
}

static void
test_refusal (void)
{
  static const char *const records[] = { "0 0 0 .", "0 0 5269 ." };

  enj_test_proves ("N02 N10");
  for (guint i = 0; i < 2 * G_N_ELEMENTS (records); i++)
    {
      guint kind = i / G_N_ELEMENTS (records);
      const char *record = records[i % G_N_ELEMENTS (records)];
      EnjTestHunt hunt;

      enj_test_hunt_start (&hunt, FALSE);
      enj_test_hunt_srv (&hunt, kind == 0 ? hunt.plain : hunt.direct, FALSE, LINES (record));
      enj_test_hunt_srv (&hunt, kind == 0 ? hunt.direct : hunt.plain, FALSE, LINES (NULL));
      enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE);
      enj_test_hunt_stop (&hunt);
    }
}

/* "." refuses one kind; the other is still there, and the domain itself is not. */
static void
test_refusal_of_one_kind (void)
{
  enj_test_proves ("N10");
  for (guint kind = 0; kind < 2; kind++)
    {
      EnjTestHunt hunt;

      enj_test_hunt_start (&hunt, FALSE);
      enj_test_hunt_srv (&hunt, kind == 0 ? hunt.plain : hunt.direct, FALSE, LINES ("0 0 0 ."));
      enj_test_hunt_srv (&hunt, kind == 0 ? hunt.direct : hunt.plain, FALSE,
                  LINES ("1 0 5271 a.example"));
      enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
      ADDRESSES (&hunt, "198.51.100.1");
      enj_test_hunt_fails_at (&hunt, "198.51.100.1:5271", kind == 0);
      enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);
      enj_test_hunt_stop (&hunt);
    }
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
      EnjAddress address;
      EnjTestHunt hunt;

      enj_test_hunt_skip_srv (&hunt);
      enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "remote.example");
      if (cases[i].address)
        g_assert_true (enj_address_parse (&address, cases[i].address, 0));
      enj_targets_addresses (hunt.targets, hunt.wish.ticket, cases[i].result, FALSE, &address,
                             cases[i].address ? 1 : 0);
      enj_test_hunt_gives_up (&hunt, cases[i].condition, cases[i].is_final);
      enj_test_hunt_stop (&hunt);
    }
}

/* Our own want says nothing of the remote server; what a server did says more. */
static void
test_scarce (void)
{
  EnjTestHunt hunt;

  enj_test_proves ("S36");
  enj_test_hunt_start (&hunt, FALSE);
  SRV (&hunt, "1 0 5269 a.example");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (&hunt, "198.51.100.1", "198.51.100.2");
  enj_test_hunt_connects (&hunt, "198.51.100.1:5269", FALSE);
  enj_targets_failed (hunt.targets, hunt.wish.ticket, ENJ_TARGETS_SCARCE);
  enj_test_hunt_fails_at (&hunt, "198.51.100.2:5269", FALSE);
  enj_test_hunt_gives_up (&hunt, ENJ_STANZA_RESOURCE_CONSTRAINT, FALSE);
  enj_test_hunt_stop (&hunt);

  enj_test_hunt_start (&hunt, FALSE);
  SRV (&hunt, "1 0 5269 a.example");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (&hunt, "198.51.100.1", "198.51.100.2");
  enj_test_hunt_connects (&hunt, "198.51.100.1:5269", FALSE);
  enj_targets_failed (hunt.targets, hunt.wish.ticket, ENJ_TARGETS_SCARCE);
  enj_test_hunt_connects (&hunt, "198.51.100.2:5269", FALSE);
  enj_targets_connected (hunt.targets, hunt.wish.ticket);
  enj_targets_failed (hunt.targets, hunt.wish.ticket, "it does not want us");
  enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);
  enj_test_hunt_stop (&hunt);
}

static void
test_fresh (void)
{
  EnjTestHunt before;
  EnjTestHunt after;

  enj_test_proves ("N14");
  enj_test_hunt_start (&before, FALSE);
  SRV (&before, "1 0 5269 a.example");
  enj_test_hunt_asks (&before, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (&before, "198.51.100.1");
  enj_test_hunt_connects (&before, "198.51.100.1:5269", FALSE);

  /* The same name leads inside now (DNS rebinding). */
  enj_test_hunt_start (&after, FALSE);
  SRV (&after, "1 0 5269 a.example");
  enj_test_hunt_asks (&after, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (&after, "192.168.1.1");
  enj_test_hunt_gives_up (&after, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE);
  enj_test_hunt_stop (&before);
  enj_test_hunt_stop (&after);
}

static void
test_private_skipped (void)
{
  EnjTestHunt hunt;

  enj_test_hunt_start (&hunt, FALSE);
  SRV (&hunt, "1 0 5269 a.example", "2 0 5269 b.example");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (&hunt, "127.0.0.1", "198.51.100.1", "::1");
  enj_test_hunt_fails_at (&hunt, "198.51.100.1:5269", FALSE);
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "b.example");
  enj_test_hunt_stop (&hunt);

  enj_test_hunt_start (&hunt, TRUE);
  SRV (&hunt, "1 0 5269 a.example");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (&hunt, "127.0.0.1");
  enj_test_hunt_connects (&hunt, "127.0.0.1:5269", FALSE);
  enj_test_hunt_stop (&hunt);
}

static void
test_ports (void)
{
  EnjTestHunt hunt;

  enj_test_hunt_start (&hunt, TRUE);
  SRV (&hunt, "1 0 25 a.example");
  enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE);
  enj_test_hunt_stop (&hunt);
}

static void
test_own_listener (void)
{
  EnjAddress own;
  EnjTestHunt hunt;

  g_assert_true (enj_address_parse (&own, "127.0.0.1", 5269));
  enj_test_hunt_start (&hunt, TRUE);
  enj_targets_forbid (hunt.targets, &own);
  SRV (&hunt, "1 0 5269 a.example", "2 0 5270 b.example");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  ADDRESSES (&hunt, "127.0.0.1", "::ffff:127.0.0.1");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "b.example");
  ADDRESSES (&hunt, "127.0.0.1");
  enj_test_hunt_connects (&hunt, "127.0.0.1:5270", FALSE);
  enj_test_hunt_stop (&hunt);

  enj_test_hunt_start_at (&hunt, "127.0.0.1", 5269, FALSE, TRUE);
  enj_targets_forbid (hunt.targets, &own);
  enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE);
  enj_test_hunt_stop (&hunt);
}

static void
test_bounds (void)
{
  EnjSrvRecord records[1000];
  guint attempts = 0;
  guint lookups = 0;
  EnjTestHunt hunt;

  for (guint i = 0; i < G_N_ELEMENTS (records); i++)
    records[i] = (EnjSrvRecord){ .port = 5269, .target = (char *) "a.example" };

  enj_test_hunt_start (&hunt, FALSE);
  enj_targets_srv (hunt.targets, hunt.plain, ENJ_LOOKUP_FOUND, FALSE, records, 1000);
  enj_targets_srv (hunt.targets, hunt.direct, ENJ_LOOKUP_FOUND, FALSE, records, 1000);
  while (enj_targets_next (hunt.targets, &hunt.wish, hunt.now)
         && hunt.wish.type != ENJ_TARGETS_GIVE_UP)
    if (hunt.wish.type == ENJ_TARGETS_CONNECT)
      {
        attempts++;
        enj_targets_failed (hunt.targets, hunt.wish.ticket, "refused");
      }
    else
      ADDRESSES (&hunt, "198.51.100.1", "198.51.100.2", "198.51.100.3");
  g_assert_cmpuint (attempts, ==, 10);
  g_assert_error (hunt.wish.error, ENJ_STANZA_ERROR, ENJ_STANZA_REMOTE_SERVER_TIMEOUT);
  enj_test_hunt_stop (&hunt);

  enj_test_hunt_start (&hunt, FALSE);
  enj_targets_srv (hunt.targets, hunt.plain, ENJ_LOOKUP_FOUND, FALSE, records, 1000);
  enj_targets_srv (hunt.targets, hunt.direct, ENJ_LOOKUP_FOUND, FALSE, records, 1000);
  while (enj_targets_next (hunt.targets, &hunt.wish, hunt.now)
         && hunt.wish.type == ENJ_TARGETS_LOOKUP_ADDRESSES)
    {
      lookups++;
      ADDRESSES (&hunt, NULL);
    }
  g_assert_cmpuint (lookups, ==, 16);
  enj_test_hunt_stop (&hunt);
}

static void
test_configured (void)
{
  EnjTestHunt hunt;

  enj_test_hunt_start_at (&hunt, "127.0.0.1", 25, TRUE, TRUE);
  enj_test_hunt_fails_at (&hunt, "127.0.0.1:25", TRUE);
  enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);
  enj_test_hunt_stop (&hunt);

  enj_test_hunt_start_at (&hunt, "there.example", 7000, FALSE, TRUE);
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "there.example");
  enj_test_hunt_addresses (&hunt, TRUE, LINES ("10.0.0.1", "198.51.100.1"));
  enj_test_hunt_fails_at (&hunt, "10.0.0.1:7000", FALSE);
  g_assert_false (hunt.wish.target->is_secure);
  enj_test_hunt_fails_at (&hunt, "198.51.100.1:7000", FALSE);
  enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, FALSE);
  enj_test_hunt_stop (&hunt);

  enj_test_hunt_start_at (&hunt, "there.example", 0, FALSE, TRUE);
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "there.example");
  ADDRESSES (&hunt, "198.51.100.1");
  enj_test_hunt_connects (&hunt, "198.51.100.1:5269", FALSE);
  enj_test_hunt_stop (&hunt);
}

/* A place that somebody else has named. */
static void
test_not_trusted (void)
{
  static const struct
  {
    const char *host;
    guint16 port;
  } cases[] = { { "127.0.0.1", 5269 }, { "198.51.100.1", 25 }, { "there.example", 22 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjTestHunt hunt;

      enj_test_hunt_start_at (&hunt, cases[i].host, cases[i].port, FALSE, FALSE);
      enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE);
      enj_test_hunt_stop (&hunt);
    }
}

/* RFC 6120 4.9.3.19: a domain is looked up, but for the one where we are. */
static void
test_moved (void)
{
  static const struct
  {
    const char *host;
    guint16 port;
    const char *asks;     /* NULL: it connects... */
    const char *connects; /* NULL: ...nowhere */
  } cases[] = {
    { "other.example", 5299, "other.example", NULL },
    { "b\xc3\xbc" "cher.example", 5299, "xn--bcher-kva.example", NULL },
    { "198.51.100.7", 0, NULL, "198.51.100.7:5269" },
    { "2001:db8::7", 5299, NULL, "[2001:db8::7]:5299" },
    { "remote.example", 5299, NULL, "10.0.0.1:5299" },
    { "xmpp.remote.example", 5299, NULL, "10.0.0.1:5299" },
    { "remote.example", 25, NULL, NULL },
    { "10.0.0.1", 5299, NULL, NULL },
  };
  const EnjAddress here = { .bytes = { 10, 0, 0, 1 }, .length = 4, .port = 5269 };
  g_autoptr (EnjTarget) from = enj_target_new (&here, "xmpp.remote.example", FALSE, FALSE, NULL);

  enj_test_proves ("S25");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjTestHunt hunt = { 0 };

      g_test_message ("%s:%u", cases[i].host, cases[i].port);
      hunt.targets
        = enj_targets_new_moved ("remote.example", cases[i].host, cases[i].port, from, FALSE);
      if (cases[i].asks)
        enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, cases[i].asks);
      else if (cases[i].connects)
        {
          enj_test_hunt_connects (&hunt, cases[i].connects, FALSE);
          g_assert_true (hunt.wish.target->needs_tls);
        }
      else
        enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, TRUE);
      enj_test_hunt_stop (&hunt);
    }
}

/* All that DNSSEC vouches for is of another domain than the one to be proved. */
static void
test_moved_by_records (void)
{
  const EnjAddress here = { .bytes = { 198, 51, 100, 1 }, .length = 4, .port = 5269 };
  g_autoptr (EnjTarget) from = enj_target_new (&here, "xmpp.remote.example", FALSE, TRUE, NULL);
  EnjTestHunt hunt = { 0 };
  guint plain;

  enj_test_proves ("S25");
  hunt.targets
    = enj_targets_new_moved ("remote.example", "b\xc3\xbc" "cher.example", 0, from, FALSE);
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_SRV, "_xmpp-server._tcp.xn--bcher-kva.example");
  plain = hunt.wish.ticket;
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_SRV, "_xmpps-server._tcp.xn--bcher-kva.example");
  enj_test_hunt_srv (&hunt, hunt.wish.ticket, TRUE, LINES (NULL));
  enj_test_hunt_srv (&hunt, plain, TRUE, LINES ("1 0 5299 a.example"));
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
  enj_test_hunt_addresses (&hunt, TRUE, LINES ("198.51.100.2"));
  enj_test_hunt_connects (&hunt, "198.51.100.2:5299", FALSE);
  g_assert_true (hunt.wish.target->needs_tls);
  g_assert_false (hunt.wish.target->is_secure);
  g_assert_null (hunt.wish.target->dane);
  enj_test_hunt_stop (&hunt);
}

static void
test_ip_domain (void)
{
  static const char *const domains[] = { "192.0.2.1", "[2001:db8::1]" };

  enj_test_proves ("N06");
  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    {
      EnjTestHunt hunt = { .targets = enj_targets_new (domains[i], NULL, 0, FALSE, TRUE) };

      enj_test_hunt_gives_up (&hunt, ENJ_STANZA_NOT_ALLOWED, TRUE);
      enj_test_hunt_stop (&hunt);
    }
}

static void
test_long_name (void)
{
  /* 240 bytes: a name of its own, but too long with the service before it. */
  g_autofree char *label = g_strnfill (60, 'a');
  g_autofree char *domain = g_strdup_printf ("%s.%s.%s.%.57s", label, label, label, label);
  EnjTestHunt hunt = { .targets = enj_targets_new (domain, NULL, 0, FALSE, FALSE) };

  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, domain);
  enj_test_hunt_stop (&hunt);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/targets/tries-all-records-and-addresses", test_all_in_order);
  g_test_add_func ("/targets/asks-by-a-labels", test_idn);
  g_test_add_func ("/targets/both-kinds-are-mixed", test_mixed);
  g_test_add_func ("/targets/without-srv-the-domain-itself", test_fallback);
  g_test_add_func ("/targets/with-srv-never-the-domain-itself", test_no_fallback_after_srv);
  g_test_add_func ("/targets/a-failed-look-up-ends-its-kind-and-a-forged-one-all",
                   test_one_failure);
  g_test_add_func ("/targets/a-dot-is-a-refusal", test_refusal);
  g_test_add_func ("/targets/a-dot-refuses-one-kind", test_refusal_of_one_kind);
  g_test_add_func ("/targets/errors-tell-what-the-dns-said", test_conditions);
  g_test_add_func ("/targets/want-of-descriptors-is-ours", test_scarce);
  g_test_add_func ("/targets/every-attempt-asks-afresh", test_fresh);
  g_test_add_func ("/targets/private-addresses-are-passed-over", test_private_skipped);
  g_test_add_func ("/targets/ports-of-other-services-are-refused", test_ports);
  g_test_add_func ("/targets/never-our-own-listener", test_own_listener);
  g_test_add_func ("/targets/sixteen-records-and-ten-attempts", test_bounds);
  g_test_add_func ("/targets/a-configured-address-is-taken-as-it-is", test_configured);
  g_test_add_func ("/targets/another-s-word-leads-to-no-private-place", test_not_trusted);
  g_test_add_func ("/targets/a-place-that-a-peer-names-is-looked-up", test_moved);
  g_test_add_func ("/targets/a-domain-that-a-peer-names-proves-nobody", test_moved_by_records);
  g_test_add_func ("/targets/an-ip-address-is-no-domain", test_ip_domain);
  g_test_add_func ("/targets/no-question-that-is-too-long", test_long_name);
  return g_test_run ();
}

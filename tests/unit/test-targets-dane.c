#include "config.h"

#include "protocol/targets.h"

#include "tests/support/hunt.h"
#include "tests/support/proves.h"

#define TLSA "_5269._tcp.a.example"
#define USABLE "030100ab"

/* Both kinds; the first server is of _xmpp-server. */
static void
start (EnjTestHunt *hunt, gboolean secure)
{
  enj_test_hunt_start (hunt, FALSE);
  enj_test_hunt_srv (hunt, hunt->plain, secure, LINES ("1 0 5269 a.example", "3 0 5269 c.example"));
  enj_test_hunt_srv (hunt, hunt->direct, FALSE, LINES ("2 0 5270 b.example"));
  enj_test_hunt_asks (hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "a.example");
}

static void
test_all_secure (void)
{
  EnjTestHunt hunt;
  EnjTarget *target;

  enj_test_proves ("A02 A07 A10");
  start (&hunt, TRUE);
  enj_test_hunt_addresses (&hunt, TRUE, LINES ("198.51.100.1", "2001:db8::1"));
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_TLSA, TLSA);
  enj_test_hunt_quiet (&hunt);
  enj_test_hunt_tlsa (&hunt, ENJ_LOOKUP_FOUND, TRUE, USABLE);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (EnjTarget) kept = NULL;

      enj_test_hunt_connects (&hunt, i == 0 ? "[2001:db8::1]:5269" : "198.51.100.1:5269", FALSE);
      target = hunt.wish.target;
      g_assert_nonnull (target->dane);
      g_assert_true (target->is_secure);
      g_assert_cmpstr (target->host, ==, "a.example");
      kept = enj_target_ref (target);
      enj_targets_failed (hunt.targets, hunt.wish.ticket, "refused");
    }

  /* The next is of the other kind, whose records are not secure. */
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "b.example");
  enj_test_hunt_addresses (&hunt, TRUE, LINES ("198.51.100.2"));
  enj_test_hunt_connects (&hunt, "198.51.100.2:5270", TRUE);
  g_assert_null (hunt.wish.target->dane);
  g_assert_false (hunt.wish.target->is_secure);
  enj_test_hunt_stop (&hunt);
}

/* Somebody may have lied on the way: TLSA records are not even asked for. */
static void
test_not_secure (void)
{
  static const gboolean cases[][2] = { { FALSE, FALSE }, { FALSE, TRUE }, { TRUE, FALSE } };

  enj_test_proves ("A01 A02 A07 A08");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjTestHunt hunt;

      start (&hunt, cases[i][0]);
      enj_test_hunt_addresses (&hunt, cases[i][1], LINES ("198.51.100.1"));
      enj_test_hunt_connects (&hunt, "198.51.100.1:5269", FALSE);
      g_assert_null (hunt.wish.target->dane);
      g_assert_cmpint (hunt.wish.target->is_secure, ==, cases[i][0]);
      enj_test_hunt_stop (&hunt);
    }
}

/* Without records that are to be believed and of use it is as if there were none. */
static void
test_no_records (void)
{
  static const struct
  {
    EnjLookupResult result;
    gboolean secure;
    const char *record;
  } cases[] = {
    { ENJ_LOOKUP_NO_NAME, TRUE, "" },     { ENJ_LOOKUP_NO_DATA, TRUE, "" },
    { ENJ_LOOKUP_NO_NAME, FALSE, "" },    { ENJ_LOOKUP_FOUND, FALSE, USABLE },
    { ENJ_LOOKUP_FOUND, TRUE, "ff0100ab" },
    { ENJ_LOOKUP_FOUND, TRUE, "030101ab" },
  };

  enj_test_proves ("A02");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjTestHunt hunt;

      start (&hunt, TRUE);
      enj_test_hunt_addresses (&hunt, TRUE, LINES ("198.51.100.1"));
      enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_TLSA, TLSA);
      enj_test_hunt_tlsa (&hunt, cases[i].result, cases[i].secure, cases[i].record);
      enj_test_hunt_connects (&hunt, "198.51.100.1:5269", FALSE);
      g_assert_null (hunt.wish.target->dane);
      g_assert_true (hunt.wish.target->is_secure);
      enj_test_hunt_stop (&hunt);
    }
}

/* What is not known may be what an attacker hides: that server is not talked to. */
static void
test_no_answer (void)
{
  EnjTestHunt hunt;

  enj_test_proves ("A04");
  start (&hunt, TRUE);
  enj_test_hunt_addresses (&hunt, TRUE, LINES ("198.51.100.1"));
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_TLSA, TLSA);
  enj_test_hunt_tlsa (&hunt, ENJ_LOOKUP_FAILED, FALSE, "");
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "b.example");

  /* Addresses that were forged lead nowhere either. */
  enj_targets_addresses (hunt.targets, hunt.wish.ticket, ENJ_LOOKUP_FAILED, FALSE, NULL, 0);
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "c.example");
  enj_test_hunt_addresses (&hunt, FALSE, LINES (NULL));
  enj_test_hunt_gives_up (&hunt, ENJ_STANZA_REMOTE_SERVER_NOT_FOUND, FALSE);
  enj_test_hunt_stop (&hunt);
}

/* RFC 7673 says nothing of a domain that has no SRV records. */
static void
test_domain_itself (void)
{
  EnjTestHunt hunt;

  enj_test_hunt_skip_srv (&hunt);
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "remote.example");
  enj_test_hunt_addresses (&hunt, TRUE, LINES ("198.51.100.1"));
  enj_test_hunt_connects (&hunt, "198.51.100.1:5269", FALSE);
  g_assert_null (hunt.wish.target->dane);
  enj_test_hunt_stop (&hunt);
}

/* While the records of the second are looked up, the first may still win. */
static void
test_late (void)
{
  EnjTestHunt hunt;
  guint first;
  guint question;

  start (&hunt, TRUE);
  enj_test_hunt_addresses (&hunt, FALSE, LINES ("198.51.100.1"));
  first = enj_test_hunt_connects (&hunt, "198.51.100.1:5269", FALSE);
  hunt.now += 1 * G_TIME_SPAN_SECOND;
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "b.example");
  question = hunt.wish.ticket;
  enj_targets_connected (hunt.targets, first);
  hunt.wish.ticket = question;
  enj_test_hunt_addresses (&hunt, FALSE, LINES ("198.51.100.2"));
  enj_test_hunt_quiet (&hunt);

  /* A ticket is good for one answer, of its kind. */
  enj_test_hunt_addresses (&hunt, FALSE, LINES ("198.51.100.9"));
  enj_test_hunt_tlsa (&hunt, ENJ_LOOKUP_FOUND, TRUE, USABLE);
  enj_targets_failed (hunt.targets, first, "TLS: no");
  enj_test_hunt_fails_at (&hunt, "198.51.100.2:5270", TRUE);
  enj_test_hunt_asks (&hunt, ENJ_TARGETS_LOOKUP_ADDRESSES, "c.example");
  enj_test_hunt_stop (&hunt);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/targets/secure-dns-brings-tlsa-records", test_all_secure);
  g_test_add_func ("/targets/no-tlsa-records-where-anything-is-insecure", test_not_secure);
  g_test_add_func ("/targets/useless-tlsa-records-are-none", test_no_records);
  g_test_add_func ("/targets/a-failed-tlsa-look-up-skips-the-server", test_no_answer);
  g_test_add_func ("/targets/no-tlsa-records-of-the-domain-itself", test_domain_itself);
  g_test_add_func ("/targets/answers-may-come-late", test_late);
  return g_test_run ();
}

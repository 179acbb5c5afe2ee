#include "config.h"

#include "protocol/race.h"

#include "protocol/deadlines.h"
#include "tests/support/proves.h"

#define MS G_TIME_SPAN_MILLISECOND
#define START (5 * G_TIME_SPAN_SECOND)

static void
add (EnjRace *race, const char *address)
{
  EnjTarget *target;
  EnjAddress parsed;

  g_assert_true (enj_address_parse (&parsed, address, 5269));
  target = enj_target_new (&parsed, "host.example", FALSE, FALSE, NULL);
  g_assert_true (enj_race_add_take (race, target));
}

static void
assert_starts (EnjRace *race, guint ticket, const char *address, gint64 now)
{
  char text[ENJ_ADDRESS_STRING];

  g_assert_cmpint (enj_race_deadline (race), <=, now);
  g_assert_cmpstr (enj_address_format (&enj_race_start (race, ticket, now)->address, text), ==,
                   address);
}

static void
test_stagger (void)
{
  EnjRace race = { 0 };

  enj_test_proves ("N05");
  g_assert_cmpint (enj_race_deadline (&race), ==, ENJ_NEVER);
  add (&race, "192.0.2.1");
  add (&race, "192.0.2.2");
  add (&race, "192.0.2.3");

  assert_starts (&race, 1, "192.0.2.1:5269", START);
  g_assert_cmpint (enj_race_deadline (&race), ==, START + 250 * MS);
  assert_starts (&race, 2, "192.0.2.2:5269", START + 300 * MS);
  g_assert_cmpint (enj_race_deadline (&race), ==, START + 550 * MS);

  /* A failure is not waited upon. */
  g_assert_true (enj_race_lose (&race, 1));
  assert_starts (&race, 3, "192.0.2.3:5269", START + 301 * MS);
  g_assert_cmpint (enj_race_deadline (&race), ==, ENJ_NEVER);
  g_assert_true (enj_race_has (&race, ENJ_RUNNER_OPEN));
  enj_race_clear (&race);
}

static void
test_winner (void)
{
  EnjRace race = { 0 };

  enj_test_proves ("N05 N11");
  add (&race, "192.0.2.1");
  add (&race, "192.0.2.2");
  assert_starts (&race, 1, "192.0.2.1:5269", START);
  assert_starts (&race, 2, "192.0.2.2:5269", START + 250 * MS);
  g_assert_true (enj_race_win (&race, 2));
  g_assert_cmpuint (race.winner, ==, 2);
  g_assert_cmpint (enj_race_deadline (&race), ==, ENJ_NEVER);

  /* The other's ticket is gone with its attempt. */
  g_assert_false (enj_race_win (&race, 1));
  g_assert_false (enj_race_lose (&race, 1));

  /* The winner was of no use: the other was not tried. */
  g_assert_true (enj_race_lose (&race, 2));
  g_assert_false (enj_race_lose (&race, 2));
  g_assert_cmpuint (race.winner, ==, 0);
  assert_starts (&race, 3, "192.0.2.1:5269", START + 260 * MS);
  g_assert_true (enj_race_lose (&race, 3));
  g_assert_false (enj_race_has (&race, ENJ_RUNNER_NEW));
  g_assert_false (enj_race_has (&race, ENJ_RUNNER_OPEN));
  enj_race_clear (&race);
}

static void
test_bounds (void)
{
  EnjRace race = { 0 };
  EnjAddress address;

  for (guint i = 0; i < ENJ_RACE_MAX; i++)
    add (&race, "192.0.2.1");
  g_assert_true (enj_address_parse (&address, "192.0.2.1", 5269));
  g_assert_false (
      enj_race_add_take (&race, enj_target_new (&address, "host.example", FALSE, FALSE, NULL)));
  g_assert_cmpuint (race.n, ==, 10);
  enj_race_clear (&race);
}

static void
test_target (void)
{
  static const guint8 bytes[] = { 3, 1, 0, 'k' };
  const EnjTlsaRecord record = { bytes, sizeof bytes };
  EnjDane *dane = enj_dane_new (&record, 1);
  EnjTarget *target;
  EnjTarget *again;
  EnjAddress address;

  g_assert_true (enj_address_parse (&address, "192.0.2.1", 5270));
  target = enj_target_new (&address, "host.example", TRUE, TRUE, dane);
  again = enj_target_ref (target);
  enj_target_unref (target);
  enj_dane_unref (dane);
  g_assert_true (again->dane == dane);
  g_assert_true (enj_address_equal (&again->address, &address));
  g_assert_cmpstr (again->host, ==, "host.example");
  g_assert_true (again->direct_tls && again->is_secure);
  enj_target_unref (again);
  enj_target_unref (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/race/starts-one-after-the-other", test_stagger);
  g_test_add_func ("/race/goes-on-where-the-winner-fails", test_winner);
  g_test_add_func ("/race/has-ten-places", test_bounds);
  g_test_add_func ("/race/a-target-is-shared", test_target);
  return g_test_run ();
}

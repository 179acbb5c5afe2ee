#include "config.h"

#include "protocol/doorman.h"

#include <string.h>

#include "protocol/deadlines.h"
#include "tests/support/proves.h"
#include "tests/support/quiet.h"

#define START (1000 * ENJ_SECOND)
#define N 1100

static EnjVisit visits[N];
static EnjLimits limits;

static EnjDoorman *
doorman_new (void)
{
  memset (visits, 0, sizeof visits);
  limits = enj_limits_default ();
  limits.accept_rate_per_address = 0;
  return enj_doorman_new (&limits);
}

static EnjAddress
make (const char *text, guint16 port)
{
  EnjAddress address;

  g_assert_true (enj_address_parse (&address, text, port));
  return address;
}

static gboolean
come (EnjDoorman *doorman, guint visit, const char *from, gint64 now)
{
  const EnjAddress address = make (from, (guint16) (20000 + visit));

  return enj_doorman_admit (doorman, &visits[visit], &address, now);
}

/* As many of those that have proved themselves as may be, and never one more. */
static void
fill (EnjDoorman *doorman, const char *from, guint first, guint n)
{
  for (guint i = first; i < first + n; i++)
    {
      g_assert_true (come (doorman, i, from, START));
      enj_visit_prove (&visits[i]);
    }
  g_assert_false (come (doorman, first + n, from, START));
  g_assert_null (enj_visit_get_source (&visits[first + n]));
}

static void
leave_all (EnjDoorman *doorman)
{
  for (guint i = 0; i < N; i++)
    enj_visit_leave (&visits[i]);
  enj_doorman_free (doorman);
}

static void
test_connections (void)
{
  EnjDoorman *doorman = doorman_new ();

  fill (doorman, "192.0.2.1", 0, 256);
  /* The same one, under another name; and others. */
  g_assert_false (come (doorman, 300, "::ffff:192.0.2.1", START));
  g_assert_true (come (doorman, 300, "192.0.2.2", START));
  fill (doorman, "2001:db8:1:2::1", 301, 256);
  g_assert_false (come (doorman, 600, "2001:db8:1:2:ffff:ffff:ffff:ffff", START));
  g_assert_true (come (doorman, 600, "2001:db8:1:3::1", START));
  g_assert_cmpstr (enj_visit_get_source (&visits[301]), ==, "2001:db8:1:2::/64");

  enj_visit_leave (&visits[7]);
  g_assert_true (come (doorman, 7, "192.0.2.1", START));
  g_assert_false (come (doorman, 700, "192.0.2.1", START));
  leave_all (doorman);
}

static void
test_unproved (void)
{
  EnjDoorman *doorman = doorman_new ();

  for (guint i = 0; i < 8; i++)
    g_assert_true (come (doorman, i, "192.0.2.1", START));
  g_assert_false (come (doorman, 8, "192.0.2.1", START));
  g_assert_true (come (doorman, 9, "192.0.2.2", START));

  enj_visit_prove (&visits[3]);
  enj_visit_prove (&visits[3]);
  g_assert_true (come (doorman, 8, "192.0.2.1", START));
  g_assert_false (come (doorman, 10, "192.0.2.1", START));
  enj_visit_leave (&visits[3]); /* It was none of those. */
  g_assert_false (come (doorman, 10, "192.0.2.1", START));
  enj_visit_leave (&visits[4]);
  enj_visit_leave (&visits[4]);
  g_assert_true (come (doorman, 10, "192.0.2.1", START));
  leave_all (doorman);
}

/* 512 of them, and one more: the oldest is to go, whoever has come. */
static void
test_surplus (void)
{
  EnjDoorman *doorman = doorman_new ();

  for (guint i = 0; i < 512; i++)
    {
      g_autofree char *from = g_strdup_printf ("10.0.%u.%u", i / 256, i % 256);

      g_assert_true (come (doorman, i, from, START));
      g_assert_null (enj_doorman_get_surplus (doorman));
    }
  g_assert_true (enj_doorman_get_oldest (doorman) == &visits[0]);
  enj_visit_prove (&visits[0]);
  g_assert_true (come (doorman, 512, "192.0.2.1", START));
  g_assert_null (enj_doorman_get_surplus (doorman));
  g_assert_true (come (doorman, 513, "192.0.2.1", START));
  g_assert_true (enj_doorman_get_surplus (doorman) == &visits[1]);
  enj_visit_leave (&visits[1]);
  g_assert_null (enj_doorman_get_surplus (doorman));

  limits.unauthenticated = 511;
  enj_doorman_set_limits (doorman, &limits);
  g_assert_true (enj_doorman_get_surplus (doorman) == &visits[2]);
  leave_all (doorman);
}

/* Ten a second, twenty at once. */
static void
test_rate (void)
{
  EnjDoorman *doorman = doorman_new ();

  limits.accept_rate_per_address = 10;
  enj_doorman_set_limits (doorman, &limits);
  for (guint i = 0; i < 20; i++)
    {
      g_assert_true (come (doorman, i, "192.0.2.1", START));
      enj_visit_leave (&visits[i]);
    }
  g_assert_false (come (doorman, 20, "192.0.2.1", START));
  g_assert_true (come (doorman, 21, "192.0.2.2", START));
  g_assert_false (come (doorman, 20, "192.0.2.1", START + ENJ_SECOND / 10 - 1));
  g_assert_true (come (doorman, 20, "192.0.2.1", START + ENJ_SECOND / 10));
  g_assert_false (come (doorman, 22, "192.0.2.1", START + ENJ_SECOND / 10));
  leave_all (doorman);
}

/* Who is turned away pays nothing, and so is not kept out for longer. */
static void
test_refused_free (void)
{
  EnjDoorman *doorman = doorman_new ();

  limits.accept_rate_per_address = 1;
  enj_doorman_set_limits (doorman, &limits);
  g_assert_true (come (doorman, 0, "192.0.2.1", START));
  g_assert_true (come (doorman, 1, "192.0.2.1", START));
  for (guint i = 0; i < 1000; i++)
    g_assert_false (come (doorman, 2, "192.0.2.1", START));
  g_assert_true (come (doorman, 2, "192.0.2.1", START + ENJ_SECOND));
  leave_all (doorman);
}

static void
test_forgets (void)
{
  EnjDoorman *doorman = doorman_new ();

  limits.accept_rate_per_address = 10;
  enj_doorman_set_limits (doorman, &limits);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *from = g_strdup_printf ("10.0.%u.%u", i / 256, i % 256);

      g_assert_true (come (doorman, i, from, START));
      enj_visit_leave (&visits[i]);
    }
  g_assert_cmpuint (enj_doorman_count (doorman), ==, 1000);
  g_assert_true (come (doorman, 1000, "192.0.2.1", START + ENJ_SECOND / 10));
  /* Nobody who is inside is forgotten. */
  for (guint i = 0; i < 300; i++)
    {
      g_assert_true (come (doorman, 1001, "192.0.2.2", START + (2 + i) * ENJ_SECOND));
      enj_visit_leave (&visits[1001]);
    }
  g_assert_cmpuint (enj_doorman_count (doorman), ==, 2);
  leave_all (doorman);
}

/* A network of IPv6 for each: what is remembered of those that are gone is bounded. */
static void
test_bounded (void)
{
  EnjDoorman *doorman = doorman_new ();

  limits.accept_rate_per_address = 1;
  enj_doorman_set_limits (doorman, &limits);
  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *from = g_strdup_printf ("2001:db8:%x:1::1", i);

      g_assert_true (come (doorman, 0, from, START));
      enj_visit_leave (&visits[0]);
    }
  g_assert_cmpuint (enj_doorman_count (doorman), <=, 16386);
  leave_all (doorman);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_test_be_quiet ();
  g_test_add_func ("/doorman/so-many-connections-of-one-source", test_connections);
  g_test_add_func ("/doorman/so-many-of-one-source-that-prove-nothing", test_unproved);
  g_test_add_func ("/doorman/the-oldest-that-proves-nothing-makes-room", test_surplus);
  g_test_add_func ("/doorman/so-many-a-second-of-one-source", test_rate);
  g_test_add_func ("/doorman/who-is-turned-away-pays-nothing", test_refused_free);
  g_test_add_func ("/doorman/forgets-who-is-gone", test_forgets);
  g_test_add_func ("/doorman/remembers-so-many-at-most", test_bounded);
  return g_test_run ();
}

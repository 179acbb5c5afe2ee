#include "config.h"

#include "protocol/law.h"

/* The example of all ends. */
static EnjCounters
fair (void)
{
  return (EnjCounters){ .accepted = 7,
                        .sent = 6,
                        .delivered = 4,
                        .confirmed = 3,
                        .unproven = 2,
                        .bounced = 5,
                        .dropped = 1 };
}

static void
test_holds (void)
{
  const EnjCounters counters = fair ();

  g_assert_cmpint (enj_law_weigh (&counters, 3), ==, 0);
}

static void
test_silence (void)
{
  const EnjCounters counters = fair ();

  g_assert_cmpint (enj_law_weigh (&counters, 1), ==, 2);
}

static void
test_twice (void)
{
  const EnjCounters counters = fair ();

  g_assert_cmpint (enj_law_weigh (&counters, 4), ==, -1);
}

/* Each end counts: one more of it is one too many. */
static void
test_ends (void)
{
  EnjCounters counters = fair ();
  guint64 *const ends[]
    = { &counters.delivered, &counters.confirmed, &counters.unproven, &counters.dropped };

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      ++*ends[i];
      g_assert_cmpint (enj_law_weigh (&counters, 3), ==, -1);
      --*ends[i];
    }
  counters.accepted++;
  counters.sent++;
  counters.bounced++; /* An error for one of them, which is itself under way. */
  g_assert_cmpint (enj_law_weigh (&counters, 5), ==, 0);
}

static void
test_line (void)
{
  const EnjCounters counters = fair ();
  g_autofree char *line = enj_law_format (&counters, 3);

  g_assert_cmpstr (line, ==,
                   "accepted 7, sent 6, delivered 4, confirmed 3, unproven 2, bounced 5, "
                   "dropped 1, owned 3");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/law/holds", test_holds);
  g_test_add_func ("/law/misses-what-was-freed-in-silence", test_silence);
  g_test_add_func ("/law/sees-what-ended-twice", test_twice);
  g_test_add_func ("/law/knows-every-end", test_ends);
  g_test_add_func ("/law/is-one-line", test_line);
  return g_test_run ();
}

#include "config.h"

#include "component/tables.h"

#include <string.h>

#define DAY 86400

static GVariant *
parse_new (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (NULL, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static void
test_status (void)
{
  g_autoptr (GVariant) status = parse_new (
    "{'version': <'1.2'>, 'configuration': <'/etc/e.conf'>, 'uptime-us': <int64 7500000000>,"
    " 'links': <uint32 2>, 'links-up': <uint32 1>, 'streams-in': <uint32 3>,"
    " 'streams-out': <uint32 4>, 'streams-closing': <uint32 1>, 'waiting-for-peers': <uint32 5>,"
    " 'waiting-for-links': <uint32 6>, 'owned': <uint64 11>, 'missing': <int64 0>,"
    " 'counters': <{'accepted': uint64 21, 'confirmed': 10}>,"
    " 'certificates': <[{'domain': <'b.test'>, 'expires': <int64 1000000>,"
    "                    'self-signed': <true>}]>,"
    " 'blocked': <['a.test', '*.b.test']>, 'novelty': <'x'>}");
  g_autofree char *text = enj_tables_status_new (status, 1000000 - 3 * DAY);

  g_assert_cmpstr (text, ==,
                   "enjamb       1.2, up 2 h 5 min, /etc/e.conf\n"
                   "links        1 of 2 up\n"
                   "streams      3 in, 4 out; 1 of them closing\n"
                   "waiting      5 stanzas for other servers, 6 for links\n"
                   "stanzas      21 accepted, 0 sent, 0 delivered, 10 confirmed, 0 unproven, "
                   "0 bounced, 0 dropped, 11 owned; all accounted for\n"
                   "certificate  b.test: until 1970-01-12, 3 days, self-signed\n"
                   "blocked      a.test, *.b.test\n");
}

static void
test_bad_news (void)
{
  g_autoptr (GVariant) status = parse_new (
    "{'missing': <int64 2>, 'version': <'\\u001b[1m\\u009b'>,"
    " 'certificates': <[{'domain': <'b.test'>, 'expires': <int64 1000000>}]>}");
  g_autofree char *text = enj_tables_status_new (status, 1000000);

  g_assert_nonnull (strstr (text, "; 2 NOT ACCOUNTED FOR\n"));
  g_assert_nonnull (strstr (text, "b.test: ENDED on 1970-01-12\n"));
  g_assert_nonnull (strstr (text, " ?[1m??, up"));
}

static void
test_duration (void)
{
  static const struct
  {
    gint64 microseconds;
    const char *text;
  } cases[] = {
    { 0, "0 us" },
    { 999, "999 us" },
    { 84 * 1000, "84 ms" },
    { G_USEC_PER_SEC, "1 s" },
    { 119 * (gint64) G_USEC_PER_SEC, "119 s" },
    { 120 * G_USEC_PER_SEC, "2 min" },
    { 7199 * (gint64) G_USEC_PER_SEC, "119 min" },
    { 7200 * (gint64) G_USEC_PER_SEC, "2 h 0 min" },
    { 2 * (gint64) DAY * G_USEC_PER_SEC, "2 d 0 h" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = enj_tables_duration_new (cases[i].microseconds);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tables/tell-how-it-is", test_status);
  g_test_add_func ("/tables/tell-what-is-wrong-and-nothing-to-the-terminal", test_bad_news);
  g_test_add_func ("/tables/tell-times-for-people", test_duration);
  return g_test_run ();
}

#include "config.h"

#include "component/lookup.h"

#include "component/journal.h"
#include "tests/support/nameserver.h"

#define BYTES(text) text, sizeof text - 1

static const EnjTestRecord zone[] = {
  { "host.example", ENJ_TEST_A, BYTES ("\300\0\2\1") },
  { "host.example", ENJ_TEST_A, BYTES ("\300\0\2\1") },
  { "localhost", ENJ_TEST_A, BYTES ("\300\0\2\7") },
  { "empty.example", ENJ_TEST_NOTHING, NULL, 0 },
  { "fails.example", ENJ_TEST_FAILS, NULL, 0 },
  { "silent.example", ENJ_TEST_IS_SILENT, NULL, 0 },
};

static EnjErrand *errand;
static EnjTestNameserver *server;
static EnjLookup *lookup;

/* An errand gives up by this clock, which runs with each look at it. */
static gint64
hurry (void)
{
  static gint64 time_now = G_TIME_SPAN_HOUR;

  return time_now += G_TIME_SPAN_MINUTE;
}

static void
set_up (const char *anchor)
{
  g_autoptr (GError) error = NULL;
  EnjListen listen = { .host = (char *) "127.0.0.1" };
  EnjConfigFederation federation
    = { .dns_server = &listen, .dns_trust_anchor = (char *) anchor };

  errand = enj_errand_new (&error);
  g_assert_no_error (error);
  server = enj_test_nameserver_new (enj_errand_get_loop (errand), zone, G_N_ELEMENTS (zone));
  listen.port = enj_test_nameserver_get_port (server);
  lookup = enj_lookup_new (errand, &federation, &error);
  g_assert_no_error (error);
}

static void
tear_down (void)
{
  enj_lookup_free (lookup);
  enj_test_nameserver_free (server);
  enj_errand_free (errand);
}

static void
count (const guint8 *record, gsize len, gpointer data)
{
  guint *n = data;

  g_assert_cmpmem (record, len, "\300\0\2\1", 4);
  (*n)++;
}

static EnjLookupResult
ask (const char *name)
{
  return enj_lookup_ask (lookup, name, ENJ_DNS_A, NULL, NULL, NULL);
}

static void
test_answers (void)
{
  guint n = 0;
  gboolean secure = TRUE;

  set_up (NULL);
  g_assert_cmpint (enj_lookup_ask (lookup, "host.example", ENJ_DNS_A, count, &n, &secure), ==,
                   ENJ_LOOKUP_FOUND);
  g_assert_cmpuint (n, >, 0);
  g_assert_false (secure);
  g_assert_cmpint (ask ("empty.example"), ==, ENJ_LOOKUP_NO_DATA);
  g_assert_cmpint (ask ("nowhere.example"), ==, ENJ_LOOKUP_NO_NAME);
  g_assert_cmpint (ask ("fails.example"), ==, ENJ_LOOKUP_FAILED);
  g_assert_false (enj_lookup_is_validating (lookup));
  tear_down ();
}

static void
test_silence (void)
{
  set_up (NULL);
  enj_loop_set_clock (enj_errand_get_loop (errand), hurry);
  g_assert_cmpint (ask ("silent.example"), ==, ENJ_LOOKUP_FAILED);
  tear_down ();
}

static void
test_wait (void)
{
  gboolean never = FALSE;
  gboolean done = TRUE;

  set_up (NULL);
  enj_loop_set_clock (enj_errand_get_loop (errand), hurry);
  g_assert_true (enj_errand_wait (errand, &done, 5));
  g_assert_false (enj_errand_wait (errand, &never, 5));
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/lookup/tells-each-kind-of-answer", test_answers);
  g_test_add_func ("/lookup/a-silent-server-has-failed", test_silence);
  g_test_add_func ("/lookup/an-errand-waits-no-longer-than-it-is-told", test_wait);
  return g_test_run ();
}

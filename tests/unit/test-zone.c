#include "config.h"

#include "component/zone.h"

#include "component/journal.h"
#include "tests/support/nameserver.h"

#define BYTES(text) text, sizeof text - 1

static const EnjTestRecord records[] = {
  { "_xmpp-server._tcp.a.example", ENJ_TEST_SRV, BYTES ("\0\5\0\1\24\225\4host\7example\0") },
  { "_xmpps-server._tcp.a.example", ENJ_TEST_SRV, BYTES ("\0\0\0\5\24\226\5empty\7example\0") },
  { "_5269._tcp.host.example", ENJ_TEST_TLSA, BYTES ("\3\1\1\252\273") },
  { "host.example", ENJ_TEST_A, BYTES ("\300\0\2\1") },
  { "host.example", ENJ_TEST_AAAA, BYTES ("\40\1\r\270\0\0\0\0\0\0\0\0\0\0\0\7") },
  { "empty.example", ENJ_TEST_NOTHING, NULL, 0 },
  { "_xmpp-server._tcp.off.example", ENJ_TEST_SRV, BYTES ("\0\0\0\0\0\0\0") },
  { "bare.example", ENJ_TEST_A, BYTES ("\300\0\2\2") },
  { "_xmpp-server._tcp.fails.example", ENJ_TEST_FAILS, NULL, 0 },
  { "_xmpp-server._tcp.xn--b-eha.example", ENJ_TEST_SRV,
    BYTES ("\0\5\0\1\24\225\4host\7example\0") },
};

static EnjErrand *errand;
static EnjTestNameserver *server;
static EnjLookup *lookup;

static void
set_up (void)
{
  g_autoptr (GError) error = NULL;
  EnjListen listen = { .host = (char *) "127.0.0.1" };
  EnjConfigFederation federation = { .dns_server = &listen };

  errand = enj_errand_new (&error);
  g_assert_no_error (error);
  server = enj_test_nameserver_new (enj_errand_get_loop (errand), records,
                                    G_N_ELEMENTS (records));
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
assert_server (const EnjZone *zone, guint index, const char *host, guint16 port,
               gboolean direct_tls, EnjLookupResult found, guint n_addresses, guint n_records)
{
  const EnjZoneServer *one;

  g_assert_cmpuint (index, <, zone->servers->len);
  one = zone->servers->pdata[index];
  g_assert_cmpstr (one->host, ==, host);
  g_assert_cmpuint (one->port, ==, port);
  g_assert_cmpint (one->direct_tls, ==, direct_tls);
  g_assert_cmpint (one->found, ==, found);
  g_assert_cmpuint (one->addresses->len, ==, n_addresses);
  g_assert_cmpuint (one->records->len, ==, n_records);
  for (guint i = 0; i < n_addresses; i++)
    g_assert_cmpuint (g_array_index (one->addresses, EnjAddress, i).port, ==, port);
}

static void
test_services (void)
{
  g_autoptr (EnjZone) zone = NULL;

  set_up ();
  zone = enj_zone_new_asked (lookup, "a.example");
  g_assert_cmpint (zone->starttls, ==, ENJ_LOOKUP_FOUND);
  g_assert_cmpint (zone->direct, ==, ENJ_LOOKUP_FOUND);
  g_assert_false (zone->is_secure);
  g_assert_false (zone->is_fallback);
  g_assert_cmpuint (zone->servers->len, ==, 2);
  assert_server (zone, 0, "host.example", 5269, FALSE, ENJ_LOOKUP_FOUND, 2, 1);
  assert_server (zone, 1, "empty.example", 5270, TRUE, ENJ_LOOKUP_NO_DATA, 0, 0);
  tear_down ();
}

static void
test_fallback (void)
{
  g_autoptr (EnjZone) zone = NULL;

  set_up ();
  zone = enj_zone_new_asked (lookup, "bare.example");
  g_assert_true (zone->is_fallback);
  g_assert_cmpuint (zone->servers->len, ==, 1);
  assert_server (zone, 0, "bare.example", 5269, FALSE, ENJ_LOOKUP_FOUND, 1, 0);
  tear_down ();
}

static void
test_odd (void)
{
  EnjZone *zone;

  set_up ();
  zone = enj_zone_new_asked (lookup, "off.example");
  g_assert_false (zone->is_fallback);
  assert_server (zone, 0, "", 0, FALSE, ENJ_LOOKUP_NO_NAME, 0, 0);
  enj_zone_free (zone);

  zone = enj_zone_new_asked (lookup, "fails.example");
  g_assert_cmpint (zone->starttls, ==, ENJ_LOOKUP_FAILED);
  g_assert_false (zone->is_fallback);
  g_assert_cmpuint (zone->servers->len, ==, 0);
  enj_zone_free (zone);

  zone = enj_zone_new_asked (lookup, "bü.example");
  g_assert_cmpstr (zone->domain, ==, "bü.example");
  g_assert_cmpstr (zone->name, ==, "xn--b-eha.example");
  assert_server (zone, 0, "host.example", 5269, FALSE, ENJ_LOOKUP_FOUND, 2, 1);
  enj_zone_free (zone);
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/zone/has-both-kinds-of-services-and-what-belongs-to-each", test_services);
  g_test_add_func ("/zone/without-services-the-domain-is-its-own-server", test_fallback);
  g_test_add_func ("/zone/a-refusal-and-a-failure-are-no-absence", test_odd);
  return g_test_run ();
}

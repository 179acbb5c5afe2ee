#include "config.h"

#include "component/check-zone.h"

#include <string.h>

#include "tests/support/configs.h"

#define DOMAIN "bridge.example.com"

/* One judgement: what the DNS says, how we listen, and what is to be found. */
static EnjConfig *config;
static GArray *own;
static EnjZone *zone;

static void
set_up (const char *listen, const char *listen_tls)
{
  g_autofree char *text
    = g_strdup_printf ("[component " DOMAIN "]\nserver = none\nservice = echo\n[federation]\n"
                       "listen = %s\nlisten-tls = %s\n",
                       listen, listen_tls);

  config = enj_test_config_new (text);
  own = g_array_new (FALSE, FALSE, sizeof (EnjAddress));
  zone = enj_zone_new (DOMAIN);
}

static void
add_own (const char *text)
{
  EnjAddress address;

  g_assert_true (enj_address_parse (&address, text, 0));
  g_array_append_val (own, address);
}

static EnjZoneServer *
add_server (const char *host, guint16 port, gboolean direct_tls, const char *address)
{
  EnjZoneServer *server = enj_zone_add_server (zone, g_strdup (host), port, direct_tls);
  EnjAddress place;

  *(direct_tls ? &zone->direct : &zone->starttls) = ENJ_LOOKUP_FOUND;
  server->found = address ? ENJ_LOOKUP_FOUND : ENJ_LOOKUP_NO_DATA;
  if (!address)
    return server;
  g_assert_true (enj_address_parse (&place, address, port));
  g_array_append_val (server->addresses, place);
  return server;
}

/* @expected: of what is found, all that is no "ok", without the heading and the sum. */
static void
judge (gboolean validating, const char *expected)
{
  g_autoptr (EnjFindings) findings = enj_findings_new ();
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GString) rest = g_string_new (NULL);

  enj_check_zone_judge (zone, &config->federation, own, validating, findings);
  text = enj_findings_format_new (findings);
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpstr (lines[0], ==, "dns  " DOMAIN);
  for (guint i = 1; lines[i + 2]; i++)
    if (!g_str_has_prefix (lines[i], "  ok "))
      g_string_append_printf (rest, "%s\n", g_strstrip (lines[i]));
  g_assert_cmpstr (rest->str, ==, expected);
  enj_zone_free (zone);
  g_array_unref (own);
  enj_config_unref (config);
}

#define SIGNED ""
#define UNSIGNED \
  "note     the zone is not signed (DNSSEC): nobody would believe a TLSA record in it\n"

static void
test_right (void)
{
  set_up ("[::]:5279", "[::]:5270");
  add_own ("192.0.2.10");
  add_own ("2001:db8::10");
  zone->is_secure = TRUE;
  add_server ("host.example.com", 5279, FALSE, "192.0.2.10")->is_secure = TRUE;
  add_server ("host.example.com", 5279, FALSE, "2001:db8::10")->is_secure = TRUE;
  add_server ("host.example.com", 5270, TRUE, "2001:db8::10")->is_secure = TRUE;
  judge (TRUE, SIGNED);

  set_up ("0.0.0.0:5269", "");
  add_own ("192.0.2.10");
  zone->is_fallback = TRUE;
  add_server (DOMAIN, 5269, FALSE, "192.0.2.10");
  zone->starttls = ENJ_LOOKUP_NO_NAME;
  judge (TRUE, UNSIGNED);
}

static void
test_nothing_there (void)
{
  set_up ("[::]:5279", "[::]:5270");
  add_own ("127.0.0.1");
  add_own ("192.168.1.2");
  add_own ("192.0.2.10");
  add_own ("2001:db8::10");
  zone->is_fallback = TRUE;
  add_server (DOMAIN, 5269, FALSE, NULL);
  zone->starttls = ENJ_LOOKUP_NO_NAME;
  judge (TRUE,
         "problem  other servers cannot find " DOMAIN ": it has neither SRV records nor an "
         "address; add to the zone\n"
         "_xmpp-server._tcp." DOMAIN ". 3600 IN SRV 0 5 5279 " DOMAIN ".\n"
         "_xmpps-server._tcp." DOMAIN ". 3600 IN SRV 0 5 5270 " DOMAIN ".\n"
         DOMAIN ". 3600 IN A 192.0.2.10\n"
         DOMAIN ". 3600 IN AAAA 2001:db8::10\n" UNSIGNED);

  /* At one address alone, which is no interface's. */
  set_up ("192.0.2.20:5279", "192.0.2.20:5270");
  add_own ("192.0.2.10");
  add_server ("host.example.com", 5279, FALSE, NULL);
  judge (TRUE,
         "problem  _xmpp-server._tcp leads to host.example.com, which has no address; add to the "
         "zone\n"
         "host.example.com. 3600 IN A 192.0.2.20\n"
         "note     enjamb listens for direct TLS, which no record tells; add to the zone\n"
         "_xmpps-server._tcp." DOMAIN ". 3600 IN SRV 0 5 5270 " DOMAIN ".\n" UNSIGNED);

  /* Behind a router, with IPv4 alone. */
  set_up ("0.0.0.0:5279", "");
  add_own ("192.168.1.2");
  add_own ("2001:db8::10");
  add_server ("host.example.com", 5279, FALSE, NULL);
  judge (TRUE,
         "problem  _xmpp-server._tcp leads to host.example.com, which has no address; add to the "
         "zone\n"
         "host.example.com. 3600 IN A (the address that others reach us at)\n" UNSIGNED);
}

static void
test_wrong_port (void)
{
  set_up ("[::]:5279", "");
  add_own ("192.0.2.10");
  add_server ("host.example.com", 5269, FALSE, "192.0.2.10");
  judge (TRUE,
         "problem  _xmpp-server._tcp leads to host.example.com, at 192.0.2.10:5269, where nothing "
         "listens ([federation] listen is [::]:5279): mend the record or that key\n" UNSIGNED);

  /* IPv6 in the DNS, and an ear for IPv4. */
  set_up ("0.0.0.0:5279", "");
  add_own ("192.0.2.10");
  add_own ("2001:db8::10");
  add_server ("host.example.com", 5279, FALSE, "192.0.2.10");
  add_server ("host.example.com", 5279, FALSE, "2001:db8::10");
  judge (TRUE,
         "problem  _xmpp-server._tcp leads to host.example.com, at [2001:db8::10]:5279, where "
         "nothing listens ([federation] listen is 0.0.0.0:5279): mend the record or that key\n"
         UNSIGNED);

  /* Without SRV, and at another port. */
  set_up ("[::]:5279", "");
  add_own ("192.0.2.10");
  zone->is_fallback = TRUE;
  add_server (DOMAIN, 5269, FALSE, "192.0.2.10");
  zone->starttls = ENJ_LOOKUP_NO_DATA;
  judge (TRUE,
         "problem  without an SRV record other servers try 192.0.2.10:5269, where nothing listens "
         "([federation] listen is [::]:5279); add to the zone\n"
         "_xmpp-server._tcp." DOMAIN ". 3600 IN SRV 0 5 5279 " DOMAIN ".\n" UNSIGNED);

  /* Elsewhere altogether. */
  set_up ("[::]:5279", "");
  add_own ("192.0.2.10");
  add_server ("host.example.com", 5269, FALSE, "198.51.100.1");
  judge (TRUE,
         "note     host.example.com is at 198.51.100.1:5269, which is neither an address of this "
         "machine nor a port that enjamb listens at\n"
         "problem  no record leads to a port that enjamb listens at; the zone should have\n"
         "_xmpp-server._tcp." DOMAIN ". 3600 IN SRV 0 5 5279 host.example.com.\n" UNSIGNED);
}

static void
test_elsewhere_is_no_problem (void)
{
  set_up ("[::]:5279", "");
  add_own ("192.168.1.2");
  add_server ("host.example.com", 5279, FALSE, "198.51.100.1");
  add_server ("second.example.com", 5269, FALSE, "198.51.100.2");
  judge (FALSE,
         "note     host.example.com is at 198.51.100.1:5279, which is no address of this machine: "
         "right where a router forwards that port to here, or for another instance\n"
         "note     second.example.com is at 198.51.100.2:5269, which is neither an address of "
         "this machine nor a port that enjamb listens at\n"
         "note     whether the zone is signed (DNSSEC) cannot be told: the name server passes no "
         "signatures on, or dns-trust-anchor cannot be read\n");
}

static void
test_private (void)
{
  set_up ("[::]:5279", "");
  add_own ("192.168.1.2");
  add_server ("host.example.com", 5279, FALSE, "192.168.1.2");
  config->federation.refuse_private_addresses = FALSE;
  judge (TRUE, UNSIGNED);

  set_up ("[::]:5279", "");
  add_own ("192.168.1.2");
  add_server ("host.example.com", 5279, FALSE, "192.168.1.2");
  judge (TRUE,
         "problem  host.example.com is at 192.168.1.2:5279, a private address, which other "
         "servers cannot reach: put the public one there\n" UNSIGNED);
}

static void
test_refusal (void)
{
  set_up ("[::]:5279", "");
  add_server ("", 0, FALSE, NULL);
  judge (TRUE,
         "problem  _xmpp-server._tcp." DOMAIN " leads to \".\", which says that there is no "
         "service: take that record out\n" UNSIGNED);

  set_up ("[::]:5279", "[::]:5270");
  add_own ("192.0.2.10");
  add_server ("host.example.com", 5279, FALSE, "192.0.2.10");
  add_server ("", 0, TRUE, NULL);
  judge (TRUE,
         "problem  _xmpps-server._tcp." DOMAIN " leads to \".\", which says that there is no "
         "service: take that record out\n" UNSIGNED);
}

/* RFC 2782: "." says that the service is not there, which is so. */
static void
test_right_refusal (void)
{
  set_up ("[::]:5279", "");
  add_own ("192.0.2.10");
  add_server ("host.example.com", 5279, FALSE, "192.0.2.10");
  add_server ("", 0, TRUE, NULL);
  judge (TRUE, UNSIGNED);

  set_up ("", "[::]:5270");
  add_own ("192.0.2.10");
  add_server ("", 0, FALSE, NULL);
  add_server ("host.example.com", 5270, TRUE, "192.0.2.10");
  judge (TRUE, UNSIGNED);
}

static void
test_no_ear (void)
{
  set_up ("", "");
  add_server ("host.example.com", 5269, FALSE, "198.51.100.1");
  judge (TRUE,
         "note     host.example.com is at 198.51.100.1:5269, which is neither an address of this "
         "machine nor a port that enjamb listens at\n"
         "problem  enjamb listens nowhere, so no record can lead to it: set [federation] listen\n"
         UNSIGNED);
}

static void
test_no_answer (void)
{
  set_up ("[::]:5279", "");
  zone->starttls = ENJ_LOOKUP_FAILED;
  judge (TRUE,
         "problem  no answer for _xmpp-server._tcp." DOMAIN ": look at the name servers of the "
         "zone, and at dns-server here\n");

  set_up ("[::]:5279", "");
  zone->direct = ENJ_LOOKUP_FORGED;
  judge (TRUE,
         "problem  DNSSEC finds the answer for _xmpps-server._tcp." DOMAIN " to be forged: the "
         "signatures in the zone and the DS record above it do not fit each other, or are out of "
         "date; sign the zone anew\n");
}

static void
test_half_told (void)
{
  set_up ("[::]:5279", "[::]:5270;0.0.0.0:5270");
  add_own ("192.0.2.10");
  add_server ("host.example.com", 5279, FALSE, "192.0.2.10");
  judge (TRUE,
         "note     enjamb listens for direct TLS, which no record tells; add to the zone\n"
         "_xmpps-server._tcp." DOMAIN ". 3600 IN SRV 0 5 5270 host.example.com.\n" UNSIGNED);
}

static void
test_half_signed (void)
{
  set_up ("[::]:5279", "");
  add_own ("192.0.2.10");
  zone->is_secure = TRUE;
  add_server ("host.example.net", 5279, FALSE, "192.0.2.10");
  judge (TRUE,
         "note     host.example.net stands in a zone that is not signed (DNSSEC): nobody would "
         "believe a TLSA record there\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/check-zone/what-is-right-needs-nothing", test_right);
  g_test_add_func ("/check-zone/what-is-missing-is-written-out", test_nothing_there);
  g_test_add_func ("/check-zone/names-a-port-where-nothing-listens", test_wrong_port);
  g_test_add_func ("/check-zone/another-machine-is-no-problem", test_elsewhere_is_no_problem);
  g_test_add_func ("/check-zone/names-a-private-address", test_private);
  g_test_add_func ("/check-zone/names-a-record-that-refuses", test_refusal);
  g_test_add_func ("/check-zone/a-record-may-refuse-what-is-not-there", test_right_refusal);
  g_test_add_func ("/check-zone/says-that-nothing-listens", test_no_ear);
  g_test_add_func ("/check-zone/no-answer-is-not-an-absence", test_no_answer);
  g_test_add_func ("/check-zone/tells-of-direct-tls-that-is-not-announced", test_half_told);
  g_test_add_func ("/check-zone/tells-where-dnssec-ends", test_half_signed);
  return g_test_run ();
}

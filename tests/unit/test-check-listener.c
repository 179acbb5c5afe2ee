#include "config.h"

#include "component/check-listener.h"

#include <string.h>
#include <unistd.h>

#include "protocol/exchange.h"
#include "protocol/wall.h"
#include "component/journal.h"
#include "component/listener.h"
#include "component/wire.h"
#include "tests/support/authority.h"
#include "tests/support/settings.h"

#define DOMAIN "comp.local.test"

/* A whole engine behind two ports, on the loop of the errand. */
static EnjErrand *errand;
static EnjSettings *settings;
static EnjExchange *exchange;
static EnjListener *listener;
static EnjListener *listener_tls;
static EnjCredentials *credentials;
static GHashTable *wires; /* to the EnjSession of each */
static gboolean is_rude;

static void
handle_closed (EnjWire *wire, gpointer data)
{
  EnjSession *session = g_hash_table_lookup (wires, wire);

  (void) data;
  g_hash_table_remove (wires, wire);
  enj_exchange_closed (exchange, session, enj_loop_now (enj_errand_get_loop (errand)));
}

static void
handle_accepted (int fd, const EnjAddress *peer, gpointer data)
{
  EnjLoop *loop = enj_errand_get_loop (errand);
  EnjSession *session;

  if (is_rude)
    {
      g_assert_cmpint (close (fd), ==, 0);
      return;
    }
  session = enj_exchange_accept (exchange, peer, data != NULL, enj_loop_now (loop));
  g_hash_table_insert (wires, enj_wire_new (loop, fd, session, FALSE, handle_closed, NULL, NULL),
                       session);
}

static void
set_up (void)
{
  const EnjTestLeaf leaf = { .names = "dns:" DOMAIN };
  EnjAddress address;
  EnjLoop *loop;

  errand = enj_errand_new (NULL);
  loop = enj_errand_get_loop (errand);
  settings = enj_test_settings_new ();
  credentials = enj_test_authority_issue (NULL, &leaf);
  enj_settings_add_credentials (settings, DOMAIN, credentials);
  exchange = enj_exchange_new (settings, (EnjWake){ NULL, NULL });
  wires = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) enj_wire_free, NULL);
  g_assert_true (enj_address_parse (&address, "127.0.0.1", 0));
  listener = enj_listener_new (loop, &address, handle_accepted, NULL, NULL);
  listener_tls = enj_listener_new (loop, &address, handle_accepted, settings, NULL);
  is_rude = FALSE;
}

static void
tear_down (void)
{
  enj_listener_free (listener);
  enj_listener_free (listener_tls);
  g_hash_table_unref (wires);
  enj_exchange_free (exchange);
  enj_credentials_unref (credentials);
  enj_settings_unref (settings);
  enj_errand_free (errand);
}

/* Of both ports, which are "STARTTLS" and "DIRECT" in what is found. */
static char *
judge_new (const char *domain, const EnjCredentials *expected, const char *excuse, guint16 port,
           guint16 port_tls)
{
  EnjListen listen = { (char *) "127.0.0.1", port };
  EnjListen listen_tls = { (char *) "127.0.0.1", port_tls };
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  g_autoptr (GPtrArray) list_tls = g_ptr_array_new ();
  const EnjConfigFederation federation = { .listen = list, .listen_tls = list_tls };
  g_autoptr (EnjFindings) findings = enj_findings_new ();
  g_autofree char *numbers[2]
    = { g_strdup_printf ("127.0.0.1:%u", port), g_strdup_printf ("127.0.0.1:%u", port_tls) };
  g_autoptr (GString) text = NULL;
  char *plain;

  if (port)
    g_ptr_array_add (list, &listen);
  if (port_tls)
    g_ptr_array_add (list_tls, &listen_tls);
  enj_check_listener_judge (errand, settings, &federation, domain, expected, excuse, findings);
  plain = enj_findings_format_new (findings);
  text = g_string_new (plain);
  g_free (plain);
  g_string_replace (text, numbers[0], "STARTTLS", 0);
  g_string_replace (text, numbers[1], "DIRECT", 0);
  g_free (numbers[1]);
  return g_strdup (text->str);
}

static char *
judge_both_new (const char *domain, const EnjCredentials *expected)
{
  return judge_new (domain, expected, NULL, enj_listener_get_address (listener)->port,
                    enj_listener_get_address (listener_tls)->port);
}

static void
assert_matches (char *text, const char *pattern)
{
  g_test_message ("%s", text);
  g_assert_true (g_pattern_match_simple (pattern, text));
  g_free (text);
}

static void
test_answers (void)
{
  set_up ();
  assert_matches (judge_both_new (DOMAIN, credentials),
                  "*  ok       STARTTLS answers: TLS1.3 *, with the certificate of the files\n"
                  "  ok       DIRECT answers: direct TLS, TLS1.3 *, with the certificate of the "
                  "files\nno problem was found\n");
  assert_matches (judge_both_new (DOMAIN, NULL),
                  "*, with the certificate that enjamb has made\n*no problem*");
  tear_down ();
}

static void
test_other_certificate (void)
{
  const EnjTestLeaf leaf = { .names = "dns:" DOMAIN };
  g_autoptr (EnjCredentials) renewed = enj_test_authority_issue (NULL, &leaf);

  set_up ();
  assert_matches (judge_both_new (DOMAIN, renewed),
                  "*  problem  at STARTTLS enjamb shows another certificate than that in the "
                  "files: reload it ('enjambctl reload')\n  problem  at DIRECT *2 problems\n");
  tear_down ();
}

static void
test_other_domain (void)
{
  set_up ();
  assert_matches (judge_both_new ("elsewhere.test", credentials),
                  "*  problem  who listens at STARTTLS does not serve elsewhere.test: another "
                  "server has taken that port, *\n2 problems\n");
  tear_down ();
}

static void
test_nobody (void)
{
  guint16 port;

  set_up ();
  port = enj_listener_get_address (listener)->port;
  g_clear_pointer (&listener, enj_listener_free);
  assert_matches (judge_new (DOMAIN, NULL, NULL, port, 0),
                  "*  problem  nothing answers at STARTTLS: Connection refused; look into the log "
                  "*\n1 problem\n");
  assert_matches (judge_new (DOMAIN, NULL, "start it", port, 0),
                  "*  note     nothing answers at STARTTLS: Connection refused; start it\n*");
  tear_down ();
}

/* A pause is over at once by this clock. */
static gint64
hurry (void)
{
  static gint64 time_now = G_TIME_SPAN_HOUR;

  return time_now += G_TIME_SPAN_SECOND;
}

static void
test_rude (void)
{
  set_up ();
  enj_loop_set_clock (enj_errand_get_loop (errand), hurry);
  is_rude = TRUE;
  assert_matches (judge_new (DOMAIN, NULL, NULL, enj_listener_get_address (listener)->port, 0),
                  "*  problem  who listens at STARTTLS does not answer as it should: *\n"
                  "1 problem\n");
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  enj_wall_set (enj_test_wall);
  g_test_add_func ("/check-listener/tells-how-each-port-answers", test_answers);
  g_test_add_func ("/check-listener/names-a-certificate-that-was-not-reloaded",
                   test_other_certificate);
  g_test_add_func ("/check-listener/names-who-does-not-serve-the-domain", test_other_domain);
  g_test_add_func ("/check-listener/names-a-port-where-nobody-is", test_nobody);
  g_test_add_func ("/check-listener/tries-again-where-it-was-turned-away", test_rude);
  return g_test_run ();
}

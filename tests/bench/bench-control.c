/* How long the loop waits for an operator who looks at ten thousand streams of 64 pairs, or ends
 * them, in CPU time: one turn has room for 10 ms. */
#include "config.h"

#include <stdio.h>
#include <time.h>

#include <gio/gio.h>

#include "component/journal.h"
#include "component/steward.h"
#include "tests/support/configs.h"
#include "tests/support/settings.h"

#define N_STREAMS 10000
#define N_PAIRS 64

static EnjExchange *exchange;
static EnjSteward *steward;

static double
milliseconds (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double) time.tv_sec * 1e3 + (double) time.tv_nsec / 1e6;
}

static gboolean
reload (gpointer data, GError **error)
{
  (void) data;
  (void) error;
  return TRUE;
}

/* All that limits have room for, each with a name of its own. */
static void
add_pairs (EnjSession *session, guint number)
{
  for (guint i = 0; i < N_PAIRS; i++)
    {
      g_autofree char *remote = g_strdup_printf ("r%u.s%u.far.test", i, number);

      (void) enj_standing_add_pair (&session->standing, &session->log, "b.here.test", remote,
                                    "TLS1.3", "dialback", NULL, 0); /* The first, or not. */
    }
}

static void
set_up (void)
{
  EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjConfig) config = enj_test_config_new ("[component b.here.test]\nserver = none\n");
  g_autoptr (EnjSettings) settings = NULL;
  EnjSession *session;
  EnjAddress peer;

  limits.connections = limits.unauthenticated = N_STREAMS;
  settings = enj_test_settings_new_full (&limits, ENJ_ENCRYPTION_REQUIRED);
  exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  steward = enj_steward_new (exchange, config, settings, &(EnjStewardBridge){ reload, NULL }, 0);
  g_assert_true (enj_address_parse (&peer, "192.0.2.1", 5269));
  for (guint i = 0; i < N_STREAMS; i++)
    {
      peer.bytes[2] = (guint8) (i >> 8);
      peer.bytes[3] = (guint8) i;
      session = enj_exchange_accept (exchange, &peer, FALSE, 0);
      g_assert_nonnull (session);
      add_pairs (session, i);
    }
}

/* As it goes out: GIO writes messages down in the thread that sends them. */
static void
send (GVariant *body)
{
  g_autoptr (GDBusMessage) message = g_dbus_message_new_signal ("/bench", "org.bench", "Answer");
  g_autofree guchar *bytes = NULL;
  gsize len;

  g_dbus_message_set_serial (message, 1);
  g_dbus_message_set_body (message, body);
  bytes = g_dbus_message_to_blob (message, &len, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  g_assert_nonnull (bytes);
}

static double
measure_status (void)
{
  double start = milliseconds ();

  send (g_variant_new ("(@a{sv})", enj_steward_status (steward, 1)));
  return milliseconds () - start;
}

/* The worst page of all. */
static double
measure_pages (guint *n)
{
  guint64 next = 0;
  double worst = 0;

  *n = 0;
  do
    {
      double start = milliseconds ();
      GVariant *page = enj_steward_streams (steward, "", next, G_MAXUINT, &next, 1, NULL);

      send (g_variant_new ("(@aa{sv}t)", page, next));
      worst = MAX (worst, milliseconds () - start);
      ++*n;
    }
  while (next != 0);
  return worst;
}

/* Between two domains, of which there is no stream, or of which all are. */
static double
measure_close (const char *remote, guint *n)
{
  guint64 place = 0;
  double worst = 0;

  *n = 0;
  do
    {
      double start = milliseconds ();
      guint ended;

      g_assert_true (enj_steward_close (steward, "b.here.test", remote, &place, &ended, 1, NULL));
      worst = MAX (worst, milliseconds () - start);
      ++*n;
    }
  while (place != 0);
  return worst;
}

int
main (void)
{
  guint n;
  double page;

  enj_journal_install (G_LOG_LEVEL_WARNING);
  set_up ();
  printf ("control: %u streams: status %.1f ms", N_STREAMS, measure_status ());
  page = measure_pages (&n);
  printf (", a page of streams at most %.1f ms (%u pages)", page, n);
  page = measure_close ("none.test", &n);
  printf (", of none to close %.1f ms (%u pages)", page, n);
  page = measure_close ("*", &n);
  printf (", of all to close %.1f ms (%u pages)\n", page, n);
  enj_steward_free (steward);
  enj_exchange_free (exchange);
  return 0;
}

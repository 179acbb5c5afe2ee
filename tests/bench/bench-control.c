/* How long the loop waits for an operator who looks at ten thousand streams, in CPU time: one
 * turn has room for 10 ms. */
#include "config.h"

#include <stdio.h>
#include <time.h>

#include <gio/gio.h>

#include "component/steward.h"
#include "tests/support/configs.h"
#include "tests/support/settings.h"

#define N_STREAMS 10000

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

static void
set_up (void)
{
  EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjConfig) config = enj_test_config_new ("[component b.here.test]\nserver = none\n");
  g_autoptr (EnjSettings) settings = NULL;
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
      g_assert_nonnull (enj_exchange_accept (exchange, &peer, FALSE, 0));
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

int
main (void)
{
  guint n;
  double page;

  set_up ();
  printf ("control: %u streams: status %.1f ms", N_STREAMS, measure_status ());
  page = measure_pages (&n);
  printf (", a page of streams at most %.1f ms (%u pages)\n", page, n);
  enj_steward_free (steward);
  enj_exchange_free (exchange);
  return 0;
}

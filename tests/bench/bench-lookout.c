/* How long those who look hold the loop while there are 10 000 streams: processor time of one
 * answer each, which is one turn.  An event of another connection waits no longer for it than
 * that; 10 ms are bearable. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "component/journal.h"
#include "component/metrics.h"
#include "component/page.h"
#include "tests/support/configs.h"
#include "tests/support/settings.h"

#define STREAMS 10000
#define ROUNDS 21

typedef struct
{
  EnjExchange *exchange;
  EnjSteward *steward;
  EnjSights *sights;
} Scene;

static double
read_clock (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return (double) time.tv_sec * 1e3 + (double) time.tv_nsec / 1e6;
}

static void
scene_init (Scene *self)
{
  EnjLimits limits = enj_limits_default ();
  g_autoptr (EnjSettings) settings = NULL;
  g_autoptr (EnjConfig) config = enj_test_config_new ("[component b.here.test]\nserver = none\n");
  const EnjStewardBridge bridge = { .data = self };

  limits.connections = limits.unauthenticated = STREAMS;
  settings = enj_test_settings_new_full (&limits, ENJ_ENCRYPTION_REQUIRED);
  self->exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  self->steward = enj_steward_new (self->exchange, config, settings, &bridge, 0);
  self->sights = enj_sights_new (self->exchange);
  for (guint i = 0; i < STREAMS; i++)
    {
      g_autofree char *host = g_strdup_printf ("192.0.%u.%u", i >> 8, i & 255);
      EnjAddress peer;

      if (!enj_address_parse (&peer, host, 5269)
          || !enj_exchange_accept (self->exchange, &peer, FALSE, 1000))
        g_error ("%s is not let in", host);
    }
}

static void
look_at_status (Scene *self)
{
  g_variant_unref (g_variant_ref_sink (enj_steward_status (self->steward, 2000)));
}

static void
look_at_metrics (Scene *self)
{
  g_string_free (enj_metrics_new (self->steward, 2000), TRUE);
}

static void
look_at_page (Scene *self)
{
  g_string_free (enj_page_new (self->steward, self->sights, 2000), TRUE);
}

static void
look_at_streams (Scene *self)
{
  g_string_free (enj_page_streams_new (self->steward, "5000", 2000), TRUE);
}

static void
take_sample (Scene *self)
{
  enj_sights_sample (self->sights);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double first = *(const double *) a;
  double second = *(const double *) b;

  return (first > second) - (first < second);
}

int
main (void)
{
  static const struct
  {
    const char *what;
    void (*look) (Scene *scene);
  } looks[] = {
    { "status", look_at_status },       { "metrics", look_at_metrics },
    { "status page", look_at_page },    { "100 streams of the list", look_at_streams },
    { "sample for the pictures", take_sample },
  };
  Scene scene;

  enj_journal_install (G_LOG_LEVEL_WARNING);
  scene_init (&scene);
  for (guint i = 0; i < G_N_ELEMENTS (looks); i++)
    {
      double taken[ROUNDS];

      for (guint j = 0; j < ROUNDS; j++)
        {
          double start = read_clock ();

          looks[i].look (&scene);
          taken[j] = read_clock () - start;
        }
      qsort (taken, ROUNDS, sizeof *taken, compare);
      printf ("lookout: %s with %d streams: %.2f ms, at most %.2f (bearable: 10)\n", looks[i].what,
              STREAMS, taken[ROUNDS / 2], taken[ROUNDS - 1]);
    }
  enj_sights_free (scene.sights);
  enj_steward_free (scene.steward);
  enj_exchange_free (scene.exchange);
  return 0;
}

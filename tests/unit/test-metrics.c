#include "config.h"

#include "component/metrics.h"

#include <string.h>

#include "component/journal.h"
#include "tests/support/configs.h"
#include "tests/support/settings.h"

typedef struct
{
  EnjExchange *exchange;
  EnjSteward *steward;
} Scene;

static void
scene_init (Scene *self)
{
  static const char *const ports[] = { NULL };
  g_autoptr (EnjTerms) terms = enj_terms_new ("s", ports, FALSE);
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (EnjCredentials) credentials
    = enj_credentials_new_self_signed ("b.here.test", 1000000000, NULL);
  g_autoptr (EnjConfig) config = enj_test_config_new ("[component b.here.test]\nserver = none\n"
                                                      "[component alone.test]\nserver = none\n");
  const EnjStewardBridge bridge = { .data = self };

  enj_settings_add_credentials (settings, "b.here.test", credentials);
  enj_settings_add_terms (settings, "alone.test", terms);
  self->exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  self->steward = enj_steward_new (self->exchange, config, settings, &bridge, 1000);
}

static void
scene_clear (Scene *self)
{
  enj_steward_free (self->steward);
  enj_exchange_free (self->exchange);
}

/* The value of one sample, as it is written; new. */
static char *
find_new (const GString *text, const char *sample)
{
  g_autofree char *start = g_strdup_printf ("\n%s ", sample);
  const char *found = strstr (text->str, start);

  g_test_message ("%s", sample);
  g_assert_nonnull (found);
  found += strlen (start);
  return g_strndup (found, strcspn (found, "\n"));
}

static void
tells_how_it_is (void)
{
  static const struct
  {
    const char *sample;
    const char *value; /* NULL: any but 0 */
  } cases[] = {
    { "enjamb_build_info{version=\"" PACKAGE_VERSION "\"}", "1" },
    { "enjamb_uptime_seconds", "2.5" },
    { "process_resident_memory_bytes", NULL },
    { "process_cpu_seconds_total", NULL },
    { "enjamb_memory_limit_bytes", NULL },
    { "enjamb_certificate_expiry_timestamp_seconds{host=\"b.here.test\"}", NULL },
    { "enjamb_links", "0" },
    { "enjamb_standing_by", "0" },
    { "enjamb_stanzas_accepted_total", "0" },
    { "enjamb_stanzas_missing", "0" },
    { "enjamb_stanzas_written_total{to=\"peer\"}", "0" },
    { "enjamb_queue_stanzas{to=\"link\"}", "0" },
    { "enjamb_queue_stanzas{to=\"component\"}", "0" },
    { "enjamb_queue_unproven{to=\"link\"}", "0" },
    { "enjamb_queue_unproven{to=\"component\"}", "0" },
    { "enjamb_s2s_connections{type=\"s2sin\"}", "1" },
    { "enjamb_bounces_total{condition=\"remote-server-timeout\"}", "0" },
    { "enjamb_drops_total{rule=\"untold\"}", "0" },
    { "enjamb_s2s_encrypted_total{direction=\"in\",protocol=\"TLS1.3\"}", "0" },
    { "enjamb_s2s_authenticated_total{direction=\"out\",mechanism=\"EXTERNAL\"}", "0" },
    { "enjamb_streams_closed_total{error=\"disconnected\"}", "0" },
    { "enjamb_streams_closed_total{error=\"none\"}", "0" },
    { "enjamb_hosted_connections", "0" },
    { "enjamb_component_up{host=\"alone.test\"}", "0" },
    { "enjamb_s2s_accepted_total", "1" },
    { "enjamb_s2s_initiated_total", "0" },
    { "enjamb_route_seconds_count", "0" },
    { "enjamb_s2s_handshake_seconds_count{direction=\"in\",step=\"tls\"}", "0" },
    { "enjamb_s2s_handshake_seconds_count{direction=\"out\",step=\"whole\"}", "0" },
  };
  EnjAddress peer;
  GString *text;
  Scene scene;

  scene_init (&scene);
  g_assert_true (enj_address_parse (&peer, "192.0.2.1", 5269));
  g_assert_nonnull (enj_exchange_accept (scene.exchange, &peer, FALSE, 2000));
  text = enj_metrics_new (scene.steward, 2501000);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *value = find_new (text, cases[i].sample);

      if (cases[i].value)
        g_assert_cmpstr (value, ==, cases[i].value);
      else
        g_assert_cmpstr (value, !=, "0");
    }
  g_assert_true (g_str_has_suffix (text->str, "\n# EOF\n"));
  g_string_free (text, TRUE);
  scene_clear (&scene);
}

/* Each counter that there is, under a name of its own or with a label. */
static void
leaves_no_counter_out (void)
{
  GString *text;
  Scene scene;
  EnjCounters *counters;
  guint64 number = 700000;

  scene_init (&scene);
  counters = (EnjCounters *) enj_exchange_get_counters (scene.exchange);
#define X(field, help) counters->field = number++;
  ENJ_COUNTERS (X)
#undef X
  text = enj_metrics_new (scene.steward, 2000);
  for (guint64 i = 700000; i < number; i++)
    {
      g_autofree char *value = g_strdup_printf (" %" G_GUINT64_FORMAT "\n", i);

      g_test_message ("counter %" G_GUINT64_FORMAT, i - 700000);
      g_assert_nonnull (strstr (text->str, value));
    }
  memset (counters, 0, sizeof *counters);
  g_string_free (text, TRUE);
  scene_clear (&scene);
}

/* Two of the same name and labels void the whole text for those who read it. */
static void
tells_nothing_twice (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (GStrv) lines = NULL;
  GString *text;
  Scene scene;

  scene_init (&scene);
  text = enj_metrics_new (scene.steward, 2000);
  lines = g_strsplit (text->str, "\n", -1);
  for (guint i = 0; lines[i] && lines[i][0]; i++)
    {
      char *value = strrchr (lines[i], ' ');

      g_test_message ("%s", lines[i]);
      if (lines[i][0] != '#')
        g_assert_true (g_hash_table_add (seen, g_strndup (lines[i], (gsize) (value - lines[i]))));
    }
  g_assert_cmpuint (g_hash_table_size (seen), >, 100);
  g_string_free (text, TRUE);
  scene_clear (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/metrics/tells-how-it-is", tells_how_it_is);
  g_test_add_func ("/metrics/leaves-no-counter-out", leaves_no_counter_out);
  g_test_add_func ("/metrics/tells-nothing-twice", tells_nothing_twice);
  return g_test_run ();
}

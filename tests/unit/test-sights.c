#include "config.h"

#include "component/sights.h"

#include <string.h>

#include "tests/support/settings.h"

static void
assert_seen (const EnjSights *sights, const char *text)
{
  GString *page = g_string_new (NULL);

  enj_sights_append (sights, page);
  g_test_message ("%s in %s", text, page->str);
  g_assert_nonnull (strstr (page->str, text));
  g_string_free (page, TRUE);
}

static void
rates_are_of_seconds (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (EnjExchange) exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  g_autoptr (EnjSights) sights = enj_sights_new (exchange);
  EnjCounters *counters = (EnjCounters *) enj_exchange_get_counters (exchange);

  assert_seen (sights, "Stanzas taken over <b>0</b> a second, at most 0<");
  counters->accepted = 3;
  counters->sent = 4;
  enj_sights_sample (sights);
  assert_seen (sights, "Stanzas taken over <b>1.4</b> a second, at most 1.4<");
  counters->accepted = 503;
  enj_sights_sample (sights);
  enj_sights_sample (sights);
  assert_seen (sights, "Stanzas taken over <b>0</b> a second, at most 100<");
  assert_seen (sights, "<polyline points=\"235,47 237,1 240,47\"/>");
  memset (counters, 0, sizeof *counters);
}

static void
what_is_there_is_a_number (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  g_autoptr (EnjExchange) exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  g_autoptr (EnjSights) sights = enj_sights_new (exchange);
  EnjAddress peer;

  g_assert_true (enj_address_parse (&peer, "192.0.2.1", 5269));
  g_assert_nonnull (enj_exchange_accept (exchange, &peer, FALSE, 2000));
  enj_sights_sample (sights);
  assert_seen (sights, "Streams <b>1</b> now, at most 1<");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sights/rates-are-of-seconds", rates_are_of_seconds);
  g_test_add_func ("/sights/what-is-there-is-a-number", what_is_there_is_a_number);
  return g_test_run ();
}

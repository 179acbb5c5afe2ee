#include "config.h"

#include "component/listing.h"

#include "protocol/condition.h"
#include "tests/support/configs.h"
#include "tests/support/settings.h"

#define N_STREAMS 7

static EnjExchange *exchange;
static EnjReport *report;

static void
set_up (void)
{
  g_autoptr (EnjSettings) settings = enj_test_settings_new ();
  EnjAddress peer;

  exchange = enj_exchange_new (settings, (EnjWake){ 0 });
  report = enj_exchange_get_report (exchange);
  g_assert_true (enj_address_parse (&peer, "192.0.2.1", 40000));
  for (guint i = 0; i < N_STREAMS; i++)
    {
      g_assert_nonnull (enj_exchange_accept (exchange, &peer, FALSE, 1000));
      peer.bytes[3]++; /* for what one address may do is limited */
    }
}

static void
tear_down (void)
{
  enj_exchange_free (exchange);
}

static void
test_stream (void)
{
  g_autoptr (GVariant) streams = NULL;
  g_autoptr (GVariant) stream = NULL;
  const char *text;
  guint64 next;
  gint64 age;

  set_up ();
  streams = g_variant_ref_sink (enj_listing_streams (report, NULL, 0, 1, &next, 6000));
  g_assert_cmpuint (g_variant_n_children (streams), ==, 1);
  stream = g_variant_get_child_value (streams, 0);
  g_assert_true (g_variant_lookup (stream, "direction", "&s", &text));
  g_assert_cmpstr (text, ==, "in");
  g_assert_true (g_variant_lookup (stream, "state", "&s", &text));
  g_assert_cmpstr (text, ==, "negotiating");
  g_assert_true (g_variant_lookup (stream, "address", "&s", &text));
  g_assert_cmpstr (text, ==, "192.0.2.1:40000");
  g_assert_true (g_variant_lookup (stream, "age-us", "x", &age));
  g_assert_cmpint (age, ==, 5000);
  tear_down ();
}

/* Each is told once, by pages of any size; what a caller wishes beyond a page he does not get. */
static void
test_pages (void)
{
  static const guint sizes[] = { 1, 2, 3, N_STREAMS - 1, N_STREAMS, N_STREAMS + 1, G_MAXUINT };

  set_up ();
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint64 next = 0;
      guint64 last = 0;
      guint n = 0;

      do
        {
          g_autoptr (GVariant) streams
            = g_variant_ref_sink (enj_listing_streams (report, NULL, next, sizes[i], &next, 0));

          g_assert_cmpuint (g_variant_n_children (streams), <=, sizes[i]);
          for (gsize k = 0; k < g_variant_n_children (streams); k++, n++)
            {
              g_autoptr (GVariant) stream = g_variant_get_child_value (streams, k);
              guint64 id = 0;

              g_assert_true (g_variant_lookup (stream, "id", "t", &id));
              g_assert_cmpuint (id, >, last);
              last = id;
            }
        }
      while (next != 0);
      g_assert_cmpuint (n, ==, N_STREAMS);
    }
  tear_down ();
}

static void
test_remotes (void)
{
  g_autoptr (GVariant) all = NULL;
  g_autoptr (GVariant) one = NULL;
  g_autoptr (GVariant) remote = NULL;
  g_autoptr (GVariant) attempts = NULL;
  g_autofree char *next = NULL;
  g_autofree char *none = NULL;
  const char *text;

  set_up ();
  all = g_variant_ref_sink (enj_listing_remotes (report, NULL, "", 10, &next, 0));
  g_assert_cmpuint (g_variant_n_children (all), ==, 0);
  g_assert_cmpstr (next, ==, "");
  one = g_variant_ref_sink (enj_listing_remotes (report, "far.test", "", 10, &none, 0));
  g_assert_cmpstr (none, ==, "");
  remote = g_variant_get_child_value (one, 0);
  g_assert_true (g_variant_lookup (remote, "domain", "&s", &text));
  g_assert_cmpstr (text, ==, "far.test");
  attempts = g_variant_lookup_value (remote, "attempts", G_VARIANT_TYPE ("aa{sv}"));
  g_assert_cmpuint (g_variant_n_children (attempts), ==, 0);
  tear_down ();
}

static void
test_routes (void)
{
  g_autoptr (EnjConfig) config
    = enj_test_config_new ("[component comp.local.test]\nserver = [::1]:5347\nsecret = s\n"
                           "service = echo\n[component alone.test]\nserver = none\n");
  g_autoptr (EnjStandby) standby = enj_standby_new ();
  g_autoptr (GError) conflict
    = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_CONFLICT, "another has it");
  g_autoptr (GVariant) routes = NULL;
  g_autoptr (GVariant) linked = NULL;
  g_autoptr (GVariant) alone = NULL;
  g_autofree const char **domains = NULL;
  const char *text;
  gboolean federates = FALSE;
  gboolean stands_by = FALSE;

  set_up ();
  enj_standby_add (standby, "comp.local.test", TRUE);
  enj_standby_note_down (standby, "comp.local.test", conflict, TRUE, 0);
  routes = g_variant_ref_sink (enj_listing_routes (report, config, standby, 0));
  g_assert_cmpuint (g_variant_n_children (routes), ==, 2);
  linked = g_variant_get_child_value (routes, 0);
  g_assert_true (g_variant_lookup (linked, "server", "&s", &text));
  g_assert_cmpstr (text, ==, "[::1]:5347");
  g_assert_true (g_variant_lookup (linked, "service", "&s", &text));
  g_assert_cmpstr (text, ==, "echo");
  g_assert_true (g_variant_lookup (linked, "link", "&s", &text));
  g_assert_cmpstr (text, ==, "down");
  g_assert_true (g_variant_lookup (linked, "local-domains", "^a&s", &domains));
  g_assert_cmpstr (domains[0], ==, "local.test");
  g_assert_true (g_variant_lookup (linked, "federates", "b", &federates));
  g_assert_true (federates);
  g_assert_true (g_variant_lookup (linked, "standing-by", "b", &stands_by));
  g_assert_true (stands_by);

  alone = g_variant_get_child_value (routes, 1);
  g_assert_true (g_variant_lookup (alone, "server", "&s", &text));
  g_assert_cmpstr (text, ==, "");
  g_assert_false (g_variant_lookup (alone, "link", "&s", &text));
  g_assert_false (g_variant_lookup (alone, "standing-by", "b", &stands_by));
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/listing/tells-what-a-stream-is", test_stream);
  g_test_add_func ("/listing/tells-each-stream-once-by-pages", test_pages);
  g_test_add_func ("/listing/tells-what-is-known-of-a-domain", test_remotes);
  g_test_add_func ("/listing/tells-our-domains-and-their-links", test_routes);
  return g_test_run ();
}

#include "config.h"

#include "component/exposition.h"

#include <string.h>

/* Ends @self and compares. */
static void
assert_text (EnjExposition *self, const char *expected)
{
  GString *text = enj_exposition_end_new (self);

  g_assert_cmpstr (text->str, ==, expected);
  g_assert_cmpuint (text->len, ==, strlen (expected));
  g_string_free (text, TRUE);
}

static void
nothing_is_whole (void)
{
  assert_text (enj_exposition_new (), "# EOF\n");
}

static void
counters_gauges_and_texts (void)
{
  EnjExposition *self = enj_exposition_new ();

  enj_exposition_begin (self, ENJ_METRIC_INFO, "a_build", NULL, "What this is.");
  enj_exposition_add (self, 1, "version", "1.2", NULL);
  enj_exposition_begin (self, ENJ_METRIC_COUNTER, "a_bounces", NULL, "Errors.");
  enj_exposition_add (self, 3, "condition", "conflict", "type", "x", NULL);
  enj_exposition_add (self, 0, "condition", "gone", "type", "x", NULL);
  enj_exposition_begin (self, ENJ_METRIC_GAUGE, "a_missing", NULL, "Lost.");
  enj_exposition_add (self, -7, NULL);
  enj_exposition_begin (self, ENJ_METRIC_GAUGE, "a_memory_bytes", "bytes", "Held.");
  enj_exposition_add (self, G_MAXINT64, NULL);
  assert_text (self, "# TYPE a_build info\n"
                     "# HELP a_build What this is.\n"
                     "a_build_info{version=\"1.2\"} 1\n"
                     "# TYPE a_bounces counter\n"
                     "# HELP a_bounces Errors.\n"
                     "a_bounces_total{condition=\"conflict\",type=\"x\"} 3\n"
                     "a_bounces_total{condition=\"gone\",type=\"x\"} 0\n"
                     "# TYPE a_missing gauge\n"
                     "# HELP a_missing Lost.\n"
                     "a_missing -7\n"
                     "# TYPE a_memory_bytes gauge\n"
                     "# UNIT a_memory_bytes bytes\n"
                     "# HELP a_memory_bytes Held.\n"
                     "a_memory_bytes 9223372036854775807\n"
                     "# EOF\n");
}

static void
escapes (void)
{
  EnjExposition *self = enj_exposition_new ();

  enj_exposition_begin (self, ENJ_METRIC_GAUGE, "g", NULL, "a \"b\"\\c\nd");
  enj_exposition_add (self, 1, "host", "a\"b\\c\nd\xc3\xa9", NULL);
  assert_text (self, "# TYPE g gauge\n"
                     "# HELP g a \\\"b\\\"\\\\c\\nd\n"
                     "g{host=\"a\\\"b\\\\c\\nd\xc3\xa9\"} 1\n"
                     "# EOF\n");
}

static void
seconds_are_exact (void)
{
  static const struct
  {
    gint64 microseconds;
    const char *text;
  } cases[] = {
    { 0, "0.0" },           { 1, "0.000001" },        { 100, "0.0001" },
    { 1000000, "1.0" },     { 2500000, "2.5" },       { 90061000001, "90061.000001" },
    { -1500000, "-1.5" },   { 30000000, "30.0" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjExposition *self = enj_exposition_new ();
      g_autofree char *expected = g_strdup_printf (
        "# TYPE u_seconds gauge\n# UNIT u_seconds seconds\n# HELP u_seconds U.\nu_seconds %s\n"
        "# EOF\n", cases[i].text);

      enj_exposition_begin (self, ENJ_METRIC_GAUGE, "u_seconds", "seconds", "U.");
      enj_exposition_add_seconds (self, cases[i].microseconds, NULL);
      assert_text (self, expected);
    }
}

static void
histograms_add_up (void)
{
  EnjExposition *self = enj_exposition_new ();
  EnjHistogram histogram = { 0 };
  GString *text;

  enj_histogram_observe (&histogram, 90);
  enj_histogram_observe (&histogram, 1200);
  enj_histogram_observe (&histogram, 60 * G_USEC_PER_SEC);
  enj_exposition_begin (self, ENJ_METRIC_HISTOGRAM, "h_seconds", "seconds", "H.");
  enj_exposition_add_histogram (self, &histogram, "way", "out", NULL);
  text = enj_exposition_end_new (self);
  g_assert_nonnull (strstr (text->str, "h_seconds_bucket{way=\"out\",le=\"0.0001\"} 1\n"
                                       "h_seconds_bucket{way=\"out\",le=\"0.00025\"} 1\n"));
  g_assert_nonnull (strstr (text->str, "h_seconds_bucket{way=\"out\",le=\"0.001\"} 1\n"
                                       "h_seconds_bucket{way=\"out\",le=\"0.0025\"} 2\n"));
  g_assert_nonnull (strstr (text->str, "h_seconds_bucket{way=\"out\",le=\"30.0\"} 2\n"
                                       "h_seconds_bucket{way=\"out\",le=\"+Inf\"} 3\n"
                                       "h_seconds_count{way=\"out\"} 3\n"
                                       "h_seconds_sum{way=\"out\"} 60.00129\n"
                                       "# EOF\n"));
  g_string_free (text, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exposition/nothing-is-whole", nothing_is_whole);
  g_test_add_func ("/exposition/counters-gauges-and-texts", counters_gauges_and_texts);
  g_test_add_func ("/exposition/escapes", escapes);
  g_test_add_func ("/exposition/seconds-are-exact", seconds_are_exact);
  g_test_add_func ("/exposition/histograms-add-up", histograms_add_up);
  return g_test_run ();
}

#include "config.h"

#include "component/plot.h"

static void
assert_plot (const guint64 *values, guint n, guint max, const char *name, const char *expected)
{
  GString *page = g_string_new (NULL);

  enj_plot_append (page, values, n, max, name);
  g_assert_cmpstr (page->str, ==, expected);
  g_string_free (page, TRUE);
}

#define HEAD(name) \
  "<svg viewBox=\"0 0 240 48\" preserveAspectRatio=\"none\" role=\"img\"><title>" name "</title>"

static void
the_newest_stands_at_the_right (void)
{
  static const guint64 values[] = { 0, 5, 10 };

  assert_plot (values, 3, 5, "three", HEAD ("three")
               "<polyline points=\"120,47 180,24 240,1\"/></svg>");
}

static void
nothing_is_an_empty_picture (void)
{
  assert_plot (NULL, 0, 120, "none", HEAD ("none") "</svg>");
}

static void
zeros_lie_on_the_ground (void)
{
  static const guint64 values[] = { 0, 0 };

  assert_plot (values, 2, 2, "zeros", HEAD ("zeros")
               "<polyline points=\"0,47 240,47\"/></svg>");
}

static void
names_are_escaped (void)
{
  assert_plot (NULL, 0, 2, "<a> & \"b\"", HEAD ("&lt;a&gt; &amp; &quot;b&quot;") "</svg>");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot/the-newest-stands-at-the-right", the_newest_stands_at_the_right);
  g_test_add_func ("/plot/nothing-is-an-empty-picture", nothing_is_an_empty_picture);
  g_test_add_func ("/plot/zeros-lie-on-the-ground", zeros_lie_on_the_ground);
  g_test_add_func ("/plot/names-are-escaped", names_are_escaped);
  return g_test_run ();
}

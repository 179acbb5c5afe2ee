#include "config.h"

#include "component/terminal.h"

static void
test_fits (void)
{
  static const struct
  {
    const char *text;
    guint width;
    const char *fit;
  } cases[] = {
    { "a short line\nand another\n", 20, "a short line\nand another\n" },
    { "stanzas    1 accepted, 2 sent, 3 owned\n", 26,
      "stanzas    1 accepted, 2\n           sent, 3 owned\n" },
    { "  problem  it is not there: add it\n", 24,
      "  problem  it is not\n           there: add it\n" },
    { "  2 s ago: failed at TCP\nx\n", 16, "  2 s ago:\n      failed at\n      TCP\nx\n" },
    { "\303\244\303\244 \303\266\303\266 a\n", 7, "\303\244\303\244 \303\266\303\266 a\n" },
    /* Records for the zone, and what has no blank. */
    { "             a.test. 3600 IN A 192.0.2.1\n", 20,
      "             a.test. 3600 IN A 192.0.2.1\n" },
    { "links    thisisoneword more\n", 12, "links    thisisoneword\n         more\n" },
    { "links    a line for a narrow screen\n", 9, "links    a line for a narrow screen\n" },
    { "a line that is longer than nothing", 0, "a line that is longer than nothing" },
    { "", 80, "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *fit = enj_terminal_fit_new (cases[i].text, cases[i].width);

      g_assert_cmpstr (fit, ==, cases[i].fit);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/terminal/lines-go-on-below-their-second-column", test_fits);
  return g_test_run ();
}

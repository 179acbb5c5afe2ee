#include "config.h"

#include "component/port.h"

#include <string.h>

static void
test_has_one_spelling (void)
{
  static const struct
  {
    const char *text;
    const char *name;
    gboolean direct_tls;
  } cases[] = {
    { "127.0.0.1:5348", "127.0.0.1:5348", FALSE },
    { "[::1]:5348", "[::1]:5348", FALSE },
    { "[0:0::1]:05348", "[::1]:5348", FALSE },
    { "tls://127.0.0.1:5349", "tls://127.0.0.1:5349", TRUE },
    { "tls://[0::1]:5349", "tls://[::1]:5349", TRUE },
    { "/run//enjamb/./x", "/run/enjamb/x", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      EnjPort port;

      g_assert_true (enj_port_parse (cases[i].text, &port, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (port.name, ==, cases[i].name);
      g_assert_cmpint (port.direct_tls, ==, cases[i].direct_tls);
      if (cases[i].text[0] == '/')
        g_assert_cmpstr (port.path, ==, cases[i].name);
      else
        g_assert_cmpuint (port.address.port, ==, cases[i].direct_tls ? 5349 : 5348);
      enj_port_clear (&port);
    }
}

static void
test_refuses_others (void)
{
  static const char *const cases[]
    = { "", "5348", "localhost:5348", "127.0.0.1", "127.0.0.1:0", "tls://", "tls:///run/x",
        "run/x", "unix:/run/x" };
  g_autofree char *longer = g_strnfill (108, 'x');
  g_autoptr (GError) error = NULL;
  EnjPort port;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_clear_error (&error);
      g_assert_false (enj_port_parse (cases[i], &port, &error));
      g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
      enj_port_clear (&port);
    }
  longer[0] = '/';
  g_clear_error (&error);
  g_assert_false (enj_port_parse (longer, &port, &error));
  g_assert_nonnull (strstr (error->message, "longer than 107 bytes"));
  enj_port_clear (&port);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/port/has-one-spelling", test_has_one_spelling);
  g_test_add_func ("/port/refuses-what-is-none", test_refuses_others);
  return g_test_run ();
}

#include "config.h"

#include "component/hosts.h"

static const char text[] = "# a comment with prosody\n"
                           "127.0.0.1\tlocalhost\n"
                           "\n"
                           "192.0.2.7  prosody  chat.example # old.example\n"
                           "  2001:db8::7 PROSODY\r\n"
                           "not-an-address prosody\n"
                           "192.0.2.9\n"
                           "192.0.2.8 prosody.example last";

static void
test_finds (void)
{
  static const struct
  {
    const char *name;
    const char *addresses;
  } cases[] = {
    { "prosody", "192.0.2.7:0 [2001:db8::7]:0 " },
    { "Prosody.", "192.0.2.7:0 [2001:db8::7]:0 " },
    { "chat.example", "192.0.2.7:0 " },
    { "prosody.example", "192.0.2.8:0 " },
    { "last", "192.0.2.8:0 " },
    { "old.example", "" },
    { "192.0.2.9", "" },
    { "pros", "" },
    { "", "" },
    { ".", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjAddress addresses[8];
      guint n = enj_hosts_find (text, cases[i].name, addresses, G_N_ELEMENTS (addresses));
      GString *found = g_string_new (NULL);

      for (guint j = 0; j < n; j++)
        {
          char buffer[ENJ_ADDRESS_STRING];

          g_string_append_printf (found, "%s ", enj_address_format (&addresses[j], buffer));
        }
      g_assert_cmpstr (found->str, ==, cases[i].addresses);
      g_string_free (found, TRUE);
    }
}

static void
test_stops (void)
{
  EnjAddress addresses[1];

  g_assert_cmpuint (enj_hosts_find (text, "prosody", addresses, 1), ==, 1);
  g_assert_cmpuint (enj_hosts_find (text, "prosody", addresses, 0), ==, 0);
  g_assert_cmpuint (enj_hosts_find ("", "prosody", addresses, 1), ==, 0);
}

static void
test_localhost (void)
{
  static const char *const is[] = { "localhost", "LocalHost.", "a.localhost", "b.a.localhost." };
  static const char *const is_not[] = { "localhost.example", "notlocalhost", "host", "", "." };

  for (guint i = 0; i < G_N_ELEMENTS (is); i++)
    g_assert_true (enj_hosts_is_localhost (is[i]));
  for (guint i = 0; i < G_N_ELEMENTS (is_not); i++)
    g_assert_false (enj_hosts_is_localhost (is_not[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hosts/finds-whole-names", test_finds);
  g_test_add_func ("/hosts/finds-no-more-than-there-is-room-for", test_stops);
  g_test_add_func ("/hosts/knows-localhost", test_localhost);
  return g_test_run ();
}

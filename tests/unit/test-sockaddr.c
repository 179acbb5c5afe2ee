#include "config.h"

#include "component/sockaddr.h"


static void
test_there_and_back (void)
{
  static const struct
  {
    const char *text;
    guint16 port;
    int family;
    const char *back;
  } cases[] = {
    { "192.0.2.1", 5269, AF_INET, "192.0.2.1:5269" },
    { "2001:db8::1", 1, AF_INET6, "[2001:db8::1]:1" },
    { "::", 0, AF_INET6, "[::]:0" },
    { "::ffff:192.0.2.7", 65535, AF_INET6, "192.0.2.7:65535" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      struct sockaddr_storage storage;
      char text[ENJ_ADDRESS_STRING];
      EnjAddress address;
      EnjAddress back;

      g_assert_true (enj_address_parse (&address, cases[i].text, cases[i].port));
      g_assert_cmpuint (enj_sockaddr_from_address (&storage, &address), >=, 16);
      g_assert_cmpint (storage.ss_family, ==, cases[i].family);
      g_assert_true (enj_sockaddr_to_address (&storage, &back));
      g_assert_cmpstr (enj_address_format (&back, text), ==, cases[i].back);
    }
}

static void
test_other_family (void)
{
  struct sockaddr_storage storage = { .ss_family = AF_UNIX };
  EnjAddress address = { .length = 4, .port = 9 };

  g_assert_false (enj_sockaddr_to_address (&storage, &address));
  g_assert_cmpuint (address.port, ==, 9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sockaddr/goes-there-and-back", test_there_and_back);
  g_test_add_func ("/sockaddr/knows-no-other-family", test_other_family);
  return g_test_run ();
}

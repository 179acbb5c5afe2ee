#include "config.h"

#include "protocol/address.h"

static EnjAddress
make (const char *text)
{
  EnjAddress address;

  g_assert_true (enj_address_parse (&address, text, 5269));
  return address;
}

static void
test_format (void)
{
  static const struct
  {
    const char *text;
    const char *formatted;
  } cases[] = {
    { "192.0.2.1", "192.0.2.1:5269" },
    { "2001:db8::1", "[2001:db8::1]:5269" },
    { "2001:DB8:0:0:0:0:0:1", "[2001:db8::1]:5269" },
    { "::", "[::]:5269" },
    { "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:5269" },
    { "1111:2222:3333:4444:5555:6666:7777:8888",
      "[1111:2222:3333:4444:5555:6666:7777:8888]:5269" },
  };
  char buffer[ENJ_ADDRESS_STRING];

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjAddress address = make (cases[i].text);

      g_assert_cmpstr (enj_address_format (&address, buffer), ==, cases[i].formatted);
    }
}

static void
test_source (void)
{
  static const struct
  {
    const char *text;
    const char *source;
  } cases[] = {
    { "192.0.2.1", "192.0.2.1" },
    { "::ffff:192.0.2.1", "192.0.2.1" },
    { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
    { "2001:db8:1:2::", "2001:db8:1:2::/64" },
    { "::1", "::/64" },
  };
  char buffer[ENJ_ADDRESS_STRING];

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjAddress address = make (cases[i].text);

      g_assert_cmpstr (enj_address_format_source (&address, buffer), ==, cases[i].source);
    }
}

static void
test_parse_refuses (void)
{
  static const char *const texts[] = { "",        "localhost",    "there.example", "1.2.3",
                                       "1.2.3.4 ", "256.1.1.1",   "[::1]",         "::1%lo",
                                       "0x7f.1",  "2130706433", "1.2.3.4:5269",  "fe80:::1" };
  EnjAddress address = { .port = 7 };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_false (enj_address_parse (&address, texts[i], 1));
  g_assert_cmpuint (address.port, ==, 7);
}

static void
test_equal (void)
{
  static const struct
  {
    const char *a;
    const char *b;
    gboolean is_equal;
  } cases[] = {
    { "192.0.2.1", "192.0.2.1", TRUE },
    { "192.0.2.1", "192.0.2.2", FALSE },
    { "2001:db8::1", "2001:db8::1", TRUE },
    { "2001:db8::1", "2001:db8::2", FALSE },
    { "192.0.2.1", "::ffff:192.0.2.1", TRUE },
    { "::ffff:192.0.2.1", "::ffff:192.0.2.2", FALSE },
    { "192.0.2.1", "::192.0.2.1", FALSE },
    { "32.1.13.184", "2001:db8::", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EnjAddress a = make (cases[i].a);
      EnjAddress b = make (cases[i].b);

      g_assert_true (enj_address_equal (&a, &b) == cases[i].is_equal);
      g_assert_true (enj_address_equal (&b, &a) == cases[i].is_equal);
      b.port = 5270;
      g_assert_false (enj_address_equal (&a, &b));
    }
}

static void
test_private (void)
{
  static const char *const texts[] = {
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
    "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.0", "172.31.255.255",
    "192.168.0.0", "192.168.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.0",
    "255.255.255.255", "::", "::1", "fc00::", "fd12:3456::1", "fdff::", "fe80::1", "febf::1",
    "fec0::1", "feff::1", "ff02::1", "ff0e::1", "::ffff:127.0.0.1", "::ffff:10.1.1.1",
    "::ffff:0.0.0.0", "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8", "2002:7f00:1::", "2002:a00:1::1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      EnjAddress address = make (texts[i]);

      g_test_message ("%s", texts[i]);
      g_assert_true (enj_address_is_private (&address));
    }
}

static void
test_public (void)
{
  static const char *const texts[] = {
    "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
    "192.167.255.255", "192.169.0.0", "223.255.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "::ffff:192.0.2.1", "::2:0:0", "64:ff9b::192.0.2.1",
    "64:ff9b:2::10.0.0.1", "2001:db8::1", "2001:db8::7f00:1", "2002:c000:201::1", "2003::1",
    "fbff::1", "fe00::1", "fe7f::1", "2600::1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      EnjAddress address = make (texts[i]);

      g_test_message ("%s", texts[i]);
      g_assert_false (enj_address_is_private (&address));
    }
}

static void
test_split (void)
{
  static const struct
  {
    const char *text;
    const char *host;
    guint16 port;
  } cases[] = {
    { "there.example", "there.example", 42 },
    { "there.example:5269", "there.example", 5269 },
    { "192.0.2.1", "192.0.2.1", 42 },
    { "192.0.2.1:1", "192.0.2.1", 1 },
    { "[::]", "::", 42 },
    { "[2001:db8::1]:65535", "2001:db8::1", 65535 },
    { "m\xc3\xbcnchen.example:05269", "m\xc3\xbcnchen.example", 5269 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *host = NULL;
      guint16 port = 42;

      g_assert_true (enj_address_split (cases[i].text, &host, &port));
      g_assert_cmpstr (host, ==, cases[i].host);
      g_assert_cmpuint (port, ==, cases[i].port);
    }
}

static void
test_split_refuses (void)
{
  static const char *const texts[] = {
    "", ":", ":5269", "host:", "host:0", "host:65536", "host:999999", "host:4294972565",
    "host:52 69", "host:-1",
    "host:+1", "host:5269x", "host:5269:1", "2001:db8::1", "::1", "[", "[]", "[::1", "[::1]x",
    "[::1]:", "[::1]5269", "[192.0.2.1]", "[host]:5269", "[[::1]]", "a b", "a\nb", "host\t:1",
    "user@host", "tls://host", "host/path", "a;b", "a,b", "host]:5269",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      char *host = NULL;
      guint16 port = 42;

      g_test_message ("%s", texts[i]);
      g_assert_false (enj_address_split (texts[i], &host, &port));
      g_assert_null (host);
      g_assert_cmpuint (port, ==, 42);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/address/formats-with-brackets-and-port", test_format);
  g_test_add_func ("/address/one-source-is-one-customer", test_source);
  g_test_add_func ("/address/parses-no-names-and-no-odd-spellings", test_parse_refuses);
  g_test_add_func ("/address/equals-its-v4-mapped-form", test_equal);
  g_test_add_func ("/address/private-in-every-disguise", test_private);
  g_test_add_func ("/address/public-up-to-the-edges", test_public);
  g_test_add_func ("/address/splits-host-and-port", test_split);
  g_test_add_func ("/address/splits-nothing-else", test_split_refuses);
  return g_test_run ();
}

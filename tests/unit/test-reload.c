#include "config.h"

#include "component/reload.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "tests/support/configs.h"

#define COMPONENT(name, server, rest)                                           \
  "[component " name "]\nserver = " server "\n" rest
#define ONE COMPONENT ("b.here.test", "127.0.0.1:5347", "secret = s\n")
#define TWO COMPONENT ("c.here.test", "127.0.0.1:5347", "secret = s\n")

static const struct
{
  const char *old;
  const char *fresh;
  const char *what; /* NULL: it can change */
} changes[] = {
  { ONE, ONE, NULL },
  { ONE TWO, TWO ONE, NULL },
  { ONE, ONE "relay-allow-local = a.test\nrelay-allow-remote = b.test\n", NULL },
  { ONE, ONE "local-domains = a.test\nabout = false\non-loss = bounce\n", NULL },
  { ONE, ONE "[federation]\nencryption = optional\nauthentication = certificate\n", NULL },
  { ONE, ONE "[federation]\ncertificates = .\nprivate-addresses = allow\n", NULL },
  { ONE, ONE "[peer a.test]\npolicy = deny\n", NULL },
  { ONE, ONE "[limits]\nkeepalive = 10\n[log]\nlevel = debug\n", NULL },

  { ONE, COMPONENT ("b.here.test", "127.0.0.1:5348", "secret = s\n"),
    "[component b.here.test] server" },
  { ONE, COMPONENT ("b.here.test", "127.0.0.2:5347", "secret = s\n"),
    "[component b.here.test] server" },
  { ONE, COMPONENT ("b.here.test", "none", ""), "[component b.here.test] server" },
  { COMPONENT ("b.here.test", "none", ""), ONE, "[component b.here.test] server" },
  { ONE, COMPONENT ("b.here.test", "127.0.0.1:5347", "secret = t\n"),
    "[component b.here.test] secret" },
  { ONE, ONE "service = echo\n", "[component b.here.test] service" },
  { ONE TWO "service = echo\n", ONE TWO, "[component c.here.test] service" },

  { ONE, ONE "[federation]\nenabled = false\n", "[federation] enabled" },
  { ONE, ONE "[federation]\nlisten = [::]:5270\n", "[federation] listen" },
  { ONE, ONE "[federation]\nlisten = [::]:5269;127.0.0.1:5270\n", "[federation] listen" },
  { ONE, ONE "[federation]\nlisten-tls = [::]:5270\n", "[federation] listen-tls" },
  { ONE, ONE "[federation]\ndns-server = 127.0.0.1:5353\n", "[federation] dns-server" },
  { ONE "[federation]\ndns-server = 127.0.0.1:5353\n",
    ONE "[federation]\ndns-server = 127.0.0.1:5354\n", "[federation] dns-server" },
  { ONE, ONE "[federation]\ndns-trust-anchor =\n", "[federation] dns-trust-anchor" },
  { ONE, ONE "[federation]\nsource-address = 127.0.0.1\n", "[federation] source-address" },
  { ONE, ONE "[control]\nsocket = /run/other\n", "[control] socket" },
  { ONE, ONE "[metrics]\nlisten = 127.0.0.1:9090\n", "[metrics] listen" },
};

static void
test_changes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (EnjConfig) old = enj_test_config_new (changes[i].old);
      g_autoptr (EnjConfig) fresh = enj_test_config_new (changes[i].fresh);
      g_autoptr (GError) error = NULL;
      gboolean possible = enj_reload_is_possible (old, fresh, &error);
      g_autofree char *expected
        = changes[i].what ? g_strconcat (changes[i].what,
                                         ": cannot change while enjamb runs, restart it", NULL)
                          : NULL;

      g_assert_cmpstr (error ? error->message : NULL, ==, expected);
      g_assert_cmpint (possible, ==, changes[i].what == NULL);
    }
}

static void
test_hosted (void)
{
  g_autofree char *secret = NULL;
  g_autofree char *text = NULL;
  g_autofree char *other = NULL;
  g_autoptr (EnjConfig) old = NULL;
  g_autoptr (EnjConfig) fresh = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("enjamb-XXXXXX", &secret, NULL);

  g_assert_cmpint (write (fd, "s", 1), ==, 1);
  g_assert_cmpint (close (fd), ==, 0);
  text = g_strdup_printf (ONE "service = hosted\nhosted-secret-file = %s\n", secret);
  other = g_strconcat (text, "hosted-listen = 127.0.0.1:5349\n", NULL);
  old = enj_test_config_new (text);
  fresh = enj_test_config_new (other);
  g_assert_cmpint (g_remove (secret), ==, 0);

  g_assert_true (enj_reload_is_possible (old, old, NULL));
  g_assert_false (enj_reload_is_possible (old, fresh, &error));
  g_assert_nonnull (strstr (error->message, "[component b.here.test] hosted-listen: "));
}

static void
test_components (void)
{
  g_autoptr (EnjConfig) one = enj_test_config_new (ONE);
  g_autoptr (EnjConfig) two = enj_test_config_new (TWO);
  g_autoptr (EnjConfig) both = enj_test_config_new (ONE TWO);
  g_autoptr (GError) added = NULL;
  g_autoptr (GError) gone = NULL;
  g_autoptr (GError) renamed = NULL;

  g_assert_false (enj_reload_is_possible (one, both, &added));
  g_assert_cmpstr (added->message, ==,
                   "[component c.here.test]: cannot be added while enjamb runs, restart it");
  g_assert_false (enj_reload_is_possible (both, one, &gone));
  g_assert_cmpstr (gone->message, ==,
                   "[component c.here.test]: cannot go away while enjamb runs, restart it");
  g_assert_false (enj_reload_is_possible (one, two, &renamed));
  g_assert_cmpstr (renamed->message, ==,
                   "[component b.here.test]: cannot go away while enjamb runs, restart it");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reload/names-the-key-that-cannot-change", test_changes);
  g_test_add_func ("/reload/names-the-listener-of-a-hosted-component", test_hosted);
  g_test_add_func ("/reload/names-the-component-that-comes-or-goes", test_components);
  return g_test_run ();
}

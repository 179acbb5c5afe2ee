#include "config.h"

#include "protocol/identity.h"

#include <string.h>

#include "tests/support/authority.h"
#include "tests/support/proves.h"

typedef struct
{
  const char *names;
  const char *domain;
  gboolean expected;
} Case;

static EnjTestAuthority *root;

static gnutls_x509_crt_t
issue (const EnjTestLeaf *leaf)
{
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;

  enj_test_authority_issue_pem (root, leaf, &certificate, &key);
  return enj_test_leaf_new (certificate);
}

static gboolean
names (gnutls_x509_crt_t crt, const char *domain)
{
  gnutls_datum_t all = enj_identity_read (crt);
  gboolean found = enj_identity_names (&all, domain);

  gnutls_free (all.data);
  return found;
}

static void
check (const Case *cases, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      /* The common name is the right one throughout, and counts for nothing. */
      const EnjTestLeaf leaf = { .names = cases[i].names, .common_name = cases[i].domain };
      g_autofree char *shown = g_strescape (cases[i].names, NULL);
      gnutls_x509_crt_t crt = issue (&leaf);

      g_test_message ("%s: %s", shown, cases[i].domain);
      g_assert_cmpint (names (crt, cases[i].domain), ==, cases[i].expected);
      gnutls_x509_crt_deinit (crt);
    }
}

static void
test_kinds (void)
{
  static const Case cases[] = {
    { "dns:a.example", "a.example", TRUE },
    { "xmpp:a.example", "a.example", TRUE },
    { "srv:_xmpp-server.a.example", "a.example", TRUE },
    { "srv:_XMPP-Server.a.example", "a.example", TRUE },
    { "mail:x@y.example dns:b.example xmpp:c.example dns:a.example", "a.example", TRUE },
    { "dns:b.example xmpp:c.example srv:_xmpp-server.d.example", "a.example", FALSE },
    { "srv:_xmpp-client.a.example", "a.example", FALSE },
    { "srv:a.example", "a.example", FALSE },
    { "srv:_xmpp-server.", "a.example", FALSE },
    { "mail:a.example", "a.example", FALSE },
    { "xmpp:someone@a.example", "a.example", FALSE },
    { "xmpp:a.example/somewhere", "a.example", FALSE },
    /* Neither a part of it, nor more than it. */
    { "dns:example", "a.example", FALSE },
    { "dns:a.exampl", "a.example", FALSE },
    { "dns:a.example.b.example", "a.example", FALSE },
    { "dns:b.a.example", "a.example", FALSE },
    { "dns:a.example.", "a.example", FALSE },
  };

  enj_test_proves ("E15");
  check (cases, G_N_ELEMENTS (cases));
}

/* Nothing but another name, or no name at all: the common name says a.example. */
static void
test_common_name (void)
{
  const EnjTestLeaf bare = { .common_name = "a.example" };
  const EnjTestLeaf inside = { .common_name = "x,CN=a.example" };
  const EnjTestLeaf mail = { .common_name = "a.example", .names = "mail:x@b.example" };
  const EnjTestLeaf *leaves[] = { &bare, &inside, &mail };

  enj_test_proves ("E16");
  for (guint i = 0; i < G_N_ELEMENTS (leaves); i++)
    {
      gnutls_x509_crt_t crt = issue (leaves[i]);

      g_assert_false (names (crt, "a.example"));
      gnutls_x509_crt_deinit (crt);
    }
}

static void
test_wildcards (void)
{
  static const Case cases[] = {
    { "dns:*.b.example", "a.b.example", TRUE },
    { "dns:*.B.Example", "a.b.example", TRUE },
    { "srv:_xmpp-server.*.b.example", "a.b.example", TRUE },
    { "dns:*.xn--bcher-kva.example", "a.bücher.example", TRUE },
    { "dns:*.b.example", "bücher.b.example", TRUE },
    { "dns:*.b.example", "b.example", FALSE },
    { "dns:*.b.example", "c.a.b.example", FALSE },
    { "dns:*", "a", FALSE },
    { "dns:*", "a.example", FALSE },
    { "dns:*.", "a.example", FALSE },
    { "dns:a*.b.example", "ab.b.example", FALSE },
    { "dns:*a.b.example", "ba.b.example", FALSE },
    { "dns:a.*.example", "a.b.example", FALSE },
    { "dns:*.*.example", "a.b.example", FALSE },
    { "dns:xn--*.b.example", "bücher.b.example", FALSE },
    { "xmpp:*.b.example", "a.b.example", FALSE },
  };

  enj_test_proves ("E16");
  check (cases, G_N_ELEMENTS (cases));
}

static void
test_international (void)
{
  static const Case cases[] = {
    { "dns:xn--bcher-kva.example", "bücher.example", TRUE },
    { "dns:XN--BCHER-KVA.Example", "bücher.example", TRUE },
    { "srv:_xmpp-server.xn--bcher-kva.example", "bücher.example", TRUE },
    { "xmpp:bücher.example", "bücher.example", TRUE },
    { "xmpp:BÜCHER.example", "bücher.example", TRUE },
    { "xmpp:xn--bcher-kva.example", "bücher.example", TRUE },
    { "dns:bcher.example", "bücher.example", FALSE },
    { "dns:bucher.example", "bücher.example", FALSE },
    { "xmpp:bucher.example", "bücher.example", FALSE },
  };

  enj_test_proves ("E17");
  check (cases, G_N_ELEMENTS (cases));
}

static void
test_hostile (void)
{
  static const Case cases[] = {
    { "dns:a.example^.evil.example", "a.example", FALSE },
    { "dns:a.example^", "a.example", FALSE },
    { "dns:*.example^.evil.example", "a.example", FALSE },
    { "xmpp:a.example^.evil.example", "a.example", FALSE },
    { "srv:_xmpp-server.a.example^.evil.example", "a.example", FALSE },
    { "srv:_xmpp-server^a.example", "a.example", FALSE },
    { "xmpp:\xff\xfe", "a.example", FALSE },
    { "xmpp:", "a.example", FALSE },
    { "srv:", "a.example", FALSE },
    { "dns:192.0.2.1", "192.0.2.1", FALSE },
    { "dns:*.0.2.1", "192.0.2.1", FALSE },
  };

  enj_test_proves ("E15");
  check (cases, G_N_ELEMENTS (cases));
}

/* 200 bytes: the string in the certificate has a length of two bytes. */
static void
test_long_name (void)
{
  g_autoptr (GString) domain = g_string_new ("");
  g_autofree char *names = NULL;
  Case one;

  for (guint i = 0; i < 4; i++)
    {
      for (guint j = 0; j < 49; j++)
        g_string_append_c (domain, (char) ('a' + i));
      g_string_append_c (domain, i < 3 ? '.' : 'z');
    }
  names = g_strdup_printf ("srv:_xmpp-server.%s", domain->str);
  one = (Case){ names, domain->str, TRUE };
  check (&one, 1);
  g_free (names);
  names = g_strdup_printf ("xmpp:%s", domain->str);
  one = (Case){ names, domain->str, TRUE };
  check (&one, 1);
}

static void
test_purposes (void)
{
  static const struct
  {
    const char *purposes;
    gboolean expected;
  } cases[] = {
    { NULL, TRUE },
    { GNUTLS_KP_TLS_WWW_SERVER, TRUE },
    { GNUTLS_KP_TLS_WWW_CLIENT, TRUE },
    { GNUTLS_KP_ANY, TRUE },
    { "1.3.6.1.5.5.7.8.5", TRUE },
    { GNUTLS_KP_CODE_SIGNING " " GNUTLS_KP_TLS_WWW_CLIENT, TRUE },
    { GNUTLS_KP_CODE_SIGNING, FALSE },
    { GNUTLS_KP_OCSP_SIGNING " " GNUTLS_KP_EMAIL_PROTECTION, FALSE },
  };

  enj_test_proves ("E18");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const EnjTestLeaf leaf = { .names = "dns:a.example", .purposes = cases[i].purposes };
      gnutls_x509_crt_t crt = issue (&leaf);

      g_assert_cmpint (enj_identity_fits (crt), ==, cases[i].expected);
      gnutls_x509_crt_deinit (crt);
    }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  root = enj_test_authority_new ("root", NULL);
  g_test_add_func ("/identity/reads-three-kinds-of-names", test_kinds);
  g_test_add_func ("/identity/never-takes-the-common-name", test_common_name);
  g_test_add_func ("/identity/an-asterisk-is-one-whole-label", test_wildcards);
  g_test_add_func ("/identity/compares-international-names", test_international);
  g_test_add_func ("/identity/refuses-names-made-to-deceive", test_hostile);
  g_test_add_func ("/identity/reads-long-names", test_long_name);
  g_test_add_func ("/identity/asks-for-a-purpose-that-servers-have", test_purposes);
  status = g_test_run ();
  enj_test_authority_free (root);
  return status;
}

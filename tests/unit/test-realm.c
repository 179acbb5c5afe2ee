#include "config.h"

#include "protocol/realm.h"

/* Two links to two servers, a component inside a local domain, and one without a link. */
static EnjRealm *
make_realm (void)
{
  EnjRealm *realm = enj_realm_new ();

  enj_realm_add_component (realm, "bridge.here", TRUE);
  enj_realm_add_local (realm, "bridge.here", "here");
  enj_realm_add_local (realm, "bridge.here", "*.here");
  enj_realm_add_component (realm, "free.example", FALSE);
  enj_realm_add_local (realm, "free.example", "closed.example");
  enj_realm_add_component (realm, "a.bridge.here", TRUE);
  enj_realm_add_local (realm, "a.bridge.here", "other.test");
  return realm;
}

static void
test_classify (void)
{
  static const struct
  {
    const char *domain;
    EnjRealmKind kind;
  } cases[] = {
    { "bridge.here", ENJ_REALM_OURS },       { "a.bridge.here", ENJ_REALM_OURS },
    { "free.example", ENJ_REALM_OURS },      { "here", ENJ_REALM_LOCAL },
    { "muc.here", ENJ_REALM_LOCAL },         { "a.b.here", ENJ_REALM_LOCAL },
    { "x.bridge.here", ENJ_REALM_LOCAL },    { "other.test", ENJ_REALM_LOCAL },
    { "closed.example", ENJ_REALM_LOCAL },   { "x.closed.example", ENJ_REALM_REMOTE },
    { "x.other.test", ENJ_REALM_REMOTE },    { "x.free.example", ENJ_REALM_REMOTE },
    { "example", ENJ_REALM_REMOTE },         { "there", ENJ_REALM_REMOTE },
    { "here.example", ENJ_REALM_REMOTE },    { "nothere", ENJ_REALM_REMOTE },
    { "", ENJ_REALM_REMOTE },
  };
  g_autoptr (EnjRealm) realm = make_realm ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].domain);
      g_assert_cmpint (enj_realm_classify (realm, cases[i].domain), ==, cases[i].kind);
    }
}

static void
test_reached_by_its_link (void)
{
  static const struct
  {
    const char *component;
    const char *domain;
    gboolean is_local;
  } cases[] = {
    { "bridge.here", "here", TRUE },
    { "bridge.here", "muc.here", TRUE },
    { "bridge.here", "bridge.here", FALSE },
    { "bridge.here", "a.bridge.here", FALSE },
    { "bridge.here", "x.bridge.here", TRUE },
    { "bridge.here", "other.test", FALSE },
    { "a.bridge.here", "other.test", TRUE },
    { "a.bridge.here", "here", FALSE },
    { "free.example", "closed.example", FALSE },
    { "free.example", "here", FALSE },
    { "unknown.example", "here", FALSE },
  };
  g_autoptr (EnjRealm) realm = make_realm ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s %s", cases[i].component, cases[i].domain);
      g_assert_true (enj_realm_is_local_to (realm, cases[i].component, cases[i].domain)
                     == cases[i].is_local);
    }
}

static void
test_links (void)
{
  g_autoptr (EnjRealm) realm = make_realm ();

  g_assert_true (enj_realm_has_link (realm, "bridge.here"));
  g_assert_true (enj_realm_has_link (realm, "a.bridge.here"));
  g_assert_false (enj_realm_has_link (realm, "free.example"));
  g_assert_false (enj_realm_has_link (realm, "here"));
}

static void
test_sorted (void)
{
  g_autoptr (EnjRealm) realm = make_realm ();
  g_autoptr (EnjRealm) second = enj_realm_ref (realm);

  g_clear_pointer (&realm, enj_realm_unref);
  g_assert_cmpstr (enj_realm_get_component (second, 0), ==, "a.bridge.here");
  g_assert_cmpstr (enj_realm_get_component (second, 1), ==, "bridge.here");
  g_assert_cmpstr (enj_realm_get_component (second, 2), ==, "free.example");
  g_assert_null (enj_realm_get_component (second, 3));
}

static void
test_empty (void)
{
  g_autoptr (EnjRealm) realm = enj_realm_new ();

  g_assert_cmpint (enj_realm_classify (realm, "here"), ==, ENJ_REALM_REMOTE);
  g_assert_null (enj_realm_get_component (realm, 0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/realm/components-first-then-patterns", test_classify);
  g_test_add_func ("/realm/local-domains-are-reached-by-their-own-link", test_reached_by_its_link);
  g_test_add_func ("/realm/component-may-have-no-link", test_links);
  g_test_add_func ("/realm/components-come-sorted", test_sorted);
  g_test_add_func ("/realm/all-is-remote-to-an-empty-realm", test_empty);
  return g_test_run ();
}

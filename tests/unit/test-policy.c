#include "config.h"

#include "protocol/policy.h"

/* Entries are told apart by their port. */
static EnjPolicy *
make_policy (void)
{
  static const struct
  {
    const char *pattern;
    guint16 port;
  } entries[] = {
    { "there.example", 1 },
    { "*.there.example", 2 },
    { "*.deep.there.example", 3 },
    { "muc.deep.there.example", 4 },
    { "*.example", 5 },
    { "192.0.2.1", 6 },
  };
  const EnjPeerPolicy fallback = { .allow = TRUE, .port = 99 };
  EnjPolicy *policy = enj_policy_new (&fallback);

  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    {
      const EnjPeerPolicy peer = { .port = entries[i].port };

      g_assert_true (enj_policy_add (policy, entries[i].pattern, &peer));
    }
  return policy;
}

static void
test_most_exact (void)
{
  static const struct
  {
    const char *domain;
    guint16 port;
  } cases[] = {
    { "there.example", 1 },
    { "a.there.example", 2 },
    { "a.b.there.example", 2 },
    { "deep.there.example", 2 },
    { "a.deep.there.example", 3 },
    { "a.b.deep.there.example", 3 },
    { "muc.deep.there.example", 4 },
    { "a.muc.deep.there.example", 3 },
    { "other.example", 5 },
    { "notthere.example", 5 },
    { "example", 99 },
    { "there.example.com", 99 },
    { "192.0.2.1", 6 },
    { "*.there.example", 2 },
    { "", 99 },
    { "localhost", 99 },
  };
  g_autoptr (EnjPolicy) policy = make_policy ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].domain);
      g_assert_cmpuint (enj_policy_find (policy, cases[i].domain)->port, ==, cases[i].port);
    }
}

static void
test_twice (void)
{
  g_autoptr (EnjPolicy) policy = make_policy ();
  const EnjPeerPolicy peer = { .port = 50 };

  g_assert_false (enj_policy_add (policy, "there.example", &peer));
  g_assert_false (enj_policy_add (policy, "*.there.example", &peer));
  g_assert_cmpuint (enj_policy_find (policy, "there.example")->port, ==, 1);
  g_assert_cmpuint (enj_policy_find (policy, "a.there.example")->port, ==, 2);
  g_assert_true (enj_policy_add (policy, "a.there.example", &peer));
  g_assert_cmpuint (enj_policy_find (policy, "a.there.example")->port, ==, 50);
}

static void
test_own_copies (void)
{
  char host[] = "192.0.2.7";
  const EnjPeerPolicy peer = {
    .allow = TRUE,
    .host = host,
    .port = 5270,
    .direct_tls = TRUE,
    .encryption = ENJ_ENCRYPTION_OPTIONAL,
    .authentication = ENJ_AUTHENTICATION_CERTIFICATE,
  };
  g_autoptr (EnjPolicy) policy = enj_policy_new (&peer);
  g_autoptr (EnjPolicy) second = NULL;
  const EnjPeerPolicy *found;

  g_assert_true (enj_policy_add (policy, "there.example", &peer));
  host[0] = 'x';
  second = enj_policy_ref (policy);
  g_clear_pointer (&policy, enj_policy_unref);

  found = enj_policy_find (second, "there.example");
  g_assert_true (found->allow);
  g_assert_cmpstr (found->host, ==, "192.0.2.7");
  g_assert_cmpuint (found->port, ==, 5270);
  g_assert_true (found->direct_tls);
  g_assert_cmpint (found->encryption, ==, ENJ_ENCRYPTION_OPTIONAL);
  g_assert_cmpint (found->authentication, ==, ENJ_AUTHENTICATION_CERTIFICATE);
  g_assert_cmpstr (enj_policy_find (second, "other.example")->host, ==, "192.0.2.7");
}

/* Not even an entry of its own helps. */
static void
test_denying (void)
{
  static const char *const patterns[]
    = { "there.example", "*.deep.there.example", "there.example", "new.test", NULL };
  static const struct
  {
    const char *domain;
    gboolean allow;
    guint16 port;
  } cases[] = {
    { "there.example", FALSE, 1 },
    { "a.there.example", TRUE, 2 },
    { "deep.there.example", TRUE, 2 },
    { "a.deep.there.example", FALSE, 3 },
    { "muc.deep.there.example", FALSE, 3 },
    { "new.test", FALSE, 99 },
    { "a.new.test", TRUE, 99 },
    { "other.test", TRUE, 99 },
  };
  const EnjPeerPolicy peer = { .allow = TRUE, .port = 99 };
  EnjPolicy *base = enj_policy_new (&peer);
  g_autoptr (EnjPolicy) policy = NULL;
  const struct { const char *pattern; guint16 port; } entries[] = {
    { "there.example", 1 }, { "*.there.example", 2 }, { "*.deep.there.example", 3 },
    { "muc.deep.there.example", 4 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    {
      const EnjPeerPolicy entry = { .allow = TRUE, .port = entries[i].port };

      g_assert_true (enj_policy_add (base, entries[i].pattern, &entry));
    }
  policy = enj_policy_new_denying (base, patterns);
  g_assert_true (enj_policy_find (base, "there.example")->allow);
  enj_policy_unref (base);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const EnjPeerPolicy *found = enj_policy_find (policy, cases[i].domain);

      g_test_message ("%s", cases[i].domain);
      g_assert_cmpint (found->allow, ==, cases[i].allow);
      g_assert_cmpuint (found->port, ==, cases[i].port);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/policy/most-exact-entry-wins", test_most_exact);
  g_test_add_func ("/policy/takes-each-entry-once", test_twice);
  g_test_add_func ("/policy/keeps-copies-of-its-own", test_own_copies);
  g_test_add_func ("/policy/denies-what-it-is-told-to", test_denying);
  return g_test_run ();
}

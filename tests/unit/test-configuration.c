#include "config.h"

#include "component/configuration.h"

#include <glib/gstdio.h>

/* Every test works in a folder of its own, so that messages say "t.conf:1". */
#define FILE_NAME "t.conf"

static char *folder;

static void
write_file (const char *name, const char *text, gssize len)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (name, text, len, &error);
  g_assert_no_error (error);
}

static EnjConfig *
load_new (const char *text)
{
  g_autoptr (GError) error = NULL;
  EnjConfig *config;

  write_file (FILE_NAME, text, -1);
  config = enj_config_new_from_file (FILE_NAME, &error);
  g_assert_no_error (error);
  return config;
}

/* The faults as one text, the folder in it written as "@". */
static char *
faults_new (void)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *joined = NULL;
  g_auto (GStrv) parts = NULL;
  gboolean good = enj_config_check (FILE_NAME, problems);

  g_assert_cmpint (good, ==, problems->len == 0);
  g_ptr_array_add (problems, NULL);
  joined = g_strjoinv ("\n", (char **) problems->pdata);
  parts = g_strsplit (joined, folder, -1);
  return g_strjoinv ("@", parts);
}

static void
assert_listen (const EnjListen *listen, const char *host, guint port)
{
  g_assert_nonnull (listen);
  g_assert_cmpstr (listen->host, ==, host);
  g_assert_cmpuint (listen->port, ==, port);
}

static void
assert_list (GStrv list, const char *expected)
{
  g_autofree char *joined = g_strjoinv (";", list);

  g_assert_cmpstr (joined, ==, expected);
}

#define LINK "[component bridge.example.com]\nserver = 127.0.0.1:5347\nsecret = s\n"
#define ALONE "[component bridge.example.com]\n"

static const struct
{
  const char *text;
  const char *faults;
} faulty[] = {
  /* The text. */
  { "", "t.conf:1: there is no group [component DOMAIN]" },
  { "listen = x\n" LINK, "t.conf:1: stands before the first group" },
  { LINK "rubbish\n", "t.conf:4: neither [GROUP], nor KEY = VALUE, nor a comment" },
  { LINK "= x\n", "t.conf:4: neither [GROUP], nor KEY = VALUE, nor a comment" },
  { LINK "[log\n", "t.conf:4: not a group: expected [NAME] alone on its line" },
  { LINK "[log] x\n", "t.conf:4: not a group: expected [NAME] alone on its line" },
  { LINK "[]\n", "t.conf:4: not a group: expected [NAME] alone on its line" },
  { LINK "[peer [::1]]\n", "t.conf:4: not a group: expected [NAME] alone on its line" },
  { LINK "about = \xff\n", "t.conf:4: is not UTF-8" },
  { LINK "[log]\nlevel = a\\b\n",
    "t.conf:5: [log] level: a backslash stands before s, n, t, r or a backslash only" },
  { LINK "local-domains = a\\b\n", "t.conf:4: [component bridge.example.com] local-domains: "
                                   "a backslash stands before s, n, t, r, a semicolon or a "
                                   "backslash only" },
  { "# c\n\n" LINK "[log]\n[limits]\n\n[log]\n", "t.conf:9: [log]: given twice, first in line 6" },
  { LINK "[ log ]\n[log]\n", "t.conf:5: [log]: given twice, first in line 4" },
  { LINK "about = true\nabout = true\n",
    "t.conf:5: [component bridge.example.com] about: given twice, first in line 4" },
  /* Names. */
  { LINK "[fedration]\n", "t.conf:4: [fedration]: unknown group, "
                          "the nearest known one is [federation]" },
  { LINK "[pear a.example]\n", "t.conf:4: [pear a.example]: unknown group, "
                               "the nearest known one is [peer DOMAIN]" },
  { LINK "[peer]\n", "t.conf:4: [peer]: unknown group, the nearest known one is [peer DOMAIN]" },
  { LINK "[log x]\n", "t.conf:4: [log x]: unknown group, the nearest known one is [log]" },
  { LINK "[limits]\nstanzasize = 1\n", "t.conf:5: [limits] stanzasize: unknown key, "
                                       "the nearest known one is stanza-size" },
  { LINK "[federation]\nlisten[de] = x\n", "t.conf:5: [federation] listen[de]: unknown key, "
                                           "the nearest known one is listen" },
  { LINK "Server = a:1\n", "t.conf:4: [component bridge.example.com] Server: unknown key, "
                           "the nearest known one is server" },
  /* Kinds of values. */
  { LINK "about = yes\n",
    "t.conf:4: [component bridge.example.com] about: expected true or false, not 'yes'" },
  { LINK "[federation]\nencryption = required # x\n",
    "t.conf:5: [federation] encryption: expected required | optional, not 'required # x' "
    "(a comment needs a line of its own)" },
  { LINK "[federation]\nencryption = \"required\"\n",
    "t.conf:5: [federation] encryption: expected required | optional, not '\"required\"' "
    "(quotes are taken as part of the value)" },
  { LINK "[federation]\nauthentication = none\n",
    "t.conf:5: [federation] authentication: expected dialback | certificate, not 'none'" },
  { LINK "[federation]\nprivate-addresses = no\n",
    "t.conf:5: [federation] private-addresses: expected refuse | allow, not 'no'" },
  { LINK "[peer a.example]\npolicy = block\n",
    "t.conf:5: [peer a.example] policy: expected allow | deny, not 'block'" },
  { LINK "[peer a.example]\nencryption = on\n",
    "t.conf:5: [peer a.example] encryption: expected required | optional, not 'on'" },
  { LINK "service = proxy\n", "t.conf:4: [component bridge.example.com] service: expected "
                              "relay | echo | hosted | handler, not 'proxy'" },
  { LINK "on-loss = drop\n", "t.conf:4: [component bridge.example.com] on-loss: expected "
                             "by-kind | resend | bounce, not 'drop'" },
  { LINK "[log]\nlevel = loud\n", "t.conf:5: [log] level: expected "
                                  "critical | warning | message | info | debug, not 'loud'" },
  { LINK "[limits]\ndepth = 7\n",
    "t.conf:5: [limits] depth: expected a whole number from 8 to 1000, not '7'" },
  { LINK "[limits]\ndepth = -9\n",
    "t.conf:5: [limits] depth: expected a whole number from 8 to 1000, not '-9'" },
  { LINK "[limits]\ndepth = 64k\n",
    "t.conf:5: [limits] depth: expected a whole number from 8 to 1000, not '64k'" },
  { LINK "[limits]\nrate =\n", "t.conf:5: [limits] rate: expected a whole number from 0 to "
                               "1099511627776, not ''" },
  /* Addresses. */
  { ALONE "server = 127.0.0.1\nsecret = s\n",
    "t.conf:2: [component bridge.example.com] server: expected HOST:PORT with a port from 1 to "
    "65535, not '127.0.0.1'" },
  { ALONE "server = prosody:0\nsecret = s\n",
    "t.conf:2: [component bridge.example.com] server: expected HOST:PORT with a port from 1 to "
    "65535, not 'prosody:0'" },
  { ALONE "server = prosody:65536\nsecret = s\n",
    "t.conf:2: [component bridge.example.com] server: expected HOST:PORT with a port from 1 to "
    "65535, not 'prosody:65536'" },
  { ALONE "server = my~server:5347\nsecret = s\n",
    "t.conf:2: [component bridge.example.com] server: 'my~server' is not a host name" },
  { LINK "[federation]\nlisten = 5269\n",
    "t.conf:5: [federation] listen: expected HOST:PORT with a port from 1 to 65535, not '5269'" },
  { LINK "[federation]\nlisten-tls = [::]:5270; localhost:5270\n",
    "t.conf:5: [federation] listen-tls: expected an IP address and a port, not 'localhost:5270'" },
  { LINK "[federation]\ndns-server = dns:53\n",
    "t.conf:5: [federation] dns-server: expected an IP address and a port, not 'dns:53'" },
  { LINK "[federation]\nsource-address = 192.0.2.1:7\n",
    "t.conf:5: [federation] source-address: expected an IP address without a port, not "
    "'192.0.2.1:7'" },
  { LINK "[peer a.example]\naddress = tls://a\n",
    "t.conf:5: [peer a.example] address: expected HOST:PORT with a port from 1 to 65535, not 'a'" },
  { LINK "[metrics]\nlisten = x\n",
    "t.conf:5: [metrics] listen: expected HOST:PORT with a port from 1 to 65535, not 'x'" },
  { LINK "hosted-listen =\n", "t.conf:4: [component bridge.example.com] hosted-listen: names "
                              "nothing: the component could not connect" },
  /* Secrets. */
  { ALONE "server = 127.0.0.1:5347\n", "t.conf:1: [component bridge.example.com] secret-file: "
                                       "missing: the server wants a secret, here or as secret" },
  { LINK "secret-file = secret\n", "t.conf:3: [component bridge.example.com] secret: "
                                   "given beside secret-file: one of the two is enough" },
  { ALONE "secret =  \n", "t.conf:2: [component bridge.example.com] secret: the secret is empty" },
  { ALONE "secret-file=\n", "t.conf:2: [component bridge.example.com] secret-file: names no file" },
  { ALONE "secret-file = nowhere\n", "t.conf:2: [component bridge.example.com] secret-file: "
                                     "@/nowhere: No such file or directory" },
  { ALONE "secret-file = empty\n", "t.conf:2: [component bridge.example.com] secret-file: "
                                   "@/empty: the secret is empty" },
  { ALONE "secret-file = folder\n",
    "t.conf:2: [component bridge.example.com] secret-file: @/folder: Is a directory" },
  { ALONE "secret-file = nul\n",
    "t.conf:2: [component bridge.example.com] secret-file: the secret holds a NUL byte" },
  { ALONE "service = hosted\n", "t.conf:1: [component bridge.example.com] hosted-secret-file: "
                                "@/hosted.secret: No such file or directory" },
  { LINK "[federation]\ndialback-secret-file = empty\n",
    "t.conf:5: [federation] dialback-secret-file: @/empty: the secret is empty" },
  /* Files that are named. */
  { LINK "[federation]\ntrust = nowhere\n",
    "t.conf:5: [federation] trust: @/nowhere: No such file or directory" },
  { LINK "[federation]\ntrust = secret\n",
    "t.conf:5: [federation] trust: @/secret: holds no PEM certificates" },
  { LINK "[federation]\ncrl = nowhere\n",
    "t.conf:5: [federation] crl: @/nowhere: No such file or directory" },
  { LINK "[federation]\ncrl = secret\n",
    "t.conf:5: [federation] crl: @/secret: holds no PEM revocation lists" },
  { LINK "[federation]\ndns-trust-anchor = nowhere\n",
    "t.conf:5: [federation] dns-trust-anchor: @/nowhere: No such file or directory" },
  { LINK "[federation]\ncertificates = nowhere\n",
    "t.conf:5: [federation] certificates: @/nowhere: is not a folder" },
  { LINK "[federation]\ncertificates =\n", "t.conf:5: [federation] certificates: names no folder" },
  { LINK "[federation]\ncertificates = half\n",
    "t.conf:5: [federation] certificates: @/half/bridge.example.com.key: is missing, but its other "
    "half is there; put both there, or neither" },
  /* What depends on something else. */
  { ALONE "local-domains = a.example\n", "t.conf:2: [component bridge.example.com] local-domains: "
                                         "without a server there is no link to reach them" },
  { ALONE "[federation]\nenabled = false\n",
    "t.conf:1: [component bridge.example.com] server: neither a server nor federation: "
    "the domain would reach nobody" },
  { LINK "[component BRIDGE.example.com.]\n",
    "t.conf:4: [component BRIDGE.example.com.]: bridge.example.com has a group already" },
  { LINK "[peer a.example]\n[peer A.example]\n",
    "t.conf:5: [peer A.example]: a.example has a group already" },
  { LINK "[peer example.com]\n", "t.conf:4: [peer example.com]: example.com is not remote: "
                                 "it is a component or among local-domains" },
  { LINK "[peer bridge.example.com]\n",
    "t.conf:4: [peer bridge.example.com]: bridge.example.com is not remote: "
    "it is a component or among local-domains" },
  { LINK "[control]\nadmins = a@b/c\n",
    "t.conf:5: [control] admins: 'a@b/c': expected an address without a resource" },
  { LINK "[control]\ncontact-abuse = abuse@example.com\n",
    "t.conf:5: [control] contact-abuse: expected a URI such as mailto:admin@example.com, not "
    "'abuse@example.com'" },
  /* All are told at once, by line. */
  { LINK "about = 2\nlocal-domain = x\n[log]\nlevel = x\n",
    "t.conf:4: [component bridge.example.com] about: expected true or false, not '2'\n"
    "t.conf:5: [component bridge.example.com] local-domain: unknown key, "
    "the nearest known one is local-domains\n"
    "t.conf:7: [log] level: expected critical | warning | message | info | debug, not 'x'" },
};

static void
test_faults (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autofree char *faults = NULL;

  write_file (FILE_NAME, faulty[i].text, -1);
  faults = faults_new ();
  g_assert_cmpstr (faults, ==, faulty[i].faults);
}

/* The reason comes from another module: only where and what are ours. */
static void
test_domain_faults (void)
{
  static const char *const texts[][2] = {
    { "[component a b]\n", "t.conf:1: [component a b]: 'a b' is not a domain: *" },
    { LINK "local-domains = a..b\n",
      "t.conf:4: [component bridge.example.com] local-domains: 'a..b' is not a domain: *" },
    { LINK "local-domains = *\n",
      "t.conf:4: [component bridge.example.com] local-domains: '?' is not a domain: *" },
    { LINK "relay-allow-remote = a@b\n",
      "t.conf:4: [component bridge.example.com] relay-allow-remote: 'a@b' is not a domain: *" },
    { LINK "[peer a/b]\n", "t.conf:4: [peer a/b]: 'a/b' is not a domain: *" },
    { LINK "[control]\nadmins = @\n", "t.conf:5: [control] admins: '@' is not an address: *" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *faults = NULL;

      write_file (FILE_NAME, texts[i][0], -1);
      faults = faults_new ();
      g_test_message ("%s", faults);
      g_assert_true (g_pattern_match_simple (texts[i][1], faults));
    }
}

static void
test_unreadable (void)
{
  g_autofree char *large = g_strnfill (1024 * 1024 + 1, '#');
  char *faults;

  g_assert_cmpint (g_unlink (FILE_NAME), ==, 0);
  faults = faults_new ();
  g_assert_cmpstr (faults, ==, "t.conf: No such file or directory");
  g_free (faults);

  g_assert_cmpint (g_mkdir (FILE_NAME, 0700), ==, 0);
  faults = faults_new ();
  g_assert_cmpstr (faults, ==, "t.conf: Is a directory");
  g_free (faults);
  g_assert_cmpint (g_rmdir (FILE_NAME), ==, 0);

  write_file (FILE_NAME, large, -1);
  faults = faults_new ();
  g_assert_cmpstr (faults, ==, "t.conf: is larger than 1048576 bytes");
  g_free (faults);

  write_file (FILE_NAME, LINK "a\0b\n", sizeof (LINK "a\0b\n") - 1);
  faults = faults_new ();
  g_assert_cmpstr (faults, ==, "t.conf:4: holds a NUL byte");
  g_free (faults);
}

static void
test_error_has_all (void)
{
  g_autoptr (GError) error = NULL;

  write_file (FILE_NAME, LINK "abuot = 1\n[limits]\ndepth = 1\n", -1);
  g_assert_null (enj_config_new_from_file (FILE_NAME, &error));
  g_assert_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE);
  g_assert_cmpstr (error->message, ==,
                   "t.conf:4: [component bridge.example.com] abuot: unknown key, "
                   "the nearest known one is about\n"
                   "t.conf:6: [limits] depth: expected a whole number from 8 to 1000, not '1'");
}

static void
test_defaults (void)
{
  g_autoptr (EnjConfig) config = load_new (LINK);
  const EnjConfigComponent *component = config->components->pdata[0];
  const EnjConfigFederation *federation = &config->federation;
  const EnjLimits limits = enj_limits_default ();
  const EnjPeerPolicy *peer = enj_policy_find (config->policy, "any.example");
  g_autofree char *certificates = g_build_filename (folder, "certs", NULL);

  g_assert_cmpstr (config->path, ==, FILE_NAME);
  g_assert_cmpuint (config->components->len, ==, 1);
  g_assert_cmpstr (component->domain, ==, "bridge.example.com");
  assert_listen (component->server, "127.0.0.1", 5347);
  g_assert_cmpstr (component->secret, ==, "s");
  assert_list (component->local_domains, "example.com;*.example.com");
  g_assert_cmpint (component->service, ==, ENJ_SERVICE_RELAY);
  assert_list (component->hosted_listen, "127.0.0.1:5348");
  g_assert_null (component->hosted_secret);
  assert_list (component->relay_allow_local, "*");
  assert_list (component->relay_allow_remote, "*");
  g_assert_true (component->about);
  g_assert_cmpint (component->on_loss, ==, ENJ_ON_LOSS_BY_KIND);

  g_assert_true (federation->enabled);
  g_assert_cmpuint (federation->listen->len, ==, 1);
  assert_listen (federation->listen->pdata[0], "::", 5269);
  g_assert_cmpuint (federation->listen_tls->len, ==, 0);
  g_assert_cmpstr (federation->certificates, ==, certificates);
  g_assert_null (federation->trust);
  g_assert_cmpuint (g_strv_length (federation->crl), ==, 0);
  g_assert_null (federation->dialback_secret);
  g_assert_null (federation->dns_server);
  g_assert_cmpstr (federation->dns_trust_anchor, ==, "/usr/share/dns/root.key");
  g_assert_null (federation->source_address);
  g_assert_true (federation->refuse_private_addresses);

  g_assert_true (peer->allow);
  g_assert_null (peer->host);
  g_assert_cmpint (peer->encryption, ==, ENJ_ENCRYPTION_REQUIRED);
  g_assert_cmpint (peer->authentication, ==, ENJ_AUTHENTICATION_DIALBACK);

  g_assert_cmpmem (&config->limits, sizeof limits, &limits, sizeof limits);
  g_assert_cmpstr (config->control.socket, ==, "/run/enjamb/control");
  assert_list (config->control.admins, "");
  assert_list (config->control.contact_admin, "");
  assert_list (config->control.contact_abuse, "");
  g_assert_cmpuint (config->metrics_listen->len, ==, 0);
  g_assert_cmpint (config->log_level, ==, G_LOG_LEVEL_MESSAGE);
}

static void
check_all_component (const EnjConfigComponent *component)
{
  g_assert_cmpstr (component->domain, ==, "bücke.example.com");
  assert_listen (component->server, "::1", 5347);
  g_assert_cmpstr (component->secret, ==, " fi le ");
  assert_list (component->local_domains, "a.example;*.b.example");
  g_assert_cmpint (component->service, ==, ENJ_SERVICE_HOSTED);
  assert_list (component->hosted_listen, "127.0.0.2:5349;tls://[::1]:5350;/run/x");
  g_assert_cmpstr (component->hosted_secret, ==, "crlf");
  assert_list (component->relay_allow_local, "a.example");
  assert_list (component->relay_allow_remote, "*.c.example;d.example");
  g_assert_false (component->about);
  g_assert_cmpint (component->on_loss, ==, ENJ_ON_LOSS_RESEND);
}

static void
check_all_federation (const EnjConfigFederation *federation)
{
  g_autofree char *certificates = g_build_filename (folder, "folder", NULL);

  g_assert_cmpuint (federation->listen->len, ==, 2);
  assert_listen (federation->listen->pdata[0], "192.0.2.1", 5269);
  assert_listen (federation->listen->pdata[1], "2001:db8::1", 15269);
  g_assert_cmpuint (federation->listen_tls->len, ==, 1);
  assert_listen (federation->listen_tls->pdata[0], "::", 5270);
  g_assert_cmpstr (federation->certificates, ==, certificates);
  g_assert_cmpmem (federation->dialback_secret, federation->dialback_secret_len, "n\0l", 3);
  assert_listen (federation->dns_server, "127.0.0.1", 5353);
  g_assert_null (federation->dns_trust_anchor);
  g_assert_cmpstr (federation->source_address, ==, "192.0.2.7");
  g_assert_false (federation->refuse_private_addresses);
}

static void
test_all_keys (void)
{
  g_autoptr (EnjConfig) config = NULL;

  config = load_new (
      "[component Bücke.EXAMPLE.com.]\nserver = [::1]:5347\nsecret-file = secret\n"
      "local-domains = A.example ; *.b.example;\nservice = hosted\n"
      "hosted-listen = 127.0.0.2:5349;tls://[0::1]:5350;/run/x\nhosted-secret-file = crlf\n"
      "relay-allow-local = a.example\nrelay-allow-remote = *.c.example;d.example\n"
      "about = false\non-loss = resend\n[federation]\nenabled = true\n"
      "listen = 192.0.2.1:5269;[2001:db8::1]:15269\nlisten-tls = [::]:5270\n"
      "certificates = folder\ntrust = system\nencryption = optional\n"
      "authentication = certificate\ndialback-secret-file = nul\ndns-server = 127.0.0.1:5353\n"
      "dns-trust-anchor =\nsource-address = 192.0.2.7\nprivate-addresses = allow\n"
      "[limits]\ndepth = 8\nrate = 0\n[control]\nsocket = c\nadmins = Me@a.example;a.example\n"
      "contact-admin = mailto:a@a.example\ncontact-abuse = xmpp:a@a.example;https://a.example\n"
      "[metrics]\nlisten = 127.0.0.1:9090\n[log]\nlevel = debug\n");

  check_all_component (config->components->pdata[0]);
  check_all_federation (&config->federation);
  g_assert_cmpuint (config->limits.depth, ==, 8);
  g_assert_cmpuint (config->limits.rate, ==, 0);
  g_assert_true (g_str_has_prefix (config->control.socket, folder));
  assert_list (config->control.admins, "me@a.example;a.example");
  assert_list (config->control.contact_admin, "mailto:a@a.example");
  assert_list (config->control.contact_abuse, "xmpp:a@a.example;https://a.example");
  g_assert_cmpuint (config->metrics_listen->len, ==, 1);
  assert_listen (config->metrics_listen->pdata[0], "127.0.0.1", 9090);
  g_assert_cmpint (config->log_level, ==, G_LOG_LEVEL_DEBUG);
}

static void
test_peers (void)
{
  g_autoptr (EnjConfig) config = NULL;
  const EnjPeerPolicy *peer;

  config = load_new (ALONE "[federation]\nencryption = optional\n[peer *]\npolicy = deny\n"
                           "[peer *.a.example]\naddress = tls://[::1]:5270\n"
                           "[peer b.a.example]\nencryption = required\naddress = host:1\n"
                           "authentication = certificate\n[peer 2001:db8::1]\nencryption =\n");

  peer = enj_policy_find (config->policy, "else.example");
  g_assert_false (peer->allow);
  g_assert_cmpint (peer->encryption, ==, ENJ_ENCRYPTION_OPTIONAL);

  peer = enj_policy_find (config->policy, "c.a.example");
  g_assert_true (peer->allow);
  g_assert_true (peer->direct_tls);
  g_assert_cmpstr (peer->host, ==, "::1");
  g_assert_cmpuint (peer->port, ==, 5270);
  g_assert_cmpint (peer->encryption, ==, ENJ_ENCRYPTION_OPTIONAL);

  peer = enj_policy_find (config->policy, "b.a.example");
  g_assert_false (peer->direct_tls);
  g_assert_cmpstr (peer->host, ==, "host");
  g_assert_cmpint (peer->encryption, ==, ENJ_ENCRYPTION_REQUIRED);
  g_assert_cmpint (peer->authentication, ==, ENJ_AUTHENTICATION_CERTIFICATE);

  g_assert_true (enj_policy_find (config->policy, "[2001:db8::1]")->allow);
}

static void
test_realm (void)
{
  g_autoptr (EnjConfig) config = NULL;

  config = load_new (LINK "[component other.example.net]\nserver = none\n"
                          "[component bridge.localhost]\nserver = localhost:1\nsecret = x\n");
  g_assert_cmpint (enj_realm_classify (config->realm, "bridge.example.com"), ==, ENJ_REALM_OURS);
  g_assert_cmpint (enj_realm_classify (config->realm, "example.com"), ==, ENJ_REALM_LOCAL);
  g_assert_cmpint (enj_realm_classify (config->realm, "muc.example.com"), ==, ENJ_REALM_LOCAL);
  g_assert_cmpint (enj_realm_classify (config->realm, "example.net"), ==, ENJ_REALM_REMOTE);
  g_assert_cmpint (enj_realm_classify (config->realm, "localhost"), ==, ENJ_REALM_LOCAL);
  g_assert_cmpint (enj_realm_classify (config->realm, "a.localhost"), ==, ENJ_REALM_REMOTE);
  g_assert_true (enj_realm_has_link (config->realm, "bridge.example.com"));
  g_assert_false (enj_realm_has_link (config->realm, "other.example.net"));
  g_assert_nonnull (enj_config_find_component (config, "other.example.net"));
  g_assert_null (enj_config_find_component (config, "example.net"));
}

static void
test_secret_is_raw (void)
{
  g_autoptr (EnjConfig) config =
      load_new (ALONE "server = a:1\nsecret = \t\"a\\sb\";#c \\q \nabout = false\n");
  const EnjConfigComponent *component = config->components->pdata[0];

  g_assert_cmpstr (component->secret, ==, "\"a\\sb\";#c \\q ");
}

static void
test_any_line_ends (void)
{
  g_autoptr (EnjConfig) config = load_new ("\xef\xbb\xbf[component bridge.example.com] \t\r\n"
                                           "  server=a:1\r\nsecret = s\r\nabout =0\r\n");
  const EnjConfigComponent *component = config->components->pdata[0];

  assert_listen (component->server, "a", 1);
  g_assert_cmpstr (component->secret, ==, "s");
  g_assert_false (component->about);
}

static void
test_credential_wins (void)
{
  g_autofree char *credentials = g_build_filename (folder, "credentials", NULL);
  g_autoptr (EnjConfig) config = NULL;
  g_autoptr (EnjConfig) without = NULL;

  g_setenv ("CREDENTIALS_DIRECTORY", credentials, TRUE);
  config = load_new (ALONE "server = a:1\nsecret-file = /nowhere/secret\n");
  g_assert_cmpstr (((EnjConfigComponent *) config->components->pdata[0])->secret, ==, "wins");
  without = load_new (ALONE "server = a:1\nsecret-file = crlf\n");
  g_assert_cmpstr (((EnjConfigComponent *) without->components->pdata[0])->secret, ==, "crlf");
  g_unsetenv ("CREDENTIALS_DIRECTORY");
}

/* What is commented out in the sample shows the defaults: nothing may change
 * when it is not. */
static void
test_default_written_out (void)
{
  g_autoptr (EnjConfig) config = load_new (LINK "[federation]\ncertificates = certs\n"
                                                "dns-trust-anchor = /usr/share/dns/root.key\n");

  g_assert_nonnull (config);
}

static void
test_file_beside (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjConfig) config = NULL;

  write_file ("folder/t.conf", ALONE "server = a:1\nsecret-file = beside\n", -1);
  config = enj_config_new_from_file ("folder/t.conf", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (((EnjConfigComponent *) config->components->pdata[0])->secret, ==, "here");
}

static void
make_folder (void)
{
  g_autoptr (GError) error = NULL;

  folder = g_dir_make_tmp ("enjamb-test-XXXXXX", &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chdir (folder), ==, 0);
  g_free (folder);
  folder = g_get_current_dir ();
  g_assert_cmpint (g_mkdir ("folder", 0700), ==, 0);
  g_assert_cmpint (g_mkdir ("half", 0700), ==, 0);
  g_assert_cmpint (g_mkdir ("credentials", 0700), ==, 0);
  write_file ("secret", " fi le \n", -1);
  write_file ("crlf", "crlf\r\n", -1);
  write_file ("empty", "\n", -1);
  write_file ("nul", "n\0l\n", 4);
  write_file ("credentials/secret", "wins", -1);
  write_file ("folder/beside", "here", -1);
  write_file ("half/bridge.example.com.crt", "x", -1);
}

static void
remove_folder (void)
{
  static const char *const names[] = {
    FILE_NAME, "secret", "crlf", "empty", "nul", "credentials/secret", "folder/beside",
    "folder/t.conf", "half/bridge.example.com.crt", "folder", "half", "credentials",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_cmpint (g_remove (names[i]), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_unsetenv ("CREDENTIALS_DIRECTORY");
  make_folder ();

  for (guint i = 0; i < G_N_ELEMENTS (faulty); i++)
    {
      g_autofree char *name = g_strdup_printf ("/configuration/tells-each-fault/%02u", i);

      g_test_add_data_func (name, GUINT_TO_POINTER (i), test_faults);
    }
  g_test_add_func ("/configuration/tells-what-is-no-domain", test_domain_faults);
  g_test_add_func ("/configuration/tells-what-is-no-file", test_unreadable);
  g_test_add_func ("/configuration/error-has-all-faults", test_error_has_all);
  g_test_add_func ("/configuration/defaults-are-as-written", test_defaults);
  g_test_add_func ("/configuration/reads-every-key", test_all_keys);
  g_test_add_func ("/configuration/peers-inherit-from-federation", test_peers);
  g_test_add_func ("/configuration/realm-knows-parent-and-below", test_realm);
  g_test_add_func ("/configuration/secret-is-read-raw", test_secret_is_raw);
  g_test_add_func ("/configuration/takes-byte-order-mark-and-crlf", test_any_line_ends);
  g_test_add_func ("/configuration/systemd-credential-wins", test_credential_wins);
  g_test_add_func ("/configuration/default-may-be-written-out", test_default_written_out);
  g_test_add_func ("/configuration/paths-are-beside-the-file", test_file_beside);
  status = g_test_run ();
  remove_folder ();
  return status;
}

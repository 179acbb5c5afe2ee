#include "config.h"

#include "component/check-certificate.h"

#include <string.h>

#include <glib/gstdio.h>

#include "protocol/wall.h"
#include "component/journal.h"
#include "tests/support/authority.h"
#include "tests/support/scratch.h"

#define DOMAIN "bridge.example.com"

static char *folder;
static EnjTestAuthority *root;
static GPtrArray *listens;
static GPtrArray *listens_tls;

static void
put (const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
put_pair (EnjTestAuthority *authority, const EnjTestLeaf *leaf)
{
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;

  enj_test_authority_issue_pem (authority, leaf, &certificate, &key);
  put (DOMAIN ".crt", certificate);
  put (DOMAIN ".key", key);
}

static void
take (const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  (void) g_remove (path); /* It need not be there. */
}

/* What is found, less the folder, which is "@". */
static char *
judge_new (const EnjZone *zone)
{
  EnjConfigFederation federation
    = { .certificates = folder, .listen = listens, .listen_tls = listens_tls };
  g_autoptr (EnjTrust) trust = enj_test_authority_trust_new (root);
  g_autoptr (EnjFindings) findings = enj_findings_new ();
  EnjCredentials *credentials = enj_check_certificate_judge_new (
    &federation, DOMAIN, zone, trust, ENJ_TEST_WALL, findings);
  g_autofree char *text = enj_findings_format_new (findings);
  g_auto (GStrv) parts = g_strsplit (text, folder, -1);

  enj_credentials_unref (credentials);
  take (DOMAIN ".crt");
  take (DOMAIN ".key");
  return g_strjoinv ("@", parts);
}

static void
assert_found (const char *pattern)
{
  g_autofree char *text = judge_new (NULL);

  g_test_message ("%s", text);
  g_assert_true (g_pattern_match_simple (pattern, text));
}

static void
test_good (void)
{
  const EnjTestLeaf leaf = { .names = "dns:" DOMAIN " dns:*.example.com" };

  put_pair (root, &leaf);
  assert_found ("certs  " DOMAIN "\n"
                "  ok       the certificate is for " DOMAIN ", *.example.com, and its key fits\n"
                "  ok       it is valid until 2024-11-13\n"
                "  ok       its chain leads to an authority that is trusted (CN=root)\n"
                "no problem was found\n");
}

static void
test_names (void)
{
  const EnjTestLeaf other = { .names = "dns:example.com dns:*.bridge.example.com" };
  const EnjTestLeaf nameless = { .common_name = DOMAIN };

  put_pair (root, &other);
  assert_found ("*problem  the certificate is for example.com, ?.bridge.example.com, not for "
                DOMAIN ": get one *\n1 problem\n");
  put_pair (root, &nameless);
  assert_found ("*problem  the certificate is for nothing, not for " DOMAIN ": *(the common name "
                "does not count)\n*1 problem\n");
}

static void
test_purpose (void)
{
  const EnjTestLeaf mail = { .names = "dns:" DOMAIN, .purposes = "1.3.6.1.5.5.7.3.4" };

  put_pair (root, &mail);
  assert_found ("*problem  the certificate is not for servers: its extended key usage lacks "
                "serverAuth\n*1 problem\n");
}

static void
test_dates (void)
{
  EnjTestLeaf leaf = { .names = "dns:" DOMAIN };

  leaf.end = ENJ_TEST_WALL - 1;
  put_pair (root, &leaf);
  assert_found ("*problem  it has expired, on 2023-11-14: renew it, then reload enjamb\n"
                "1 problem\n");
  leaf.end = ENJ_TEST_WALL + 13 * ENJ_TEST_DAY;
  put_pair (root, &leaf);
  assert_found ("*problem  it expires soon, on 2023-11-27: renew it, then reload enjamb\n"
                "*1 problem\n");
  leaf.end = ENJ_TEST_WALL + 15 * ENJ_TEST_DAY;
  put_pair (root, &leaf);
  assert_found ("*no problem was found\n");
  leaf.end = 0;
  leaf.start = ENJ_TEST_WALL + 1;
  put_pair (root, &leaf);
  assert_found ("*problem  it is not valid yet: look at the clock of this machine\n1 problem\n");
}

static void
test_chain (void)
{
  const EnjTestLeaf leaf = { .names = "dns:" DOMAIN };
  g_autoptr (EnjTestAuthority) stranger = enj_test_authority_new ("stranger", NULL);
  g_autoptr (EnjTestAuthority) middle = enj_test_authority_new ("middle", root);
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;

  put_pair (NULL, &leaf);
  assert_found ("*problem  it is self-signed: *get one from an authority\n1 problem\n");
  put_pair (stranger, &leaf);
  assert_found ("*problem  nobody can tell who stands behind it: CN=stranger, which signed the "
                "last of the 1 certificate in the file, is not trusted here; put the whole chain "
                "*\n1 problem\n");
  put_pair (middle, &leaf);
  assert_found ("*(CN=root)\nno problem was found\n");

  /* The leaf alone. */
  enj_test_authority_issue_pem (middle, &leaf, &certificate, &key);
  *strstr (certificate + 1, "-----BEGIN") = '\0';
  put (DOMAIN ".crt", certificate);
  put (DOMAIN ".key", key);
  assert_found ("*problem  nobody can tell who stands behind it: CN=middle, *(fullchain.pem)*\n"
                "1 problem\n");
}

static void
test_files (void)
{
  const EnjTestLeaf leaf = { .names = "dns:" DOMAIN };
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;

  assert_found ("certs  " DOMAIN "\n"
                "  problem  there is no certificate in @, and enjamb shows one that it has signed "
                "itself, which is for dialback only: put " DOMAIN ".crt and " DOMAIN ".key there\n"
                "1 problem\n");
  put_pair (root, &leaf);
  take (DOMAIN ".key");
  assert_found ("*problem  @/" DOMAIN ".key: is missing, but its other half is there; *\n"
                "1 problem\n");

  /* The key of another. */
  enj_test_authority_issue_pem (root, &leaf, &certificate, &key);
  put_pair (root, &leaf);
  put (DOMAIN ".key", key);
  assert_found ("*problem  @/" DOMAIN ".crt with @/" DOMAIN ".key: expected a certificate chain "
                "and the key that belongs to it*\n1 problem\n");
}

/* ---- TLSA --------------------------------------------------------------------------- */

static EnjZoneServer *
add_server (EnjZone *zone, gboolean secure)
{
  EnjZoneServer *server = enj_zone_add_server (zone, g_strdup ("host.example.com"), 5279, FALSE);

  server->found = ENJ_LOOKUP_FOUND;
  server->is_secure = secure;
  return server;
}

/* As add_record(), of that matching type, and without the last @cut bytes. */
static void
add_broken_record (EnjZoneServer *server, guint8 matching, const char *hash, gsize cut)
{
  guint8 data[35] = { 3, 1, matching };
  EnjTlsaRecord record = { .len = sizeof data - cut };

  for (guint i = 0; i < 32; i++)
    data[3 + i] = (guint8) (16 * g_ascii_xdigit_value (hash[2 * i])
                            + g_ascii_xdigit_value (hash[2 * i + 1]));
  record.data = g_memdup2 (data, sizeof data);
  g_array_append_val (server->records, record);
  server->certified = ENJ_LOOKUP_FOUND;
}

/* @hash: hexadecimal digits. */
static void
add_record (EnjZoneServer *server, const char *hash)
{
  add_broken_record (server, 1, hash, 0);
}

static char *
judge_pair_new (const char *certificate, const char *key, const EnjZone *zone)
{
  put (DOMAIN ".crt", certificate);
  put (DOMAIN ".key", key);
  return judge_new (zone);
}

static void
test_tlsa (void)
{
  static const char missing[] = "there is no TLSA record at _5279._tcp.host.example.com; this one ";
  static const char line[] = "_5279._tcp.host.example.com. 3600 IN TLSA 3 1 1 ";
  const EnjTestLeaf leaf = { .names = "dns:" DOMAIN };
  g_autoptr (EnjZone) zone = enj_zone_new (DOMAIN);
  EnjZoneServer *server = add_server (zone, TRUE);
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_autofree char *hash = NULL;
  char *text;

  enj_test_authority_issue_pem (root, &leaf, &certificate, &key);
  text = judge_pair_new (certificate, key, zone);
  g_assert_nonnull (strstr (text, missing));
  g_assert_nonnull (strstr (text, line));
  g_assert_nonnull (strstr (text, "no problem was found"));
  hash = g_strndup (strstr (text, line) + strlen (line), 64);
  g_free (text);

  /* What it says is what DANE takes. */
  add_record (server, hash);
  text = judge_pair_new (certificate, key, zone);
  g_assert_nonnull (strstr (text,
                            "  ok       the TLSA record at _5279._tcp.host.example.com fits\n"));
  g_assert_null (strstr (text, line));
  g_free (text);

  server->is_secure = FALSE;
  text = judge_pair_new (certificate, key, zone);
  g_assert_nonnull (strstr (text, "fits, but nobody believes it, for the zone is not signed\n"));
  g_free (text);
}

static void
test_wrong_tlsa (void)
{
  const EnjTestLeaf leaf = { .names = "dns:" DOMAIN };
  g_autofree char *hash = g_strnfill (64, '7');
  g_autoptr (EnjZone) zone = enj_zone_new (DOMAIN);
  EnjZoneServer *server = add_server (zone, TRUE);
  char *text;

  add_record (server, hash);
  put_pair (root, &leaf);
  text = judge_new (zone);
  g_assert_nonnull (strstr (text,
                            "  problem  the TLSA records at _5279._tcp.host.example.com are of "
                            "another certificate: servers that know DANE refuse ours; add\n"
                            "             _5279._tcp.host.example.com. 3600 IN TLSA 3 1 1 "));
  g_free (text);

  server->is_secure = FALSE;
  put_pair (root, &leaf);
  text = judge_new (zone);
  g_assert_nonnull (strstr (text, "  note     the TLSA records at "));
  g_assert_nonnull (strstr (text, "no problem was found"));
  g_free (text);

  server->certified = ENJ_LOOKUP_FAILED;
  put_pair (root, &leaf);
  text = judge_new (zone);
  g_assert_nonnull (strstr (text,
                            "  problem  no answer for TLSA at _5279._tcp.host.example.com, "));
  g_free (text);
}

/* RFC 7671 4.1: they count as none at all, but are not what somebody wanted to publish. */
static void
test_unusable_tlsa (void)
{
  static const char start[] = "the TLSA records at _5279._tcp.host.example.com cannot be used (";
  static const char line[] = "_5279._tcp.host.example.com. 3600 IN TLSA 3 1 1 ";
  const EnjTestLeaf leaf = { .names = "dns:" DOMAIN };
  g_autofree char *hash = g_strnfill (64, '7');
  g_autoptr (EnjZone) zone = enj_zone_new (DOMAIN);
  EnjZoneServer *server = add_server (zone, TRUE);
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_autofree char *right = NULL;
  char *text;

  enj_test_authority_issue_pem (root, &leaf, &certificate, &key);
  add_broken_record (server, 9, hash, 0);
  add_broken_record (server, 1, hash, 1);
  text = judge_pair_new (certificate, key, zone);
  g_assert_nonnull (strstr (text, "  problem  the TLSA records at "));
  g_assert_nonnull (strstr (text, start));
  g_assert_nonnull (strstr (text, line));
  g_assert_null (strstr (text, "the TLSA record at "));
  right = g_strndup (strstr (text, line) + strlen (line), 64);
  g_free (text);

  server->is_secure = FALSE;
  text = judge_pair_new (certificate, key, zone);
  g_assert_nonnull (strstr (text, "  note     the TLSA records at "));
  g_assert_nonnull (strstr (text, start));
  g_free (text);

  /* One that fits beside them is enough. */
  server->is_secure = TRUE;
  add_record (server, right);
  text = judge_pair_new (certificate, key, zone);
  g_assert_nonnull (strstr (text, "  ok       the TLSA record at "));
  g_free (text);
}

static void
test_tlsa_without_servers (void)
{
  EnjListen doubled = { .host = (char *) "0.0.0.0", .port = 5279 };
  EnjListen direct = { .host = (char *) "::", .port = 5270 };
  const EnjTestLeaf leaf = { .names = "dns:" DOMAIN };
  g_autoptr (EnjZone) zone = enj_zone_new (DOMAIN);
  g_autofree char *text = NULL;
  const char *first;

  g_ptr_array_add (listens, &doubled);
  g_ptr_array_add (listens_tls, &direct);
  put_pair (root, &leaf);
  text = judge_new (zone);
  g_ptr_array_set_size (listens, 1);
  g_ptr_array_set_size (listens_tls, 0);
  g_assert_nonnull (strstr (text, "  note     what the DNS will say of it"));
  first = strstr (text, "_5279._tcp." DOMAIN ". 3600 IN TLSA 3 1 1 ");
  g_assert_nonnull (first);
  g_assert_null (strstr (first + 1, "_5279._tcp." DOMAIN));
  g_assert_nonnull (strstr (text, "_5270._tcp." DOMAIN ". 3600 IN TLSA 3 1 1 "));
}

int
main (int argc, char **argv)
{
  EnjListen listen = { .host = (char *) "::", .port = 5279 };
  int status;

  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  enj_wall_set (enj_test_wall);
  root = enj_test_authority_new ("root", NULL);
  listens = g_ptr_array_new ();
  g_ptr_array_add (listens, &listen);
  listens_tls = g_ptr_array_new ();
  g_test_add_func ("/check-certificate/one-that-is-good-needs-nothing", test_good);
  g_test_add_func ("/check-certificate/names-another-name", test_names);
  g_test_add_func ("/check-certificate/names-another-purpose", test_purpose);
  g_test_add_func ("/check-certificate/tells-when-it-ends", test_dates);
  g_test_add_func ("/check-certificate/tells-what-is-missing-in-the-chain", test_chain);
  g_test_add_func ("/check-certificate/tells-which-file-is-wrong", test_files);
  g_test_add_func ("/check-certificate/the-record-to-publish-is-one-that-fits", test_tlsa);
  g_test_add_func ("/check-certificate/records-of-another-are-told", test_wrong_tlsa);
  g_test_add_func ("/check-certificate/records-that-cannot-be-used-are-told", test_unusable_tlsa);
  g_test_add_func ("/check-certificate/without-servers-the-domain-has-the-record",
                   test_tlsa_without_servers);
  status = enj_test_run_with_scratch (&folder);
  g_ptr_array_unref (listens);
  g_ptr_array_unref (listens_tls);
  enj_test_authority_free (root);
  return status;
}

#include "config.h"

#include "component/certificates.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <gnutls/x509.h>

#include "component/journal.h"
#include "tests/support/scratch.h"

#define WALL G_GINT64_CONSTANT (1700000000)

static char *folder;

/* A new P-256 key, and a certificate of its own for it, both as PEM. */
static void
make_pair (char **certificate_pem, char **key_pem)
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
  gnutls_datum_t pem;

  g_assert_cmpint (gnutls_x509_privkey_init (&key), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_generate (
                       key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
                   ==, 0);
  g_assert_cmpint (gnutls_x509_crt_init (&certificate), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_version (certificate, 3), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_serial (certificate, "\x01", 1), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_dn (certificate, "CN=test", NULL), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_activation_time (certificate, WALL - 10), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_expiration_time (certificate, WALL + 10), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_key (certificate, key), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_sign2 (certificate, certificate, key, GNUTLS_DIG_SHA256, 0), ==,
                   0);

  g_assert_cmpint (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
  *certificate_pem = g_strndup ((const char *) pem.data, pem.size);
  gnutls_free (pem.data);
  g_assert_cmpint (gnutls_x509_privkey_export2 (key, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
  *key_pem = g_strndup ((const char *) pem.data, pem.size);
  gnutls_free (pem.data);
  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_privkey_deinit (key);
}

static void
put (const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
take (const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
assert_found (const char *domain)
{
  g_autoptr (GError) error = NULL;
  EnjCredentials *credentials = enj_certificates_find_new (folder, domain, &error);

  g_assert_no_error (error);
  g_assert_nonnull (credentials);
  g_assert_false (enj_credentials_is_self_signed (credentials));
  g_assert_cmpint (enj_credentials_get_expiry (credentials), ==, WALL + 10);
  enj_credentials_unref (credentials);
}

/* The message with the folder in it written as "@". */
static char *
fault_new (const char *domain)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) parts = NULL;

  g_assert_null (enj_certificates_find_new (folder, domain, &error));
  g_assert_nonnull (error);
  parts = g_strsplit (error->message, folder, -1);
  return g_strjoinv ("@", parts);
}

static void
test_finds_each_form (void)
{
  static const char *const names[][3] = {
    { "a.example", "a.example.crt", "a.example.key" },
    { "a.example", "a.example/fullchain.pem", "a.example/privkey.pem" },
    { "bü.example", "xn--b-eha.example.crt", "xn--b-eha.example.key" },
    { "bü.example", "bü.example/fullchain.pem", "bü.example/privkey.pem" },
  };
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;

  make_pair (&certificate, &key);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      put (names[i][1], certificate);
      put (names[i][2], key);
      assert_found (names[i][0]);
      take (names[i][1]);
      take (names[i][2]);
    }
  take ("a.example");
  take ("bü.example");
}

static void
test_tells_faults (void)
{
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_autofree char *other = NULL;
  g_autofree char *other_key = NULL;
  char *fault;

  make_pair (&certificate, &key);
  make_pair (&other, &other_key);

  put ("a.example.crt", certificate);
  fault = fault_new ("a.example");
  g_assert_cmpstr (fault, ==,
                   "@/a.example.key: is missing, but its other half is there; "
                   "put both there, or neither");
  g_free (fault);

  put ("a.example.key", other_key);
  fault = fault_new ("a.example");
  g_test_message ("%s", fault);
  g_assert_true (g_str_has_prefix (fault,
                                   "@/a.example.crt with @/a.example.key: expected a certificate "
                                   "chain and the key that belongs to it, both PEM: "));
  g_free (fault);

  put ("a.example.key", "rubbish");
  g_free (fault_new ("a.example"));

  take ("a.example.crt");
  fault = fault_new ("a.example");
  g_assert_true (g_str_has_prefix (fault, "@/a.example.crt: is missing"));
  g_free (fault);
  take ("a.example.key");
}

static void
test_unreadable_is_no_absence (void)
{
  g_autofree char *path = g_build_filename (folder, "a.example", NULL);
  g_autofree char *fault = NULL;

  if (geteuid () == 0)
    {
      g_test_skip ("root reads everything");
      return;
    }
  put ("a.example/fullchain.pem", "x");
  g_assert_cmpint (g_chmod (path, 0), ==, 0);
  fault = fault_new ("a.example");
  g_assert_cmpint (g_chmod (path, 0700), ==, 0);
  g_assert_cmpstr (fault, ==,
                   "@/a.example/fullchain.pem: Permission denied; "
                   "let the user that enjamb runs as read it");
  take ("a.example/fullchain.pem");
  take ("a.example");
}

static void
test_none_is_self_signed (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjCredentials) credentials = NULL;

  g_assert_null (enj_certificates_find_new (folder, "a.example", &error));
  g_assert_no_error (error);
  g_assert_null (enj_certificates_find_new ("/nowhere/at/all", "a.example", &error));
  g_assert_no_error (error);

  enj_journal_expect (G_LOG_LEVEL_WARNING, "no certificate for a.example in *");
  credentials = enj_certificates_load_new (folder, "a.example", WALL, &error);
  g_assert_no_error (error);
  g_assert_true (enj_credentials_is_self_signed (credentials));
  enj_journal_assert_expected ();
}

static void
test_loads_or_tells (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  EnjCredentials *credentials;

  make_pair (&certificate, &key);
  put ("a.example.crt", certificate);
  g_assert_null (enj_certificates_load_new (folder, "a.example", WALL, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);

  put ("a.example.key", key);
  credentials = enj_certificates_load_new (folder, "a.example", WALL, &error);
  g_assert_no_error (error);
  g_assert_false (enj_credentials_is_self_signed (credentials));
  enj_credentials_unref (credentials);
  take ("a.example.crt");
  take ("a.example.key");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  enj_journal_install_for_tests ();
  g_test_add_func ("/certificates/finds-each-form-of-name", test_finds_each_form);
  g_test_add_func ("/certificates/tells-which-file-is-at-fault", test_tells_faults);
  g_test_add_func ("/certificates/unreadable-is-no-absence", test_unreadable_is_no_absence);
  g_test_add_func ("/certificates/none-is-self-signed-with-a-warning", test_none_is_self_signed);
  g_test_add_func ("/certificates/loads-or-tells", test_loads_or_tells);
  return enj_test_run_with_scratch (&folder);
}

#include "config.h"

#include "protocol/credentials.h"

#include <string.h>

#include <gnutls/x509.h>

#include "tests/support/pem.h"

#define WALL G_GINT64_CONSTANT (1700000000)
#define YEAR (365 * G_GINT64_CONSTANT (86400))

static gnutls_x509_crt_t
leaf_new (const EnjCredentials *credentials)
{
  gnutls_x509_crt_t leaf;
  gnutls_datum_t der;

  g_assert_cmpint (gnutls_certificate_get_crt_raw (enj_credentials_get (credentials), 0, 0, &der),
                   ==, 0);
  g_assert_cmpint (gnutls_x509_crt_init (&leaf), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_import (leaf, &der, GNUTLS_X509_FMT_DER), ==, 0);
  return leaf;
}

static void
test_pem (void)
{
  static const gnutls_pk_algorithm_t algorithms[] = { GNUTLS_PK_ECDSA, GNUTLS_PK_RSA };

  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++)
    {
      g_autofree char *certificate = NULL;
      g_autofree char *key = NULL;
      g_autoptr (EnjCredentials) credentials = NULL;
      g_autoptr (GError) error = NULL;

      enj_test_pem_new (algorithms[i], "a.example", WALL + 5, &certificate, &key);
      credentials = enj_credentials_new (certificate, key, &error);
      g_assert_no_error (error);
      g_assert_nonnull (enj_credentials_get (credentials));
      g_assert_cmpint (enj_credentials_get_expiry (credentials), ==, WALL + 5);
      g_assert_false (enj_credentials_is_self_signed (credentials));
    }
}

/* The first is the leaf, whatever follows it. */
static void
test_chain (void)
{
  g_autofree char *leaf = NULL;
  g_autofree char *issuer = NULL;
  g_autofree char *key = NULL;
  g_autofree char *other_key = NULL;
  g_autofree char *chain = NULL;
  g_autofree char *reversed = NULL;
  g_autoptr (EnjCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  enj_test_pem_new (GNUTLS_PK_ECDSA, "a.example", WALL + 1, &leaf, &key);
  enj_test_pem_new (GNUTLS_PK_ECDSA, "b.example", WALL + 2, &issuer, &other_key);
  chain = g_strconcat ("a comment\n", leaf, issuer, NULL);
  credentials = enj_credentials_new (chain, key, &error);
  g_assert_no_error (error);
  g_assert_cmpint (enj_credentials_get_expiry (credentials), ==, WALL + 1);

  reversed = g_strconcat (issuer, leaf, NULL);
  g_assert_null (enj_credentials_new (reversed, key, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
}

static void
test_refusals (void)
{
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_autofree char *other = NULL;
  g_autofree char *other_key = NULL;

  enj_test_pem_new (GNUTLS_PK_ECDSA, "a.example", WALL, &certificate, &key);
  enj_test_pem_new (GNUTLS_PK_ECDSA, "a.example", WALL, &other, &other_key);

  /* As a disk that is full leaves it, and the same with its last line. */
  g_autofree char *cut = g_strndup (certificate, 200);
  g_autofree char *closed = g_strconcat (cut, "\n-----END CERTIFICATE-----\n", NULL);
  const struct
  {
    const char *certificate;
    const char *key;
  } pairs[] = {
    { certificate, other_key }, { other, key }, { key, certificate },       { "", "" },
    { certificate, "" },        { "", key },    { certificate, "garbage" }, { "garbage", key },
    { cut, key },               { closed, key },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (enj_credentials_new (pairs[i].certificate, pairs[i].key, &error));
      g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
      g_assert_cmpstr (error->message, !=, "");
    }
}

static void
test_self_signed (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjCredentials) credentials
      = enj_credentials_new_self_signed ("bücher.example", WALL, &error);
  gnutls_x509_crt_t leaf;
  char name[100];
  size_t len = sizeof name;
  unsigned bits = 0;

  g_assert_no_error (error);
  g_assert_true (enj_credentials_is_self_signed (credentials));
  g_assert_cmpint (enj_credentials_get_expiry (credentials), ==, WALL + YEAR);

  leaf = leaf_new (credentials);
  g_assert_cmpint (gnutls_x509_crt_get_subject_alt_name (leaf, 0, name, &len, NULL), ==,
                   GNUTLS_SAN_DNSNAME);
  g_assert_cmpmem (name, len, "xn--bcher-kva.example", strlen ("xn--bcher-kva.example"));
  g_assert_cmpint (gnutls_x509_crt_get_pk_algorithm (leaf, &bits), ==, GNUTLS_PK_ECDSA);
  g_assert_cmpuint (bits, ==, 256);
  g_assert_cmpint (gnutls_x509_crt_get_activation_time (leaf), <, WALL);
  g_assert_cmpint (gnutls_x509_crt_get_version (leaf), ==, 3);
  g_assert_cmpint (gnutls_x509_crt_check_issuer (leaf, leaf), ==, 1);
  gnutls_x509_crt_deinit (leaf);
}

/* A server also connects: RFC 5280 4.2.1.12 must allow both. */
static void
test_purposes (void)
{
  g_autoptr (EnjCredentials) credentials
      = enj_credentials_new_self_signed ("a.example", WALL, NULL);
  gnutls_x509_crt_t leaf = leaf_new (credentials);

  g_assert_cmpint (gnutls_x509_crt_check_key_purpose (leaf, GNUTLS_KP_TLS_WWW_SERVER, 0), ==, 1);
  g_assert_cmpint (gnutls_x509_crt_check_key_purpose (leaf, GNUTLS_KP_TLS_WWW_CLIENT, 0), ==, 1);
  g_assert_cmpint (gnutls_x509_crt_check_key_purpose (leaf, GNUTLS_KP_CODE_SIGNING, 0), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_get_ca_status (leaf, NULL), ==, 0);
  gnutls_x509_crt_deinit (leaf);
}

static void
test_serials_differ (void)
{
  guint8 serials[2][32];
  size_t lengths[2];

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (EnjCredentials) credentials
          = enj_credentials_new_self_signed ("a.example", WALL, NULL);
      gnutls_x509_crt_t leaf = leaf_new (credentials);

      lengths[i] = sizeof serials[i];
      g_assert_cmpint (gnutls_x509_crt_get_serial (leaf, serials[i], &lengths[i]), ==, 0);
      g_assert_cmpuint (lengths[i], ==, 16);
      g_assert_cmpuint (serials[i][0] & 0x80, ==, 0);
      gnutls_x509_crt_deinit (leaf);
    }
  g_assert_cmpint (memcmp (serials[0], serials[1], lengths[0]), !=, 0);
}

/* 64 characters are the most that a common name may have; a domain has more. */
static void
test_long_domain (void)
{
  const char *label = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
  g_autofree char *domain = g_strconcat (label, ".", label, ".", label, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (EnjCredentials) credentials = enj_credentials_new_self_signed (domain, WALL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (credentials);
}

static void
test_impossible_domain (void)
{
  g_autofree char *label = g_strnfill (64, 'a');
  g_autoptr (GError) error = NULL;

  g_assert_null (enj_credentials_new_self_signed (label, WALL, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
}

static void
test_references (void)
{
  EnjCredentials *credentials = enj_credentials_new_self_signed ("a.example", WALL, NULL);
  EnjCredentials *again = enj_credentials_ref (credentials);

  g_assert_true (again == credentials);
  enj_credentials_unref (credentials);
  g_assert_nonnull (enj_credentials_get (again));
  enj_credentials_unref (again);
  enj_credentials_unref (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/credentials/pem-of-both-kinds-of-keys", test_pem);
  g_test_add_func ("/credentials/the-first-of-a-chain-is-the-leaf", test_chain);
  g_test_add_func ("/credentials/refuses-what-does-not-match-or-parse", test_refusals);
  g_test_add_func ("/credentials/self-signed-for-a-year-in-a-labels", test_self_signed);
  g_test_add_func ("/credentials/self-signed-for-both-directions", test_purposes);
  g_test_add_func ("/credentials/serials-differ", test_serials_differ);
  g_test_add_func ("/credentials/long-domains", test_long_domain);
  g_test_add_func ("/credentials/a-label-too-long", test_impossible_domain);
  g_test_add_func ("/credentials/references", test_references);
  return g_test_run ();
}

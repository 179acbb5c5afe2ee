#include "config.h"

#include "tests/support/pem.h"

#include <string.h>

#include <gnutls/x509.h>

/* Takes the memory of @text. */
static char *
string_new (gnutls_datum_t *text)
{
  char *string = g_strndup ((const char *) text->data, text->size);

  gnutls_free (text->data);
  return string;
}

void
enj_test_pem_new (gnutls_pk_algorithm_t algorithm, const char *domain, gint64 expiry,
                  char **certificate, char **key)
{
  unsigned bits = algorithm == GNUTLS_PK_RSA
                    ? 2048
                    : (unsigned) GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1);
  gnutls_x509_crt_t crt;
  gnutls_x509_privkey_t privkey;
  gnutls_datum_t text;

  g_assert_cmpint (gnutls_x509_privkey_init (&privkey), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_generate (privkey, algorithm, bits, 0), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_init (&crt), ==, 0);
  gnutls_x509_crt_set_version (crt, 3);
  gnutls_x509_crt_set_serial (crt, "\1", 1);
  gnutls_x509_crt_set_activation_time (crt, 0);
  gnutls_x509_crt_set_expiration_time (crt, expiry);
  gnutls_x509_crt_set_dn (crt, "CN=test", NULL);
  gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME, domain,
                                        (unsigned) strlen (domain), GNUTLS_FSAN_SET);
  g_assert_cmpint (gnutls_x509_crt_set_key (crt, privkey), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_sign2 (crt, crt, privkey, GNUTLS_DIG_SHA256, 0), ==, 0);

  g_assert_cmpint (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_PEM, &text), ==, 0);
  *certificate = string_new (&text);
  g_assert_cmpint (gnutls_x509_privkey_export2 (privkey, GNUTLS_X509_FMT_PEM, &text), ==, 0);
  *key = string_new (&text);
  gnutls_x509_crt_deinit (crt);
  gnutls_x509_privkey_deinit (privkey);
}

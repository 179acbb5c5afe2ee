#include "config.h"

#include "protocol/credentials.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>
#include <idna.h>

#include "protocol/chance.h"

/* What GnuTLS may spend on a peer's chain: bits of a key, certificates. */
#define VERIFY_BITS 8200
#define VERIFY_DEPTH 8

/* RFC 5280 4.1.2.2: positive, at most 20 bytes. */
#define SERIAL_SIZE 16

#define DAY G_GINT64_CONSTANT (86400)

struct EnjCredentials
{
  gnutls_certificate_credentials_t gnutls;
  gint64 expiry;
  gboolean is_self_signed;
};

static gboolean
check (int status, const char *what, GError **error)
{
  if (status >= 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s", what,
               gnutls_strerror (status));
  return FALSE;
}

static EnjCredentials *
credentials_new (void)
{
  EnjCredentials *self = g_rc_box_new0 (EnjCredentials);

  if (gnutls_certificate_allocate_credentials (&self->gnutls) < 0)
    g_error ("no memory for credentials");
  gnutls_certificate_set_verify_limits (self->gnutls, VERIFY_BITS, VERIFY_DEPTH);
  return self;
}

static void
credentials_clear (gpointer data)
{
  EnjCredentials *self = data;

  gnutls_certificate_free_credentials (self->gnutls);
}

/* GnuTLS knows the expiry of files only, so the leaf is looked at again. */
static gboolean
note_expiry (EnjCredentials *self, GError **error)
{
  gnutls_datum_t leaf;
  gnutls_x509_crt_t certificate;
  gboolean done;

  if (!check (gnutls_certificate_get_crt_raw (self->gnutls, 0, 0, &leaf), "certificate", error)
      || !check (gnutls_x509_crt_init (&certificate), "certificate", error))
    return FALSE;

  done = check (gnutls_x509_crt_import (certificate, &leaf, GNUTLS_X509_FMT_DER), "certificate",
                error);
  if (done)
    self->expiry = gnutls_x509_crt_get_expiration_time (certificate);
  gnutls_x509_crt_deinit (certificate);
  return done;
}

/* GnuTLS 3.7 loses the memory of a certificate that it cannot read when it is to make credentials
 * of it, so it is read before. */
static gboolean
check_readable (const gnutls_datum_t *pem, GError **error)
{
  gnutls_x509_crt_t *list = NULL;
  unsigned int n = 0;
  gboolean done = check (gnutls_x509_crt_list_import2 (&list, &n, pem, GNUTLS_X509_FMT_PEM, 0),
                         "certificate", error);

  for (unsigned int i = 0; i < n; i++)
    gnutls_x509_crt_deinit (list[i]);
  gnutls_free (list);
  return done;
}

EnjCredentials *
enj_credentials_new (const char *certificate_pem, const char *key_pem, GError **error)
{
  g_autoptr (EnjCredentials) self = credentials_new ();
  gnutls_datum_t certificate = { (guint8 *) certificate_pem, (unsigned) strlen (certificate_pem) };
  gnutls_datum_t key = { (guint8 *) key_pem, (unsigned) strlen (key_pem) };

  /* The second compares the public keys too. */
  if (!check_readable (&certificate, error)
      || !check (gnutls_certificate_set_x509_key_mem2 (self->gnutls, &certificate, &key,
                                                       GNUTLS_X509_FMT_PEM, NULL, 0),
                 "certificate and key", error)
      || !note_expiry (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/* ---- Self-signed --------------------------------------------------------- */

static gboolean
fill_names (gnutls_x509_crt_t certificate, const char *domain, GError **error)
{
  static const char issuer[] = "enjamb, self-signed";
  char *ascii = NULL;
  int status = idna_to_ascii_8z (domain, &ascii, IDNA_ALLOW_UNASSIGNED);
  gboolean done;

  if (status != IDNA_SUCCESS)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s has no form for certificates: %s",
                   domain, idna_strerror ((Idna_rc) status));
      return FALSE;
    }
  /* RFC 5280 4.1.2.4: the issuer must not be empty.  A name of at most 64 characters, which a
   * domain need not be; that one is where RFC 6125 looks for it. */
  done = check (gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, issuer,
                                               sizeof issuer - 1),
                "issuer", error)
         && check (gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, ascii,
                                                         (unsigned) strlen (ascii),
                                                         GNUTLS_FSAN_SET),
                   "name", error);
  free (ascii);
  return done;
}

static gboolean
fill_certificate (gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, const char *domain,
                  gint64 wall, GError **error)
{
  guint8 serial[SERIAL_SIZE];

  enj_chance_fill (serial, sizeof serial);
  serial[0] = (serial[0] & 0x7f) | 0x40; /* Positive, and no leading zero. */

  /* A day back, for peers whose clock is behind. */
  return check (gnutls_x509_crt_set_version (certificate, 3), "version", error)
         && check (gnutls_x509_crt_set_serial (certificate, serial, sizeof serial), "serial", error)
         && check (gnutls_x509_crt_set_activation_time (certificate, wall - DAY), "start", error)
         && check (gnutls_x509_crt_set_expiration_time (certificate, wall + 365 * DAY), "end",
                   error)
         && fill_names (certificate, domain, error)
         && check (gnutls_x509_crt_set_basic_constraints (certificate, 0, -1), "constraints", error)
         && check (gnutls_x509_crt_set_key_usage (certificate, GNUTLS_KEY_DIGITAL_SIGNATURE),
                   "usage", error)
         /* Both: servers also connect. */
         && check (gnutls_x509_crt_set_key_purpose_oid (certificate, GNUTLS_KP_TLS_WWW_SERVER, 0),
                   "purpose", error)
         && check (gnutls_x509_crt_set_key_purpose_oid (certificate, GNUTLS_KP_TLS_WWW_CLIENT, 0),
                   "purpose", error)
         && check (gnutls_x509_crt_set_key (certificate, key), "key", error)
         && check (gnutls_x509_crt_sign2 (certificate, certificate, key, GNUTLS_DIG_SHA256, 0),
                   "signature", error);
}

EnjCredentials *
enj_credentials_new_self_signed (const char *domain, gint64 wall, GError **error)
{
  g_autoptr (EnjCredentials) self = credentials_new ();
  gnutls_x509_crt_t certificate = NULL;
  gnutls_x509_privkey_t key = NULL;
  gboolean done = check (gnutls_x509_crt_init (&certificate), "certificate", error)
                  && check (gnutls_x509_privkey_init (&key), "key", error)
                  && check (gnutls_x509_privkey_generate (
                              key, GNUTLS_PK_ECDSA,
                              GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
                            "key", error)
                  && fill_certificate (certificate, key, domain, wall, error)
                  && check (gnutls_certificate_set_x509_key (self->gnutls, &certificate, 1, key),
                            "certificate", error)
                  && note_expiry (self, error);

  if (certificate)
    gnutls_x509_crt_deinit (certificate);
  if (key)
    gnutls_x509_privkey_deinit (key);
  if (!done)
    return NULL;
  self->is_self_signed = TRUE;
  return g_steal_pointer (&self);
}

EnjCredentials *
enj_credentials_ref (EnjCredentials *self)
{
  return g_rc_box_acquire (self);
}

void
enj_credentials_unref (EnjCredentials *self)
{
  if (self)
    g_rc_box_release_full (self, credentials_clear);
}

gnutls_certificate_credentials_t
enj_credentials_get (const EnjCredentials *self)
{
  return self->gnutls;
}

gboolean
enj_credentials_is_self_signed (const EnjCredentials *self)
{
  return self->is_self_signed;
}

gint64
enj_credentials_get_expiry (const EnjCredentials *self)
{
  return self->expiry;
}

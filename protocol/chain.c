#include "config.h"

#include "protocol/chain.h"

#include <gnutls/abstract.h>

/* Of RSA.  Each bit of the exponent costs a squaring of the modulus's length. */
#define MODULUS_BITS 8200
#define EXPONENT_BITS 64

static gboolean
is_at_most (const gnutls_datum_t *number, guint bits)
{
  return number->size <= (bits + 7) / 8;
}

static gboolean
is_quick_rsa (gnutls_x509_crt_t certificate)
{
  gnutls_datum_t modulus = { NULL, 0 }, exponent = { NULL, 0 };
  gboolean is_quick;
  gnutls_pubkey_t key;

  if (gnutls_pubkey_init (&key) < 0)
    g_error ("no memory for a key");
  is_quick = gnutls_pubkey_import_x509 (key, certificate, 0) >= 0
             && gnutls_pubkey_export_rsa_raw2 (key, &modulus, &exponent,
                                               GNUTLS_EXPORT_FLAG_NO_LZ) >= 0
             && is_at_most (&modulus, MODULUS_BITS) && is_at_most (&exponent, EXPONENT_BITS);
  gnutls_free (modulus.data);
  gnutls_free (exponent.data);
  gnutls_pubkey_deinit (key);
  return is_quick;
}

/* NULL: none.  The curves are those that GnuTLS knows; nobody signs certificates of servers by
 * anything else. */
static const char *
find_fault (gnutls_x509_crt_t certificate)
{
  int algorithm = gnutls_x509_crt_get_pk_algorithm (certificate, NULL);

  if (algorithm == GNUTLS_PK_RSA || algorithm == GNUTLS_PK_RSA_PSS)
    return is_quick_rsa (certificate) ? NULL : "key too long";
  if (algorithm == GNUTLS_PK_ECDSA || algorithm == GNUTLS_PK_EDDSA_ED25519
      || algorithm == GNUTLS_PK_EDDSA_ED448)
    return NULL;
  return "key of a kind that is not used";
}

void
enj_chain_read (EnjChain *self, const gnutls_datum_t *der, guint n)
{
  self->n = 0;
  self->why = n == 0 ? "no certificate" : n > ENJ_CHAIN_MAX ? "chain too long" : NULL;
  for (guint i = 0; i < n && !self->why; i++)
    {
      if (gnutls_x509_crt_init (&self->list[i]) < 0)
        g_error ("no memory for a certificate");
      self->n++;
      if (gnutls_x509_crt_import (self->list[i], &der[i], GNUTLS_X509_FMT_DER) < 0)
        self->why = "unreadable certificate";
      else
        self->why = find_fault (self->list[i]);
    }
  if (self->why)
    enj_chain_clear (self);
}

void
enj_chain_clear (EnjChain *self)
{
  while (self->n > 0)
    gnutls_x509_crt_deinit (self->list[--self->n]);
}

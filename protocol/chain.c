#include "config.h"

#include "protocol/chain.h"

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

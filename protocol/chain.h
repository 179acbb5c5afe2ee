/* chain.h - the certificates that a peer has shown, read once for all who look at them.
 *
 * Lives on the stack while they are judged: read, a certificate takes much more
 * memory than in DER.  Judges nothing but what it would cost to compute with their keys: an
 * RSA key that its owner has chosen for that takes minutes. */
#pragma once

#include <glib.h>
#include <gnutls/x509.h>

/* More certificates than this prove nothing. */
#define ENJ_CHAIN_MAX 8

typedef struct
{
  gnutls_x509_crt_t list[ENJ_CHAIN_MAX]; /* the leaf first */
  guint n;
  const char *why; /* there are none, for it could not be read; static.  NULL: it could */
} EnjChain;

/* @der is not needed afterwards. */
void enj_chain_read (EnjChain *self, const gnutls_datum_t *der, guint n);
void enj_chain_clear (EnjChain *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EnjChain, enj_chain_clear)

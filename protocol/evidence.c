#include "config.h"

#include "protocol/evidence.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "protocol/identity.h"
#include "protocol/wall.h"

#define DIGEST_SIZE 32

/* The same name is asked for again and again while a stream is negotiated. */
typedef struct
{
  char *domain; /* NULL: none was asked for yet */
  const char *why; /* NULL: it is proved */
} Answer;

struct EnjEvidence
{
  EnjTrust *trust; /* NULL: nobody is believed */
  gnutls_datum_t chain[ENJ_TRUST_CHAIN_MAX];
  guint n;
  guint shown;     /* how many came; more than are kept prove nothing */
  const char *why; /* the chain proves nothing; NULL: it does */
  gint64 expiry;
  char fingerprint[2 * DIGEST_SIZE + 1];
  Answer *last;
};

/* A certificate takes much more memory read than in DER, and is read again for another name. */
static gnutls_x509_crt_t
read_leaf_new (const EnjEvidence *self)
{
  gnutls_x509_crt_t leaf;

  if (gnutls_x509_crt_init (&leaf) < 0)
    g_error ("no memory for a certificate");
  if (gnutls_x509_crt_import (leaf, &self->chain[0], GNUTLS_X509_FMT_DER) >= 0)
    return leaf;
  gnutls_x509_crt_deinit (leaf);
  return NULL;
}

static void
note_fingerprint (EnjEvidence *self)
{
  static const char digits[] = "0123456789abcdef";
  guint8 digest[DIGEST_SIZE];

  if (gnutls_hash_fast (GNUTLS_DIG_SHA256, self->chain[0].data, self->chain[0].size, digest) < 0)
    g_error ("GnuTLS knows no SHA-256");
  for (guint i = 0; i < DIGEST_SIZE; i++)
    {
      self->fingerprint[2 * i] = digits[digest[i] >> 4];
      self->fingerprint[2 * i + 1] = digits[digest[i] & 15];
    }
}

static const char *
judge (EnjEvidence *self, const gnutls_datum_t *chain, guint n)
{
  gnutls_x509_crt_t leaf = read_leaf_new (self);
  gboolean fits;

  if (!leaf)
    return "unreadable certificate";
  self->expiry = gnutls_x509_crt_get_expiration_time (leaf);
  fits = enj_identity_fits (leaf);
  gnutls_x509_crt_deinit (leaf);
  if (!fits)
    return "not for servers";
  return self->trust ? enj_trust_check (self->trust, chain, n) : "no authority is trusted";
}

EnjEvidence *
enj_evidence_new (const EnjTls *tls, EnjTrust *trust)
{
  EnjEvidence *self = g_rc_box_new0 (EnjEvidence);
  guint n;
  const gnutls_datum_t *chain = enj_tls_get_peer_chain (tls, &n);

  self->trust = trust ? enj_trust_ref (trust) : NULL;
  self->shown = n;
  self->last = g_new0 (Answer, 1);
  for (; self->n < MIN (n, ENJ_TRUST_CHAIN_MAX); self->n++)
    self->chain[self->n] = (gnutls_datum_t){
      g_memdup2 (chain[self->n].data, chain[self->n].size), chain[self->n].size
    };
  if (n == 0)
    {
      self->why = "no certificate";
      return self;
    }
  note_fingerprint (self);
  self->why = judge (self, chain, n);
  return self;
}

void
enj_evidence_set_trust (EnjEvidence *self, EnjTrust *trust)
{
  if (trust == self->trust)
    return;
  enj_trust_unref (self->trust);
  self->trust = trust ? enj_trust_ref (trust) : NULL;
  g_clear_pointer (&self->last->domain, g_free); /* Our own authorities have limits. */
  if (self->n > 0)
    self->why = judge (self, self->chain, self->shown);
}

gboolean
enj_evidence_is_believed (const EnjEvidence *self)
{
  return !self->why;
}

EnjEvidence *
enj_evidence_ref (EnjEvidence *self)
{
  return g_rc_box_acquire (self);
}

static void
evidence_clear (gpointer data)
{
  EnjEvidence *self = data;

  for (guint i = 0; i < self->n; i++)
    g_free (self->chain[i].data);
  enj_trust_unref (self->trust);
  g_free (self->last->domain);
  g_free (self->last);
}

void
enj_evidence_unref (EnjEvidence *self)
{
  if (self)
    g_rc_box_release_full (self, evidence_clear);
}

/* Those that the peer need not send have limits as well (RFC 5280 4.2.1.10). */
static gboolean
is_allowed_above (const EnjEvidence *self, const gnutls_datum_t *crt, const char *domain)
{
  gnutls_datum_t pair[2] = { *crt };
  gnutls_datum_t held = { NULL, 0 };
  gboolean allowed = TRUE;

  for (guint i = 0; allowed && i < ENJ_TRUST_CHAIN_MAX
                    && enj_trust_find_issuer (self->trust, &pair[0], &pair[1]);
       i++)
    {
      allowed = enj_identity_is_allowed (pair, G_N_ELEMENTS (pair), domain);
      gnutls_free (held.data);
      held = pair[0] = pair[1];
    }
  gnutls_free (held.data);
  return allowed;
}

/* All that is sent, for the last need not be the one that our own have signed. */
static gboolean
is_allowed (const EnjEvidence *self, const char *domain)
{
  gboolean allowed = enj_identity_is_allowed (self->chain, self->n, domain);

  for (guint i = 0; allowed && i < self->n; i++)
    allowed = is_allowed_above (self, &self->chain[i], domain);
  return allowed;
}

static const char *
look_for (const EnjEvidence *self, const char *domain)
{
  gnutls_x509_crt_t leaf = read_leaf_new (self);
  const char *reason = NULL;

  if (!leaf || !enj_identity_names (leaf, domain))
    reason = "another name";
  else if (!is_allowed (self, domain))
    reason = "authority not allowed that name";
  if (leaf)
    gnutls_x509_crt_deinit (leaf);
  return reason;
}

static const char *
look_once (const EnjEvidence *self, const char *domain)
{
  Answer *last = self->last;

  if (g_strcmp0 (domain, last->domain) != 0)
    {
      g_free (last->domain);
      last->domain = g_strdup (domain);
      last->why = look_for (self, domain);
    }
  return last->why;
}

gboolean
enj_evidence_proves (const EnjEvidence *self, const char *domain, const char **why)
{
  /* It may have come to its end since the handshake. */
  gboolean is_over = !self->why && enj_wall_now () > self->expiry;
  const char *reason = is_over ? "expired" : self->why;

  if (!reason)
    reason = look_once (self, domain);
  if (why)
    *why = reason;
  return !reason;
}

gboolean
enj_evidence_fits (const EnjEvidence *self, const EnjDane *dane, const char *domain,
                   const char *host)
{
  return enj_dane_matches (dane, self->chain, self->n, domain, host, self->trust);
}

gint64
enj_evidence_get_expiry (const EnjEvidence *self)
{
  return self->expiry;
}

const char *
enj_evidence_get_fingerprint (const EnjEvidence *self)
{
  return self->n > 0 ? self->fingerprint : NULL;
}

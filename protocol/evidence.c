#include "config.h"

#include "protocol/evidence.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "protocol/bounds.h"
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
  gnutls_datum_t der[ENJ_CHAIN_MAX];
  guint n;
  guint shown;          /* how many came; more than are kept prove nothing */
  const char *why;      /* the chain proves nothing; NULL: it does */
  gnutls_datum_t names; /* of the leaf */
  EnjBounds *bounds;    /* of those above it; NULL: none */
  gint64 expiry;
  char fingerprint[2 * DIGEST_SIZE + 1];
  Answer *last;
};

static void
note_fingerprint (EnjEvidence *self)
{
  static const char digits[] = "0123456789abcdef";
  guint8 digest[DIGEST_SIZE];

  if (gnutls_hash_fast (GNUTLS_DIG_SHA256, self->der[0].data, self->der[0].size, digest) < 0)
    g_error ("GnuTLS knows no SHA-256");
  for (guint i = 0; i < DIGEST_SIZE; i++)
    {
      self->fingerprint[2 * i] = digits[digest[i] >> 4];
      self->fingerprint[2 * i + 1] = digits[digest[i] & 15];
    }
}

static const char *
judge_chain (EnjEvidence *self, const EnjChain *chain)
{
  const char *why = chain->why;

  if (why)
    return why;
  self->expiry = gnutls_x509_crt_get_expiration_time (chain->list[0]);
  if (!enj_identity_fits (chain->list[0]))
    return "not for servers";
  why = self->trust ? enj_trust_check (self->trust, chain) : "no authority is trusted";
  if (why)
    return why;
  self->names = enj_identity_read (chain->list[0]);
  self->bounds = enj_bounds_new (chain, self->trust);
  return NULL;
}

/* All that depends on whom we believe; more certificates than are kept are never read. */
static void
judge (EnjEvidence *self)
{
  g_auto (EnjChain) chain;

  gnutls_free (self->names.data);
  self->names = (gnutls_datum_t){ NULL, 0 };
  g_clear_pointer (&self->bounds, enj_bounds_free);
  g_clear_pointer (&self->last->domain, g_free);
  enj_chain_read (&chain, self->der, self->shown);
  self->why = judge_chain (self, &chain);
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
  for (; self->n < MIN (n, ENJ_CHAIN_MAX); self->n++)
    self->der[self->n] = (gnutls_datum_t){
      g_memdup2 (chain[self->n].data, chain[self->n].size), chain[self->n].size
    };
  if (self->n > 0)
    note_fingerprint (self);
  judge (self);
  return self;
}

void
enj_evidence_set_trust (EnjEvidence *self, EnjTrust *trust)
{
  if (trust == self->trust)
    return;
  enj_trust_unref (self->trust);
  self->trust = trust ? enj_trust_ref (trust) : NULL;
  judge (self);
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
    g_free (self->der[i].data);
  gnutls_free (self->names.data);
  enj_bounds_free (self->bounds);
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

static const char *
look_for (const EnjEvidence *self, const char *domain)
{
  if (!enj_identity_names (&self->names, domain))
    return "another name";
  return enj_bounds_allow (self->bounds, domain) ? NULL : "authority not allowed that name";
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

EnjDaneFit
enj_evidence_get_fit (const EnjEvidence *self, const EnjDane *dane, const char *domain,
                      const char *host)
{
  return enj_dane_get_fit (dane, self->der, self->n, domain, host, self->trust);
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

const gnutls_datum_t *
enj_evidence_get_leaf (const EnjEvidence *self)
{
  return self->n > 0 ? &self->der[0] : NULL;
}

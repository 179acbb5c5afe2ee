#include "config.h"

#include "protocol/dane.h"

#include <gnutls/dane.h>
#include <gnutls/x509.h>

#include "protocol/bounds.h"
#include "protocol/identity.h"

/* A host has a handful: one for each key that it has or is about to have. */
#define RECORDS_MAX 32

/* Usage, selector and matching type. */
#define HEAD 3

typedef struct
{
  guint usage;
  guint8 *data; /* as on the wire, but of usage 3 */
  gsize len;
} Record;

struct EnjDane
{
  Record records[RECORDS_MAX];
  guint n;
};

/* The state belongs to look-ups that GnuTLS could make itself, and dane_raw_tlsa() wants one all
 * the same.  No file is read for it. */
static dane_state_t
get_state (void)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      dane_state_t state = NULL;
      int status
        = dane_state_init (&state, DANE_F_IGNORE_LOCAL_RESOLVER | DANE_F_IGNORE_DNSSEC);

      if (status < 0)
        g_error ("no state for DANE: %s", dane_strerror (status));
      g_once_init_leave (&once, (gsize) state);
    }
  return (dane_state_t) once;
}

/* RFC 7671 4.1: what we do not know, or what cannot be a digest, is not usable. */
static gboolean
is_usable (const EnjTlsaRecord *record)
{
  if (record->len <= HEAD || record->len > G_MAXINT
      || record->data[0] > DANE_CERT_USAGE_LOCAL_EE || record->data[1] > DANE_CERT_PK)
    return FALSE;
  switch (record->data[2])
    {
    case DANE_MATCH_EXACT:
      return TRUE;
    case DANE_MATCH_SHA2_256:
      return record->len == HEAD + 32;
    case DANE_MATCH_SHA2_512:
      return record->len == HEAD + 64;
    }
  return FALSE;
}

static void
dane_clear (gpointer data)
{
  EnjDane *self = data;

  for (guint i = 0; i < self->n; i++)
    g_free (self->records[i].data);
}

EnjDane *
enj_dane_new (const EnjTlsaRecord *records, guint n)
{
  g_autoptr (EnjDane) self = g_rc_box_new0 (EnjDane);

  for (guint i = 0; i < n && self->n < RECORDS_MAX; i++)
    if (is_usable (&records[i]))
      {
        Record *record = &self->records[self->n++];

        record->usage = records[i].data[0];
        record->len = records[i].len;
        record->data = g_memdup2 (records[i].data, records[i].len);
        record->data[0] = DANE_CERT_USAGE_LOCAL_EE;
      }
  return self->n > 0 ? g_steal_pointer (&self) : NULL;
}

EnjDane *
enj_dane_ref (EnjDane *self)
{
  return g_rc_box_acquire (self);
}

void
enj_dane_unref (EnjDane *self)
{
  if (self)
    g_rc_box_release_full (self, dane_clear);
}

/* ---- Matching ---------------------------------------------------------------- */

/* Is @record about this very certificate, or its key? */
static gboolean
is_of (const Record *record, const gnutls_datum_t *certificate)
{
  char *const data[] = { (char *) record->data, NULL };
  const int len[] = { (int) record->len, 0 };
  dane_query_t query = NULL;
  unsigned differs = DANE_VERIFY_CERT_DIFFERS;
  gboolean is_same;

  if (dane_raw_tlsa (get_state (), &query, data, len, TRUE, FALSE) < 0)
    return FALSE;
  is_same = dane_verify_crt_raw (get_state (), certificate, 1, GNUTLS_CRT_X509, query, 0,
                                 DANE_VFLAG_FAIL_IF_NOT_CHECKED, &differs)
              >= 0
            && differs == 0;
  dane_query_deinit (query);
  return is_same;
}

/* An authority that the peer has sent, and that its leaf is truly below of: GnuTLS's own check of
 * that looks at the first link of the chain only. */
static gboolean
has_authority (const Record *record, const gnutls_datum_t *der, const EnjChain *chain)
{
  for (guint i = 1; i < chain->n; i++)
    if (is_of (record, &der[i]))
      {
        g_autoptr (EnjTrust) anchor = enj_trust_new_for (&der[i]);

        if (anchor && !enj_trust_check (anchor, chain))
          return TRUE;
      }
  return FALSE;
}

/* RFC 7673 4: the service domain, or the host that the records are of, given by whoever may do so:
 * what is sent decides, and, with @trust, those whom it believes. */
static gboolean
is_named (const EnjChain *chain, const EnjTrust *trust, const char *domain, const char *host)
{
  const char *const allowed[] = { domain, host };
  g_autoptr (EnjBounds) bounds = enj_bounds_new (chain, trust);
  gnutls_datum_t names = enj_identity_read (chain->list[0]);
  gboolean is_right = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (allowed) && !is_right; i++)
    is_right = allowed[i] && enj_identity_names (&names, allowed[i])
               && enj_bounds_allow (bounds, allowed[i]);
  gnutls_free (names.data);
  return is_right;
}

/* RFC 6698 2.1.1: these add to PKIX, the others do without. */
static gboolean
is_constraint (const Record *record)
{
  return record->usage == DANE_CERT_USAGE_CA || record->usage == DANE_CERT_USAGE_EE;
}

/* RFC 6698 2.1.1, RFC 7671 5. */
static gboolean
fits (const Record *record, const gnutls_datum_t *der, const EnjChain *chain)
{
  switch ((dane_cert_usage_t) record->usage)
    {
    case DANE_CERT_USAGE_CA:
    case DANE_CERT_USAGE_LOCAL_CA:
      return has_authority (record, der, chain);
    case DANE_CERT_USAGE_EE:
    case DANE_CERT_USAGE_LOCAL_EE:
      return is_of (record, der);
    }
  return FALSE;
}

static gboolean
has_fit (const EnjDane *self, const gnutls_datum_t *der, const EnjChain *chain,
         gboolean is_constrained)
{
  for (guint i = 0; i < self->n; i++)
    if (is_constraint (&self->records[i]) == is_constrained
        && fits (&self->records[i], der, chain))
      return TRUE;
  return FALSE;
}

EnjDaneFit
enj_dane_get_fit (const EnjDane *self, const gnutls_datum_t *der, guint n, const char *domain,
                  const char *host, EnjTrust *trust)
{
  g_auto (EnjChain) chain;

  enj_chain_read (&chain, der, n);
  /* RFC 7671 5.1: the certificate itself needs neither name, date nor authority. */
  for (guint i = 0; i < self->n && n > 0; i++)
    if (self->records[i].usage == DANE_CERT_USAGE_LOCAL_EE && is_of (&self->records[i], der))
      return ENJ_DANE_FITS;

  if (chain.why || !enj_identity_fits (chain.list[0]))
    return ENJ_DANE_FITS_NOT;
  if (is_named (&chain, NULL, domain, host) && has_fit (self, der, &chain, FALSE))
    return ENJ_DANE_FITS;
  if (trust && is_named (&chain, trust, domain, host) && !enj_trust_check (trust, &chain)
      && has_fit (self, der, &chain, TRUE))
    return ENJ_DANE_FITS_TRUSTED;
  return ENJ_DANE_FITS_NOT;
}

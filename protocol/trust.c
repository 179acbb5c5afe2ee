#include "config.h"

#include "protocol/trust.h"

#include "protocol/wall.h"

/* 112 bits of security: RSA of 2048 bits, no SHA-1 (RFC 7590 3.2, RFC 9325 4). */
#define FLAGS GNUTLS_PROFILE_TO_VFLAGS (GNUTLS_PROFILE_MEDIUM)

#define AGE (GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED | GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE)

struct EnjTrust
{
  gnutls_x509_trust_list_t list;
  gint64 next_update;
};

EnjTrust *
enj_trust_new (void)
{
  EnjTrust *self = g_rc_box_new0 (EnjTrust);

  if (gnutls_x509_trust_list_init (&self->list, 0) < 0)
    g_error ("no memory for a list of authorities");
  self->next_update = G_MAXINT64;
  return self;
}

EnjTrust *
enj_trust_new_for (const gnutls_datum_t *anchor)
{
  g_autoptr (EnjTrust) self = enj_trust_new ();

  if (gnutls_x509_trust_list_add_trust_mem (self->list, anchor, NULL, GNUTLS_X509_FMT_DER, 0, 0)
      <= 0)
    return NULL;
  return g_steal_pointer (&self);
}

EnjTrust *
enj_trust_ref (EnjTrust *self)
{
  return g_rc_box_acquire (self);
}

static void
trust_clear (gpointer data)
{
  EnjTrust *self = data;

  gnutls_x509_trust_list_deinit (self->list, 1);
}

void
enj_trust_unref (EnjTrust *self)
{
  if (self)
    g_rc_box_release_full (self, trust_clear);
}

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, what);
  return FALSE;
}

gboolean
enj_trust_add_anchors (EnjTrust *self, const char *pem, gsize len, GError **error)
{
  gnutls_datum_t text = { (guint8 *) pem, (unsigned) len };

  if (len > G_MAXUINT
      || gnutls_x509_trust_list_add_trust_mem (self->list, &text, NULL, GNUTLS_X509_FMT_PEM, 0, 0)
           <= 0)
    return refuse (error, "holds no PEM certificates");
  return TRUE;
}

static gboolean
is_signed_by (gnutls_x509_crl_t crl, gnutls_x509_crt_t authority)
{
  unsigned status = 0;

  if (!gnutls_x509_crl_check_issuer (crl, authority)
      || gnutls_x509_crl_verify (crl, &authority, 1, 0, &status) < 0)
    return FALSE;
  /* A list that is out of date is still right about what it names.  GnuTLS knows no flag for
   * that, and calls it invalid for its age too. */
  if (status & AGE)
    status &= ~(unsigned) (AGE | GNUTLS_CERT_INVALID);
  return status == 0;
}

static gboolean
is_signed (EnjTrust *self, gnutls_x509_crl_t crl)
{
  gnutls_x509_trust_list_iter_t iter = NULL;
  gnutls_x509_crt_t authority;
  gboolean found = FALSE;

  while (!found && gnutls_x509_trust_list_iter_get_ca (self->list, &iter, &authority) >= 0)
    {
      found = is_signed_by (crl, authority);
      gnutls_x509_crt_deinit (authority);
    }
  gnutls_x509_trust_list_iter_deinit (iter);
  return found;
}

/* GnuTLS takes over what it adds. */
static gboolean
add_crl (EnjTrust *self, gnutls_x509_crl_t crl)
{
  gint64 update = gnutls_x509_crl_get_next_update (crl);

  if (!is_signed (self, crl) || gnutls_x509_trust_list_add_crls (self->list, &crl, 1, 0, 0) != 1)
    return FALSE;
  /* RFC 5280 5.1.2.5 wants that date; not all have it. */
  if (update > 0)
    self->next_update = MIN (self->next_update, update);
  return TRUE;
}

gboolean
enj_trust_add_crls (EnjTrust *self, const char *pem, gsize len, GError **error)
{
  gnutls_datum_t text = { (guint8 *) pem, (unsigned) len };
  gnutls_x509_crl_t *crls = NULL;
  unsigned n = 0;
  gboolean done = TRUE;

  if (len > G_MAXUINT
      || gnutls_x509_crl_list_import2 (&crls, &n, &text, GNUTLS_X509_FMT_PEM, 0) < 0 || n == 0)
    return refuse (error, "holds no PEM revocation lists");
  for (unsigned i = 0; i < n; i++)
    if (!done || !add_crl (self, crls[i]))
      {
        gnutls_x509_crl_deinit (crls[i]);
        done = FALSE;
      }
  gnutls_free (crls);
  return done ? TRUE : refuse (error, "signed by no authority that is trusted");
}

gint64
enj_trust_get_next_update (const EnjTrust *self)
{
  return self->next_update;
}

/* ---- Judging ---------------------------------------------------------------- */

static const char *
check_leaf (gnutls_x509_crt_t leaf)
{
  unsigned critical;
  gint64 now = enj_wall_now ();

  /* RFC 6120 13.7.1.1: the certificate of a server is no authority. */
  if (gnutls_x509_crt_get_ca_status (leaf, &critical) > 0)
    return "the certificate of an authority";
  if (gnutls_x509_crt_get_activation_time (leaf) > now)
    return "not yet valid";
  if (gnutls_x509_crt_get_expiration_time (leaf) < now)
    return "expired";
  return NULL;
}

static const char *
explain (unsigned status, gnutls_x509_crt_t leaf)
{
  if (status == 0)
    return NULL;
  if (status & GNUTLS_CERT_REVOKED)
    return "revoked";
  if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
    return gnutls_x509_crt_check_issuer (leaf, leaf) ? "self-signed" : "authority not trusted";
  if (status & GNUTLS_CERT_EXPIRED)
    return "authority expired";
  if (status & GNUTLS_CERT_NOT_ACTIVATED)
    return "authority not yet valid";
  if (status & GNUTLS_CERT_INSECURE_ALGORITHM)
    return "weak algorithm or key";
  return "broken chain";
}

const char *
enj_trust_check (EnjTrust *self, const EnjChain *chain)
{
  /* GnuTLS wants a list that it could write to, and does not. */
  gnutls_x509_crt_t *list = (gnutls_x509_crt_t *) chain->list;
  const char *why = chain->why ? chain->why : check_leaf (list[0]);
  unsigned status = GNUTLS_CERT_SIGNER_NOT_FOUND;

  if (why)
    return why;
  /* Where an anchor stands in the middle of the chain, GnuTLS looks beyond it and finds nobody.  No
   * purpose is passed: identity.h looks at those (E18). */
  for (guint n = chain->n; n > 0 && (status & GNUTLS_CERT_SIGNER_NOT_FOUND); n--)
    if (gnutls_x509_trust_list_verify_crt2 (self->list, list, n, NULL, 0, FLAGS, &status, NULL) < 0)
      return "broken chain";
  return explain (status, list[0]);
}

gnutls_x509_crt_t
enj_trust_get_issuer (const EnjTrust *self, gnutls_x509_crt_t crt)
{
  gnutls_x509_crt_t issuer;

  if (gnutls_x509_trust_list_get_issuer (self->list, crt, &issuer, 0) < 0
      || gnutls_x509_crt_equals (crt, issuer))
    return NULL;
  return issuer;
}

#include "config.h"

#include "protocol/bounds.h"

#include <string.h>

#include "protocol/jid.h"

struct EnjBounds
{
  GPtrArray *limits;  /* of gnutls_x509_name_constraints_t */
  gboolean is_broken; /* some could not be read: nothing is allowed */
};

static void
free_limits (gpointer limits)
{
  gnutls_x509_name_constraints_deinit (limits);
}

static void
add (EnjBounds **self, gnutls_x509_crt_t authority)
{
  gnutls_x509_name_constraints_t limits;
  unsigned critical;
  int status;

  if (gnutls_x509_name_constraints_init (&limits) < 0)
    g_error ("no memory for the limits of an authority");
  status = gnutls_x509_crt_get_name_constraints (authority, limits, 0, &critical);
  if (status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
    {
      gnutls_x509_name_constraints_deinit (limits);
      return;
    }
  if (!*self)
    {
      *self = g_new0 (EnjBounds, 1);
      (*self)->limits = g_ptr_array_new_with_free_func (free_limits);
    }
  g_ptr_array_add ((*self)->limits, limits);
  (*self)->is_broken |= status < 0;
}

EnjBounds *
enj_bounds_new (const EnjChain *chain, const EnjTrust *trust)
{
  EnjBounds *self = NULL;

  for (guint i = 1; i < chain->n; i++)
    add (&self, chain->list[i]);
  /* All that is sent, for the last need not be the one that our own have signed. */
  for (guint i = 0; i < chain->n && trust; i++)
    {
      gnutls_x509_crt_t above = chain->list[i];

      for (guint j = 0; j < ENJ_CHAIN_MAX && (above = enj_trust_get_issuer (trust, above));
           j++)
        add (&self, above);
    }
  return self;
}

void
enj_bounds_free (EnjBounds *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->limits);
  g_free (self);
}

gboolean
enj_bounds_allow (const EnjBounds *self, const char *domain)
{
  g_autofree char *ascii = NULL;
  gnutls_datum_t name;

  if (!self)
    return TRUE;
  ascii = self->is_broken ? NULL : enj_jid_domain_new_ascii (domain);
  if (!ascii)
    return FALSE;
  name = (gnutls_datum_t){ (guint8 *) ascii, (unsigned) strlen (ascii) };
  for (guint i = 0; i < self->limits->len; i++)
    if (!gnutls_x509_name_constraints_check (self->limits->pdata[i], GNUTLS_SAN_DNSNAME, &name))
      return FALSE;
  return TRUE;
}

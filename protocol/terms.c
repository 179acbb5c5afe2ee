#include "config.h"

#include "protocol/terms.h"

#include <string.h>

#include <gnutls/gnutls.h>

struct EnjTerms
{
  char *secret;
  GStrv ports;
  gboolean replaces;
};

EnjTerms *
enj_terms_new (const char *secret, const char *const *ports, gboolean replaces)
{
  EnjTerms *self = g_rc_box_new0 (EnjTerms);

  self->secret = g_strdup (secret);
  self->ports = g_strdupv ((char **) ports);
  self->replaces = replaces;
  return self;
}

EnjTerms *
enj_terms_ref (EnjTerms *self)
{
  return g_rc_box_acquire (self);
}

static void
terms_clear (gpointer data)
{
  EnjTerms *self = data;

  gnutls_memset (self->secret, 0, strlen (self->secret));
  g_free (self->secret);
  g_strfreev (self->ports);
}

void
enj_terms_unref (EnjTerms *self)
{
  if (self)
    g_rc_box_release_full (self, terms_clear);
}

const char *
enj_terms_get_secret (const EnjTerms *self)
{
  return self->secret;
}

gboolean
enj_terms_has_port (const EnjTerms *self, const char *port)
{
  return g_strv_contains ((const char *const *) self->ports, port);
}

gboolean
enj_terms_replaces (const EnjTerms *self)
{
  return self->replaces;
}

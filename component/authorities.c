#include "config.h"

#include "component/authorities.h"

#include "protocol/log.h"
#include "component/file.h"

#define PEM_MAX (16 * 1024 * 1024)

/* Where the systems of this world keep them all in one file; the first that is there. */
static const char *const bundles[] = {
  "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Arch, Gentoo */
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Fedora and its kin */
  "/etc/ssl/ca-bundle.pem",                            /* openSUSE */
  "/etc/ssl/cert.pem",                                 /* Alpine, the BSDs */
};

static char *
read_new (const char *path, gsize *len, GError **error)
{
  char *pem = enj_file_read_new (path, PEM_MAX, len, error);

  if (!pem)
    g_prefix_error (error, "%s: ", path);
  return pem;
}

static gboolean
add_anchors (EnjTrust *trust, const char *path, GError **error)
{
  gsize len = 0;
  g_autofree char *pem = read_new (path, &len, error);

  if (!pem)
    return FALSE;
  if (enj_trust_add_anchors (trust, pem, len, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

static EnjTrust *
system_new (void)
{
  EnjTrust *trust = enj_trust_new ();
  const char *named = g_getenv ("SSL_CERT_FILE");

  if (named && add_anchors (trust, named, NULL))
    return trust;
  for (guint i = 0; !named && i < G_N_ELEMENTS (bundles); i++)
    if (add_anchors (trust, bundles[i], NULL))
      return trust;
  enj_log_message (NULL, "the system names no authorities: certificates of other servers prove "
                         "nothing without the trust of [federation]");
  return trust;
}

EnjTrust *
enj_authorities_new (const char *path, GError **error)
{
  g_autoptr (EnjTrust) trust = NULL;

  if (!path)
    return system_new ();
  trust = enj_trust_new ();
  return add_anchors (trust, path, error) ? g_steal_pointer (&trust) : NULL;
}

gboolean
enj_authorities_add_crl (EnjTrust *trust, const char *path, GError **error)
{
  gsize len = 0;
  g_autofree char *pem = read_new (path, &len, error);

  if (!pem)
    return FALSE;
  if (enj_trust_add_crls (trust, pem, len, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

static void
tell_age (const EnjTrust *trust, gint64 wall)
{
  gint64 update = enj_trust_get_next_update (trust);
  g_autoptr (GDateTime) date = update < wall ? g_date_time_new_from_unix_utc (update) : NULL;
  g_autofree char *text = date ? g_date_time_format (date, "%F") : NULL;

  if (text)
    enj_log_warning (NULL, "[federation] crl: a list should have been replaced by %s: what was "
                           "revoked since is not known",
                     text);
}

EnjTrust *
enj_authorities_load_new (const char *path, const char *const *crls, gint64 wall, GError **error)
{
  static EnjTrust *kept;
  g_autoptr (EnjTrust) trust = NULL;

  if (!path && !*crls)
    {
      if (!kept)
        kept = system_new ();
      return enj_trust_ref (kept);
    }
  trust = enj_authorities_new (path, error);
  for (guint i = 0; trust && crls[i]; i++)
    if (!enj_authorities_add_crl (trust, crls[i], error))
      return NULL;
  if (trust)
    tell_age (trust, wall);
  return g_steal_pointer (&trust);
}

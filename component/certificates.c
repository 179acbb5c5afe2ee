#include "config.h"

#include "component/certificates.h"

#include <errno.h>
#include <sys/stat.h>

#include "protocol/jid.h"
#include "component/file.h"
#include "component/sandbox.h"

#define PEM_MAX (1024 * 1024)

/* Both halves of one pair, as they are named in the folder. */
typedef struct
{
  const char *certificate;
  const char *key;
} Pattern;

static const Pattern patterns[] = {
  { ".crt", ".key" },
  { G_DIR_SEPARATOR_S "fullchain.pem", G_DIR_SEPARATOR_S "privkey.pem" },
};

static char *
read_new (const char *path, gsize *len, GError **error)
{
  g_autoptr (GError) reason = NULL;
  char *text = enj_file_read_new (path, PEM_MAX, len, &reason);

  if (text)
    return text;
  if (g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                 "%s: is missing, but its other half is there; put both there, or neither",
                 path);
  else if (g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_ACCES))
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_ACCES,
                 "%s: %s; let the user that enjamb runs as read it", path, reason->message);
  else
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", path, reason->message);
  return NULL;
}

/* Links lead where a tool for certificates keeps them. */
static gboolean
check_readable (const char *path, GError **error)
{
  if (enj_sandbox_admit (path))
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_ACCES,
               "%s: outside of what the sandbox lets us read, restart enjamb", path);
  return FALSE;
}

static EnjCredentials *
read_pair_new (const char *certificate, const char *key, GError **error)
{
  EnjCredentials *credentials = NULL;
  gsize certificate_len = 0, key_len = 0;
  char *certificate_pem = read_new (certificate, &certificate_len, error);
  char *key_pem = certificate_pem ? read_new (key, &key_len, error) : NULL;

  if (key_pem)
    {
      credentials = enj_credentials_new (certificate_pem, key_pem, error);
      if (!credentials)
        g_prefix_error (error,
                        "%s with %s: expected a certificate chain and the key that belongs to it,"
                        " both PEM: ",
                        certificate, key);
    }
  enj_file_wipe (certificate_pem, certificate_len);
  enj_file_wipe (key_pem, key_len);
  return credentials;
}

/* A file that we may not look at counts as there: reading it tells why. */
static gboolean
is_there (const char *path)
{
  struct stat status;

  return lstat (path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

EnjCredentials *
enj_certificates_find_new (const char *folder, const char *domain, GError **error)
{
  g_autofree char *ascii = enj_jid_domain_new_ascii (domain);
  const char *names[] = { ascii, domain };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (guint j = 0; names[i] && j < G_N_ELEMENTS (patterns); j++)
      {
        g_autofree char *stem = g_build_filename (folder, names[i], NULL);
        g_autofree char *certificate = g_strconcat (stem, patterns[j].certificate, NULL);
        g_autofree char *key = g_strconcat (stem, patterns[j].key, NULL);

        if (!is_there (certificate) && !is_there (key))
          continue;
        return check_readable (certificate, error) && check_readable (key, error)
                   ? read_pair_new (certificate, key, error)
                   : NULL;
      }
  return NULL;
}

EnjCredentials *
enj_certificates_load_new (const char *folder, const char *domain, gint64 wall, GError **error)
{
  g_autoptr (GError) reason = NULL;
  EnjCredentials *credentials = enj_certificates_find_new (folder, domain, &reason);

  if (credentials)
    return credentials;
  if (reason)
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return NULL;
    }
  g_warning ("no certificate for %s in %s: using a self-signed one, which peers that do not accept "
             "dialback will refuse",
             domain, folder);
  return enj_credentials_new_self_signed (domain, wall, error);
}

#include "config.h"

#include "protocol/handshake.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "protocol/ns.h"

#define SHA1_SIZE 20

gboolean
enj_handshake_is (const EnjElement *element)
{
  const char *ns = enj_element_get_namespace (element);

  return strcmp (enj_element_get_name (element), "handshake") == 0
         && (strcmp (ns, ENJ_NS_COMPONENT) == 0 || !*ns);
}

/* What a hash has in hand at its end is a part of the secret, and deinit() frees it as it is.
 * Bytes of a next text take its place. */
static void
wipe (gnutls_hash_hd_t hash)
{
  static const guint8 zeros[63];
  guint8 digest[SHA1_SIZE];

  (void) gnutls_hash (hash, zeros, sizeof zeros); /* The digest is not wanted. */
  gnutls_hash_output (hash, digest);
}

char *
enj_handshake_new (const char *stream_id, const char *secret)
{
  gnutls_hash_hd_t hash;
  guint8 digest[SHA1_SIZE];
  GString *text = g_string_sized_new (2 * SHA1_SIZE);

  if (gnutls_hash_init (&hash, GNUTLS_DIG_SHA1) != 0)
    g_error ("GnuTLS has no SHA-1");
  if (gnutls_hash (hash, stream_id, strlen (stream_id)) != 0
      || gnutls_hash (hash, secret, strlen (secret)) != 0)
    g_error ("GnuTLS cannot hash");
  gnutls_hash_output (hash, digest);
  wipe (hash);
  gnutls_hash_deinit (hash, NULL);

  for (guint i = 0; i < SHA1_SIZE; i++)
    g_string_append_printf (text, "%02x", digest[i]);
  return g_string_free (text, FALSE);
}

gboolean
enj_handshake_check (const char *stream_id, const char *secret, const char *claimed)
{
  g_autofree char *expected = enj_handshake_new (stream_id, secret);
  g_autofree char *lower = NULL;
  gsize len = strlen (expected);

  /* The length is no secret; it is looked at first so that nothing long is copied. */
  if (!claimed || strlen (claimed) != len)
    return FALSE;

  lower = g_ascii_strdown (claimed, (gssize) len);
  return gnutls_memcmp (lower, expected, len) == 0;
}

#include "config.h"

#include "protocol/handshake.h"

#include <string.h>

#include <gnutls/gnutls.h>

char *
enj_handshake_new (const char *stream_id, const char *secret)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);

  g_checksum_update (sum, (const guchar *) stream_id, (gssize) strlen (stream_id));
  g_checksum_update (sum, (const guchar *) secret, (gssize) strlen (secret));

  return g_strdup (g_checksum_get_string (sum));
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

#include "config.h"

#include "protocol/dialback-key.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "protocol/chance.h"

#define DIGEST_SIZE 32
#define SECRET_SIZE 32

/* White space of XML 1.0 2.3. */
#define SPACE " \t\r\n"

struct EnjDialbackKey
{
  char hmac_key[ENJ_DIALBACK_KEY_SIZE];
};

static void
format_hex (const guint8 digest[DIGEST_SIZE], char text[ENJ_DIALBACK_KEY_SIZE])
{
  static const char digits[] = "0123456789abcdef";

  for (guint i = 0; i < DIGEST_SIZE; i++)
    {
      text[2 * i] = digits[digest[i] >> 4];
      text[2 * i + 1] = digits[digest[i] & 15];
    }
  text[2 * DIGEST_SIZE] = '\0';
}

/* GnuTLS fails here only where it cannot work at all: a key must not be guessable. */
static void
check (int rc)
{
  if (rc < 0)
    g_error ("dialback key: %s", gnutls_strerror (rc));
}

EnjDialbackKey *
enj_dialback_key_new (gconstpointer secret, gsize len)
{
  EnjDialbackKey *self = g_rc_box_new0 (EnjDialbackKey);
  guint8 digest[DIGEST_SIZE];

  check (gnutls_hash_fast (GNUTLS_DIG_SHA256, secret, len, digest));
  format_hex (digest, self->hmac_key);
  gnutls_memset (digest, 0, sizeof digest);
  return self;
}

EnjDialbackKey *
enj_dialback_key_new_random (void)
{
  guint8 secret[SECRET_SIZE];
  EnjDialbackKey *self;

  enj_chance_fill (secret, sizeof secret);
  self = enj_dialback_key_new (secret, sizeof secret);
  gnutls_memset (secret, 0, sizeof secret);
  return self;
}

EnjDialbackKey *
enj_dialback_key_ref (EnjDialbackKey *self)
{
  return g_rc_box_acquire (self);
}

static void
wipe (gpointer data)
{
  gnutls_memset (data, 0, sizeof (EnjDialbackKey));
}

void
enj_dialback_key_unref (EnjDialbackKey *self)
{
  g_rc_box_release_full (self, wipe);
}

void
enj_dialback_key_compute (const EnjDialbackKey *self, const char *receiving,
                          const char *originating, const char *stream_id,
                          char key[ENJ_DIALBACK_KEY_SIZE])
{
  /* The space parts the fields, and no canonical domain holds one: without it
   * the key of jab + ber.example was that of jabber.example. */
  const char *const fields[] = { receiving, " ", originating, " ", stream_id };
  gnutls_hmac_hd_t hmac;
  guint8 digest[DIGEST_SIZE];

  check (gnutls_hmac_init (&hmac, GNUTLS_MAC_SHA256, self->hmac_key, strlen (self->hmac_key)));
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    check (gnutls_hmac (hmac, fields[i], strlen (fields[i])));
  gnutls_hmac_deinit (hmac, digest);

  format_hex (digest, key);
  gnutls_memset (digest, 0, sizeof digest);
}

gboolean
enj_dialback_key_check (const EnjDialbackKey *self, const char *receiving,
                        const char *originating, const char *stream_id, const char *claimed)
{
  char expected[ENJ_DIALBACK_KEY_SIZE];
  char given[ENJ_DIALBACK_KEY_SIZE] = { 0 };
  const gsize len = sizeof expected - 1;
  gboolean is_same;

  /* What is no key by its form stays zeros, and is compared all the same. */
  claimed += strspn (claimed, SPACE);
  if (strnlen (claimed, len) == len && claimed[len + strspn (claimed + len, SPACE)] == '\0')
    memcpy (given, claimed, len);

  enj_dialback_key_compute (self, receiving, originating, stream_id, expected);
  is_same = gnutls_memcmp (expected, given, len) == 0;
  gnutls_memset (expected, 0, sizeof expected);
  return is_same;
}

#include "config.h"

#include "tests/support/signer.h"

#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

/* ECDSA on P-256 with SHA-256 (RFC 6605). */
#define ALGORITHM 13
#define HALF 32

/* Signed in 2014, and good until 2082. */
#define INCEPTION 0x54a00000u
#define EXPIRATION 0xd4900000u

struct EnjTestSigner
{
  gnutls_privkey_t key;
  GBytes *dnskey;
  guint16 tag;
};

static void
append_number (GByteArray *bytes, guint32 number, guint size)
{
  while (size-- > 0)
    {
      const guint8 byte = (guint8) (number >> 8 * size);

      g_byte_array_append (bytes, &byte, 1);
    }
}

/* As many bytes as there are to be; GnuTLS puts a zero before, or leaves them out. */
static void
append_half (GByteArray *bytes, const gnutls_datum_t *number)
{
  guint skipped = number->size > HALF ? number->size - HALF : 0;

  append_number (bytes, 0, HALF - (number->size - skipped));
  g_byte_array_append (bytes, number->data + skipped, number->size - skipped);
}

void
enj_test_signer_append_name (GByteArray *bytes, const char *name)
{
  g_auto (GStrv) labels = g_strsplit (name, ".", -1);

  for (guint i = 0; labels[i] && labels[i][0]; i++)
    {
      append_number (bytes, (guint32) strlen (labels[i]), 1);
      g_byte_array_append (bytes, (const guint8 *) labels[i], (guint) strlen (labels[i]));
    }
  append_number (bytes, 0, 1);
}

/* RFC 4034, appendix B. */
static guint16
get_tag (const GByteArray *dnskey)
{
  guint32 sum = 0;

  for (guint i = 0; i < dnskey->len; i++)
    sum += i & 1 ? dnskey->data[i] : (guint32) dnskey->data[i] << 8;
  return (guint16) (sum + (sum >> 16));
}

EnjTestSigner *
enj_test_signer_new (void)
{
  EnjTestSigner *self = g_new0 (EnjTestSigner, 1);
  GByteArray *dnskey = g_byte_array_new ();
  gnutls_datum_t x;
  gnutls_datum_t y;
  gnutls_ecc_curve_t curve;

  g_assert_cmpint (gnutls_privkey_init (&self->key), ==, 0);
  g_assert_cmpint (gnutls_privkey_generate (self->key, GNUTLS_PK_ECDSA,
                                            GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
                   ==, 0);
  g_assert_cmpint (gnutls_privkey_export_ecc_raw (self->key, &curve, &x, &y, NULL), ==, 0);
  append_number (dnskey, 257, 2); /* of a zone, and its entry point */
  append_number (dnskey, 3, 1);
  append_number (dnskey, ALGORITHM, 1);
  append_half (dnskey, &x);
  append_half (dnskey, &y);
  self->tag = get_tag (dnskey);
  self->dnskey = g_byte_array_free_to_bytes (dnskey);
  gnutls_free (x.data);
  gnutls_free (y.data);
  return self;
}

void
enj_test_signer_free (EnjTestSigner *self)
{
  if (!self)
    return;
  gnutls_privkey_deinit (self->key);
  g_bytes_unref (self->dnskey);
  g_free (self);
}

char *
enj_test_signer_new_anchor (const EnjTestSigner *self)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (self->dnskey, &len);
  g_autofree char *key = g_base64_encode (data + 4, len - 4);

  return g_strdup_printf (". IN DNSKEY 257 3 %d %s\n", ALGORITHM, key);
}

GBytes *
enj_test_signer_get_key (const EnjTestSigner *self)
{
  return self->dnskey;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return g_bytes_compare (*(GBytes *const *) a, *(GBytes *const *) b);
}

static void
append_signature (const EnjTestSigner *self, GByteArray *record, const GByteArray *text)
{
  const gnutls_datum_t data = { text->data, text->len };
  gnutls_datum_t signature;
  gnutls_datum_t r;
  gnutls_datum_t s;

  g_assert_cmpint (gnutls_privkey_sign_data2 (self->key, GNUTLS_SIGN_ECDSA_SHA256, 0, &data,
                                              &signature),
                   ==, 0);
  g_assert_cmpint (gnutls_decode_rs_value (&signature, &r, &s), ==, 0);
  append_half (record, &r);
  append_half (record, &s);
  gnutls_free (signature.data);
  gnutls_free (r.data);
  gnutls_free (s.data);
}

/* RFC 4034 3.1: its own first fields, then all the records in their order. */
GBytes *
enj_test_signer_new_signature (const EnjTestSigner *self, const char *name, int type,
                               GPtrArray *records)
{
  g_auto (GStrv) labels = g_strsplit (name, ".", -1);
  GByteArray *record = g_byte_array_new ();
  g_autoptr (GByteArray) text = g_byte_array_new ();

  append_number (record, (guint32) type, 2);
  append_number (record, ALGORITHM, 1);
  append_number (record, g_strv_length (labels), 1);
  append_number (record, ENJ_TEST_TTL, 4);
  append_number (record, EXPIRATION, 4);
  append_number (record, INCEPTION, 4);
  append_number (record, self->tag, 2);
  append_number (record, 0, 1); /* the root */
  g_byte_array_append (text, record->data, record->len);

  g_ptr_array_sort (records, compare);
  for (guint i = 0; i < records->len; i++)
    {
      gsize len;
      const guint8 *data = g_bytes_get_data (records->pdata[i], &len);

      enj_test_signer_append_name (text, name);
      append_number (text, (guint32) type, 2);
      append_number (text, 1, 2);
      append_number (text, ENJ_TEST_TTL, 4);
      append_number (text, (guint32) len, 2);
      g_byte_array_append (text, data, (guint) len);
    }
  append_signature (self, record, text);
  return g_byte_array_free_to_bytes (record);
}

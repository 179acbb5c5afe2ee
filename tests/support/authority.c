#include "config.h"

#include "tests/support/authority.h"

#include <string.h>

#define YEAR (365 * ENJ_TEST_DAY)

/* 1.3.6.1.5.5.7.8.5 and 1.3.6.1.5.5.7.8.7 in DER. */
#define OID_XMPP_ADDR "\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x05"
#define OID_SRV_NAME "\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x07"
#define OID_LEN (sizeof OID_XMPP_ADDR - 1)

#define DER_UTF8_STRING 0x0c
#define DER_IA5_STRING 0x16
#define DER_SEQUENCE 0x30
#define DER_MAIL 0x81
#define DER_DNS_NAME 0x82
#define DER_FIRST 0xa0

#define CHECK(call) g_assert_cmpint ((call), >=, 0)

struct EnjTestAuthority
{
  EnjTestAuthority *above;
  gnutls_x509_crt_t crt;
  gnutls_x509_privkey_t key;
  gnutls_x509_crl_t revoked;
  char *pem;
  guint number; /* of its lists */
};

static gint64 wall = ENJ_TEST_WALL;

gint64
enj_test_wall (void)
{
  return wall;
}

void
enj_test_wall_move (gint64 to)
{
  wall = to;
}

/* Takes the memory of @text. */
static char *
string_new (gnutls_datum_t *text)
{
  char *string = g_strndup ((const char *) text->data, text->size);

  gnutls_free (text->data);
  return string;
}

static gnutls_x509_privkey_t
key_new (void)
{
  gnutls_x509_privkey_t key;

  CHECK (gnutls_x509_privkey_init (&key));
  CHECK (gnutls_x509_privkey_generate (
    key, GNUTLS_PK_ECDSA, (unsigned) GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0));
  return key;
}

static gnutls_x509_privkey_t
key_read (const char *pem)
{
  const gnutls_datum_t text = { (guint8 *) pem, (unsigned) strlen (pem) };
  gnutls_x509_privkey_t key;

  CHECK (gnutls_x509_privkey_init (&key));
  CHECK (gnutls_x509_privkey_import (key, &text, GNUTLS_X509_FMT_PEM));
  return key;
}

/* ---- Certificates --------------------------------------------------------- */

/* X.690 8.1.  Everything here is shorter than 64 KiB. */
static void
wrap (GString *der, guint8 tag)
{
  const guint8 head[] = { tag, 0x82, (guint8) (der->len >> 8), (guint8) der->len };
  const guint8 middle[] = { tag, 0x81, (guint8) der->len };
  const guint8 brief[] = { tag, (guint8) der->len };

  if (der->len > 0xff)
    g_string_prepend_len (der, (const char *) head, sizeof head);
  else if (der->len > 0x7f)
    g_string_prepend_len (der, (const char *) middle, sizeof middle);
  else
    g_string_prepend_len (der, (const char *) brief, sizeof brief);
}

static void
wrap_other_name (GString *der, guint8 tag, const char *oid)
{
  wrap (der, tag);
  wrap (der, DER_FIRST);
  g_string_prepend_len (der, oid, (gssize) OID_LEN);
  wrap (der, DER_FIRST);
}

/* GnuTLS would not write a NUL into a DNS name, so the names are written here (RFC 5280
 * 4.2.1.6). */
static void
append_name (GString *names, const char *word)
{
  const char *colon = strchr (word, ':');
  g_autoptr (GString) name = g_string_new (colon + 1);

  for (gsize i = 0; i < name->len; i++)
    if (name->str[i] == '^')
      name->str[i] = '\0';

  if (g_str_has_prefix (word, "dns:"))
    wrap (name, DER_DNS_NAME);
  else if (g_str_has_prefix (word, "mail:"))
    wrap (name, DER_MAIL);
  else if (g_str_has_prefix (word, "xmpp:"))
    wrap_other_name (name, DER_UTF8_STRING, OID_XMPP_ADDR);
  else if (g_str_has_prefix (word, "srv:"))
    wrap_other_name (name, DER_IA5_STRING, OID_SRV_NAME);
  else
    g_error ("no such kind of name: %s", word);
  g_string_append_len (names, name->str, (gssize) name->len);
}

static void
add_names (gnutls_x509_crt_t crt, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_autoptr (GString) names = g_string_new ("");

  for (char **word = words; *word; word++)
    append_name (names, *word);
  wrap (names, DER_SEQUENCE);
  CHECK (gnutls_x509_crt_set_extension_by_oid (crt, "2.5.29.17", names->str, names->len, 0));
}

static gnutls_x509_crt_t
crt_new (const char *common_name, gnutls_x509_privkey_t key, gint64 start, gint64 end)
{
  static guint serial = 0x01000000;
  guint32 bytes = GUINT32_TO_BE (++serial);
  gnutls_x509_crt_t crt;

  CHECK (gnutls_x509_crt_init (&crt));
  CHECK (gnutls_x509_crt_set_version (crt, 3));
  CHECK (gnutls_x509_crt_set_serial (crt, &bytes, sizeof bytes));
  CHECK (gnutls_x509_crt_set_activation_time (crt, start ? start : ENJ_TEST_WALL - YEAR));
  CHECK (gnutls_x509_crt_set_expiration_time (crt, end ? end : ENJ_TEST_WALL + YEAR));
  CHECK (gnutls_x509_crt_set_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, common_name,
                                        (unsigned) strlen (common_name)));
  CHECK (gnutls_x509_crt_set_key (crt, key));
  return crt;
}

static gnutls_x509_crt_t
leaf_new (EnjTestAuthority *self, const EnjTestLeaf *leaf, gnutls_x509_privkey_t key)
{
  gnutls_x509_crt_t crt
    = crt_new (leaf->common_name ? leaf->common_name : "leaf", key, leaf->start, leaf->end);
  g_auto (GStrv) purposes = g_strsplit (leaf->purposes ? leaf->purposes : "", " ", -1);

  if (leaf->names)
    add_names (crt, leaf->names);
  for (char **purpose = purposes; *purpose; purpose++)
    CHECK (gnutls_x509_crt_set_key_purpose_oid (crt, *purpose, 0));
  CHECK (gnutls_x509_crt_set_basic_constraints (crt, leaf->is_ca, -1));
  CHECK (gnutls_x509_crt_sign2 (crt, self ? self->crt : crt, self ? self->key : key,
                                GNUTLS_DIG_SHA256, 0));
  return crt;
}

static char *
export_crt (gnutls_x509_crt_t crt)
{
  gnutls_datum_t text;

  CHECK (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_PEM, &text));
  return string_new (&text);
}

/* ---- Authorities ---------------------------------------------------------- */

static void
limit (gnutls_x509_crt_t crt, const char *dns)
{
  const gnutls_datum_t name = { (guint8 *) dns, (unsigned) strlen (dns) };
  gnutls_x509_name_constraints_t limits;

  CHECK (gnutls_x509_name_constraints_init (&limits));
  CHECK (gnutls_x509_name_constraints_add_permitted (limits, GNUTLS_SAN_DNSNAME, &name));
  CHECK (gnutls_x509_crt_set_name_constraints (crt, limits, 1));
  gnutls_x509_name_constraints_deinit (limits);
}

EnjTestAuthority *
enj_test_authority_new (const char *name, EnjTestAuthority *above)
{
  return enj_test_authority_new_limited (name, above, NULL);
}

EnjTestAuthority *
enj_test_authority_new_limited (const char *name, EnjTestAuthority *above, const char *dns)
{
  EnjTestAuthority *self = g_new0 (EnjTestAuthority, 1);

  self->above = above;
  self->key = key_new ();
  self->crt = crt_new (name, self->key, 0, 0);
  CHECK (gnutls_x509_crt_set_basic_constraints (self->crt, 1, -1));
  CHECK (gnutls_x509_crt_set_key_usage (self->crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN));
  if (dns)
    limit (self->crt, dns);
  CHECK (gnutls_x509_crt_sign2 (self->crt, above ? above->crt : self->crt,
                                above ? above->key : self->key, GNUTLS_DIG_SHA256, 0));
  self->pem = export_crt (self->crt);
  CHECK (gnutls_x509_crl_init (&self->revoked));
  return self;
}

void
enj_test_authority_free (EnjTestAuthority *self)
{
  gnutls_x509_crt_deinit (self->crt);
  gnutls_x509_privkey_deinit (self->key);
  gnutls_x509_crl_deinit (self->revoked);
  g_free (self->pem);
  g_free (self);
}

const char *
enj_test_authority_get_pem (const EnjTestAuthority *self)
{
  return self->pem;
}

EnjTrust *
enj_test_authority_trust_new (const EnjTestAuthority *self)
{
  EnjTrust *trust = enj_trust_new ();
  g_autoptr (GError) error = NULL;

  enj_trust_add_anchors (trust, self->pem, strlen (self->pem), &error);
  g_assert_no_error (error);
  return trust;
}

void
enj_test_authority_issue_pem (EnjTestAuthority *self, const EnjTestLeaf *leaf, char **certificate,
                              char **key)
{
  gnutls_x509_privkey_t privkey = leaf->key ? key_read (leaf->key) : key_new ();
  gnutls_x509_crt_t crt = leaf_new (self, leaf, privkey);
  g_autofree char *pem = export_crt (crt);
  g_autoptr (GString) chain = g_string_new (pem);
  gnutls_datum_t text;

  for (EnjTestAuthority *up = self; up && up->above; up = up->above)
    g_string_append (chain, up->pem);
  CHECK (gnutls_x509_privkey_export2 (privkey, GNUTLS_X509_FMT_PEM, &text));
  *certificate = g_strdup (chain->str);
  *key = string_new (&text);
  gnutls_x509_crt_deinit (crt);
  gnutls_x509_privkey_deinit (privkey);
}

EnjCredentials *
enj_test_authority_issue (EnjTestAuthority *self, const EnjTestLeaf *leaf)
{
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_autoptr (GError) error = NULL;
  EnjCredentials *credentials;

  enj_test_authority_issue_pem (self, leaf, &certificate, &key);
  credentials = enj_credentials_new (certificate, key, &error);
  g_assert_no_error (error);
  return credentials;
}

char *
enj_test_authority_revoke (EnjTestAuthority *self, const char *certificate)
{
  guint32 number = GUINT32_TO_BE (++self->number);
  gnutls_datum_t text;

  if (certificate)
    {
      gnutls_x509_crt_t crt = enj_test_leaf_new (certificate);

      CHECK (gnutls_x509_crl_set_crt (self->revoked, crt, ENJ_TEST_WALL - ENJ_TEST_DAY));
      gnutls_x509_crt_deinit (crt);
    }
  CHECK (gnutls_x509_crl_set_version (self->revoked, 2));
  CHECK (gnutls_x509_crl_set_number (self->revoked, &number, sizeof number));
  CHECK (gnutls_x509_crl_set_this_update (self->revoked, ENJ_TEST_WALL - ENJ_TEST_DAY));
  CHECK (gnutls_x509_crl_set_next_update (self->revoked, ENJ_TEST_WALL + 30 * ENJ_TEST_DAY));
  CHECK (gnutls_x509_crl_sign2 (self->revoked, self->crt, self->key, GNUTLS_DIG_SHA256, 0));
  CHECK (gnutls_x509_crl_export2 (self->revoked, GNUTLS_X509_FMT_PEM, &text));
  return string_new (&text);
}

/* ---- Reading --------------------------------------------------------------- */

gnutls_x509_crt_t
enj_test_leaf_new (const char *pem)
{
  gnutls_datum_t text = { (guint8 *) pem, (unsigned) strlen (pem) };
  gnutls_x509_crt_t crt;

  CHECK (gnutls_x509_crt_init (&crt));
  CHECK (gnutls_x509_crt_import (crt, &text, GNUTLS_X509_FMT_PEM));
  return crt;
}

void
enj_test_chain_fill (EnjTestChain *self, const char *pem)
{
  gnutls_datum_t text = { (guint8 *) pem, (unsigned) strlen (pem) };
  gnutls_x509_crt_t list[G_N_ELEMENTS (self->der)];
  unsigned n = G_N_ELEMENTS (list);

  CHECK (gnutls_x509_crt_list_import (list, &n, &text, GNUTLS_X509_FMT_PEM,
                                      GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED));
  self->n = n;
  for (guint i = 0; i < n; i++)
    {
      CHECK (gnutls_x509_crt_export2 (list[i], GNUTLS_X509_FMT_DER, &self->der[i]));
      gnutls_x509_crt_deinit (list[i]);
    }
}

void
enj_test_chain_clear (EnjTestChain *self)
{
  for (guint i = 0; i < self->n; i++)
    gnutls_free (self->der[i].data);
  self->n = 0;
}

const char *
enj_test_chain_check (const EnjTestChain *self, EnjTrust *trust)
{
  g_auto (EnjChain) chain;

  enj_chain_read (&chain, self->der, self->n);
  return enj_trust_check (trust, &chain);
}

#include "config.h"

#include "protocol/identity.h"

#include <string.h>

#include <gnutls/x509-ext.h>

#include "protocol/jid.h"

/* RFC 5280 4.2.1.6 and 4.2.1.12. */
#define OID_ALT_NAMES "2.5.29.17"
#define OID_PURPOSES "2.5.29.37"

/* RFC 6120 13.7.1.4, RFC 4985 2. */
#define OID_XMPP_ADDR "1.3.6.1.5.5.7.8.5"
#define OID_SRV_NAME "1.3.6.1.5.5.7.8.7"
#define SERVICE "_xmpp-server."

/* Universal tags of ASN.1. */
#define DER_UTF8_STRING 0x0c
#define DER_IA5_STRING 0x16

/* RFC 6120 13.7.1.4 wants any of these from a server.  Public authorities give serverAuth only,
 * and servers connect too. */
static const char *const purposes[] = {
  GNUTLS_KP_TLS_WWW_SERVER,
  GNUTLS_KP_TLS_WWW_CLIENT,
  GNUTLS_KP_ANY,
  OID_XMPP_ADDR,
};

/* Bytes of a certificate: no terminator, and zeros may be among them. */
typedef struct
{
  const guint8 *data;
  gsize len;
} Text;

static gboolean
is_same (const Text *text, const char *ascii)
{
  /* The length first: a name with a NUL in it is never the one in front of it. */
  return text->len == strlen (ascii)
         && g_ascii_strncasecmp ((const char *) text->data, ascii, text->len) == 0;
}

/* RFC 9525 6.3: the asterisk is the whole left-most label and stands for exactly one. */
static gboolean
is_dns_name (const Text *text, const char *ascii)
{
  Text parent = { text->data + 1, text->len - 1 };
  const char *dot;

  if (text->len < 2 || text->data[0] != '*')
    return is_same (text, ascii);
  dot = strchr (ascii, '.');
  return dot && is_same (&parent, dot);
}

static gboolean
is_srv_name (const Text *text, const char *ascii)
{
  const gsize len = strlen (SERVICE);
  Text name = { text->data + len, text->len - len };

  return text->len > len && g_ascii_strncasecmp ((const char *) text->data, SERVICE, len) == 0
         && is_dns_name (&name, ascii);
}

/* An address, here a mere domain, which is compared as addresses are. */
static gboolean
is_xmpp_addr (const Text *text, const char *domain)
{
  g_autofree char *address = NULL;
  g_autofree char *canonical = NULL;

  if (text->len > ENJ_JID_PART_MAX || memchr (text->data, '\0', text->len))
    return FALSE;
  address = g_strndup ((const char *) text->data, text->len);
  canonical = enj_jid_domain_new (address, NULL);
  return g_strcmp0 (canonical, domain) == 0;
}

/* The one string of type @tag that @der is.  X.690 8.1.3: no name of ours needs more than one byte
 * of length behind the first. */
static gboolean
unwrap (const gnutls_datum_t *der, guint8 tag, Text *text)
{
  gsize head = 2;

  if (der->size < head || der->data[0] != tag)
    return FALSE;
  text->len = der->data[1];
  if (text->len == 0x81 && der->size > head)
    text->len = der->data[head++];
  else if (text->len > 0x7f)
    return FALSE;
  text->data = der->data + head;
  return text->len == der->size - head;
}

static gboolean
is_other_name (const char *oid, const gnutls_datum_t *value, const char *domain, const char *ascii)
{
  Text text;

  if (strcmp (oid, OID_XMPP_ADDR) == 0)
    return unwrap (value, DER_UTF8_STRING, &text) && is_xmpp_addr (&text, domain);
  if (strcmp (oid, OID_SRV_NAME) == 0)
    return unwrap (value, DER_IA5_STRING, &text) && is_srv_name (&text, ascii);
  return FALSE;
}

static gboolean
has_name (gnutls_subject_alt_names_t names, const char *domain, const char *ascii)
{
  gnutls_datum_t value, oid;
  unsigned type;

  for (unsigned i = 0; gnutls_subject_alt_names_get (names, i, &type, &value, &oid) >= 0; i++)
    {
      Text text = { value.data, value.size };

      if (type == GNUTLS_SAN_DNSNAME && is_dns_name (&text, ascii))
        return TRUE;
      if (type == GNUTLS_SAN_OTHERNAME && oid.data
          && is_other_name ((const char *) oid.data, &value, domain, ascii))
        return TRUE;
    }
  return FALSE;
}

gnutls_datum_t
enj_identity_read (gnutls_x509_crt_t leaf)
{
  gnutls_datum_t names = { NULL, 0 };

  if (gnutls_x509_crt_get_extension_by_oid2 (leaf, OID_ALT_NAMES, 0, &names, NULL) < 0)
    return (gnutls_datum_t){ NULL, 0 };
  return names;
}

gboolean
enj_identity_names (const gnutls_datum_t *names, const char *domain)
{
  g_autofree char *ascii = enj_jid_domain_is_ip (domain) ? NULL : enj_jid_domain_new_ascii (domain);
  gnutls_subject_alt_names_t list;
  gboolean found;

  if (!ascii || !names->data)
    return FALSE;
  if (gnutls_subject_alt_names_init (&list) < 0)
    g_error ("no memory for the names of a certificate");
  found = gnutls_x509_ext_import_subject_alt_names (names, list, 0) >= 0
          && has_name (list, domain, ascii);
  gnutls_subject_alt_names_deinit (list);
  return found;
}

/* ---- Purposes --------------------------------------------------------------- */

static gboolean
has_purpose (gnutls_x509_key_purposes_t list)
{
  gnutls_datum_t oid;

  for (unsigned i = 0; gnutls_x509_key_purpose_get (list, i, &oid) >= 0; i++)
    for (guint j = 0; j < G_N_ELEMENTS (purposes); j++)
      if (strcmp ((const char *) oid.data, purposes[j]) == 0)
        return TRUE;
  return FALSE;
}

gboolean
enj_identity_fits (gnutls_x509_crt_t leaf)
{
  gnutls_x509_key_purposes_t list;
  gnutls_datum_t der;
  gboolean fits;
  int status = gnutls_x509_crt_get_extension_by_oid2 (leaf, OID_PURPOSES, 0, &der, NULL);

  if (status < 0)
    return status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
  if (gnutls_x509_key_purpose_init (&list) < 0)
    g_error ("no memory for the purposes of a certificate");
  fits = gnutls_x509_ext_import_key_purposes (&der, list, 0) >= 0 && has_purpose (list);
  gnutls_x509_key_purpose_deinit (list);
  gnutls_free (der.data);
  return fits;
}

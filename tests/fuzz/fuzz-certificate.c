/* Any bytes as a certificate, or behind an "n" as its names: nothing is read
 * beyond them, no address is ever named, and nobody gets a name that does not
 * stand there. */
#include "config.h"

#include <string.h>

#include "protocol/identity.h"
#include "protocol/trust.h"
#include "protocol/wall.h"

#define WALL 1700000000
#define OID_ALT_NAMES "2.5.29.17"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static gint64
wall (void)
{
  return WALL;
}

/* Is @text among the bytes, in capitals or not? */
static gboolean
stands_in (const guint8 *data, gsize size, const char *text)
{
  gsize len = strlen (text);

  for (gsize i = 0; i + len <= size; i++)
    if (g_ascii_strncasecmp ((const char *) data + i, text, len) == 0)
      return TRUE;
  return FALSE;
}

/* Preparation maps other characters onto those of ASCII. */
static gboolean
is_ascii (const guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (data[i] >= 0x80 && i > 0 && data[i - 1] >= 0x80)
      return FALSE;
  return TRUE;
}

static void
try_names (gnutls_x509_crt_t crt, const guint8 *data, gsize size)
{
  static const struct
  {
    const char *domain;
    const char *parent;
  } domains[] = {
    { "a.example", ".example" },
    { "a.b.example", ".b.example" },
    { "xmpp.far-away.example", ".far-away.example" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    if (enj_identity_names (crt, domains[i].domain) && is_ascii (data, size))
      g_assert_true (stands_in (data, size, domains[i].domain)
                     || stands_in (data, size, domains[i].parent));
  if (enj_identity_names (crt, "bücher.example") && is_ascii (data, size))
    g_assert_true (stands_in (data, size, "xn--bcher-kva.example")
                   || stands_in (data, size, "*.example"));
  g_assert_false (enj_identity_names (crt, "192.0.2.1"));
  g_assert_false (enj_identity_names (crt, "[2001:db8::1]"));
}

static void
try_certificate (const guint8 *data, gsize size)
{
  gnutls_datum_t der = { (guint8 *) data, (unsigned) size };
  g_autoptr (EnjTrust) trust = enj_trust_new ();
  gnutls_x509_crt_t crt;

  g_assert_nonnull (enj_trust_check (trust, &der, 1));
  g_assert_cmpint (gnutls_x509_crt_init (&crt), ==, 0);
  if (gnutls_x509_crt_import (crt, &der, GNUTLS_X509_FMT_DER) >= 0)
    {
      (void) enj_identity_fits (crt); /* Either is right. */
      try_names (crt, data, size);
    }
  gnutls_x509_crt_deinit (crt);
}

static void
try_alt_names (const guint8 *data, gsize size)
{
  gnutls_x509_crt_t crt;

  g_assert_cmpint (gnutls_x509_crt_init (&crt), ==, 0);
  if (gnutls_x509_crt_set_extension_by_oid (crt, OID_ALT_NAMES, data, size, 0) >= 0)
    try_names (crt, data, size);
  gnutls_x509_crt_deinit (crt);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  enj_wall_set (wall);
  /* GnuTLS takes an extension of no length for a string. */
  if (size > 1 && data[0] == 'n')
    try_alt_names (data + 1, size - 1);
  else
    try_certificate (data, size);
  return 0;
}

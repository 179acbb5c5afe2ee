/* Any bytes as a certificate, or behind an "n" as its names: nothing is read
 * beyond them, no address is ever named, and nobody gets a name that does not
 * stand there. */
#include "config.h"

#include <string.h>

#include "protocol/bounds.h"
#include "protocol/identity.h"
#include "protocol/wall.h"

#define WALL 1700000000

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
try_names (const gnutls_datum_t *names, const guint8 *data, gsize size)
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
    if (enj_identity_names (names, domains[i].domain) && is_ascii (data, size))
      g_assert_true (stands_in (data, size, domains[i].domain)
                     || stands_in (data, size, domains[i].parent));
  if (enj_identity_names (names, "bücher.example") && is_ascii (data, size))
    g_assert_true (stands_in (data, size, "xn--bcher-kva.example")
                   || stands_in (data, size, "*.example"));
  g_assert_false (enj_identity_names (names, "192.0.2.1"));
  g_assert_false (enj_identity_names (names, "[2001:db8::1]"));
}

/* Nobody is believed; as its own authority it may certify some names, or none. */
static void
try_chain (const EnjChain *chain)
{
  g_autoptr (EnjTrust) trust = enj_trust_new ();
  g_autoptr (EnjBounds) bounds = enj_bounds_new (chain, trust);

  g_assert_nonnull (enj_trust_check (trust, chain));
  (void) enj_bounds_allow (bounds, "a.example"); /* Either is right. */
}

static void
try_certificate (const guint8 *data, gsize size)
{
  const gnutls_datum_t der = { (guint8 *) data, (unsigned) size };
  const gnutls_datum_t twice[] = { der, der };
  g_auto (EnjChain) chain;

  enj_chain_read (&chain, twice, G_N_ELEMENTS (twice));
  if (!chain.why)
    {
      gnutls_datum_t names = enj_identity_read (chain.list[0]);

      (void) enj_identity_fits (chain.list[0]); /* Either is right. */
      try_names (&names, data, size);
      try_chain (&chain);
      gnutls_free (names.data);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  enj_wall_set (wall);
  if (size > 1 && data[0] == 'n')
    try_names (&(gnutls_datum_t){ (guint8 *) data + 1, (unsigned) size - 1 }, data + 1, size - 1);
  else
    try_certificate (data, size);
  return 0;
}

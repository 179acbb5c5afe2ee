/* Any bytes as an address, as a domain and as text to escape: whatever is
 * accepted is its own canonical form, and escaping can be taken back. */
#include "config.h"

#include <string.h>

#include "protocol/jid.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
try_domain (const char *text)
{
  g_autofree char *domain = enj_jid_domain_new (text, NULL);
  g_autofree char *strict = enj_jid_domain_new_strict (text, NULL);
  g_autofree char *again = NULL;
  g_autofree char *ascii = NULL;
  g_autofree char *back = NULL;

  if (strict)
    g_assert_cmpstr (strict, ==, domain);
  if (!domain)
    return;

  g_assert_cmpuint (strlen (domain), <=, ENJ_JID_PART_MAX);
  g_assert_null (strpbrk (domain, " @/\"&'<>\\"));
  again = enj_jid_domain_new (domain, NULL);
  g_assert_cmpstr (again, ==, domain);
  if (enj_jid_domain_is_ip (domain))
    return;

  ascii = enj_jid_domain_new_ascii (domain);
  g_assert_cmpuint (strlen (ascii), <=, 253);
  g_assert_cmpuint (strspn (ascii, "abcdefghijklmnopqrstuvwxyz0123456789-."), ==, strlen (ascii));
  back = enj_jid_domain_new (ascii, NULL);
  g_assert_cmpstr (back, ==, domain);
}

static void
try_address (const char *text)
{
  g_autofree char *prepared = enj_jid_prepare_new (text, NULL);
  g_autofree char *local = NULL;
  g_autofree char *domain = NULL;
  g_autofree char *resource = NULL;
  g_autofree char *again = NULL;
  g_autofree char *joined = NULL;
  const char *start;
  gsize len;

  start = enj_jid_find_domain (text, &len);
  g_assert_true (start >= text && start + len <= text + strlen (text));

  g_assert_true (enj_jid_parse (text, &local, &domain, &resource, NULL) == (prepared != NULL));
  if (!prepared)
    return;

  joined = enj_jid_new (local, domain, resource);
  g_assert_cmpstr (joined, ==, prepared);
  again = enj_jid_prepare_new (prepared, NULL);
  g_assert_cmpstr (again, ==, prepared);
  start = enj_jid_find_domain (prepared, &len);
  g_assert_cmpuint (len, ==, strlen (domain));
  g_assert_true (memcmp (start, domain, len) == 0);
}

static void
try_escape (const char *text)
{
  g_autofree char *escaped = enj_jid_escape_new (text);
  g_autofree char *unescaped = enj_jid_unescape_new (text);
  g_autofree char *back = NULL;

  g_assert_cmpuint (strlen (unescaped), <=, strlen (text));
  if (!escaped)
    return;

  g_assert_null (strpbrk (escaped, " \"&'/:<>@"));
  back = enj_jid_unescape_new (escaped);
  g_assert_cmpstr (back, ==, text);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);

  try_domain (text);
  try_address (text);
  try_escape (text);
  return 0;
}

#include "config.h"

#include "protocol/dns-answer.h"

#include <string.h>

/* RFC 1035 4.1.1 and 2.3.4. */
#define NO_ERROR 0
#define NAME_ERROR 3
#define NAME_MAX_BYTES 255
#define LABEL_MAX 63

#define SRV_HEAD 6
#define TLSA_HEAD 3

EnjLookupResult
enj_dns_answer_judge (int rcode, gboolean has_data, gboolean bogus)
{
  if (bogus)
    return ENJ_LOOKUP_FORGED;
  if (rcode == NAME_ERROR)
    return ENJ_LOOKUP_NO_NAME;
  if (rcode != NO_ERROR)
    return ENJ_LOOKUP_FAILED;
  return has_data ? ENJ_LOOKUP_FOUND : ENJ_LOOKUP_NO_DATA;
}

EnjLookupResult
enj_dns_answer_merge (EnjLookupResult a, EnjLookupResult b)
{
  /* The first that either is.  RFC 7673 3.2: one that was forged makes the other worthless. */
  static const EnjLookupResult order[]
      = { ENJ_LOOKUP_FORGED, ENJ_LOOKUP_FOUND, ENJ_LOOKUP_FAILED, ENJ_LOOKUP_REFUSED,
          ENJ_LOOKUP_NO_NAME };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    if (a == order[i] || b == order[i])
      return order[i];

  return ENJ_LOOKUP_NO_DATA;
}

/* Letters, digits, hyphen (RFC 952), and the underscore that is found in the wild. */
static gboolean
append_label (GString *name, const guint8 *label, gsize len)
{
  if (name->len > 0)
    g_string_append_c (name, '.');
  for (gsize i = 0; i < len; i++)
    {
      char c = (char) label[i];

      if (!g_ascii_isalnum (c) && c != '-' && c != '_')
        return FALSE;
      g_string_append_c (name, g_ascii_tolower (c));
    }
  return TRUE;
}

/* All of @data is one name; NULL where it is not. */
static char *
parse_name_new (const guint8 *data, gsize len)
{
  GString *name;
  gsize at = 0;

  if (len == 0 || len > NAME_MAX_BYTES)
    return NULL;

  name = g_string_new (NULL);
  while (at < len && data[at] > 0 && data[at] <= LABEL_MAX && at + 1 + data[at] < len
         && append_label (name, data + at + 1, data[at]))
    at += 1u + data[at];

  return g_string_free (name, at != len - 1 || data[at] != 0);
}

gboolean
enj_dns_answer_parse_srv (const guint8 *data, gsize len, EnjSrvRecord *record)
{
  char *target = len > SRV_HEAD ? parse_name_new (data + SRV_HEAD, len - SRV_HEAD) : NULL;

  if (!target)
    return FALSE;

  *record = (EnjSrvRecord){
    .priority = (guint16) (data[0] << 8 | data[1]),
    .weight = (guint16) (data[2] << 8 | data[3]),
    .port = (guint16) (data[4] << 8 | data[5]),
    .target = target,
  };
  return TRUE;
}

gboolean
enj_dns_answer_parse_address (const guint8 *data, gsize len, EnjAddress *address)
{
  if (len != 4 && len != 16)
    return FALSE;

  *address = (EnjAddress){ .length = (guint8) len };
  memcpy (address->bytes, data, len);
  return TRUE;
}

gboolean
enj_dns_answer_parse_tlsa (const guint8 *data, gsize len, EnjTlsaRecord *record)
{
  if (len <= TLSA_HEAD)
    return FALSE;

  *record = (EnjTlsaRecord){ .data = data, .len = len };
  return TRUE;
}

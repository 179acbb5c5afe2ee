#include "config.h"

#include "protocol/jid.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <idna.h>
#include <punycode.h>

#include "protocol/prep.h"

/* RFC 7622 3.1: three parts and two separators.  Nothing longer is looked at. */
#define JID_MAX (3 * ENJ_JID_PART_MAX + 2)
G_STATIC_ASSERT (JID_MAX == ENJ_PREP_MAX);

/* RFC 1035 2.3.4; a name takes 255 bytes on the wire, 253 in text without the last dot. */
#define LABEL_MAX 63
#define DOMAIN_MAX 253

#define ACE_LENGTH (sizeof IDNA_ACE_PREFIX - 1)

/* U+3002: a dot to IDNA (RFC 3490 3.1), but not to nameprep.  The other dots of
 * that section become this one or '.' in normalisation. */
#define IDEOGRAPHIC_DOT "\xe3\x80\x82"
#define IDEOGRAPHIC_DOT_CODE 0x3002

/* Names met on the wire may be newer than Unicode 3.2 (RFC 3490 4). */
#define FLAGS_STRICT IDNA_USE_STD3_ASCII_RULES
#define FLAGS_WIRE (IDNA_USE_STD3_ASCII_RULES | IDNA_ALLOW_UNASSIGNED)

#define BIT(c) (G_GUINT64_CONSTANT (1) << ((c) & 63))
#define CONTROLS G_GUINT64_CONSTANT (0xffffffff)

/* One part of an address while it is prepared. */
typedef struct
{
  char text[JID_MAX + 1];
  gsize len;
} Buffer;

/* How a localpart and a resourcepart are prepared (RFC 6122 appendices A and B). */
typedef struct
{
  const char *name;
  EnjPrepProfile profile;
  guint64 forbidden[2]; /* the ASCII characters, as bits */
  gboolean fold;        /* letters become small */
} Part;

static const Part localpart = {
  "localpart",
  ENJ_PREP_NODE,
  { CONTROLS | BIT (' ') | BIT ('"') | BIT ('&') | BIT ('\'') | BIT ('/') | BIT (':') | BIT ('<')
      | BIT ('>'),
    BIT ('@') | BIT (0x7f) },
  TRUE,
};

static const Part resourcepart = {
  "resourcepart",
  ENJ_PREP_RESOURCE,
  { CONTROLS, BIT (0x7f) },
  FALSE,
};

/* The text of a peer is never part of the message. */
G_GNUC_PRINTF (2, 3)
static gboolean
malformed (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error)
    *error = g_error_new_valist (ENJ_STANZA_ERROR, ENJ_STANZA_JID_MALFORMED, format, args);
  va_end (args);
  return FALSE;
}

static gboolean
is_ascii (const char *text, gsize len)
{
  for (gsize i = 0; i < len; i++)
    if ((guchar) text[i] >= 0x80)
      return FALSE;

  return TRUE;
}

static gboolean
prepare (Buffer *buffer, EnjPrepProfile profile, const char *name, GError **error)
{
  const char *why;

  if (!enj_prep_run (buffer->text, profile, &why))
    return malformed (error, "%s: %s", name, why);

  buffer->len = strlen (buffer->text);
  return TRUE;
}

static gboolean
check_length (const Buffer *buffer, const char *name, GError **error)
{
  if (buffer->len == 0)
    return malformed (error, "%s is empty", name);
  if (buffer->len > ENJ_JID_PART_MAX)
    return malformed (error, "%s takes %" G_GSIZE_FORMAT " bytes, limit is %d", name, buffer->len,
                      ENJ_JID_PART_MAX);

  return TRUE;
}

static gboolean
fill (Buffer *buffer, const char *text, gsize len, const char *name, GError **error)
{
  if (len > JID_MAX)
    return malformed (error, "%s takes more than %d bytes", name, JID_MAX);

  memcpy (buffer->text, text, len);
  buffer->text[len] = '\0';
  buffer->len = len;
  return TRUE;
}

static gboolean
prepare_part (const Part *part, const char *text, gsize len, Buffer *buffer, GError **error)
{
  if (!fill (buffer, text, len, part->name, error))
    return FALSE;

  if (!is_ascii (text, len))
    return prepare (buffer, part->profile, part->name, error)
           && check_length (buffer, part->name, error);

  for (gsize i = 0; i < len; i++)
    {
      guchar c = (guchar) text[i];

      if (part->forbidden[c >> 6] & BIT (c))
        return malformed (error, "%s holds the character 0x%02x", part->name, c);
      if (part->fold)
        buffer->text[i] = g_ascii_tolower (text[i]);
    }

  return check_length (buffer, part->name, error);
}

/* RFC 1123 2.1 and RFC 3490 4.1 step 3: letters, digits and inner hyphens. */
static gboolean
is_plain_label (const char *label, gsize len)
{
  if (len == 0 || len > LABEL_MAX || label[0] == '-' || label[len - 1] == '-')
    return FALSE;

  for (gsize i = 0; i < len; i++)
    if (!g_ascii_islower (label[i]) && !g_ascii_isdigit (label[i]) && label[i] != '-')
      return FALSE;

  return TRUE;
}

static gboolean
is_a_label (const char *label, gsize len)
{
  return len >= ACE_LENGTH && memcmp (label, IDNA_ACE_PREFIX, ACE_LENGTH) == 0;
}

/* TRUE where @text is its own canonical form, as nearly every name is. */
static gboolean
is_plain_name (const char *text, gsize len)
{
  const char *end = text + len;

  if (len > DOMAIN_MAX)
    return FALSE;

  for (const char *label = text;; label++)
    {
      const char *dot = memchr (label, '.', end - label);
      gsize n = (dot ? dot : end) - label;

      if (!is_plain_label (label, n) || is_a_label (label, n))
        return FALSE;
      if (!dot)
        return TRUE;
      label = dot;
    }
}

/* Appends the U-label of an A-label in small letters, which has to lead back to it. */
static gboolean
append_decoded (Buffer *out, const char *label, gsize len, int flags, GError **error)
{
  punycode_uint code[LABEL_MAX + 1];
  size_t n = LABEL_MAX;
  char again[LABEL_MAX + 1];

  if (punycode_decode (len - ACE_LENGTH, label + ACE_LENGTH, &n, code, NULL) != PUNYCODE_SUCCESS)
    return malformed (error, "domain has an A-label that does not decode");

  for (size_t i = 0; i < n; i++)
    /* A dot inside of a label would be another name when it is read again. */
    if (!g_unichar_validate (code[i]) || code[i] == IDEOGRAPHIC_DOT_CODE)
      return malformed (error, "domain has an A-label of U+%04X", (guint) code[i]);

  if (idna_to_ascii_4i (code, n, again, flags) != IDNA_SUCCESS
      || strlen (again) != len || memcmp (again, label, len) != 0)
    return malformed (error, "domain has an A-label that is not one of a U-label");

  for (size_t i = 0; i < n; i++)
    out->len += g_unichar_to_utf8 (code[i], out->text + out->len);

  return TRUE;
}

/* Appends the canonical form of a label after nameprep; adds its length as an A-label. */
static gboolean
append_label (Buffer *out, const char *label, gsize len, int flags, gsize *ascii_len,
              GError **error)
{
  g_autofree gunichar *code = NULL;
  char ascii[LABEL_MAX + 1];
  glong n;
  int rc;

  if (is_ascii (label, len))
    {
      if (!is_plain_label (label, len))
        return malformed (error, "domain has a label that is no host name");
      *ascii_len += len;
      if (is_a_label (label, len))
        return append_decoded (out, label, len, flags, error);

      memcpy (out->text + out->len, label, len);
      out->len += len;
      return TRUE;
    }

  /* Punycode takes at least one byte for each character. */
  code = g_utf8_to_ucs4_fast (label, len, &n);
  if (n > LABEL_MAX)
    return malformed (error, "domain has a label of %ld characters, limit is %d", n, LABEL_MAX);

  rc = idna_to_ascii_4i (code, n, ascii, flags);
  if (rc != IDNA_SUCCESS)
    return malformed (error, "domain: %s", idna_strerror (rc));
  if (!is_a_label (ascii, strlen (ascii)))
    return malformed (error, "domain cannot be normalised");

  *ascii_len += strlen (ascii);
  return append_decoded (out, ascii, strlen (ascii), flags, error);
}

static void
replace_dots (Buffer *buffer)
{
  const gsize width = sizeof IDEOGRAPHIC_DOT - 1;
  char *found = buffer->text;

  while ((found = strstr (found, IDEOGRAPHIC_DOT)))
    {
      *found = '.';
      memmove (found + 1, found + width, strlen (found + width) + 1);
    }
  buffer->len = strlen (buffer->text);
}

/* TRUE where @buffer is an IP literal; an IPv6 one gets its one spelling (RFC 5952). */
static gboolean
prepare_ip (Buffer *buffer)
{
  char *text = buffer->text;
  struct in6_addr address;
  char inner[INET6_ADDRSTRLEN];

  if (text[0] != '[')
    return inet_pton (AF_INET, text, &address) == 1;

  if (buffer->len < 3 || buffer->len >= sizeof inner + 2 || text[buffer->len - 1] != ']')
    return FALSE;

  memcpy (inner, text + 1, buffer->len - 2);
  inner[buffer->len - 2] = '\0';
  if (inet_pton (AF_INET6, inner, &address) != 1)
    return FALSE;

  inet_ntop (AF_INET6, &address, inner, sizeof inner);
  buffer->len = g_snprintf (text, sizeof buffer->text, "[%s]", inner);
  return TRUE;
}

/* Splits what nameprep has left into labels. */
static gboolean
prepare_labels (const Buffer *prepared, int flags, Buffer *out, GError **error)
{
  const char *label = prepared->text;
  gsize ascii_len = 0;

  out->len = 0;
  for (;;)
    {
      gsize len = strcspn (label, ".");

      if (!append_label (out, label, len, flags, &ascii_len, error))
        return FALSE;
      /* Checked at each label, which also keeps @out within its size. */
      if (ascii_len > DOMAIN_MAX)
        return malformed (error, "domain is a name of over %d bytes", DOMAIN_MAX);
      if (label[len] == '\0')
        break;

      ascii_len++;
      out->text[out->len++] = '.';
      label += len + 1;
    }

  out->text[out->len] = '\0';
  return check_length (out, "domain", error);
}

static gboolean
prepare_domain (const char *text, gsize len, int flags, Buffer *out, GError **error)
{
  Buffer prepared;

  /* RFC 7622 3.2: before anything else. */
  if (len > 0 && text[len - 1] == '.')
    len--;

  if (is_plain_name (text, len))
    return fill (out, text, len, "domain", error);

  if (!fill (&prepared, text, len, "domain", error))
    return FALSE;

  /* Nameprep of the whole, for normalisation can make dots.  Its later steps,
   * the direction of text above all, are a matter of each label (RFC 3490 3.1). */
  if (!is_ascii (text, len) && !prepare (&prepared, ENJ_PREP_NAME_MAPPING, "domain", error))
    return FALSE;
  for (gsize i = 0; i < prepared.len; i++)
    prepared.text[i] = g_ascii_tolower (prepared.text[i]);

  replace_dots (&prepared);
  if (prepare_ip (&prepared))
    return fill (out, prepared.text, prepared.len, "domain", error);

  return prepare_labels (&prepared, flags, out, error);
}

static char *
domain_new (const char *domain, int flags, GError **error)
{
  Buffer buffer;

  if (!prepare_domain (domain, strnlen (domain, JID_MAX + 2), flags, &buffer, error))
    return NULL;

  return g_strndup (buffer.text, buffer.len);
}

char *
enj_jid_domain_new (const char *domain, GError **error)
{
  return domain_new (domain, FLAGS_WIRE, error);
}

char *
enj_jid_domain_new_strict (const char *domain, GError **error)
{
  return domain_new (domain, FLAGS_STRICT, error);
}

const char *
enj_jid_fill_domain (const char *jid, char buffer[ENJ_JID_DOMAIN_SIZE])
{
  gsize len;
  const char *domain = enj_jid_find_domain (jid, &len);
  Buffer prepared;

  if (len <= DOMAIN_MAX && is_plain_name (domain, len))
    {
      memcpy (buffer, domain, len);
      buffer[len] = '\0';
      return buffer;
    }
  if (len > JID_MAX || !prepare_domain (domain, len, FLAGS_WIRE, &prepared, NULL)
      || prepared.len >= ENJ_JID_DOMAIN_SIZE)
    return NULL;
  memcpy (buffer, prepared.text, prepared.len);
  buffer[prepared.len] = '\0';
  return buffer;
}

char *
enj_jid_domain_new_ascii (const char *canonical)
{
  char *ascii = NULL;
  char *result;

  if (is_ascii (canonical, strlen (canonical)))
    return g_strdup (canonical);

  /* It went the same way when it was made canonical. */
  if (idna_to_ascii_8z (canonical, &ascii, FLAGS_WIRE) != IDNA_SUCCESS)
    g_return_val_if_reached (NULL);

  result = g_strdup (ascii);
  free (ascii);
  return result;
}

gboolean
enj_jid_domain_is_ip (const char *canonical)
{
  struct in_addr address;

  return canonical[0] == '[' || inet_pton (AF_INET, canonical, &address) == 1;
}

const char *
enj_jid_find_domain (const char *jid, gsize *len)
{
  const char *end = strchrnul (jid, '/');
  const char *at = memchr (jid, '@', end - jid);
  const char *start = at ? at + 1 : jid;

  *len = end - start;
  return start;
}

/* A whole address; the buffers of absent parts are empty. */
static gboolean
prepare_all (const char *jid, Buffer *local, Buffer *domain, Buffer *resource, GError **error)
{
  gsize total = strnlen (jid, JID_MAX + 1);
  const char *start;
  const char *end;
  gsize len;

  if (total > JID_MAX)
    return malformed (error, "address takes more than %d bytes", JID_MAX);

  start = enj_jid_find_domain (jid, &len);
  end = start + len;
  local->text[local->len = 0] = '\0';
  resource->text[resource->len = 0] = '\0';

  if (start > jid && !prepare_part (&localpart, jid, start - 1 - jid, local, error))
    return FALSE;
  if (!prepare_domain (start, len, FLAGS_WIRE, domain, error))
    return FALSE;

  if (*end == '\0')
    return TRUE;

  return prepare_part (&resourcepart, end + 1, jid + total - end - 1, resource, error);
}

static char *
dup_part (const Buffer *buffer)
{
  return buffer->len > 0 ? g_strndup (buffer->text, buffer->len) : NULL;
}

gboolean
enj_jid_parse (const char *jid, char **local, char **domain, char **resource, GError **error)
{
  Buffer parts[3];

  if (!prepare_all (jid, &parts[0], &parts[1], &parts[2], error))
    return FALSE;

  if (local)
    *local = dup_part (&parts[0]);
  if (domain)
    *domain = dup_part (&parts[1]);
  if (resource)
    *resource = dup_part (&parts[2]);
  return TRUE;
}

/* "" where a part is absent. */
static char *
join (const char *local, const char *domain, const char *resource)
{
  return g_strconcat (local, *local ? "@" : "", domain, *resource ? "/" : "", resource, NULL);
}

char *
enj_jid_prepare_new (const char *jid, GError **error)
{
  Buffer parts[3];

  if (!prepare_all (jid, &parts[0], &parts[1], &parts[2], error))
    return NULL;

  return join (parts[0].text, parts[1].text, parts[2].text);
}

char *
enj_jid_new (const char *local, const char *domain, const char *resource)
{
  const char *parts[] = { local ? local : "", domain ? domain : "", resource ? resource : "" };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (strlen (parts[i]) > ENJ_JID_PART_MAX)
      return NULL;

  return join (parts[0], parts[1], parts[2]);
}

/* The character that the sequence at @text stands for, 0 where there is none.
 * XEP-0106 3.1: case is significant. */
static char
find_sequence (const char *text)
{
  static const char sequences[] = "20 22 26 27 2f 3a 3c 3e 40 5c";

  if (text[0] != '\\' || text[1] == '\0')
    return 0;

  for (const char *s = sequences; s < sequences + sizeof sequences; s += 3)
    if (text[1] == s[0] && text[2] == s[1])
      return (char) (g_ascii_xdigit_value (s[0]) * 16 + g_ascii_xdigit_value (s[1]));

  return 0;
}

char *
enj_jid_escape_new (const char *text)
{
  gsize len = strlen (text);
  GString *escaped;

  /* XEP-0106 4.1: the sequence for it would be the first or the last. */
  if (len > 0 && (text[0] == ' ' || text[len - 1] == ' '))
    return NULL;

  escaped = g_string_sized_new (len + 16);
  for (const char *s = text; *s; s++)
    if (strchr (" \"&'/:<>@", *s) || find_sequence (s))
      g_string_append_printf (escaped, "\\%02x", (guint) *s);
    else
      g_string_append_c (escaped, *s);

  return g_string_free (escaped, FALSE);
}

char *
enj_jid_unescape_new (const char *text)
{
  char *unescaped = g_malloc (strlen (text) + 1);
  char *end = unescaped;

  while (*text)
    {
      char c = find_sequence (text);

      *end++ = c ? c : *text;
      text += c ? 3 : 1;
    }
  *end = '\0';
  return unescaped;
}

#include "config.h"

#include "tests/support/nameserver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct EnjTestNameserver
{
  EnjWatch *watch;
  const EnjTestRecord *zone;
  guint n;
  int fd;
  guint16 port;
  guint n_asked;
  gboolean root_is_silent;
  const EnjTestSigner *signer;
};

static gsize
read_name (const guint8 *packet, char *name)
{
  gsize at = 12;
  GString *text = g_string_new (NULL);

  for (; packet[at]; at += 1u + packet[at])
    {
      if (text->len > 0)
        g_string_append_c (text, '.');
      g_string_append_len (text, (const char *) packet + at + 1, packet[at]);
    }
  g_strlcpy (name, text->str, 256);
  g_string_free (text, TRUE);
  return at + 1;
}

/* The last byte of the numbers of records. */
#define ANSWERS 7
#define AUTHORITY 9
#define ADDITIONAL 11

static void
append_record (GByteArray *reply, guint section, int type, const void *data, gsize len)
{
  const guint8 head[]
      = { 0xc0, 12, 0, (guint8) type, 0, 1, 0, 0, 0, ENJ_TEST_TTL, 0, (guint8) len };

  g_byte_array_append (reply, head, sizeof head);
  g_byte_array_append (reply, data, (guint) len);
  reply->data[section]++;
}

/* ---- Signed ----------------------------------------------------------- */

static GPtrArray *
find_new (const EnjTestNameserver *self, const char *name, int type)
{
  GPtrArray *found = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  for (guint i = 0; i < self->n; i++)
    if (g_ascii_strcasecmp (self->zone[i].name, name) == 0 && self->zone[i].type == type)
      g_ptr_array_add (found, g_bytes_new_static (self->zone[i].data, self->zone[i].len));
  if (!*name && type == ENJ_TEST_DNSKEY)
    g_ptr_array_add (found, g_bytes_ref (enj_test_signer_get_key (self->signer)));
  if (!*name && type == ENJ_TEST_NS)
    g_ptr_array_add (found, g_bytes_new_static ("\2ns\7example", 12));
  return found;
}

/* RFC 4034 4.1: the name exists, and has a signature and this record only; the top of the other
 * zone has an NS record too. */
static GBytes *
denial_new (const char *name, gboolean has_other_zone)
{
  const guint8 types[] = { 0, 6, has_other_zone ? 0x20 : 0, 0, 0, 0, 0, 3 };
  g_autofree char *next = g_strconcat ("-.", name, NULL);
  GByteArray *record = g_byte_array_new ();

  enj_test_signer_append_name (record, next);
  record->data[1] = 0;
  g_byte_array_append (record, types, sizeof types);
  return g_byte_array_free_to_bytes (record);
}

static void
append_signed (const EnjTestNameserver *self, GByteArray *reply, guint section, const char *name,
               int type, GPtrArray *records)
{
  g_autoptr (GBytes) signature = NULL;
  gsize len;

  for (guint i = 0; i < records->len; i++)
    {
      const guint8 *data = g_bytes_get_data (records->pdata[i], &len);

      append_record (reply, section, type, data, len);
    }
  if (records->len == 0)
    return;
  signature = enj_test_signer_new_signature (self->signer, name, type, records);
  append_record (reply, section, ENJ_TEST_RRSIG, g_bytes_get_data (signature, NULL),
                 g_bytes_get_size (signature));
  if (g_str_has_prefix (name, "forged"))
    reply->data[reply->len - 1] ^= 1;
}

static void
fill_signed (const EnjTestNameserver *self, GByteArray *reply, const char *name, int type)
{
  /* RFC 6891: of 1232 bytes, and DNSSEC is understood. */
  static const guint8 opt[] = { 0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0, 0 };
  const gboolean is_insecure = strstr (name, "insecure") != NULL;
  g_autoptr (GPtrArray) found = find_new (self, name, type);

  for (guint i = 0; is_insecure && i < found->len; i++)
    append_record (reply, ANSWERS, type, g_bytes_get_data (found->pdata[i], NULL),
                   g_bytes_get_size (found->pdata[i]));
  if (!is_insecure)
    append_signed (self, reply, ANSWERS, name, type, found);
  if (found->len == 0 && (!is_insecure || type == ENJ_TEST_DS))
    {
      g_ptr_array_add (found, denial_new (name, g_str_has_prefix (name, "insecure")));
      append_signed (self, reply, AUTHORITY, name, ENJ_TEST_NSEC, found);
    }
  g_byte_array_append (reply, opt, sizeof opt);
  reply->data[ADDITIONAL]++;
}

/* ---- Everything else -------------------------------------------------- */

/* FALSE for silence. */
static gboolean
fill_reply (const EnjTestNameserver *self, GByteArray *reply, const char *name, int type)
{
  gboolean has_other = FALSE;

  if (!*name && self->root_is_silent)
    return FALSE;
  if (self->signer)
    {
      fill_signed (self, reply, name, type);
      return TRUE;
    }
  for (guint i = 0; i < self->n; i++)
    {
      const EnjTestRecord *record = &self->zone[i];

      if (g_ascii_strcasecmp (record->name, name) != 0)
        continue;
      if (record->type == type || record->type == ENJ_TEST_CNAME)
        append_record (reply, ANSWERS, record->type, record->data, record->len);
      if (record->type == ENJ_TEST_FAILS)
        reply->data[3] |= 2;
      if (record->type == ENJ_TEST_IS_SILENT && reply->data[ANSWERS] == 0)
        return FALSE;
      has_other = TRUE;
    }
  if (!has_other)
    reply->data[3] |= 3;
  return TRUE;
}

static void
serve (guint32 events, gint64 now, gpointer data)
{
  EnjTestNameserver *self = data;
  guint8 packet[512];
  struct sockaddr_in from;
  socklen_t from_len = sizeof from;
  gssize len
      = recvfrom (self->fd, packet, sizeof packet, 0, (struct sockaddr *) &from, &from_len);
  g_autoptr (GByteArray) reply = g_byte_array_new ();
  char name[256];
  gsize end;
  int type;

  (void) events;
  (void) now;
  g_assert_cmpint (len, >, 16);
  end = read_name (packet, name);
  type = packet[end] << 8 | packet[end + 1];
  g_byte_array_append (reply, packet, (guint) end + 4);
  reply->data[2] = 0x81;
  reply->data[3] = 0x80;
  memset (reply->data + 6, 0, 6);
  self->n_asked++;
  if (fill_reply (self, reply, name, type))
    g_assert_cmpint (sendto (self->fd, reply->data, reply->len, 0, (struct sockaddr *) &from,
                             from_len),
                     ==, reply->len);
}

EnjTestNameserver *
enj_test_nameserver_new (EnjLoop *loop, const EnjTestRecord *zone, guint n)
{
  EnjTestNameserver *self = g_new0 (EnjTestNameserver, 1);
  struct sockaddr_in address = { .sin_family = AF_INET };
  g_autoptr (GError) error = NULL;
  socklen_t len = sizeof address;

  self->zone = zone;
  self->n = n;
  self->fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *) &address, len), ==, 0);
  g_assert_cmpint (getsockname (self->fd, (struct sockaddr *) &address, &len), ==, 0);
  self->port = ntohs (address.sin_port);
  self->watch = enj_loop_watch (loop, self->fd, EPOLLIN, serve, self, &error);
  g_assert_no_error (error);
  return self;
}

void
enj_test_nameserver_free (EnjTestNameserver *self)
{
  enj_watch_free (self->watch);
  close (self->fd);
  g_free (self);
}

guint16
enj_test_nameserver_get_port (const EnjTestNameserver *self)
{
  return self->port;
}

guint
enj_test_nameserver_count (const EnjTestNameserver *self)
{
  return self->n_asked;
}

void
enj_test_nameserver_sign (EnjTestNameserver *self, const EnjTestSigner *signer)
{
  self->signer = signer;
}

void
enj_test_nameserver_hide_root (EnjTestNameserver *self)
{
  self->root_is_silent = TRUE;
}

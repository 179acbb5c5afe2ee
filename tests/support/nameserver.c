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

static void
append_record (GByteArray *reply, int type, const char *data, gsize len)
{
  const guint8 head[] = { 0xc0, 12, 0, (guint8) type, 0, 1, 0, 0, 0, 60, 0, (guint8) len };

  g_byte_array_append (reply, head, sizeof head);
  g_byte_array_append (reply, (const guint8 *) data, (guint) len);
  reply->data[7]++;
}

/* FALSE for silence. */
static gboolean
fill_reply (const EnjTestNameserver *self, GByteArray *reply, const char *name, int type)
{
  gboolean has_other = FALSE;

  if (!*name && self->root_is_silent)
    return FALSE;
  for (guint i = 0; i < self->n; i++)
    {
      const EnjTestRecord *record = &self->zone[i];

      if (g_ascii_strcasecmp (record->name, name) != 0)
        continue;
      if (record->type == type || record->type == ENJ_TEST_CNAME)
        append_record (reply, record->type, record->data, record->len);
      if (record->type == ENJ_TEST_FAILS)
        reply->data[3] |= 2;
      if (record->type == ENJ_TEST_IS_SILENT && reply->data[7] == 0)
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
enj_test_nameserver_hide_root (EnjTestNameserver *self)
{
  self->root_is_silent = TRUE;
}

#include "config.h"

#include "component/httpd.h"

#include <string.h>
#include <unistd.h>

#ifdef HAVE_LIBSOUP
#include <libsoup/soup.h>
#endif

#include "protocol/limits.h"
#include "component/descriptors.h"

#ifdef HAVE_LIBSOUP

/* At once.  A scraper has one, a browser some more for a moment. */
#define CONNECTIONS 16

/* For a question and its answer, with all that lies between. */
#define TIME (10 * ENJ_SECOND)

#define LOOK_EVERY ENJ_SECOND

/* No script, nothing from elsewhere, and nobody frames it. */
#define POLICY                                                                            \
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; " \
  "frame-ancestors 'none'"

typedef struct
{
  GSocket *socket;
  gint64 since;
} Connection;

struct EnjHttpd
{
  EnjLoop *loop;
  EnjWatch *timer;
  SoupServer *server;
  const EnjHttpdPage *pages;
  EnjHttpdMake make;
  gpointer data;
  GPtrArray *listeners;
  Connection connections[CONNECTIONS]; /* the oldest first */
  guint n_connections;
};

gboolean
enj_httpd_is_built (void)
{
  return TRUE;
}

/* ---- Connections ----------------------------------------------------------------- */

static void
drop_first (EnjHttpd *self, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      /* libsoup, which still has it, reads the end and closes it. */
      (void) g_socket_shutdown (self->connections[i].socket, TRUE, TRUE, NULL);
      g_object_unref (self->connections[i].socket);
    }
  self->n_connections -= n;
  memmove (self->connections, self->connections + n, self->n_connections * sizeof (Connection));
}

static void
forget_closed (EnjHttpd *self)
{
  guint n = 0;

  for (guint i = 0; i < self->n_connections; i++)
    if (g_socket_is_closed (self->connections[i].socket))
      g_object_unref (self->connections[i].socket);
    else
      self->connections[n++] = self->connections[i];
  self->n_connections = n;
}

static void
handle_timer (guint32 events, gint64 now, gpointer data)
{
  EnjHttpd *self = data;
  guint old = 0;

  (void) events;
  forget_closed (self);
  while (old < self->n_connections && now - self->connections[old].since >= TIME)
    old++;
  drop_first (self, old);
  if (self->n_connections > 0)
    enj_watch_set_deadline (self->timer, now + LOOK_EVERY);
}

/* Takes @fd. */
static gboolean
hand_to_soup (EnjHttpd *self, int fd, GSocket **handed)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, NULL);
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GSocketAddress) local = NULL;
  g_autoptr (GSocketAddress) remote = NULL;

  if (!socket)
    {
      (void) close (fd); /* Nothing was said on it. */
      return FALSE;
    }
  stream = g_socket_connection_factory_create_connection (socket);
  local = g_socket_get_local_address (socket, NULL);
  remote = g_socket_get_remote_address (socket, NULL);
  if (!local || !remote
      || !soup_server_accept_iostream (self->server, G_IO_STREAM (stream), local, remote, NULL))
    return FALSE;
  *handed = g_steal_pointer (&socket);
  return TRUE;
}

static void
handle_accepted (int fd, const EnjAddress *peer, gpointer data)
{
  EnjHttpd *self = data;
  gint64 now = enj_loop_now (self->loop);
  GSocket *socket;

  (void) peer;
  /* GLib aborts where it gets none for itself, and streams are worth more than numbers. */
  if (enj_descriptors_is_one_of_last (fd))
    {
      (void) close (fd); /* Whoever asks again may have luck. */
      return;
    }
  forget_closed (self);
  if (self->n_connections == CONNECTIONS)
    drop_first (self, 1);
  if (!hand_to_soup (self, fd, &socket))
    return;
  self->connections[self->n_connections++] = (Connection){ .socket = socket, .since = now };
  enj_watch_set_deadline (self->timer, now + LOOK_EVERY);
}

/* ---- Questions --------------------------------------------------------------------- */

static gboolean
is_loopback (GSocketAddress *address)
{
  GInetAddress *inet;
  char *text;
  gboolean is_mapped;

  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return FALSE;
  inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  text = g_inet_address_to_string (inet);
  is_mapped = g_str_has_prefix (text, "::ffff:127."); /* RFC 4291 2.5.5.2 */
  g_free (text);
  return is_mapped || g_inet_address_get_is_loopback (inet);
}

/* Host, which the URI is made of, is an address or localhost. */
static gboolean
is_for_nobody_else (SoupServerMessage *message)
{
  const char *host = g_uri_get_host (soup_server_message_get_uri (message));

  return host && (g_hostname_is_ip_address (host) || g_ascii_strcasecmp (host, "localhost") == 0);
}

static void
answer (SoupServerMessage *message, guint status, const char *type, const char *text, gsize len)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, type, SOUP_MEMORY_COPY, text, len);
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "Connection", "close");
  soup_message_headers_replace (headers, "Content-Security-Policy", POLICY);
  soup_message_headers_replace (headers, "Referrer-Policy", "no-referrer");
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
}

static void
refuse (SoupServerMessage *message, guint status, const char *text)
{
  answer (message, status, "text/plain; charset=utf-8", text, strlen (text));
}

/* Before the body: none is wanted, and none is kept. */
static void
handle_early (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
              gpointer data)
{
  const char *method = soup_server_message_get_method (message);

  (void) server;
  (void) path;
  (void) query;
  (void) data;
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  /* A part of a page is of no use to anybody: it is given whole. */
  soup_message_headers_remove (soup_server_message_get_request_headers (message), "Range");
  if (strcmp (method, "GET") != 0 && strcmp (method, "HEAD") != 0)
    {
      refuse (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
      soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow",
                                    "GET, HEAD");
    }
}

static void
give (EnjHttpd *self, SoupServerMessage *message, guint page, GHashTable *query)
{
  const char *after = query ? g_hash_table_lookup (query, "after") : NULL;
  GString *text = self->make (page, after ? after : "", self->data);

  answer (message, SOUP_STATUS_OK, self->pages[page].type, text->str, text->len);
  g_string_free (text, TRUE);
}

static void
handle_question (SoupServer *server, SoupServerMessage *message, const char *path,
                 GHashTable *query, gpointer data)
{
  EnjHttpd *self = data;
  guint page = 0;

  (void) server;
  while (self->pages[page].path && strcmp (self->pages[page].path, path) != 0)
    page++;
  if (!self->pages[page].path)
    refuse (message, SOUP_STATUS_NOT_FOUND, "there is no such page\n");
  else if (self->pages[page].is_private
           && (!is_loopback (soup_server_message_get_local_address (message))
               || !is_loopback (soup_server_message_get_remote_address (message))))
    refuse (message, SOUP_STATUS_FORBIDDEN, "on loopback only\n");
  else if (self->pages[page].is_private && !is_for_nobody_else (message))
    refuse (message, SOUP_STATUS_FORBIDDEN, "ask for an IP address, or for localhost\n");
  else
    give (self, message, page, query);
}

/* ---- Life -------------------------------------------------------------------------- */

EnjHttpd *
enj_httpd_new (EnjLoop *loop, const EnjHttpdPage *pages, EnjHttpdMake make, gpointer data,
               GError **error)
{
  g_autoptr (EnjHttpd) self = g_new0 (EnjHttpd, 1);

  self->loop = loop;
  self->pages = pages;
  self->make = make;
  self->data = data;
  self->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) enj_listener_free);
  self->timer = enj_loop_watch (loop, -1, 0, handle_timer, self, error);
  if (!self->timer)
    return NULL;
  self->server = soup_server_new (NULL, NULL);
  soup_server_add_early_handler (self->server, NULL, handle_early, self, NULL);
  soup_server_add_handler (self->server, NULL, handle_question, self, NULL);
  return g_steal_pointer (&self);
}

void
enj_httpd_free (EnjHttpd *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->listeners);
  drop_first (self, self->n_connections);
  if (self->server)
    {
      soup_server_disconnect (self->server);
      soup_server_remove_handler (self->server, NULL);
      g_object_unref (self->server);
    }
  enj_watch_free (self->timer);
  g_free (self);
}

gboolean
enj_httpd_listen (EnjHttpd *self, const EnjAddress *address, GError **error)
{
  EnjListener *listener = enj_listener_new (self->loop, address, handle_accepted, self, error);

  if (listener)
    g_ptr_array_add (self->listeners, listener);
  return listener != NULL;
}

const EnjAddress *
enj_httpd_get_address (const EnjHttpd *self, guint index)
{
  return enj_listener_get_address (self->listeners->pdata[index]);
}

#else

gboolean
enj_httpd_is_built (void)
{
  return FALSE;
}

EnjHttpd *
enj_httpd_new (EnjLoop *loop, const EnjHttpdPage *pages, EnjHttpdMake make, gpointer data,
               GError **error)
{
  (void) loop;
  (void) pages;
  (void) make;
  (void) data;
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
                       "this enjamb was built without libsoup");
  return NULL;
}

/* What never is cannot listen nor end. */
void
enj_httpd_free (EnjHttpd *self)
{
  g_return_if_fail (!self);
}

gboolean
enj_httpd_listen (EnjHttpd *self, const EnjAddress *address, GError **error)
{
  (void) self;
  (void) address;
  (void) error;
  g_return_val_if_reached (FALSE);
}

const EnjAddress *
enj_httpd_get_address (const EnjHttpd *self, guint index)
{
  (void) self;
  (void) index;
  g_return_val_if_reached (NULL);
}
#endif

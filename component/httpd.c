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

/* At once.  A scraper has one, a browser some more for a moment.  Others wait in the kernel, in
 * the order that they came, so that each has its turn: to cut the oldest, or to refuse the newest,
 * would keep a scraper out for as long as somebody else connects faster. */
#define CONNECTIONS 16

/* For a question and its answer, with all that lies between. */
#define TIME (10 * ENJ_SECOND)

/* For the question, while others wait. */
#define PATIENCE ENJ_SECOND

#define LOOK_EVERY ENJ_SECOND

/* No script, nothing from elsewhere, and nobody frames it. */
#define POLICY                                                                            \
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; " \
  "frame-ancestors 'none'"

typedef struct
{
  GSocket *socket;
  GSocketAddress *remote; /* by which a message is of it: libsoup hands this very object out */
  gint64 since;
  gboolean has_asked;
  gboolean is_done;
} Connection;

/* A page that is asked for, of a message that rests until it is made. */
typedef struct
{
  EnjHttpd *httpd;
  SoupServerMessage *message;
  guint page;
  char *after;
  GList link;
} Question;

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
  EnjDeferred tidying;
  GQueue questions; /* Question, of which a turn of the loop answers one */
  EnjDeferred answering;
};

gboolean
enj_httpd_is_built (void)
{
  return TRUE;
}

/* ---- Connections ----------------------------------------------------------------- */

static void
connection_end (Connection *connection)
{
  /* libsoup, which may still have it, reads the end and closes it. */
  if (!g_socket_is_closed (connection->socket))
    (void) g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
  g_object_unref (connection->socket);
  g_object_unref (connection->remote);
}

static gboolean
is_to_go (const Connection *connection, gboolean is_full, gint64 now)
{
  gint64 time = is_full && !connection->has_asked ? PATIENCE : TIME;

  return connection->is_done || now - connection->since >= time
         || g_socket_is_closed (connection->socket);
}

static void
set_paused (EnjHttpd *self)
{
  for (guint i = 0; i < self->listeners->len; i++)
    enj_listener_set_paused (self->listeners->pdata[i], self->n_connections == CONNECTIONS);
}

static void
tidy (gpointer data)
{
  EnjHttpd *self = data;
  gboolean is_full = self->n_connections == CONNECTIONS;
  gint64 now = enj_loop_now (self->loop);
  guint n = 0;

  for (guint i = 0; i < self->n_connections; i++)
    if (is_to_go (&self->connections[i], is_full, now))
      connection_end (&self->connections[i]);
    else
      self->connections[n++] = self->connections[i];
  self->n_connections = n;
  set_paused (self);
}

static void
handle_timer (guint32 events, gint64 now, gpointer data)
{
  EnjHttpd *self = data;

  (void) events;
  tidy (self);
  if (self->n_connections > 0)
    enj_watch_set_deadline (self->timer, now + LOOK_EVERY);
}

/* NULL for one that is gone. */
static Connection *
find_connection (EnjHttpd *self, SoupServerMessage *message)
{
  const GSocketAddress *remote = soup_server_message_get_remote_address (message);

  for (guint i = 0; i < self->n_connections; i++)
    if (self->connections[i].remote == remote)
      return &self->connections[i];
  return NULL;
}

/* Answered, or gone before. */
static void
handle_end (SoupServer *server, SoupServerMessage *message, gpointer data)
{
  EnjHttpd *self = data;
  Connection *connection = find_connection (self, message);

  (void) server;
  if (!connection)
    return;
  connection->is_done = TRUE;
  enj_loop_defer (self->loop, &self->tidying);
}

/* Takes @fd. */
static void
hand_to_soup (EnjHttpd *self, int fd)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, NULL);
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GSocketAddress) local = NULL;
  g_autoptr (GSocketAddress) remote = NULL;

  if (!socket)
    {
      (void) close (fd); /* Nothing was said on it. */
      return;
    }
  stream = g_socket_connection_factory_create_connection (socket);
  local = g_socket_get_local_address (socket, NULL);
  remote = g_socket_get_remote_address (socket, NULL);
  if (!local || !remote)
    return;
  /* It is there before libsoup has it, who reads what has come already at once. */
  self->connections[self->n_connections++]
    = (Connection){ .socket = g_object_ref (socket),
                    .remote = g_object_ref (remote),
                    .since = enj_loop_now (self->loop) };
  if (!soup_server_accept_iostream (self->server, G_IO_STREAM (stream), local, remote, NULL))
    connection_end (&self->connections[--self->n_connections]);
}

static void
handle_accepted (int fd, const EnjAddress *peer, gpointer data)
{
  EnjHttpd *self = data;
  gboolean is_first = self->n_connections == 0;

  (void) peer;
  /* GLib aborts where it gets none for itself, and streams are worth more than numbers. */
  if (enj_descriptors_is_one_of_last (fd))
    {
      (void) close (fd); /* Whoever asks again may have luck. */
      return;
    }
  hand_to_soup (self, fd);
  if (is_first && self->n_connections > 0)
    enj_watch_set_deadline (self->timer, enj_loop_now (self->loop) + LOOK_EVERY);
  set_paused (self);
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
question_free (Question *question)
{
  g_signal_handlers_disconnect_by_data (question->message, question);
  g_queue_unlink (&question->httpd->questions, &question->link);
  g_object_unref (question->message);
  g_free (question->after);
  g_free (question);
}

/* Nobody waits for the answer any more. */
static void
handle_left (SoupServerMessage *message, gpointer data)
{
  (void) message;
  question_free (data);
}

/* A page each for all who ask would hold up the streams. */
static void
answer_one (gpointer data)
{
  EnjHttpd *self = data;
  Question *question = g_queue_peek_head (&self->questions);
  GString *text;

  if (!question)
    return;
  text = self->make (question->page, question->after, self->data);
  answer (question->message, SOUP_STATUS_OK, self->pages[question->page].type, text->str,
          text->len);
  g_string_free (text, TRUE);
  soup_server_message_unpause (question->message);
  question_free (question);
  if (self->questions.length > 0)
    enj_loop_defer (self->loop, &self->answering);
}

static void
give (EnjHttpd *self, SoupServerMessage *message, guint page, GHashTable *query)
{
  const char *after = query ? g_hash_table_lookup (query, "after") : NULL;
  Connection *connection = find_connection (self, message);
  Question *question = g_new0 (Question, 1);

  if (connection)
    connection->has_asked = TRUE;
  question->httpd = self;
  question->message = g_object_ref (message);
  question->page = page;
  question->after = g_strdup (after ? after : "");
  question->link.data = question;
  g_queue_push_tail_link (&self->questions, &question->link);
  g_signal_connect (message, "finished", G_CALLBACK (handle_left), question);
  g_signal_connect (message, "disconnected", G_CALLBACK (handle_left), question);
  soup_server_message_pause (message);
  enj_loop_defer (self->loop, &self->answering);
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
  self->tidying = (EnjDeferred){ .func = tidy, .data = self, .rank = ENJ_LOOP_THINK };
  self->answering = (EnjDeferred){ .func = answer_one, .data = self, .rank = ENJ_LOOP_THINK };
  self->server = soup_server_new (NULL, NULL);
  soup_server_add_early_handler (self->server, NULL, handle_early, self, NULL);
  soup_server_add_handler (self->server, NULL, handle_question, self, NULL);
  g_signal_connect (self->server, "request-finished", G_CALLBACK (handle_end), self);
  g_signal_connect (self->server, "request-aborted", G_CALLBACK (handle_end), self);
  return g_steal_pointer (&self);
}

void
enj_httpd_free (EnjHttpd *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->listeners);
  for (guint i = 0; i < self->n_connections; i++)
    connection_end (&self->connections[i]);
  while (self->questions.length > 0)
    question_free (self->questions.head->data);
  enj_deferred_clear (&self->tidying);
  enj_deferred_clear (&self->answering);
  if (self->server)
    {
      g_signal_handlers_disconnect_by_data (self->server, self);
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

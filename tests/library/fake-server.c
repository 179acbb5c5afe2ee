/* fake-server.c - the server's side of one component link (XEP-0114).
 *
 *   fake-server SECRET SAY
 *
 * Takes one connection on 127.0.0.1 and prints a line for each thing that
 * comes: "port NUMBER" first, then "handshake DOMAIN", "message FROM TO BODY",
 * "closed".  Answers the handshake, refuses every request, and says SAY to
 * whoever has sent the first message.  Ends with 1 when nothing comes for long,
 * or what comes is wrong. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>
#include <gio/gio.h>

#define WAIT_SECONDS 60
#define STREAM_ID "fake-1"

typedef struct
{
  GSocket *socket;
  XML_Parser parser;
  const char *secret;
  const char *say; /* NULL once it has been said */
  guint depth;
  char *domain;
  char *from; /* of the stanza that is open */
  char *to;
  char *id;
  char *type;
  GString *text;
  gboolean closed;
} Server;

static void
fail (const char *what)
{
  g_printerr ("fake-server: %s\n", what);
  exit (EXIT_FAILURE);
}

static void
put (Server *self, const char *text)
{
  gsize len = strlen (text);

  while (len > 0)
    {
      gssize n = g_socket_send (self->socket, text, len, NULL, NULL);

      if (n <= 0)
        fail ("cannot write");
      text += n;
      len -= n;
    }
}

G_GNUC_PRINTF (1, 2)
static void
tell (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  putchar ('\n');
  fflush (stdout);
}

static const char *
find_attribute (const char **attributes, const char *name)
{
  for (; *attributes; attributes += 2)
    if (strcmp (attributes[0], name) == 0)
      return attributes[1];
  return NULL;
}

static void
keep (char **place, const char *value)
{
  g_free (*place);
  *place = g_strdup (value);
}

static void
handle_start (void *data, const char *name, const char **attributes)
{
  Server *self = data;

  self->depth++;
  if (self->depth == 1)
    {
      g_autofree char *header = NULL;

      self->domain = g_strdup (find_attribute (attributes, "to"));
      if (strcmp (name, "stream:stream") != 0 || !self->domain)
        fail ("not a stream to a domain");
      header = g_strdup_printf ("<stream:stream xmlns='jabber:component:accept'"
                                " xmlns:stream='http://etherx.jabber.org/streams' from='%s' id='"
                                STREAM_ID "'>",
                                self->domain);
      put (self, header);
    }
  else if (self->depth == 2)
    {
      keep (&self->from, find_attribute (attributes, "from"));
      keep (&self->to, find_attribute (attributes, "to"));
      keep (&self->id, find_attribute (attributes, "id"));
      keep (&self->type, find_attribute (attributes, "type"));
    }
  g_string_truncate (self->text, 0);
}

static void
handle_text (void *data, const char *text, int len)
{
  Server *self = data;

  g_string_append_len (self->text, text, len);
}

/* XEP-0114 3: the SHA-1 of the stream id and the secret, in lower-case hexadecimal. */
static void
check_handshake (Server *self)
{
  g_autofree char *input = g_strconcat (STREAM_ID, self->secret, NULL);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA1, input, -1);

  if (strcmp (self->text->str, digest) != 0)
    fail ("wrong handshake");
  put (self, "<handshake/>");
  tell ("handshake %s", self->domain);
}

static void
refuse_request (Server *self)
{
  g_autofree char *error = NULL;

  if (g_strcmp0 (self->type, "get") != 0 && g_strcmp0 (self->type, "set") != 0)
    return;
  error = g_strdup_printf (
    "<iq from='%s' to='%s' id='%s' type='error'><error type='cancel'>"
    "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
    self->to, self->from, self->id);
  put (self, error);
}

static void
answer_message (Server *self)
{
  g_autofree char *message = NULL;

  if (!self->say)
    return;
  message = g_strdup_printf ("<message from='%s/here' to='%s'><body>%s</body></message>",
                             self->to, self->from, self->say);
  self->say = NULL;
  put (self, message);
}

static void
handle_end (void *data, const char *name)
{
  Server *self = data;

  self->depth--;
  if (self->depth == 2 && strcmp (name, "body") == 0)
    tell ("message %s %s %s", self->from, self->to, self->text->str);
  else if (self->depth == 1 && strcmp (name, "handshake") == 0)
    check_handshake (self);
  else if (self->depth == 1 && strcmp (name, "iq") == 0)
    refuse_request (self);
  else if (self->depth == 1 && strcmp (name, "message") == 0)
    answer_message (self);
  else if (self->depth == 0)
    {
      self->closed = TRUE;
      put (self, "</stream:stream>");
      tell ("closed");
    }
}

static GSocket *
accept_one (void)
{
  g_autoptr (GSocket) listener
    = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) address = NULL;
  GSocket *connection;

  if (!g_socket_bind (listener, any, TRUE, NULL) || !g_socket_listen (listener, NULL))
    fail ("cannot listen on 127.0.0.1");
  address = g_socket_get_local_address (listener, NULL);
  tell ("port %u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
  g_socket_set_timeout (listener, WAIT_SECONDS);
  connection = g_socket_accept (listener, NULL, NULL);
  if (!connection)
    fail ("nobody came");
  g_socket_set_timeout (connection, WAIT_SECONDS);
  return connection;
}

int
main (int argc, char **argv)
{
  Server server = { .text = g_string_new (NULL) };
  char buffer[4096];

  if (argc != 3)
    fail ("expected SECRET SAY");
  server.secret = argv[1];
  server.say = argv[2];
  server.socket = accept_one ();
  server.parser = XML_ParserCreate ("UTF-8");
  XML_SetUserData (server.parser, &server);
  XML_SetElementHandler (server.parser, handle_start, handle_end);
  XML_SetCharacterDataHandler (server.parser, handle_text);

  while (!server.closed)
    {
      gssize n = g_socket_receive (server.socket, buffer, sizeof buffer, NULL, NULL);

      if (n <= 0)
        fail ("the stream was not closed");
      if (XML_Parse (server.parser, buffer, n, FALSE) == XML_STATUS_ERROR)
        fail (XML_ErrorString (XML_GetErrorCode (server.parser)));
    }

  XML_ParserFree (server.parser);
  g_object_unref (server.socket);
  g_string_free (server.text, TRUE);
  g_free (server.domain);
  g_free (server.from);
  g_free (server.to);
  g_free (server.id);
  g_free (server.type);
  return EXIT_SUCCESS;
}

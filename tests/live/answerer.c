/* A component built on libstrophe, as its manual has it: whoever writes to it hears "heard" and
 * the words; a ping is answered.
 *
 *     answerer DOMAIN SECRET HOST PORT */
#include <stdio.h>
#include <stdlib.h>

#include <strophe.h>

/* XEP-0114: a component says itself who it is. */
static xmpp_stanza_t *
reply_new (xmpp_stanza_t *stanza)
{
  xmpp_stanza_t *reply = xmpp_stanza_reply (stanza);

  xmpp_stanza_set_from (reply, xmpp_stanza_get_to (stanza));
  return reply;
}

static int
handle_message (xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *data)
{
  xmpp_ctx_t *ctx = data;
  char *words = xmpp_message_get_body (stanza);
  const char *type = xmpp_stanza_get_type (stanza);
  xmpp_stanza_t *reply;
  char said[1024];

  if (words && !(type && type[0] == 'e'))
    {
      reply = reply_new (stanza);
      snprintf (said, sizeof said, "heard %s", words);
      xmpp_message_set_body (reply, said);
      xmpp_send (conn, reply);
      xmpp_stanza_release (reply);
    }
  xmpp_free (ctx, words);
  return 1;
}

static int
handle_ping (xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *data)
{
  xmpp_stanza_t *reply = reply_new (stanza);

  (void) data;
  xmpp_stanza_set_type (reply, "result");
  xmpp_send (conn, reply);
  xmpp_stanza_release (reply);
  return 1;
}

static void
handle_nothing (xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
                xmpp_stream_error_t *stream_error, void *data)
{
  (void) conn;
  (void) event;
  (void) error;
  (void) stream_error;
  (void) data;
}

static void
handle_connection (xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
                   xmpp_stream_error_t *stream_error, void *data)
{
  (void) error;
  (void) stream_error;
  if (event != XMPP_CONN_CONNECT)
    {
      xmpp_stop (data);
      return;
    }
  xmpp_handler_add (conn, handle_message, NULL, "message", NULL, data);
  xmpp_handler_add (conn, handle_ping, "urn:xmpp:ping", "iq", "get", data);
}

/* libstrophe 0.12.2 reads the state of acknowledgements of a component, too, but makes one for a
 * client only, and crashes: this one is of a client that gets nowhere. */
static void
lend_state (xmpp_ctx_t *ctx, xmpp_conn_t *conn)
{
  xmpp_conn_t *client = xmpp_conn_new (ctx);
  xmpp_sm_state_t *state = NULL;

  xmpp_conn_set_jid (client, "nobody@localhost");
  xmpp_conn_set_pass (client, "none");
  (void) xmpp_connect_client (client, "127.0.0.1", 1, handle_nothing, NULL);
  for (int i = 0; i < 100 && !state; i++)
    {
      xmpp_run_once (ctx, 10);
      state = xmpp_conn_get_sm_state (client); /* Once it has come to nothing. */
    }
  if (state)
    (void) xmpp_conn_set_sm_state (conn, state);
  xmpp_conn_release (client);
}

int
main (int argc, char **argv)
{
  xmpp_ctx_t *ctx;
  xmpp_conn_t *conn;

  if (argc != 5)
    return 2;
  xmpp_initialize ();
  ctx = xmpp_ctx_new (NULL, xmpp_get_default_logger (XMPP_LEVEL_DEBUG));
  conn = xmpp_conn_new (ctx);
  xmpp_conn_set_jid (conn, argv[1]);
  xmpp_conn_set_pass (conn, argv[2]);
  lend_state (ctx, conn);
  if (xmpp_connect_component (conn, argv[3], (unsigned short) atoi (argv[4]), handle_connection,
                              ctx)
      != XMPP_EOK)
    return 1;
  xmpp_run (ctx);
  xmpp_conn_release (conn);
  xmpp_ctx_free (ctx);
  xmpp_shutdown ();
  return 0;
}

#include "config.h"

#include <errno.h>
#include <string.h>

#include "protocol/bytes.h"
#include "protocol/tls.h"
#include "tests/support/authority.h"
#include "tests/support/proves.h"

#define LIMIT (1024 * 1024)

/* The other side, which is GnuTLS as it comes. */
typedef struct
{
  gnutls_session_t gnutls;
  EnjBytes in;
  EnjBytes out;
} Other;

static EnjCredentials *credentials;

static ssize_t
pull (gnutls_transport_ptr_t data, void *buffer, size_t size)
{
  Other *self = data;
  gsize len = 0;
  const guint8 *bytes = enj_bytes_peek (&self->in, &len);

  if (!bytes)
    {
      gnutls_transport_set_errno (self->gnutls, EAGAIN);
      return -1;
    }
  len = MIN (len, size);
  memcpy (buffer, bytes, len);
  enj_bytes_drained (&self->in, len);
  return (ssize_t) len;
}

static ssize_t
push (gnutls_transport_ptr_t data, const void *buffer, size_t size)
{
  Other *self = data;

  g_assert_true (enj_bytes_append (&self->out, buffer, size));
  return (ssize_t) size;
}

/* @protocols: names with blanks between them, or NULL. */
static void
other_init (Other *self, unsigned role, const char *protocols)
{
  g_auto (GStrv) words = g_strsplit (protocols ? protocols : "", " ", -1);
  gnutls_datum_t names[4];
  guint n = 0;

  g_assert_cmpint (gnutls_init (&self->gnutls, role | GNUTLS_NONBLOCK), ==, 0);
  enj_bytes_init (&self->in, LIMIT);
  enj_bytes_init (&self->out, LIMIT);
  gnutls_set_default_priority (self->gnutls);
  gnutls_credentials_set (self->gnutls, GNUTLS_CRD_CERTIFICATE, enj_credentials_get (credentials));
  gnutls_transport_set_ptr (self->gnutls, self);
  gnutls_transport_set_pull_function (self->gnutls, pull);
  gnutls_transport_set_push_function (self->gnutls, push);
  for (; words[n]; n++)
    names[n] = (gnutls_datum_t){ (guint8 *) words[n], (unsigned) strlen (words[n]) };
  if (n > 0)
    g_assert_cmpint (gnutls_alpn_set_protocols (self->gnutls, names, n, 0), ==, 0);
}

static void
other_clear (Other *self)
{
  gnutls_deinit (self->gnutls);
  enj_bytes_clear (&self->in);
  enj_bytes_clear (&self->out);
}

/* FALSE where the two do not agree. */
static gboolean
shake_hands (Other *other, EnjTls *ours)
{
  guint8 buffer[100];
  const guint8 *data;
  gsize len;
  int theirs;
  gssize n = 0;

  do
    {
      theirs = gnutls_handshake (other->gnutls);
      data = enj_bytes_peek (&other->out, &len);
      enj_tls_feed (ours, data, data ? len : 0);
      if (n == 0)
        n = enj_tls_read (ours, buffer, sizeof buffer, NULL);
      enj_bytes_drained (&other->out, data ? len : 0);
      data = enj_tls_peek (ours, &len);
      if (data)
        {
          g_assert_true (enj_bytes_append (&other->in, data, len));
          enj_tls_drained (ours, len);
        }
    }
  while (theirs == GNUTLS_E_AGAIN && n == 0);
  return theirs == 0 && n == 0;
}

static void
test_server (void)
{
  static const struct
  {
    const char *offered;
    const char *picked; /* "" for none, NULL for no agreement */
  } cases[] = {
    { "xmpp-server", "xmpp-server" },
    { "h2 xmpp-server http/1.1", "xmpp-server" },
    { NULL, "" },
    { "xmpp-client", NULL },
    { "h2 http/1.1", NULL },
  };

  enj_test_proves ("N12");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjTls) ours = enj_tls_new_server (credentials, NULL, NULL);
      gnutls_datum_t picked = { NULL, 0 };
      Other client;

      enj_tls_set_direct (ours);
      other_init (&client, GNUTLS_CLIENT, cases[i].offered);
      g_assert_cmpint (shake_hands (&client, ours), ==, cases[i].picked != NULL);
      g_assert_cmpint (enj_tls_has_failed (ours), ==, cases[i].picked == NULL);
      (void) gnutls_alpn_get_selected_protocol (client.gnutls, &picked); /* None is an error. */
      if (cases[i].picked)
        {
          g_assert_cmpmem (picked.data, picked.size, cases[i].picked, strlen (cases[i].picked));
        }
      else
        {
          g_assert_cmpint (gnutls_handshake (client.gnutls), ==, GNUTLS_E_FATAL_ALERT_RECEIVED);
          g_assert_cmpint (gnutls_alert_get (client.gnutls), ==, GNUTLS_A_NO_APPLICATION_PROTOCOL);
        }
      other_clear (&client);
    }
}

/* Not a word of it on a port of STARTTLS. */
static void
test_client (void)
{
  static const struct
  {
    gboolean is_direct;
    const char *spoken; /* by the server */
    const char *picked;
  } cases[] = {
    { TRUE, "xmpp-server", "xmpp-server" },
    { TRUE, "xmpp-client xmpp-server", "xmpp-server" },
    { TRUE, NULL, "" },
    { FALSE, "xmpp-server", "" },
  };

  enj_test_proves ("N09");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EnjTls) ours = enj_tls_new_client (NULL, "a.example");
      gnutls_datum_t picked = { NULL, 0 };
      char name[100];
      size_t len = sizeof name;
      unsigned type = 0;
      Other server;

      if (cases[i].is_direct)
        enj_tls_set_direct (ours);
      other_init (&server, GNUTLS_SERVER, cases[i].spoken);
      g_assert_true (shake_hands (&server, ours));
      (void) gnutls_alpn_get_selected_protocol (server.gnutls, &picked); /* None is an error. */
      g_assert_cmpmem (picked.data, picked.size, cases[i].picked, strlen (cases[i].picked));
      g_assert_cmpint (gnutls_server_name_get (server.gnutls, name, &len, &type, 0), ==, 0);
      g_assert_cmpstr (name, ==, "a.example");
      other_clear (&server);
    }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  credentials = enj_credentials_new_self_signed ("a.example", ENJ_TEST_WALL, NULL);
  g_test_add_func ("/tls-direct/a-server-knows-its-own-protocol", test_server);
  g_test_add_func ("/tls-direct/a-client-names-domain-and-protocol", test_client);
  status = g_test_run ();
  enj_credentials_unref (credentials);
  return status;
}

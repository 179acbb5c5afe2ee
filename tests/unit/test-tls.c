#include "config.h"

#include "protocol/tls.h"

#include <errno.h>
#include <string.h>

#include <gnutls/x509.h>

#include "protocol/bytes.h"
#include "protocol/condition.h"
#include "tests/support/pem.h"
#include "tests/support/proves.h"

#define WALL G_GINT64_CONSTANT (1700000000)
#define CHUNK 16384

static EnjCredentials *a_example;
static EnjCredentials *b_example;
static EnjCredentials *c_example;

/* Credentials are dear to make. */
static void
make_credentials (void)
{
  a_example = enj_credentials_new_self_signed ("a.example", WALL, NULL);
  b_example = enj_credentials_new_self_signed ("b.example", WALL, NULL);
  c_example = enj_credentials_new_self_signed ("c.example", WALL, NULL);
}

static EnjCredentials *
choose (const char *server_name, gpointer user_data)
{
  GString *asked = user_data;

  if (asked)
    g_string_append_printf (asked, "%s ", server_name);
  return strcmp (server_name, "b.example") == 0 ? b_example : NULL;
}

static EnjTls *
server_new (void)
{
  return enj_tls_new_server (a_example, choose, NULL);
}

/* Reads all that comes out for @data, behind @into.  The last answer of read(). */
static gssize
feed (EnjTls *tls, const guint8 *data, gsize len, GByteArray *into, GError **error)
{
  guint8 buffer[1000];
  gssize n;

  enj_tls_feed (tls, data, len);
  while ((n = enj_tls_read (tls, buffer, sizeof buffer, error)) > 0)
    if (into)
      g_byte_array_append (into, buffer, (guint) n);
  return n;
}

/* Carries what @from has for @to, @step bytes at a time. */
static gboolean
carry (EnjTls *from, EnjTls *to, gsize step, GByteArray *into)
{
  g_autoptr (GError) error = NULL;
  const guint8 *data;
  gsize len;
  gboolean moved = FALSE;

  while ((data = enj_tls_peek (from, &len)))
    {
      gsize part = MIN (len, step);

      moved = TRUE;
      /* A copy that ends where the bytes end. */
      g_autofree guint8 *copy = g_memdup2 (data, part);
      g_assert_cmpint (feed (to, copy, part, into, &error), ==, 0);
      g_assert_no_error (error);
      enj_tls_drained (from, part);
    }
  return moved;
}

static void
shake_hands (EnjTls *client, EnjTls *server, gsize step)
{
  gboolean moved;

  g_assert_cmpint (feed (client, NULL, 0, NULL, NULL), ==, 0);
  do
    {
      moved = carry (client, server, step, NULL);
      moved |= carry (server, client, step, NULL);
    }
  while (moved);
  g_assert_true (enj_tls_is_up (client));
  g_assert_true (enj_tls_is_up (server));
}

static gboolean
is_for (const gnutls_datum_t *der, const char *domain)
{
  gnutls_x509_crt_t leaf;
  char name[100];
  size_t len = sizeof name;
  gboolean same;

  g_assert_cmpint (gnutls_x509_crt_init (&leaf), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_import (leaf, der, GNUTLS_X509_FMT_DER), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_get_subject_alt_name (leaf, 0, name, &len, NULL), >=, 0);
  same = len == strlen (domain) && memcmp (name, domain, len) == 0;
  gnutls_x509_crt_deinit (leaf);
  return same;
}

static void
test_handshake (void)
{
  static const gsize steps[] = { 1, 3, 100, G_MAXSIZE };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr (EnjTls) client = enj_tls_new_client (c_example, "a.example");
      g_autoptr (EnjTls) server = server_new ();
      guint n = 5;

      g_assert_null (enj_tls_get_peer_chain (client, &n));
      g_assert_cmpuint (n, ==, 0);
      g_assert_false (enj_tls_is_up (client));
      enj_tls_close (client); /* There is nothing to close yet. */
      shake_hands (client, server, steps[i]);
      g_assert_cmpstr (enj_tls_get_version (client), ==, "TLS1.3");
      g_assert_cmpstr (enj_tls_get_version (server), ==, "TLS1.3");
      g_assert_cmpstr (enj_tls_get_cipher (client), ==, "AES-256-GCM");
      g_assert_true (is_for (enj_tls_get_peer_certificate (client), "a.example"));
      g_assert_true (is_for (enj_tls_get_peer_certificate (server), "c.example"));
      g_assert_true (is_for (enj_tls_get_peer_chain (server, &n), "c.example"));
      g_assert_cmpuint (n, ==, 1);
      g_assert_false (enj_tls_is_closed (client));
      g_assert_false (enj_tls_is_closed (server));
    }
}

/* A server that names the authorities it knows gets our certificate all the same. */
static void
test_certificate_for_any_authority (void)
{
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_autoptr (EnjCredentials) own = NULL;
  g_autoptr (EnjTls) client = enj_tls_new_client (c_example, "a.example");
  g_autoptr (EnjTls) server = NULL;
  gnutls_datum_t authority;

  enj_test_pem_new (GNUTLS_PK_ECDSA, "a.example", WALL, &certificate, &key);
  own = enj_credentials_new (certificate, key, NULL);
  authority = (gnutls_datum_t){ (guint8 *) certificate, (unsigned) strlen (certificate) };
  g_assert_cmpint (gnutls_certificate_set_x509_trust_mem (enj_credentials_get (own), &authority,
                                                          GNUTLS_X509_FMT_PEM),
                   ==, 1);
  server = enj_tls_new_server (own, NULL, NULL);
  shake_hands (client, server, G_MAXSIZE);
  g_assert_true (is_for (enj_tls_get_peer_certificate (server), "c.example"));
}

static void
test_server_name (void)
{
  static const struct
  {
    const char *name;
    const char *asked;
    const char *chosen;
  } cases[] = {
    { "a.example", "a.example ", "a.example" },
    { "b.example", "b.example ", "b.example" },
    { "B.Example", "b.example ", "b.example" },
    /* RFC 6066 3: no alert for a name that is not known. */
    { "nowhere.example", "nowhere.example ", "a.example" },
    { NULL, "", "a.example" },
  };

  enj_test_proves ("T15 T16");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GString) asked = g_string_new ("");
      g_autoptr (EnjTls) client = enj_tls_new_client (NULL, cases[i].name);
      g_autoptr (EnjTls) server = enj_tls_new_server (a_example, choose, asked);

      shake_hands (client, server, G_MAXSIZE);
      g_assert_cmpstr (asked->str, ==, cases[i].asked);
      g_assert_true (is_for (enj_tls_get_peer_certificate (client), cases[i].chosen));
      g_assert_null (enj_tls_get_peer_certificate (server));
    }
}

/* The session outlives everybody else who knew its credentials. */
static void
test_keeps_its_credentials (void)
{
  EnjCredentials *own = enj_credentials_new_self_signed ("d.example", WALL, NULL);
  g_autoptr (EnjTls) client = enj_tls_new_client (own, "a.example");
  g_autoptr (EnjTls) server = enj_tls_new_server (own, NULL, NULL);

  enj_credentials_unref (own);
  shake_hands (client, server, G_MAXSIZE);
}

static void
send_all (EnjTls *from, EnjTls *to, gsize total, gsize step)
{
  g_autofree guint8 *data = g_malloc (total);
  g_autoptr (GByteArray) received = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < total; i++)
    data[i] = (guint8) (i * 7 + (i >> 8));
  for (gsize start = 0; start < total; start += CHUNK)
    {
      g_assert_true (enj_tls_write (from, data + start, MIN (CHUNK, total - start), &error));
      g_assert_no_error (error);
      g_assert_true (carry (from, to, step, received));
    }
  g_assert_cmpmem (received->data, received->len, data, total);
}

static void
test_data (void)
{
  static const gsize steps[] = { 1, 1000, G_MAXSIZE };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr (EnjTls) client = enj_tls_new_client (NULL, "a.example");
      g_autoptr (EnjTls) server = server_new ();
      gsize len;

      shake_hands (client, server, G_MAXSIZE);
      send_all (client, server, 300000, steps[i]);
      send_all (server, client, 300000, steps[i]);
      send_all (client, server, 1, steps[i]);
      g_assert_null (enj_tls_peek (client, &len));
      g_assert_null (enj_tls_peek (server, &len));
    }
}

/* One record for 16 KiB, so that small stanzas share one. */
static void
test_full_records (void)
{
  g_autoptr (EnjTls) client = enj_tls_new_client (NULL, "a.example");
  g_autoptr (EnjTls) server = server_new ();
  g_autofree guint8 *data = g_malloc0 (CHUNK);
  gsize len;

  shake_hands (client, server, G_MAXSIZE);
  g_assert_true (enj_tls_write (client, data, CHUNK, NULL));
  enj_tls_peek (client, &len);
  g_assert_cmpuint (len, >, CHUNK);
  g_assert_cmpuint (len, <, CHUNK + 50);
}

/* What comes with the last flight of the handshake is not lost. */
static void
test_data_behind_the_handshake (void)
{
  g_autoptr (EnjTls) client = enj_tls_new_client (NULL, "a.example");
  g_autoptr (EnjTls) server = server_new ();
  g_autoptr (GByteArray) received = g_byte_array_new ();

  g_assert_cmpint (feed (client, NULL, 0, NULL, NULL), ==, 0);
  g_assert_true (carry (client, server, G_MAXSIZE, NULL));
  g_assert_true (carry (server, client, G_MAXSIZE, NULL));
  g_assert_true (enj_tls_is_up (client));
  g_assert_false (enj_tls_is_up (server));
  g_assert_true (enj_tls_write (client, (const guint8 *) "hello", 5, NULL));
  g_assert_true (carry (client, server, G_MAXSIZE, received));
  g_assert_true (enj_tls_is_up (server));
  g_assert_cmpmem (received->data, received->len, "hello", 5);
}

static void
test_close (void)
{
  g_autoptr (EnjTls) client = enj_tls_new_client (NULL, "a.example");
  g_autoptr (EnjTls) server = server_new ();
  g_autoptr (GByteArray) received = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  gsize len, before;

  shake_hands (client, server, G_MAXSIZE);
  g_assert_true (enj_tls_write (client, (const guint8 *) "bye", 3, NULL));
  enj_tls_close (client);
  enj_tls_peek (client, &before);
  enj_tls_close (client);
  enj_tls_peek (client, &len);
  g_assert_cmpuint (len, ==, before);
  g_assert_false (enj_tls_write (client, (const guint8 *) "x", 1, &error));
  g_assert_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED);

  g_assert_true (carry (client, server, G_MAXSIZE, received));
  g_assert_cmpmem (received->data, received->len, "bye", 3);
  g_assert_true (enj_tls_is_closed (server));

  /* What comes behind it is not looked at. */
  g_assert_cmpint (feed (server, (const guint8 *) "garbage", 7, received, NULL), ==, 0);
  g_assert_cmpuint (received->len, ==, 3);
}

static void
assert_fails (EnjTls *tls, const void *data, gsize len)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) again = NULL;

  g_assert_cmpint (feed (tls, data, len, NULL, &error), ==, -1);
  g_assert_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED);
  g_assert_cmpint (feed (tls, data, len, NULL, &again), ==, -1);
  g_assert_error (again, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED);
}

static void
test_garbage (void)
{
  static const char *const lines[] = {
    "GET / HTTP/1.1\r\n\r\n",
    "<?xml version='1.0'?><stream:stream xmlns='jabber:server'>",
    "\x16\x03\x01\xff\xff",
    "\x80\x04\x01\x03\x01\x01\x01\x01",
    "\x15\x03\x01\x7f\xff",
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (EnjTls) server = server_new ();
      g_autoptr (EnjTls) client = enj_tls_new_client (NULL, "a.example");

      assert_fails (server, lines[i], strlen (lines[i]));
      g_assert_false (enj_tls_is_up (server));
      g_assert_false (enj_tls_is_closed (server));
      assert_fails (client, lines[i], strlen (lines[i]));
    }
}

static void
test_broken_record (void)
{
  g_autoptr (EnjTls) client = enj_tls_new_client (NULL, "a.example");
  g_autoptr (EnjTls) server = server_new ();
  g_autofree guint8 *record = NULL;
  const guint8 *data;
  gsize len;

  shake_hands (client, server, G_MAXSIZE);
  g_assert_true (enj_tls_write (client, (const guint8 *) "hello", 5, NULL));
  data = enj_tls_peek (client, &len);
  record = g_memdup2 (data, len);
  record[len - 1] ^= 1;
  assert_fails (server, record, len);
  g_assert_false (enj_tls_write (server, (const guint8 *) "x", 1, NULL));

  /* The alert is there to be sent: bad_record_mac. */
  g_assert_nonnull (enj_tls_peek (server, &len));
}

/* ---- Peers that are not ours ---------------------------------------------- */

typedef struct
{
  gnutls_session_t gnutls;
  gnutls_certificate_credentials_t none;
  EnjBytes in;
  EnjBytes out;
  EnjTls *server;
} Raw;

static ssize_t
raw_pull (gnutls_transport_ptr_t data, void *buffer, size_t size)
{
  Raw *raw = data;
  gsize len;
  const guint8 *bytes = enj_bytes_peek (&raw->in, &len);

  if (!bytes)
    {
      gnutls_transport_set_errno (raw->gnutls, EAGAIN);
      return -1;
    }
  len = MIN (len, size);
  memcpy (buffer, bytes, len);
  enj_bytes_drained (&raw->in, len);
  return (ssize_t) len;
}

static ssize_t
raw_push (gnutls_transport_ptr_t data, const void *buffer, size_t size)
{
  Raw *raw = data;

  g_assert_true (enj_bytes_append (&raw->out, buffer, size));
  return (ssize_t) size;
}

static void
raw_init (Raw *raw, EnjCredentials *credentials, const char *priority)
{
  enj_bytes_init (&raw->in, 1000000);
  enj_bytes_init (&raw->out, 1000000);
  raw->server = enj_tls_new_server (credentials, NULL, NULL);
  g_assert_cmpint (gnutls_init (&raw->gnutls, GNUTLS_CLIENT | GNUTLS_NONBLOCK), ==, 0);
  g_assert_cmpint (gnutls_certificate_allocate_credentials (&raw->none), ==, 0);
  gnutls_credentials_set (raw->gnutls, GNUTLS_CRD_CERTIFICATE, raw->none);
  g_assert_cmpint (gnutls_priority_set_direct (raw->gnutls, priority, NULL), ==, 0);
  gnutls_transport_set_ptr (raw->gnutls, raw);
  gnutls_transport_set_pull_function (raw->gnutls, raw_pull);
  gnutls_transport_set_push_function (raw->gnutls, raw_push);
}

static void
raw_clear (Raw *raw)
{
  gnutls_deinit (raw->gnutls);
  gnutls_certificate_free_credentials (raw->none);
  enj_tls_free (raw->server);
  enj_bytes_clear (&raw->in);
  enj_bytes_clear (&raw->out);
}

/* To the server and back; what its read() says. */
static gssize
raw_exchange (Raw *raw, GError **error)
{
  gsize len;
  const guint8 *data = enj_bytes_peek (&raw->out, &len);
  gssize n = feed (raw->server, data, len, NULL, error);

  enj_bytes_drained (&raw->out, len);
  data = enj_tls_peek (raw->server, &len);
  g_assert_true (enj_bytes_append (&raw->in, data, len));
  enj_tls_drained (raw->server, len);
  return n;
}

static gboolean
raw_shake_hands (Raw *raw)
{
  for (guint i = 0; i < 10; i++)
    {
      int status = gnutls_handshake (raw->gnutls);
      gssize n = raw_exchange (raw, NULL);

      if (status == GNUTLS_E_SUCCESS)
        return n == 0 && enj_tls_is_up (raw->server);
      if (status != GNUTLS_E_AGAIN && gnutls_error_is_fatal (status))
        return FALSE;
    }
  return FALSE;
}

/* Takes any suite that such a peer has, and never one without forward secrecy. */
static void
test_what_is_agreed (void)
{
  static const struct
  {
    const char *priority;
    const char *version; /* NULL: refused */
    const char *cipher;
  } cases[] = {
    { "NORMAL", "TLS1.3", "AES-256-GCM" },
    { "NORMAL:-CIPHER-ALL:+CHACHA20-POLY1305:+AES-128-GCM", "TLS1.3", "AES-128-GCM" },
    { "NORMAL:-CIPHER-ALL:+CHACHA20-POLY1305", "TLS1.3", "CHACHA20-POLY1305" },
    { "NORMAL:-GROUP-ALL:+GROUP-SECP256R1", "TLS1.3", "AES-256-GCM" },
    { "NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLS1.2", "AES-256-GCM" },
    { "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM", "TLS1.2", "AES-128-GCM" },
    { "NORMAL:-VERS-ALL:+VERS-TLS1.1", NULL, NULL },
    { "NORMAL:-VERS-ALL:+VERS-TLS1.0:+VERS-TLS1.1", NULL, NULL },
    { "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA", NULL, NULL },
    { "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:+3DES-CBC", NULL, NULL },
  };
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_autoptr (EnjCredentials) rsa = NULL;

  enj_test_proves ("T09");
  enj_test_pem_new (GNUTLS_PK_RSA, "a.example", WALL, &certificate, &key);
  rsa = enj_credentials_new (certificate, key, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Raw raw;

      raw_init (&raw, rsa, cases[i].priority);
      g_test_message ("%s", cases[i].priority);
      g_assert_cmpint (raw_shake_hands (&raw), ==, cases[i].version != NULL);
      g_assert_cmpint (enj_tls_is_up (raw.server), ==, cases[i].version != NULL);
      if (cases[i].version)
        {
          g_assert_cmpstr (enj_tls_get_version (raw.server), ==, cases[i].version);
          g_assert_cmpstr (enj_tls_get_cipher (raw.server), ==, cases[i].cipher);
        }
      raw_clear (&raw);
    }
}

/* The alert tells an old peer why. */
static void
test_alert_is_left_behind (void)
{
  Raw raw;

  raw_init (&raw, a_example, "NORMAL:-VERS-ALL:+VERS-TLS1.1");
  g_assert_false (raw_shake_hands (&raw));
  g_assert_cmpint (gnutls_alert_get (raw.gnutls), ==, GNUTLS_A_PROTOCOL_VERSION);
  raw_clear (&raw);
}

/* RFC 6120 5.3.5: closed at once, without a word. */
static void
test_renegotiation (void)
{
  g_autoptr (GError) error = NULL;
  Raw raw;
  gsize len;

  enj_test_proves ("T07");
  raw_init (&raw, a_example, "NORMAL:-VERS-ALL:+VERS-TLS1.2");
  g_assert_true (raw_shake_hands (&raw));
  g_assert_cmpint (gnutls_handshake (raw.gnutls), ==, GNUTLS_E_AGAIN);
  g_assert_cmpuint (enj_bytes_length (&raw.out), >, 0);

  g_assert_cmpint (raw_exchange (&raw, &error), ==, -1);
  g_assert_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED);
  g_assert_cmpuint (enj_bytes_length (&raw.in), ==, 0);
  g_assert_null (enj_tls_peek (raw.server, &len));
  raw_clear (&raw);
}

/* Each new key costs us one too. */
static void
test_key_updates (void)
{
  Raw raw;
  guint n = 0;

  raw_init (&raw, a_example, "NORMAL");
  g_assert_true (raw_shake_hands (&raw));
  do
    g_assert_cmpint (gnutls_session_key_update (raw.gnutls, GNUTLS_KU_PEER), ==, 0);
  while (raw_exchange (&raw, NULL) == 0 && ++n < 100);
  g_assert_cmpuint (n, >=, 1);
  g_assert_cmpuint (n, <, 20);
  raw_clear (&raw);
}

/* A peer that never reads cannot make us keep more and more. */
static void
test_output_is_bounded (void)
{
  g_autoptr (EnjTls) client = enj_tls_new_client (NULL, "a.example");
  g_autoptr (EnjTls) server = server_new ();
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *data = g_malloc0 (CHUNK);
  gsize len;

  shake_hands (client, server, G_MAXSIZE);
  for (guint i = 0; i < 100 && !error; i++)
    (void) enj_tls_write (client, data, CHUNK, &error);
  g_assert_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED);
  enj_tls_peek (client, &len);
  g_assert_cmpuint (len, <=, 256 * 1024);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  make_credentials ();
  g_test_add_func ("/tls/shakes-hands-in-pieces-of-any-size", test_handshake);
  g_test_add_func ("/tls/certificate-for-any-authority", test_certificate_for_any_authority);
  g_test_add_func ("/tls/chooses-by-server-name", test_server_name);
  g_test_add_func ("/tls/keeps-its-credentials", test_keeps_its_credentials);
  g_test_add_func ("/tls/carries-data-both-ways", test_data);
  g_test_add_func ("/tls/fills-its-records", test_full_records);
  g_test_add_func ("/tls/data-behind-the-handshake", test_data_behind_the_handshake);
  g_test_add_func ("/tls/closes-in-order", test_close);
  g_test_add_func ("/tls/refuses-garbage", test_garbage);
  g_test_add_func ("/tls/refuses-a-broken-record", test_broken_record);
  g_test_add_func ("/tls/agrees-on-forward-secrecy-only", test_what_is_agreed);
  g_test_add_func ("/tls/alert-is-left-behind", test_alert_is_left_behind);
  g_test_add_func ("/tls/drops-a-renegotiation", test_renegotiation);
  g_test_add_func ("/tls/bears-few-key-updates", test_key_updates);
  g_test_add_func ("/tls/its-output-is-bounded", test_output_is_bounded);
  status = g_test_run ();
  enj_credentials_unref (a_example);
  enj_credentials_unref (b_example);
  enj_credentials_unref (c_example);
  return status;
}

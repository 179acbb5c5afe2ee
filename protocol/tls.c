#include "config.h"

#include "protocol/tls.h"

#include <errno.h>
#include <string.h>

#include "protocol/bytes.h"
#include "protocol/chain.h"
#include "protocol/condition.h"

/* RFC 7590 3.2 and RFC 9325: forward secrecy and authenticated encryption only.  AES-GCM is in the
 * processor, X25519 is the cheapest exchange. */
#define PRIORITY                                                         \
  "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA"          \
  ":-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305"            \
  ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1"          \
  ":+GROUP-SECP521R1:%SERVER_PRECEDENCE"

/* One handshake message: the longest is a chain of certificates. */
#define HANDSHAKE_MAX (64 * 1024)

/* The caller stops long before; what fills it is a peer that makes us answer and does not read. */
#define OUTPUT_MAX (256 * 1024)

/* RFC 6066 3: at most 65535 bytes, but no domain is longer than 255. */
#define NAME_SIZE 256

struct EnjTls
{
  gnutls_session_t gnutls;
  EnjCredentials *own; /* in use now; NULL for a client without */
  gnutls_certificate_credentials_t none;
  EnjTlsChoose choose;
  gpointer user_data;
  const guint8 *fed; /* borrowed */
  gsize fed_len;
  EnjBytes output;
  gboolean is_up;
  gboolean is_closed; /* by the peer */
  gboolean is_ended;  /* by us */
  gboolean has_failed;
};

static gnutls_priority_t
get_priority (void)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      gnutls_priority_t priority = NULL;
      const char *position = "";

      if (gnutls_priority_init (&priority, PRIORITY, &position) < 0)
        g_error ("GnuTLS refuses the algorithms of enjamb at '%s'", position);
      g_once_init_leave (&once, (gsize) priority);
    }
  return (gnutls_priority_t) once;
}

/* ---- Transport ----------------------------------------------------------- */

static ssize_t
pull (gnutls_transport_ptr_t data, void *buffer, size_t size)
{
  EnjTls *self = data;
  gsize len = MIN (size, self->fed_len);

  if (len == 0)
    {
      gnutls_transport_set_errno (self->gnutls, EAGAIN);
      return -1;
    }
  memcpy (buffer, self->fed, len);
  self->fed += len;
  self->fed_len -= len;
  return (ssize_t) len;
}

static ssize_t
push (gnutls_transport_ptr_t data, const void *buffer, size_t size)
{
  EnjTls *self = data;

  if (enj_bytes_append (&self->output, buffer, size))
    return (ssize_t) size;
  gnutls_transport_set_errno (self->gnutls, EPIPE);
  return -1;
}

/* ---- Life ----------------------------------------------------------------- */

/* Within the handshake, and before anybody is asked about the certificate, GnuTLS computes with
 * its key (RFC 8446 4.4.3, RFC 5246 7.4.3 and 7.4.8): so that is looked at here. */
static int
check_key (gnutls_session_t gnutls, unsigned type, unsigned when, unsigned incoming,
           const gnutls_datum_t *message)
{
  unsigned n = 0;
  const gnutls_datum_t *certificates;
  g_auto (EnjChain) leaf = { .n = 0 };

  (void) when;
  (void) message;
  if (!incoming || (type != GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY
                    && type != GNUTLS_HANDSHAKE_SERVER_KEY_EXCHANGE))
    return 0;
  certificates = gnutls_certificate_get_peers (gnutls, &n);
  enj_chain_read (&leaf, certificates, MIN (n, 1));
  return leaf.why ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

static EnjTls *
tls_new (unsigned flags)
{
  EnjTls *self = g_new0 (EnjTls, 1);

  enj_bytes_init (&self->output, OUTPUT_MAX);
  /* Servers talk for days: a ticket would only be memory. */
  if (gnutls_init (&self->gnutls, flags | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS) < 0)
    g_error ("no memory for a TLS session");
  gnutls_session_set_ptr (self->gnutls, self);
  gnutls_transport_set_ptr (self->gnutls, self);
  gnutls_transport_set_pull_function (self->gnutls, pull);
  gnutls_transport_set_push_function (self->gnutls, push);
  gnutls_priority_set (self->gnutls, get_priority ());
  gnutls_handshake_set_max_packet_length (self->gnutls, HANDSHAKE_MAX);
  gnutls_handshake_set_hook_function (self->gnutls, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE,
                                      check_key);
  /* The caller has a deadline for it. */
  gnutls_handshake_set_timeout (self->gnutls, 0);
  return self;
}

static void
use_credentials (EnjTls *self, EnjCredentials *own)
{
  EnjCredentials *before = self->own;

  self->own = enj_credentials_ref (own);
  gnutls_credentials_set (self->gnutls, GNUTLS_CRD_CERTIFICATE, enj_credentials_get (own));
  enj_credentials_unref (before);
}

/* RFC 6120 5.4.3.1: the name of the header has chosen the fallback; a name in the ClientHello says
 * it more exactly.  RFC 6066 3 lets the handshake go on where it is unknown. */
static int
choose_credentials (gnutls_session_t gnutls)
{
  EnjTls *self = gnutls_session_get_ptr (gnutls);
  char name[NAME_SIZE] = "";
  size_t len = sizeof name - 1;
  unsigned type = 0;
  g_autofree char *lower = NULL;
  EnjCredentials *own;

  if (gnutls_server_name_get (gnutls, name, &len, &type, 0) < 0 || type != GNUTLS_NAME_DNS)
    return 0;
  lower = g_ascii_strdown (name, -1);
  own = self->choose ? self->choose (lower, self->user_data) : NULL;
  if (own)
    use_credentials (self, own);
  return 0;
}

EnjTls *
enj_tls_new_server (EnjCredentials *fallback, EnjTlsChoose choose, gpointer user_data)
{
  EnjTls *self = tls_new (GNUTLS_SERVER);

  self->choose = choose;
  self->user_data = user_data;
  use_credentials (self, fallback);
  gnutls_handshake_set_post_client_hello_function (self->gnutls, choose_credentials);
  gnutls_certificate_server_set_request (self->gnutls, GNUTLS_CERT_REQUEST);
  return self;
}

EnjTls *
enj_tls_new_client (EnjCredentials *own, const char *server_name)
{
  /* Whoever asks for a certificate gets ours, whatever authorities it names: it may know dialback
   * too.  A key is made for the first group only, which nearly all have; the others say which
   * one they want instead (RFC 8446 4.1.4). */
  EnjTls *self = tls_new (GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT | GNUTLS_KEY_SHARE_TOP);

  if (own)
    {
      use_credentials (self, own);
    }
  else
    {
      if (gnutls_certificate_allocate_credentials (&self->none) < 0)
        g_error ("no memory for credentials");
      gnutls_credentials_set (self->gnutls, GNUTLS_CRD_CERTIFICATE, self->none);
    }
  if (server_name)
    gnutls_server_name_set (self->gnutls, GNUTLS_NAME_DNS, server_name, strlen (server_name));
  return self;
}

void
enj_tls_set_direct (EnjTls *self)
{
  static char name[] = "xmpp-server";
  const gnutls_datum_t protocol = { (guint8 *) name, sizeof name - 1 };

  /* RFC 7301 3.2: no protocol in common is an alert. */
  gnutls_alpn_set_protocols (self->gnutls, &protocol, 1, GNUTLS_ALPN_MANDATORY);
}

void
enj_tls_free (EnjTls *self)
{
  if (!self)
    return;
  gnutls_deinit (self->gnutls);
  if (self->none)
    gnutls_certificate_free_credentials (self->none);
  enj_credentials_unref (self->own);
  enj_bytes_clear (&self->output);
  g_free (self);
}

/* ---- Bytes ---------------------------------------------------------------- */

void
enj_tls_feed (EnjTls *self, const guint8 *data, gsize len)
{
  self->fed = data;
  self->fed_len = len;
}

static void
fail (EnjTls *self, int status, GError **error)
{
  gboolean is_theirs = status == GNUTLS_E_FATAL_ALERT_RECEIVED;
  const char *alert = is_theirs ? gnutls_alert_get_name (gnutls_alert_get (self->gnutls)) : NULL;

  /* RFC 6120 5.3.5: not a word to a renegotiation, nor to an alert. */
  if (!self->has_failed && !is_theirs && status != GNUTLS_E_REHANDSHAKE)
    (void) gnutls_alert_send_appropriate (self->gnutls, status); /* It is over either way. */
  self->has_failed = TRUE;
  enj_tls_feed (self, NULL, 0);
  g_set_error (error, ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED, "TLS: %s%s%s",
               gnutls_strerror (status), alert ? " " : "", alert ? alert : "");
}

/* A warning of the peer, or an interruption: the same call goes on. */
static gboolean
is_passing (int status)
{
  return status == GNUTLS_E_WARNING_ALERT_RECEIVED || status == GNUTLS_E_INTERRUPTED;
}

static int
shake_hands (EnjTls *self)
{
  int status;

  do
    status = gnutls_handshake (self->gnutls);
  while (is_passing (status));
  if (status == GNUTLS_E_SUCCESS)
    self->is_up = TRUE;
  return status;
}

gssize
enj_tls_read (EnjTls *self, guint8 *buffer, gsize size, GError **error)
{
  gssize status = GNUTLS_E_SUCCESS;

  if (self->has_failed)
    {
      fail (self, GNUTLS_E_INVALID_SESSION, error);
      return -1;
    }

  if (!self->is_up)
    status = shake_hands (self);
  if (status == GNUTLS_E_SUCCESS)
    {
      /* GnuTLS says AGAIN too when it has taken in a session ticket: go on behind it. */
      do
        status = gnutls_record_recv (self->gnutls, buffer, size);
      while (is_passing ((int) status) || (status == GNUTLS_E_AGAIN && self->fed_len > 0));
      self->is_closed = status == 0;
    }

  if (status >= 0)
    return status;
  if (status == GNUTLS_E_AGAIN)
    return 0;
  fail (self, (int) status, error);
  return -1;
}

gboolean
enj_tls_is_up (const EnjTls *self)
{
  return self->is_up;
}

gboolean
enj_tls_is_closed (const EnjTls *self)
{
  return self->is_closed;
}

gboolean
enj_tls_has_failed (const EnjTls *self)
{
  return self->has_failed;
}

gboolean
enj_tls_write (EnjTls *self, const guint8 *data, gsize len, GError **error)
{
  g_return_val_if_fail (self->is_up, FALSE);

  while (len > 0)
    {
      /* At most one record each time; the peer may have asked for small ones (RFC 8449). */
      gssize status = self->has_failed ? GNUTLS_E_INVALID_SESSION
                                       : gnutls_record_send (self->gnutls, data, len);

      if (status < 0)
        {
          fail (self, (int) status, error);
          return FALSE;
        }
      data += status;
      len -= (gsize) status;
    }
  return TRUE;
}

void
enj_tls_close (EnjTls *self)
{
  if (!self->is_up || self->is_ended || self->has_failed)
    return;
  self->is_ended = TRUE;
  (void) gnutls_bye (self->gnutls, GNUTLS_SHUT_WR); /* It is over either way. */
}

const guint8 *
enj_tls_peek (EnjTls *self, gsize *len)
{
  return enj_bytes_peek (&self->output, len);
}

void
enj_tls_drained (EnjTls *self, gsize len)
{
  enj_bytes_drained (&self->output, len);
}

/* ---- What was agreed ------------------------------------------------------ */

const char *
enj_tls_get_version (const EnjTls *self)
{
  return gnutls_protocol_get_name (gnutls_protocol_get_version (self->gnutls));
}

const char *
enj_tls_get_cipher (const EnjTls *self)
{
  return gnutls_cipher_get_name (gnutls_cipher_get (self->gnutls));
}

const char *
enj_tls_find_version (const EnjTls *self)
{
  return self && enj_tls_is_up (self) ? enj_tls_get_version (self) : NULL;
}

char *
enj_tls_describe (const EnjTls *self)
{
  if (!enj_tls_find_version (self))
    return g_strdup ("plain");
  return g_strdup_printf ("%s %s", enj_tls_get_version (self), enj_tls_get_cipher (self));
}

const gnutls_datum_t *
enj_tls_get_peer_certificate (const EnjTls *self)
{
  guint n;

  return enj_tls_get_peer_chain (self, &n);
}

const gnutls_datum_t *
enj_tls_get_peer_chain (const EnjTls *self, guint *n)
{
  const gnutls_datum_t *chain;

  *n = 0;
  chain = gnutls_certificate_get_peers (self->gnutls, n);
  return *n > 0 ? chain : NULL;
}

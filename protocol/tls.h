/* tls.h - GnuTLS as a byte filter between two queues, without a socket.
 *
 * TLS 1.2 and 1.3 with forward secrecy only, no renegotiation.  The peer's
 * certificate is asked for and kept, never judged here. */
#pragma once

#include "protocol/credentials.h"

typedef struct EnjTls EnjTls;

/* The certificate for a server name from the ClientHello (lower case, A-labels);
 * NULL takes the fallback.  Borrowed result. */
typedef EnjCredentials *(*EnjTlsChoose) (const char *server_name, gpointer user_data);

EnjTls *enj_tls_new_server (EnjCredentials *fallback, EnjTlsChoose choose, gpointer user_data);

/* @server_name in A-labels, for SNI (T15).  @own may be NULL. */
EnjTls *enj_tls_new_client (EnjCredentials *own, const char *server_name);
void enj_tls_free (EnjTls *self);

/* Before the handshake: it is direct TLS (XEP-0368 3).  A client offers xmpp-server by ALPN; a
 * server picks that, and refuses whoever offers other protocols only; it bears the absence of
 * any (N09, N12). */
void enj_tls_set_direct (EnjTls *self);

/* Encrypted bytes of the peer.  Borrowed until read() has returned 0 or less;
 * all of them are used up by then. */
void enj_tls_feed (EnjTls *self, const guint8 *data, gsize len);

/* Goes on with the handshake, then decrypts into @buffer.  The number of
 * bytes; 0 when there is nothing more for now; -1 with a GError of
 * ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED: the connection is to be dropped
 * without a word (T05, T07).  is_closed() then tells an orderly end. */
gssize enj_tls_read (EnjTls *self, guint8 *buffer, gsize size, GError **error);

/* Starts a client's handshake: call read() once with nothing fed. */
gboolean enj_tls_is_up (const EnjTls *self);
gboolean enj_tls_is_closed (const EnjTls *self);

/* The two could not agree, or somebody broke the rules. */
gboolean enj_tls_has_failed (const EnjTls *self);

/* Encrypts; only when up.  The same errors. */
gboolean enj_tls_write (EnjTls *self, const guint8 *data, gsize len, GError **error);

/* Sends close_notify behind what was written, once; nothing can be written after it. */
void enj_tls_close (EnjTls *self);

/* Encrypted bytes for the peer. */
const guint8 *enj_tls_peek (EnjTls *self, gsize *len);
void enj_tls_drained (EnjTls *self, gsize len);

/* "TLS1.3" and "AES-256-GCM", when up; describe() is both, new, or "plain"; NULL for clear. */
const char *enj_tls_get_version (const EnjTls *self);
const char *enj_tls_find_version (const EnjTls *self); /* NULL for clear, or when not up */
const char *enj_tls_get_cipher (const EnjTls *self);
char *enj_tls_describe (const EnjTls *self);

/* The leaf certificate of the peer in DER; NULL for none.  And all that it has sent, the leaf
 * first; @n is 0 then. */
const gnutls_datum_t *enj_tls_get_peer_certificate (const EnjTls *self);
const gnutls_datum_t *enj_tls_get_peer_chain (const EnjTls *self, guint *n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTls, enj_tls_free)

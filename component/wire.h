/* wire.h - one socket and the session that talks over it.
 *
 * Reads at most ENJ_LOOP_BUFFER bytes a turn, no faster than limits.rate and not
 * while the session's input is paused; writes at the end of the turn all that the
 * session has by then.  When the session is over it writes what is left, says so
 * to the peer, and reads to the end for a while before it closes, so that no
 * reset overtakes the last words (RFC 6120 4.4); one that is cut has no last words.
 *
 * Does not own the session, nor look into what it says. */
#pragma once

#include "protocol/session.h"
#include "component/loop.h"
#include "component/keepsake.h"
#include "component/turnstile.h"

typedef struct EnjWire EnjWire;

/* From the loop, once, when the socket is closed: free the wire, then the
 * session. */
typedef void (*EnjWireClosed) (EnjWire *wire, gpointer data);

/* Takes the connected, non-blocking @fd in any case; @session->output becomes
 * the wire's.  With @always_read the rate is no matter: the link to Prosody.
 * G_FILE_ERROR where the kernel cannot watch another. */
EnjWire *enj_wire_new (EnjLoop *loop, int fd, EnjSession *session, gboolean always_read,
                       EnjWireClosed closed, gpointer data, GError **error);

/* TLS handshakes wait unread until @turnstile lets them in; one that takes longer than
 * a second costs us no more, and leaves.  Right after new(); it outlives the wire. */
void enj_wire_set_turnstile (EnjWire *self, EnjTurnstile *turnstile);

/* What goes both ways is in @keepsake from now on, until the session closes; it outlives the
 * wire.  Right after new(). */
void enj_wire_set_keepsake (EnjWire *self, EnjKeepsake *keepsake);

/* Still the wire's. */
int enj_wire_get_socket (const EnjWire *self);

/* Before closed() it cuts the connection off. */
void enj_wire_free (EnjWire *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjWire, enj_wire_free)

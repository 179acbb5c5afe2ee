/* session.h - what every conversation shares: one connection, all its life.
 *
 * Bytes go through TLS, once it is started, and through one stream; named
 * deadlines, errors (RFC 6120 4.9) and the orderly end (4.4) are handled here.
 * Link, inbound and outbound embed it first and give it a table of functions.
 *
 * Does not own a socket: whoever does (a wire, or a test) drives it by the
 * functions of the first group and frees its owner when it is over. */
#pragma once

#include "protocol/deadlines.h"
#include "protocol/departures.h"
#include "protocol/log.h"
#include "protocol/session-class.h"
#include "protocol/settings.h"
#include "protocol/standing.h"
#include "protocol/stream.h"
#include "protocol/tls.h"
#include "protocol/vitals.h"
#include "protocol/wake.h"
#include "protocol/ways.h"

typedef enum
{
  ENJ_SESSION_OPEN,
  ENJ_SESSION_CLOSING, /* our end tag is sent, the peer's is awaited */
  ENJ_SESSION_DEAF,    /* the same after an error: nothing is processed */
  ENJ_SESSION_OVER     /* write what is left, then close the connection */
} EnjSessionState;

struct EnjSession
{
  const EnjSessionClass *klass;
  guint64 id;
  EnjSessionState state;
  EnjStream *stream;
  EnjTls *tls; /* NULL while in clear */
  EnjSettings *settings;
  EnjWake wake;   /* there are events to fetch */
  EnjWake output; /* there are bytes to write: set by the driver */
  EnjWays *ways;  /* set by the owner's owner; NULL where no peer is asked for proofs */
  EnjLog log;
  EnjStanding standing;
  GError *reason;       /* why it ended; NULL for an orderly end */
  gboolean header_sent; /* on the stream that is now open */
  gboolean was_full;    /* somebody waits for room */
  gboolean silent;      /* the stream has nothing more to say */
  gboolean given_up;    /* what is left will not be written at all */
  gboolean closed_in_return; /* the peer's end tag came behind ours */
  gboolean cut;         /* once over: closed at once, without a last word */
  gsize clear_left;     /* bytes to write before TLS begins */
  gboolean input_paused; /* the driver reads no more; output runs when that changes */
  guint held;           /* EnjHold: while there is any, send() takes nothing more */
  EnjDepartures unsent; /* stanzas whose last byte has not left us */
  EnjVitals vitals;     /* at rest until settle_in() */
  EnjStreamLimits peer_limits; /* what the peer announced; set by the owner */
  gint64 now;           /* the time of the call under way */
  gint64 heard;         /* when the last byte came */
  gint64 due[ENJ_N_WAITS];
};

/* ---- for the driver -------------------------------------------------- */
void enj_session_feed (EnjSession *self, const guint8 *data, gsize len, gint64 now);
/* The peer has closed the connection; @why is NULL for its orderly end. */
void enj_session_eof (EnjSession *self, const char *why, gint64 now);

/* Bytes for the peer; NULL for none. */
const guint8 *enj_session_peek (EnjSession *self, gsize *len);
void enj_session_drained (EnjSession *self, gsize len, gint64 now);
gint64 enj_session_deadline (const EnjSession *self);
void enj_session_tick (EnjSession *self, gint64 now);

gboolean enj_session_is_over (const EnjSession *self); /* close the connection behind peek() */
/* ---- for link, inbound and outbound ---------------------------------- */
/* @kind is for the log: "in", "out", "link". */
void enj_session_init (EnjSession *self, const EnjSessionClass *klass, const char *kind,
                       const char *content_ns, EnjSettings *settings, EnjWake wake, gint64 now);
void enj_session_clear (EnjSession *self);

/* Arms one deadline, @seconds from now; 0 disarms it. */
void enj_session_wait (EnjSession *self, EnjWait which, guint64 seconds);

void enj_session_written (EnjSession *self); /* something was put into the stream */

/* Writes a stanza and keeps it until its last byte has left.  Nothing is written
 * but where it says DONE. */
EnjSend enj_session_send (EnjSession *self, EnjStanza *stanza);

/* The newest stanza that did not leave as a whole, owned by the caller; NULL
 * when there is none.  For a session that is over: it writes nothing more. */
EnjStanza *enj_session_steal_unsent (EnjSession *self);

/* The peer has the oldest @count of the unsent (XEP-0198), though we have not seen
 * them leave.  FALSE where that cannot be. */
gboolean enj_session_prove_sent (EnjSession *self, guint count);

/* FALSE while the peer does not read what it has been sent already; wake runs
 * when there is room again. */
gboolean enj_session_has_room (EnjSession *self);

/* Starts TLS behind what was written so far.  Takes @tls.  FALSE, and the
 * session is over, where the peer had sent more in clear (S14). */
gboolean enj_session_start_tls (EnjSession *self, EnjTls *tls);

/* The stream is void from here, behind SASL's success (RFC 6120 4.3.3): a header
 * of each is next.  FALSE, and over, where the peer had sent more already. */
gboolean enj_session_restart (EnjSession *self);

/* The peer is authenticated: from now on the session is kept alive while it is
 * quiet (S18, L07) and closed when it carries no stanza for long (S19).  Again
 * when peer_limits change.  Void when TLS starts. */
void enj_session_settle_in (EnjSession *self);

/* Seconds since 1970: when what proved the peer ends, the session does (E21). */
void enj_session_expire_at (EnjSession *self, gint64 wall);

/* Ends: with a stream error, in order, or without a word.  Take @error. */
void enj_session_fail (EnjSession *self, GError *error);
void enj_session_close (EnjSession *self);
void enj_session_drop (EnjSession *self, GError *error);

gboolean enj_session_is_open (const EnjSession *self);
gboolean enj_session_is_encrypted (const EnjSession *self);

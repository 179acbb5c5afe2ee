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
#include "protocol/log.h"
#include "protocol/settings.h"
#include "protocol/stream.h"
#include "protocol/tls.h"
#include "protocol/wake.h"

typedef struct EnjSession EnjSession;

typedef enum
{
  ENJ_WAIT_HEADER,      /* for the whole of the peer's header */
  ENJ_WAIT_TLS,         /* for the handshake */
  ENJ_WAIT_NEGOTIATION, /* for the first proof of identity */
  ENJ_WAIT_ANSWER,      /* to what we asked last */
  ENJ_WAIT_QUIET,       /* nothing sent or received for a while */
  ENJ_WAIT_STALL,       /* for the peer to read */
  ENJ_WAIT_CLOSE,       /* for the peer's end of the stream */
  ENJ_N_WAITS
} EnjWait;

typedef enum
{
  ENJ_SESSION_OPEN,
  ENJ_SESSION_CLOSING, /* our end tag is sent, the peer's is awaited */
  ENJ_SESSION_DEAF,    /* the same after an error: nothing is processed */
  ENJ_SESSION_OVER     /* write what is left, then close the connection */
} EnjSessionState;

typedef struct
{
  /* A stanza, element or header came.  Takes what it wants out of @event. */
  void (*event) (EnjSession *session, EnjStreamEvent *event);
  /* The handshake is done; the stream has been restarted. */
  void (*secured) (EnjSession *session);
  /* A deadline that is not the session's own business. */
  void (*due) (EnjSession *session, EnjWait which);
  /* An error must be told and no header of ours was sent: send one (S21). */
  void (*open) (EnjSession *session);
  /* Once, when the session is over; session->reason tells why. */
  void (*over) (EnjSession *session);
} EnjSessionClass;

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
  EnjLog log;
  GError *reason;       /* why it ended; NULL for an orderly end */
  gboolean header_sent; /* on the stream that is now open */
  gboolean was_full;    /* somebody waits for room */
  gboolean silent;      /* the stream has nothing more to say */
  gboolean given_up;    /* what is left will not be written at all */
  gsize clear_left;     /* bytes to write before TLS begins */
  guint64 taken;        /* bytes of the stream that TLS or the driver took */
  guint64 marked;       /* of them, those that have left us when... */
  gsize mark;           /* ...so many encrypted bytes more are written */
  GQueue unsent;        /* stanzas whose last byte has not left us */
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

/* TRUE: when peek() is empty, close the connection. */
gboolean enj_session_is_over (const EnjSession *self);

/* ---- for link, inbound and outbound ---------------------------------- */
/* @kind is for the log: "in", "out", "link". */
void enj_session_init (EnjSession *self, const EnjSessionClass *klass, const char *kind,
                       const char *content_ns, EnjSettings *settings, EnjWake wake, gint64 now);
void enj_session_clear (EnjSession *self);

/* Arms one deadline, @seconds from now; 0 disarms it. */
void enj_session_wait (EnjSession *self, EnjWait which, guint64 seconds);

/* To be called after anything was put into the stream. */
void enj_session_written (EnjSession *self);

/* Writes a stanza and keeps it until its last byte has left.  FALSE, and
 * nothing is written, when there is no room for it. */
gboolean enj_session_send (EnjSession *self, EnjStanza *stanza);

/* The newest stanza that did not leave as a whole, owned by the caller; NULL
 * when there is none.  For a session that is over: it writes nothing more. */
EnjStanza *enj_session_steal_unsent (EnjSession *self);

/* FALSE while the peer does not read what it has been sent already; wake runs
 * when there is room again. */
gboolean enj_session_has_room (EnjSession *self);

/* Starts TLS behind what was written so far.  Takes @tls.  FALSE, and the
 * session is over, where the peer had sent more in clear (S14). */
gboolean enj_session_start_tls (EnjSession *self, EnjTls *tls);

/* Ends: with a stream error, in order, or without a word.  Take @error. */
void enj_session_fail (EnjSession *self, GError *error);
void enj_session_close (EnjSession *self);
void enj_session_drop (EnjSession *self, GError *error);

gboolean enj_session_is_open (const EnjSession *self);
gboolean enj_session_is_encrypted (const EnjSession *self);
char *enj_session_describe (const EnjSession *self); /* "TLS1.3 AES-256-GCM", "plain"; new */

/* report.h - what an operator can see of the engine, and end.
 *
 * Streams, remote domains and our own: looked at on demand, by pages that are asked for by where
 * the last one ended: nothing is kept for those who look, and none holds the others up.
 *
 * Owns no stream.  Strings in what it tells are static or borrowed until the next call into the
 * exchange, "" where there is nothing to tell, never NULL. */
#pragma once

#include "protocol/arrivals.h"
#include "protocol/guests.h"
#include "protocol/peers.h"
#include "protocol/trunks.h"

typedef struct EnjReport EnjReport;

/* No page looks at more pairs, but for those of its last stream; one without any is one. */
#define ENJ_REPORT_SCAN 4000

/* No page ends more streams than so many. */
#define ENJ_REPORT_CLOSE 250

/* All are borrowed. */
EnjReport *enj_report_new (EnjPeers *peers, EnjTrunks *trunks, EnjGuests *guests);
void enj_report_free (EnjReport *self);

/* A session that is there; until it is gone. */
void enj_report_add (EnjReport *self, EnjSession *session);
void enj_report_remove (EnjReport *self, EnjSession *session);

/* The link of @component has come up; or is gone, or was refused, with @error or NULL. */
void enj_report_note_link_up (EnjReport *self, const char *component, gint64 now);
void enj_report_note_link_down (EnjReport *self, const char *component, const GError *error,
                                gint64 now);

/* It is tried again then; 0 for not, as from when it comes up or goes down. */
void enj_report_note_link_retry (EnjReport *self, const char *component, gint64 at);

/* The same of a component that connects to us. */
void enj_report_note_hosted (EnjReport *self, const char *component, gboolean is_up,
                             const GError *error, gint64 now);

/* ---- Streams ---------------------------------------------------------------- */

typedef struct
{
  guint64 id;            /* of the session: grows, and is never used twice in a process */
  const char *name;      /* "in-5": as the log has it */
  const char *direction; /* "in", "out", "link", "hosted" */
  const char *state;     /* "negotiating", "up", "closing" */
  const char *local;     /* of the first pair, or what the header claims */
  const char *remote;
  guint pairs; /* that were ever up on it */
  char address[ENJ_ADDRESS_STRING];
  gboolean direct_tls;    /* XEP-0368 */
  const char *tls;        /* "TLS1.3", "" in clear */
  const char *cipher;     /* "AES-256-GCM" */
  const char *peer_proof; /* "EXTERNAL", "dialback", "secret"...: how the peer proved itself */
  const char *own_proof;  /* and how we did to it */
  gboolean bidi;          /* XEP-0288 */
  gboolean acknowledged;  /* XEP-0198 */
  guint queue;            /* stanzas that have not left as a whole */
  gsize queue_bytes;      /* of all that has not */
  guint unproven;         /* stanzas that left, and are not proved to have arrived */
  gint64 age;             /* microseconds since the connection was there */
  gint64 idle;            /* since the last stanza either way, or since then */
} EnjStreamInfo;

/* The ids of the next streams behind @after, 0 for the first; at most @max, and of one remote
 * domain where @remote is not NULL.  A page may be short, even empty: the next one is behind
 * @next, and there is none where that is 0. */
guint enj_report_list_streams (const EnjReport *self, guint64 after, const char *remote,
                               guint64 *ids, guint max, guint64 *next);

/* FALSE where it is gone. */
gboolean enj_report_describe_stream (const EnjReport *self, guint64 id, EnjStreamInfo *info,
                                     gint64 now);
guint enj_report_count_streams (const EnjReport *self);

/* Ends the S2S streams that carry a pair of these, or ask for one, in order; NULL is any domain.
 * How many.  By pages from the newest, for what comes back is newer still, to the oldest: below
 * @before, 0 for the first.  The next is below @next, 0 for none.  What waits goes again. */
guint enj_report_close_streams (EnjReport *self, const char *local, const char *remote,
                                guint64 before, guint64 *next, gint64 now);

/* ---- Remote domains ---------------------------------------------------------- */

typedef struct
{
  const char *domain;
  gboolean connecting; /* an attempt is under way */
  guint waiting;       /* stanzas for it, of all our domains */
  gint64 rest;         /* microseconds until the next attempt, 0 where it may be at once */
  guint failures;      /* in a row */
  guint n_attempts;    /* the newest first */
  EnjAttempt attempts[ENJ_HISTORY_ATTEMPTS];
} EnjRemoteInfo;

/* Those that we tried to reach within the last hour, as history.h lists them. */
guint enj_report_list_remotes (const EnjReport *self, const char *after, const char **domains,
                               guint max);

/* All but the attempts may be had of any domain.  The history is for who waits for the next. */
void enj_report_describe_remote (const EnjReport *self, const char *domain, EnjRemoteInfo *info,
                                 gint64 now);
const EnjHistory *enj_report_get_history (const EnjReport *self);

/* ---- The links of our own domains ------------------------------------------------ */

typedef struct
{
  const char *state; /* "down", "connecting", "up" */
  gint64 age;        /* microseconds since it last came up or went down; 0: it never did */
  const char *error; /* why it went down; "" while it is up, or where it ended in order */
  gint64 retry;      /* microseconds until the next attempt, 0 for none, or one under way */
  guint64 stream;    /* its id; 0 for none */
  guint waiting;     /* stanzas for it */
  guint unproven;    /* stanzas that left by it, and are not proved to have arrived */
} EnjLinkInfo;

/* FALSE for what is no domain of ours. */
gboolean enj_report_describe_link (const EnjReport *self, const char *component,
                                   EnjLinkInfo *info, gint64 now);

/* The connection of a component to us; FALSE for a domain where none connects. */
gboolean enj_report_describe_hosted (const EnjReport *self, const char *component,
                                     EnjLinkInfo *info, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjReport, enj_report_free)

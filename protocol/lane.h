/* lane.h - a stream with another server, whoever opened it.
 *
 * Carries stanzas of pairs that were proved on it, and keeps what it has written until the
 * other side has confirmed it: by XEP-0198 (management.h), else by pings (sounding.h).  Ends
 * with a peer that does not read its answers.  inbound.h and outbound.h embed it first, each
 * with a table of functions: they open it, and know how a pair is proved.
 *
 * Neither connects nor accepts, and decides nothing about a peer.  The driver's functions are
 * those of session.h. */
#pragma once

#include "protocol/counters.h"
#include "protocol/management.h"
#include "protocol/news.h"
#include "protocol/receiving.h"
#include "protocol/session.h"
#include "protocol/sounding.h"

typedef struct EnjLane EnjLane;

typedef struct
{
  EnjSessionClass session;
  /* The peer's header came. */
  void (*opened) (EnjLane *self);
  /* An element came that is neither a stanza nor of XEP-0198; the session is open. */
  void (*element) (EnjLane *self, const EnjElement *element);
} EnjLaneClass;

struct EnjLane
{
  EnjSession session; /* must be first */
  EnjCounters *counters;
  EnjNewsQueue news;
  EnjReceiving *receiving; /* NULL: only we may send here */
  EnjManagement *management;
  EnjSounding *sounding;
};

/* FALSE when there are none. */
gboolean enj_lane_next (EnjLane *self, EnjNews *news);

/* The answer to a QUESTION: valid, with how it was proved, invalid, or an error with its
 * condition.  A pair that is not waiting for one is ignored. */
void enj_lane_answer (EnjLane *self, const char *local, const char *remote, EnjDialbackType type,
                      EnjStanzaCondition condition, EnjProof proof, gint64 now);

/* The oldest that left us and that the peer has not confirmed, owned by the caller, and when
 * it left; NULL when there is none.  For a session that is over. */
EnjStanza *enj_lane_steal_unconfirmed (EnjLane *self, gint64 *left);

/* Stanzas that have not left as a whole, or that the peer has not confirmed. */
guint enj_lane_count_owned (const EnjLane *self);

/* ---- for inbound and outbound ---------------------------------------- */

/* @kind is for the log: "in", "out".  It has no receiving yet. */
void enj_lane_init (EnjLane *self, const EnjLaneClass *klass, const char *kind,
                    EnjSettings *settings, EnjCounters *counters, EnjWake wake, gint64 now);
void enj_lane_clear (EnjLane *self);

/* From now on the peer may prove itself to us here, and send. */
void enj_lane_start_receiving (EnjLane *self);

void enj_lane_fail (EnjLane *self, EnjStreamCondition condition, const char *why);

/* TRUE: the deadline was one of ours. */
gboolean enj_lane_handle_due (EnjLane *self, EnjWait which);

/* For the table. */
void enj_lane_handle_event (EnjSession *session, EnjStreamEvent *event);
void enj_lane_handle_over (EnjSession *session);
void enj_lane_handle_left (EnjSession *session, EnjStanza *stanza);
void enj_lane_handle_closing (EnjSession *session);
gboolean enj_lane_handle_quiet (EnjSession *session);
guint enj_lane_count_unproven (const EnjSession *session);

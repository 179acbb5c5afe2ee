/* arrivals.h - all streams that peers have opened to us.
 *
 * Lets them in by address (doorman.h), owns them from accept() to closed(), hands up what they
 * have to tell, and finds one by its session's id or by the pair that it may carry.
 *
 * Does not route, and asks nobody whether a key is right. */
#pragma once

#include "protocol/doorman.h"
#include "protocol/inbound.h"

typedef struct EnjArrivals EnjArrivals;

typedef enum
{
  ENJ_ARRIVAL_NEWS, /* news */
  ENJ_ARRIVAL_ROOM, /* it can be written to again, after it was FULL */
  ENJ_ARRIVAL_OVER  /* once, and last, where a pair was admitted: news has its domains.  What it
                       did not send, or the peer did not confirm, may be stolen from it */
} EnjArrivalType;

/* @inbound and @session are borrowed until closed(); clear @news. */
typedef struct
{
  EnjArrivalType type;
  EnjInbound *inbound;
  EnjSession *session;
  const char *source; /* where it came from: enj_address_format_source() */
  EnjNews news;
} EnjArrival;

/* @wake: next() has something to tell. */
EnjArrivals *enj_arrivals_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake);
void enj_arrivals_free (EnjArrivals *self);
void enj_arrivals_set_settings (EnjArrivals *self, EnjSettings *settings, gint64 now);

/* A peer has connected from @address: the session to drive, until closed(); NULL where it is to
 * be turned away.  Another may be cut for it. */
EnjSession *enj_arrivals_accept (EnjArrivals *self, const EnjAddress *address,
                                 gboolean direct_tls, gint64 now);

/* Cuts the oldest that has proved nothing; FALSE where there is none. */
gboolean enj_arrivals_make_room (EnjArrivals *self, gint64 now);

/* FALSE where the session is none of these.  It is over, and all was told. */
gboolean enj_arrivals_closed (EnjArrivals *self, EnjSession *session);

gboolean enj_arrivals_next (EnjArrivals *self, EnjArrival *arrival);

/* To a QUESTION of the session @id, which may be gone by now (XEP-0220 2.1.2). */
void enj_arrivals_answer (EnjArrivals *self, guint64 id, const char *local, const char *remote,
                          EnjDialbackType type, EnjStanzaCondition condition, EnjProof proof,
                          gint64 now);

/* The oldest stream of a peer's own over which @local may write to @remote (XEP-0288); NULL
 * where there is none. */
EnjInbound *enj_arrivals_find (const EnjArrivals *self, const char *local, const char *remote);

/* Ends all streams in order. */
void enj_arrivals_close_all (EnjArrivals *self, gint64 now);
guint enj_arrivals_count (const EnjArrivals *self);

/* Stanzas on them that have not left as a whole, or that the peers have not confirmed. */
guint enj_arrivals_count_owned (const EnjArrivals *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjArrivals, enj_arrivals_free)

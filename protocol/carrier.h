/* carrier.h - a stream of XEP-0114 from the handshake on, whoever opened it.
 *
 * Carries stanzas both ways, and keeps what it has written until a ping proves that the
 * other side has it (proving.h).  link.h and hosted.h embed it first, each with a table of
 * functions: they open it, and know which stanzas it is for.
 *
 * Neither connects nor accepts, and does not come back.  The driver's functions are those
 * of session.h. */
#pragma once

#include "protocol/counters.h"
#include "protocol/proving.h"
#include "protocol/session.h"

typedef struct EnjCarrier EnjCarrier;

typedef enum
{
  ENJ_CARRIER_UP,    /* the handshake is accepted */
  ENJ_CARRIER_STANZA /* stanza */
} EnjCarrierEventType;

/* The receiver owns the stanza.  Positions count the bytes from the other side since its first. */
typedef struct
{
  EnjCarrierEventType type;
  EnjStanza *stanza;
  guint64 header; /* UP: the position behind the stream tag */
  guint64 end;    /* that behind the stanza, or what made it UP */
} EnjCarrierEvent;

typedef struct
{
  EnjSessionClass session;
  /* The other side's header came. */
  void (*opened) (EnjCarrier *self);
  /* A stanza came, which is the caller's unless it is taken out of there. */
  void (*stanza) (EnjCarrier *self, EnjStanza **stanza, guint64 end);
  /* An element came that is none; the session is open. */
  void (*element) (EnjCarrier *self, const EnjElement *element, guint64 end);
  /* May it be written there, by its addresses? */
  gboolean (*suits) (const EnjCarrier *self, const EnjStanza *stanza);
  void (*free) (EnjCarrier *self);
} EnjCarrierClass;

typedef enum
{
  ENJ_CARRIER_STATE_OPENING,
  ENJ_CARRIER_STATE_UP,
  ENJ_CARRIER_STATE_LEAVING /* up no longer: what was sent is proved, then our end tag follows */
} EnjCarrierState;

struct EnjCarrier
{
  EnjSession session; /* must be first */
  EnjCounters *counters;
  EnjProving *proving; /* from come_up() on */
  EnjCarrierState state;
  char *domain;    /* the component; NULL until it is known */
  char *prover;    /* who answers our pings */
  GQueue received; /* of EnjCarrierEvent: not yet fetched */
  guint64 header_end;
  guint64 before; /* the position of what was the first byte to our parser */
};

/* FALSE when there are none. */
gboolean enj_carrier_next (EnjCarrier *self, EnjCarrierEvent *event);

gboolean enj_carrier_is_up (const EnjCarrier *self);
gboolean enj_carrier_was_up (const EnjCarrier *self);

/* Ends in order: takes no more to send than errors and results, and writes the end tag when all
 * that was sent is proved, or after close-timeout. */
void enj_carrier_close (EnjCarrier *self, gint64 now);

/* close() was called, and the end tag is not written. */
gboolean enj_carrier_is_leaving (const EnjCarrier *self);

/* Writes a stanza.  FALSE unless it is up (or leaving, for an error or a result) and has room,
 * and the stanza is not too large for it. */
gboolean enj_carrier_send (EnjCarrier *self, EnjStanza *stanza, gint64 now);

/* FALSE: it would be too large for the other side, or is not for it. */
gboolean enj_carrier_may_send (const EnjCarrier *self, const EnjStanza *stanza);

/* What has left and is not proved: the oldest, owned by the caller, and when it left; NULL
 * when there is none.  For a session that is over. */
EnjStanza *enj_carrier_steal_unproven (EnjCarrier *self, gint64 *left);
guint enj_carrier_count_unproven (const EnjCarrier *self);

void enj_carrier_free (EnjCarrier *self);

/* ---- for link and hosted ---------------------------------------------- */

/* @domain may be NULL; it is copied. */
void enj_carrier_init (EnjCarrier *self, const EnjCarrierClass *klass, const char *kind,
                       const char *domain, EnjSettings *settings, EnjCounters *counters,
                       EnjWake wake, gint64 now);
void enj_carrier_clear (EnjCarrier *self);

/* The handshake is accepted.  Our pings go to @prover, which is copied. */
void enj_carrier_come_up (EnjCarrier *self, const char *prover);

/* Takes @stanza; @end is a position of the stream. */
void enj_carrier_push (EnjCarrier *self, EnjCarrierEventType type, EnjStanza *stanza,
                       guint64 end);

/* TRUE: it was an answer to a ping, and is for nobody else. */
gboolean enj_carrier_prove (EnjCarrier *self, const EnjStanza *stanza);

/* TRUE: the deadline was one of ours. */
gboolean enj_carrier_handle_due (EnjCarrier *self, EnjWait which);

/* For the table: what came; the last byte of a stanza has left us; how many are not proved. */
void enj_carrier_handle_event (EnjSession *session, EnjStreamEvent *event);
void enj_carrier_handle_left (EnjSession *session, EnjStanza *stanza);
guint enj_carrier_handle_count (const EnjSession *session);

void enj_carrier_fail (EnjCarrier *self, EnjStreamCondition condition, const char *why);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjCarrier, enj_carrier_free)

/* outbound.h - one server-to-server stream that we opened.
 *
 * Carries stanzas from one of our domains to one domain of the peer, once the
 * peer has verified us by dialback, and questions about keys that were
 * presented to us (XEP-0220 2.1).
 *
 * Does not connect, does not resolve names, does not queue: a stanza is
 * written or not taken.  The driver's functions are those of session.h. */
#pragma once

#include "protocol/counters.h"
#include "protocol/dialback.h"
#include "protocol/session.h"

typedef struct EnjOutbound EnjOutbound;

typedef enum
{
  ENJ_OUTBOUND_READY,  /* negotiated: authorise() and verify() may be called */
  ENJ_OUTBOUND_UP,     /* the peer has verified us: stanzas may be sent */
  ENJ_OUTBOUND_REFUSED, /* it has not: type and condition of its answer */
  ENJ_OUTBOUND_ANSWER  /* to a question: id, type, condition */
} EnjOutboundEventType;

typedef struct
{
  EnjOutboundEventType type;
  char *id;
  EnjDialbackType answer;
  EnjStanzaCondition condition;
} EnjOutboundEvent;

/* @local and @remote are canonical domains. */
EnjOutbound *enj_outbound_new (const char *local, const char *remote, EnjSettings *settings,
                               EnjCounters *counters, EnjWake wake, gint64 now);
void enj_outbound_free (EnjOutbound *self);
EnjSession *enj_outbound_get_session (EnjOutbound *self);

/* FALSE when there are none.  Free with clear(). */
gboolean enj_outbound_next (EnjOutbound *self, EnjOutboundEvent *event);
void enj_outbound_event_clear (EnjOutboundEvent *event);

gboolean enj_outbound_is_ready (const EnjOutbound *self);
gboolean enj_outbound_is_up (const EnjOutbound *self);

/* Asks the peer to verify us, unless that is done or under way (D01). */
void enj_outbound_authorise (EnjOutbound *self, gint64 now);

/* Asks whether @key for our stream @id is the peer's; forget() waits no longer. */
void enj_outbound_verify (EnjOutbound *self, const char *id, const char *key, gint64 now);
void enj_outbound_forget (EnjOutbound *self, const char *id);

/* It ended where the peer could not do the TLS that policy asks for. */
gboolean enj_outbound_is_breach (const EnjOutbound *self);

/* Opened for questions only, and all are answered or forgotten (D24). */
gboolean enj_outbound_is_idle (const EnjOutbound *self);

/* Writes a stanza.  FALSE unless the stream is up and has room. */
gboolean enj_outbound_send (EnjOutbound *self, EnjStanza *stanza, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjOutbound, enj_outbound_free)

/* inbound.h - one server-to-server stream that a peer opened to us.
 *
 * Offers STARTTLS, answers dialback in the receiving and the authoritative
 * role (XEP-0220 2.2), and lets a stanza pass only for a pair (from domain, to
 * domain) that was verified on this very stream.
 *
 * Does not verify: it hands out questions and is told the answers.  The
 * driver's functions are those of session.h. */
#pragma once

#include "protocol/counters.h"
#include "protocol/dialback.h"
#include "protocol/session.h"

typedef struct EnjInbound EnjInbound;

typedef enum
{
  ENJ_INBOUND_STANZA,   /* stanza, with canonical addresses, of a verified pair */
  ENJ_INBOUND_QUESTION, /* from, to, key, stream_id: is this key yours? */
  ENJ_INBOUND_UP        /* from, to: the pair is verified */
} EnjInboundEventType;

/* The receiver owns the stanza; strings are the event's until the next one. */
typedef struct
{
  EnjInboundEventType type;
  EnjStanza *stanza;
  char *from;
  char *to;
  char *key;
  char *stream_id;
} EnjInboundEvent;

EnjInbound *enj_inbound_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake,
                             gint64 now);
void enj_inbound_free (EnjInbound *self);
EnjSession *enj_inbound_get_session (EnjInbound *self);

/* FALSE when there are none. */
gboolean enj_inbound_next (EnjInbound *self, EnjInboundEvent *event);
void enj_inbound_event_clear (EnjInboundEvent *event);

/* The answer to a question: valid, invalid, or an error with its condition.
 * A pair that is not waiting for one is ignored. */
void enj_inbound_answer (EnjInbound *self, const char *from, const char *to, EnjDialbackType type,
                         EnjStanzaCondition condition, gint64 now);

/* Is the pair verified here? */
gboolean enj_inbound_has_pair (const EnjInbound *self, const char *from, const char *to);

/* New settings; a pair whose sender they deny ends the stream. */
void enj_inbound_set_settings (EnjInbound *self, EnjSettings *settings, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjInbound, enj_inbound_free)

/* link.h - the component's side of XEP-0114: our stream to Prosody.
 *
 * Proves itself by the handshake, then carries stanzas both ways.  Only
 * addresses of the component's own domain are ever written in `from`: anything
 * else makes Prosody close the link for everybody.
 *
 * Does not connect and does not come back: that is the uplink's work.  The
 * driver's functions are those of session.h. */
#pragma once

#include "protocol/counters.h"
#include "protocol/session.h"

typedef struct EnjLink EnjLink;

typedef enum
{
  ENJ_LINK_UP,    /* the handshake is accepted */
  ENJ_LINK_STANZA /* stanza */
} EnjLinkEventType;

/* The receiver owns the stanza. */
typedef struct
{
  EnjLinkEventType type;
  EnjStanza *stanza;
} EnjLinkEvent;

/* @domain is the component, @parent an address of the server that answers
 * pings, @secret is copied and wiped. */
EnjLink *enj_link_new (const char *domain, const char *parent, const char *secret,
                       EnjSettings *settings, EnjCounters *counters, EnjWake wake, gint64 now);
void enj_link_free (EnjLink *self);
EnjSession *enj_link_get_session (EnjLink *self);

/* FALSE when there are none. */
gboolean enj_link_next (EnjLink *self, EnjLinkEvent *event);

gboolean enj_link_is_up (const EnjLink *self);
gboolean enj_link_was_up (const EnjLink *self);

/* Writes a stanza.  FALSE unless the link is up and has room, and the stanza is not too
 * large for it. */
gboolean enj_link_send (EnjLink *self, EnjStanza *stanza, gint64 now);

/* Would the server close the link for its size, or for its `from`? */
gboolean enj_link_may_send (const EnjLink *self, const EnjStanza *stanza);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjLink, enj_link_free)

/* link.h - the component's side of XEP-0114: our stream to Prosody.
 *
 * Proves itself by the handshake, then carries stanzas both ways.  Only
 * addresses of the component's own domain are ever written in `from`: anything
 * else makes Prosody close the link for everybody.  What it has written it keeps
 * until a ping proves that the server has it (proving.h).
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

/* The receiver owns the stanza.  Positions count the bytes from the server since its first. */
typedef struct
{
  EnjLinkEventType type;
  EnjStanza *stanza;
  guint64 header; /* UP: the position behind the stream tag */
  guint64 end;    /* that behind the stanza, or what made it UP */
} EnjLinkEvent;

/* @domain is the component, @parent an address of the server that answers
 * pings, @secret is copied and wiped. */
EnjLink *enj_link_new (const char *domain, const char *parent, const char *secret,
                       EnjSettings *settings, EnjCounters *counters, EnjWake wake, gint64 now);

/* What another process left of a link that is up.  The input that follows @position is to be
 * fed; @output goes out as it is. */
typedef struct
{
  const guint8 *header; /* from the server's first byte to its stream tag */
  gsize header_len;
  const guint8 *output;
  gsize output_len;
  guint64 position; /* between two stanzas */
} EnjLinkPast;

/* Goes on with it; a link that is over at once where that cannot be. */
EnjLink *enj_link_new_resumed (const char *domain, const char *parent, const EnjLinkPast *past,
                               EnjSettings *settings, EnjCounters *counters, EnjWake wake,
                               gint64 now);
void enj_link_free (EnjLink *self);
EnjSession *enj_link_get_session (EnjLink *self);

/* FALSE when there are none. */
gboolean enj_link_next (EnjLink *self, EnjLinkEvent *event);

gboolean enj_link_is_up (const EnjLink *self);
gboolean enj_link_was_up (const EnjLink *self);

/* Ends in order: takes no more to send than errors and results, and writes the end tag when all
 * that was sent is proved, or after close-timeout. */
void enj_link_close (EnjLink *self, gint64 now);

/* close() was called, and the end tag is not written. */
gboolean enj_link_is_leaving (const EnjLink *self);

/* Writes a stanza.  FALSE unless the link is up (or leaving, for an error or a result) and has
 * room, and the stanza is not too large for it. */
gboolean enj_link_send (EnjLink *self, EnjStanza *stanza, gint64 now);

/* Would the server close the link for its size, or for its `from`? */
gboolean enj_link_may_send (const EnjLink *self, const EnjStanza *stanza);

/* What has left and is not proved: the oldest, owned by the caller, and when it left; NULL
 * when there is none.  For a session that is over. */
EnjStanza *enj_link_steal_unproven (EnjLink *self, gint64 *left);
guint enj_link_count_unproven (const EnjLink *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjLink, enj_link_free)

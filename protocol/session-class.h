/* session-class.h - what a kind of conversation has session.h do for it, and waits for. */
#pragma once

#include "protocol/element.h"
#include "protocol/stanza.h"

typedef struct EnjStreamEvent EnjStreamEvent;
typedef struct EnjSession EnjSession;

typedef enum
{
  ENJ_WAIT_HEADER,      /* for the whole of the peer's header */
  ENJ_WAIT_TLS,         /* for the handshake */
  ENJ_WAIT_NEGOTIATION, /* for the first proof of identity */
  ENJ_WAIT_ANSWER,      /* to what we asked last */
  ENJ_WAIT_QUIET,       /* nothing sent or received for a while */
  ENJ_WAIT_ACK,         /* management.h: to be handed to its tick() */
  ENJ_WAIT_PROOF,       /* sounding.h: the same */
  ENJ_WAIT_STALL,       /* for the peer to read */
  ENJ_WAIT_CLOSE,       /* for the peer's end of the stream */
  ENJ_N_WAITS
} EnjWait;

typedef enum
{
  ENJ_SEND_DONE,
  ENJ_SEND_FULL,     /* not now: the peer does not read what it has been sent already */
  ENJ_SEND_TOO_LARGE /* never: over what the peer said it takes (XEP-0478) */
} EnjSend;

/* Whose measure is full; each lets go of its own only. */
typedef enum
{
  ENJ_HOLD_ACKS = 1 << 0, /* management.h */
  ENJ_HOLD_PINGS = 1 << 1 /* proving.h, sounding.h */
} EnjHold;

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

  /* These five may be NULL.  The peer ends the stream with @error. */
  void (*told) (EnjSession *session, const EnjElement *error);
  /* The last byte of a stanza has left us. */
  void (*left) (EnjSession *session, EnjStanza *stanza);
  /* The orderly end begins: what is written now stands before our end tag. */
  void (*closing) (EnjSession *session);
  /* Settled in, and quiet: TRUE where something better than a blank was written. */
  gboolean (*quiet) (EnjSession *session);
  /* Stanzas that have left us and are not proved to have arrived. */
  guint (*count_unproven) (const EnjSession *session);
} EnjSessionClass;

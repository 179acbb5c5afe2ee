/* acceptor.h - SASL EXTERNAL on one stream, as the receiving server speaks it
 * (RFC 6120 6.4, XEP-0178 3).
 *
 * Takes the elements of SASL and answers them, until the peer has proved the
 * domain of its header, or has failed too often and the session with it.
 *
 * Does not judge certificates: evidence.h does.  Neither restarts the stream
 * nor admits a pair: its owner does. */
#pragma once

#include "protocol/evidence.h"
#include "protocol/session.h"

typedef struct EnjAcceptor EnjAcceptor;

typedef enum
{
  ENJ_ACCEPTOR_NOTHING, /* the element is none that a client of SASL sends */
  ENJ_ACCEPTOR_GOES_ON, /* answered: a challenge, or a failure that says nothing of who he is */
  ENJ_ACCEPTOR_FAILED,  /* the domain that it claimed was not proved */
  ENJ_ACCEPTOR_SUCCEEDED
} EnjAcceptorOutcome;

EnjAcceptor *enj_acceptor_new (EnjSession *session);
void enj_acceptor_free (EnjAcceptor *self);

/* A header came, or TLS began.  TRUE: EXTERNAL is to be offered, for @evidence
 * proves @remote (E02).  Both may be NULL. */
gboolean enj_acceptor_expect (EnjAcceptor *self, EnjEvidence *evidence, const char *remote);

EnjAcceptorOutcome enj_acceptor_handle (EnjAcceptor *self, const EnjElement *element);

/* The domain of the newest attempt; NULL where it was none.  Borrowed. */
const char *enj_acceptor_get_claimed (const EnjAcceptor *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjAcceptor, enj_acceptor_free)

/* counters.h - what happened, counted.
 *
 * One record for the process, kept by the ledger and borrowed by all.  A stanza's way
 * through the exchange begins as accepted, sent or, for an error that we make, bounced; it
 * ends once, as one of delivered, confirmed, unproven, bounced and dropped.  law.h holds
 * both sides against what is owned in between. */
#pragma once

#include "protocol/pace.h"
#include "protocol/tally.h"

#define ENJ_COUNTERS(X)                                                  \
  X (accepted, "stanzas taken over from a stream")                       \
  X (settled, "of those, how many have ended, with all their heirs")     \
  X (sent, "stanzas taken from a service")                               \
  X (delivered, "stanzas given to a service")                            \
  X (confirmed, "stanzas that the next hop has proved to have")          \
  X (unproven, "stanzas written where nothing could prove that")         \
  X (written_link, "stanzas written to a link")                          \
  X (written_peer, "stanzas written to a peer")                          \
  X (bounced, "stanzas answered with an error of ours")                  \
  X (dropped, "errors and results that could not be delivered")          \
  X (refused, "stanzas refused from their stream")                       \
  X (streams_in, "streams accepted")                                     \
  X (streams_out, "streams opened")                                      \
  X (pairs_verified, "pairs that dialback proved to us")                 \
  X (pairs_failed, "pairs that dialback did not prove to us")            \
  X (unsolicited, "dialback answers that nobody had asked for")

typedef struct
{
#define X(field, text) guint64 field;
  ENJ_COUNTERS (X)
#undef X
  EnjHistogram route; /* from taken over to each time that the last byte has left */
  EnjPace pace_in;    /* of streams that peers have opened */
  EnjPace pace_out;
  EnjTally tally;
} EnjCounters;

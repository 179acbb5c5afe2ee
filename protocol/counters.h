/* counters.h - what happened, counted.
 *
 * One record for the process, kept by the ledger and borrowed by all. */
#pragma once

#include <glib.h>

#define ENJ_COUNTERS(X)                                                  \
  X (accepted, "stanzas taken over from a stream")                       \
  X (settled, "of those, how many have ended, with all their heirs")     \
  X (sent, "stanzas taken from a service")                               \
  X (delivered_service, "stanzas given to a service")                    \
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
} EnjCounters;

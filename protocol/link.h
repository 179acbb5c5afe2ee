/* link.h - the component's side of XEP-0114: our stream to Prosody.
 *
 * Proves itself by the handshake, then carries stanzas both ways (carrier.h, which has the
 * functions).  Only addresses of the component's own domain are ever written in `from`:
 * anything else makes Prosody close the link for everybody.
 *
 * Does not connect and does not come back: that is the uplink's work. */
#pragma once

#include "protocol/carrier.h"

/* @domain is the component, @parent an address of the server that answers
 * pings, @secret is copied and wiped. */
EnjCarrier *enj_link_new (const char *domain, const char *parent, const char *secret,
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
EnjCarrier *enj_link_new_resumed (const char *domain, const char *parent, const EnjLinkPast *past,
                                  EnjSettings *settings, EnjCounters *counters, EnjWake wake,
                                  gint64 now);

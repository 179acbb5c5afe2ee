/* hosted.h - the server's side of XEP-0114: a component that has connected to us.
 *
 * Answers its header, which names one of the domains for which there are terms (settings.h),
 * and checks its handshake; whether it may come in is for the owner to say, who knows of the
 * others.  Then stanzas go both ways (carrier.h, which has the functions), those of the
 * component from its own domain only.  A component that answers no pings is served as well:
 * what it was written is unproven then.
 *
 * Does not listen, and does not route. */
#pragma once

#include "protocol/carrier.h"

typedef struct EnjHosted EnjHosted;

/* @port is the name of the listener; with @direct_tls TLS comes first.  Freed by
 * enj_carrier_free(). */
EnjHosted *enj_hosted_new (const char *port, gboolean direct_tls, EnjSettings *settings,
                           EnjCounters *counters, EnjWake wake, gint64 now);
EnjCarrier *enj_hosted_get_carrier (EnjHosted *self);

/* The domain for which it has proved itself; wake ran.  NULL before that, and once it was
 * admitted or refused. */
const char *enj_hosted_get_wish (const EnjHosted *self);

void enj_hosted_admit (EnjHosted *self, gint64 now);

/* Another has the domain.  What it has sent already goes nowhere. */
void enj_hosted_refuse (EnjHosted *self, gint64 now);

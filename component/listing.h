/* listing.h - streams, remote domains and routes as GVariant.
 *
 * From what the engine reports and the configuration says, a page at a time, to what the
 * steward tells.  All results are floating, of type aa{sv}; org.enjamb.Control1.xml has the names.
 *
 * Does not decide who may see it. */
#pragma once

#include "protocol/exchange.h"
#include "protocol/standby.h"
#include "component/configuration.h"

/* At most so many entries in a page: a turn of the loop waits for it, and a stream takes about
 * 40 us until it is on its way. */
#define ENJ_LISTING_PAGE 50

/* At most @max streams with ids greater than @after, of one remote domain or, as NULL, of all.
 * The next page is behind @next, 0 for none; a page may be short, even empty. */
GVariant *enj_listing_streams (const EnjReport *report, const char *remote, guint64 after,
                               guint max, guint64 *next, gint64 now);

/* At most @max remote domains behind @after, "" for the first; or @remote alone.  The next page
 * is behind @next, which is "" after the last; new. */
GVariant *enj_listing_remotes (const EnjReport *report, const char *remote, const char *after,
                               guint max, char **next, gint64 now);

/* Our own domains, all of them; @standby is NULL while nothing is known of their links. */
GVariant *enj_listing_routes (const EnjReport *report, const EnjConfig *config,
                              const EnjStandby *standby, gint64 now);

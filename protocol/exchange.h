/* exchange.h - every conversation in one place, and stanzas moved between them.
 *
 * Owns the links, the inbound streams and the peers; asks the router where a
 * stanza goes and takes it there, or back to its sender as an error.  What it
 * may not do itself (look up, connect, run a service) comes out as events, so
 * a whole world of servers runs in memory. */
#pragma once

#include "protocol/counters.h"
#include "protocol/exchange-event.h"
#include "protocol/keeper.h"
#include "protocol/link.h"
#include "protocol/load.h"
#include "protocol/peers.h"
#include "protocol/report.h"
#include "protocol/session.h"

typedef struct EnjExchange EnjExchange;

/* @wake: there are events to fetch, or work for next() to do. */
EnjExchange *enj_exchange_new (EnjSettings *settings, EnjWake wake);
void enj_exchange_free (EnjExchange *self);

/* All or nothing; the components stay as they are. */
void enj_exchange_set_settings (EnjExchange *self, EnjSettings *settings, gint64 now);
const EnjCounters *enj_exchange_get_counters (const EnjExchange *self);
EnjReport *enj_exchange_get_report (EnjExchange *self);

/* Stanzas that we have and that have not come to an end: counted where they are kept, for
 * law.h to hold against the counters. */
guint64 enj_exchange_count_owned (const EnjExchange *self);

void enj_exchange_forbid (EnjExchange *self, const EnjAddress *address);

gboolean enj_exchange_next (EnjExchange *self, EnjExchangeEvent *event, gint64 now);

gint64 enj_exchange_deadline (const EnjExchange *self);
void enj_exchange_tick (EnjExchange *self, gint64 now);

/* ---- Connections: the session to drive is given, and given back ---------- */

/* A peer has connected to us; with @direct_tls it starts with that (XEP-0368).  NULL: turn it
 * away without a word.  Another that has proved nothing may be cut for it. */
EnjSession *enj_exchange_accept (EnjExchange *self, const EnjAddress *address,
                                 gboolean direct_tls, gint64 now);
/* A component has connected (guests.h). */
EnjSession *enj_exchange_accept_hosted (EnjExchange *self, const char *port,
                                        const EnjAddress *address, gboolean direct_tls, gint64 now);

/* Cuts the oldest of those that have proved nothing; FALSE where there is none. */
gboolean enj_exchange_make_room (EnjExchange *self, gint64 now);

/* We have connected to the server of a component; NULL while it has a link. */
EnjSession *enj_exchange_attach (EnjExchange *self, const char *component, const char *parent,
                                 const char *secret, gint64 now);

/* The same for a link that another process left. */
EnjSession *enj_exchange_resume (EnjExchange *self, const char *component, const char *parent,
                                 const EnjLinkPast *past, gint64 now);

/* We have connected for a DIAL; NULL when it is not wanted any more.  What else is dialled
 * for the same id is not wanted then.  Or it has failed; @why is NULL where we had no room, and
 * the same DIAL comes again. */
EnjSession *enj_exchange_dialled (EnjExchange *self, guint64 id, guint ticket, gint64 now);
void enj_exchange_dial_failed (EnjExchange *self, guint64 id, guint ticket, const char *why,
                               gint64 now);

/* The connection is closed; the session is over and not used again. */
void enj_exchange_closed (EnjExchange *self, EnjSession *session, gint64 now);

void enj_exchange_srv (EnjExchange *self, guint64 id, guint ticket, EnjLookupResult result,
                       gboolean secure, const EnjSrvRecord *records, guint n, gint64 now);
void enj_exchange_addresses (EnjExchange *self, guint64 id, guint ticket, EnjLookupResult result,
                             gboolean secure, const EnjAddress *addresses, guint n, gint64 now);
void enj_exchange_tlsa (EnjExchange *self, guint64 id, guint ticket, EnjLookupResult result,
                        gboolean secure, const EnjTlsaRecord *records, guint n, gint64 now);

/* ---- Services -------------------------------------------------------------- */

/* FALSE where `from` is not of @component, or `to` is missing. */
gboolean enj_exchange_send (EnjExchange *self, const char *component, EnjStanza *stanza,
                            gint64 now);

/* To the component that connects to us, or back: what was delivered to @component. */
void enj_exchange_hand_on (EnjExchange *self, const char *component, EnjStanza *stanza, gint64 now);

/* ---- Succession: what another process carries on -------------------------------- */

/* Writes down, and holds (keeper.h); to be set before anything comes. */
EnjKeeper *enj_exchange_get_keeper (EnjExchange *self);

/* A stanza is ours from now on; here for those that another process had taken over.  @component
 * and @end are those of the keeper. */
void enj_exchange_take_over (EnjExchange *self, EnjOrigin origin, const char *component,
                             guint64 end, EnjStanza *stanza, gint64 now);

/* The same for one that goes no further: it may have arrived. */
void enj_exchange_give_back (EnjExchange *self, EnjOrigin origin, const char *component,
                             EnjStanza *stanza, gint64 now);

/* Another instance has our place at the server (standby.h): what waits for links that are down
 * goes back, and streams are closed in order, for peers and components are to find that instance.
 * Others may be opened.  Then the place is ours again. */
void enj_exchange_stand_by (EnjExchange *self, gint64 now);
void enj_exchange_serve (EnjExchange *self, gint64 now);

/* ---- The end: farewell.h knows the order -------------------------------------- */

EnjLoad enj_exchange_get_load (const EnjExchange *self);

/* In order, and for good: what waits for them is bounced. */
void enj_exchange_close (EnjExchange *self, EnjClosing what, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjExchange, enj_exchange_free)

/* porter.h - takes each stanza where it goes.
 *
 * Asks the router, and hands the stanza to the link, the peer or the service that it
 * names, or back to its sender as an error.  Counts what enters, what goes back and
 * what is dropped; writes down for a successor what may not be lost (keeper.h).
 *
 * Owns none of those it carries to, and opens no stream. */
#pragma once

#include "protocol/arrivals.h"
#include "protocol/exchange-event.h"
#include "protocol/guests.h"
#include "protocol/keeper.h"
#include "protocol/ledger.h"
#include "protocol/peers.h"
#include "protocol/trunks.h"

typedef struct EnjPorter EnjPorter;

/* All but @settings are borrowed. */
EnjPorter *enj_porter_new (EnjSettings *settings, EnjLedger *ledger, EnjPeers *peers,
                           EnjArrivals *arrivals, EnjTrunks *trunks, EnjGuests *guests,
                           EnjExchangeEventQueue *events);
void enj_porter_free (EnjPorter *self);
void enj_porter_set_settings (EnjPorter *self, EnjSettings *settings);
EnjKeeper *enj_porter_get_keeper (EnjPorter *self);

/* As those of exchange.h. */
gboolean enj_porter_send (EnjPorter *self, const char *component, EnjStanza *stanza, gint64 now);
void enj_porter_hand_on (EnjPorter *self, const char *component, EnjStanza *stanza, gint64 now);
void enj_porter_take_over (EnjPorter *self, EnjOrigin origin, const char *component, guint64 end,
                           EnjStanza *stanza, gint64 now);
void enj_porter_give_back (EnjPorter *self, EnjOrigin origin, const char *component,
                           EnjStanza *stanza, gint64 now);

/* Back to its sender as an error; dropped where none may be sent; the successor's where none can
 * be. */
void enj_porter_bounce (EnjPorter *self, EnjStanza *stanza, EnjStanzaCondition condition,
                        const char *type, const char *text, gint64 now);

/* Some of what peers were not given, back to its senders.  FALSE: there is more, for another
 * turn. */
gboolean enj_porter_return_some (EnjPorter *self, gint64 now);

/* What waits for the pair may have the stream of a peer's own (XEP-0288 2.2, B15). */
void enj_porter_borrow (EnjPorter *self, const char *local, const char *remote);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjPorter, enj_porter_free)

#include "config.h"

#include "protocol/porter.h"

#include "protocol/router.h"

/* Why a stanza goes no further; for its sender. */
#define TEXT_RESTARTED "the bridge was ended: it may have arrived"
#define TEXT_NO_ROOM "too much is under way already"
#define UNTOLD "nobody is told of an error or a result" /* for the log */
#define TEXT_QUEUE_FULL "too much is waiting to go there already"

#define BOUNCES_A_TURN 100

struct EnjPorter
{
  EnjSettings *settings;
  EnjLedger *ledger;
  EnjCounters *counters; /* the ledger's */
  EnjPeers *peers;
  EnjArrivals *arrivals;
  EnjTrunks *trunks;
  EnjGuests *guests;
  EnjExchangeEventQueue *events;
  EnjKeeper keeper;
};

EnjPorter *
enj_porter_new (EnjSettings *settings, EnjLedger *ledger, EnjPeers *peers, EnjArrivals *arrivals,
                EnjTrunks *trunks, EnjGuests *guests, EnjExchangeEventQueue *events)
{
  EnjPorter *self = g_new0 (EnjPorter, 1);

  self->settings = enj_settings_ref (settings);
  self->ledger = ledger;
  self->counters = enj_ledger_get_counters (ledger);
  self->peers = peers;
  self->arrivals = arrivals;
  self->trunks = trunks;
  self->guests = guests;
  self->events = events;
  return self;
}

void
enj_porter_free (EnjPorter *self)
{
  if (!self)
    return;
  enj_keeper_clear (&self->keeper);
  enj_settings_unref (self->settings);
  g_free (self);
}

void
enj_porter_set_settings (EnjPorter *self, EnjSettings *settings)
{
  enj_settings_unref (self->settings);
  self->settings = enj_settings_ref (settings);
}

EnjKeeper *
enj_porter_get_keeper (EnjPorter *self)
{
  return &self->keeper;
}

/* B15: a stream of the peer's own that takes stanzas, where we have none. */
static void
borrow (EnjPorter *self, const char *local, const char *remote)
{
  EnjRoster *roster = enj_peers_get_roster (self->peers);
  EnjInbound *inbound = enj_roster_may_borrow (roster, local, remote)
                          ? enj_arrivals_find (self->arrivals, local, remote)
                          : NULL;

  if (inbound)
    enj_roster_lend (roster, local, remote, inbound);
}

void
enj_porter_borrow (EnjPorter *self, const char *local, const char *remote)
{
  if (enj_roster_is_waiting (enj_peers_get_roster (self->peers), local, remote))
    borrow (self, local, remote);
}

static void route (EnjPorter *self, EnjOrigin origin, EnjStanza *stanza, gint64 now);

void
enj_porter_bounce (EnjPorter *self, EnjStanza *stanza, EnjStanzaCondition condition,
                   const char *type, const char *text, gint64 now)
{
  g_autoptr (EnjStanza) error = enj_stanza_new_error_full (stanza, condition, type, text);

  if (enj_keeper_hold (&self->keeper, ENJ_KEEPER_FOR_SENDER, stanza))
    return;
  if (!error)
    {
      /* RFC 6120 8.3.1, 8.2.3: no answer to an error or a result. */
      self->counters->dropped++;
      self->counters->tally.drops[ENJ_TALLY_DROP_UNTOLD]++;
      enj_router_log_drop (self->settings, stanza, UNTOLD, text);
      return;
    }
  self->counters->bounced++;
  self->counters->tally.bounces[condition]++;
  route (self, ENJ_ORIGIN_SERVICE, error, now);
}

static void
route (EnjPorter *self, EnjOrigin origin, EnjStanza *stanza, gint64 now)
{
  g_autoptr (EnjStanza) spelt = NULL;
  EnjDecision decision;
  gboolean taken = TRUE;

  enj_router_decide (self->settings, origin, stanza, &decision);
  spelt = enj_router_spell_new (&decision, stanza);
  switch (decision.route)
    {
    case ENJ_ROUTE_SERVICE:
      taken = enj_exchange_event_queue_deliver (self->events, origin, decision.domain,
                                                decision.local, stanza);
      break;
    case ENJ_ROUTE_LINK:
      if (!enj_trunk_takes (enj_trunks_find (self->trunks, decision.domain), stanza)
          && enj_keeper_hold (&self->keeper, ENJ_KEEPER_FOR_LINK, stanza))
        break;
      taken = spelt && enj_trunk_send (enj_trunks_find (self->trunks, decision.domain), spelt, now);
      break;
    case ENJ_ROUTE_PEER:
      if (enj_keeper_hold (&self->keeper, ENJ_KEEPER_FOR_PEER, stanza))
        break;
      borrow (self, decision.local, decision.domain);
      taken = spelt && enj_peers_send (self->peers, decision.local, decision.domain, spelt, now);
      break;
    case ENJ_ROUTE_BOUNCE:
      enj_porter_bounce (self, stanza, decision.condition, decision.error_type, decision.text, now);
      break;
    case ENJ_ROUTE_DROP:
      self->counters->dropped++;
      self->counters->tally.drops[decision.drop]++;
      enj_router_log_drop (self->settings, stanza, decision.text, NULL);
      break;
    }
  if (!taken)
    enj_porter_bounce (self, stanza, ENJ_STANZA_RESOURCE_CONSTRAINT, "wait", TEXT_QUEUE_FULL, now);
}

/* After an outage many go back at once: so many in one turn, and live traffic passes in between. */
gboolean
enj_porter_return_some (EnjPorter *self, gint64 now)
{
  EnjReturn item;

  for (guint i = 0; i < BOUNCES_A_TURN; i++)
    {
      /* One at least: those who flood the services hold up nobody. */
      if (i > 0 && enj_exchange_event_queue_count (self->events) >= BOUNCES_A_TURN)
        return FALSE;
      if (!enj_roster_next_return (enj_peers_get_roster (self->peers), &item))
        return TRUE;
      if (!enj_keeper_hold (&self->keeper, ENJ_KEEPER_FOR_PEER, item.stanza))
        enj_porter_bounce (self, item.stanza, item.condition, item.error_type, item.text, now);
      enj_stanza_unref (item.stanza);
      g_free (item.text);
    }
  return FALSE;
}

void
enj_porter_take_over (EnjPorter *self, EnjOrigin origin, const char *component, guint64 end,
                      EnjStanza *stanza, gint64 now)
{
  gboolean written = enj_keeper_write (&self->keeper, origin, component, end, stanza);

  enj_ledger_enter (self->ledger, stanza, now);
  if (written)
    route (self, origin, stanza, now);
  else
    enj_porter_bounce (self, stanza, ENJ_STANZA_RESOURCE_CONSTRAINT, "wait", TEXT_NO_ROOM, now);
}

void
enj_porter_give_back (EnjPorter *self, EnjOrigin origin, const char *component,
                      EnjStanza *stanza, gint64 now)
{
  (void) enj_keeper_write (&self->keeper, origin, component, 0, stanza); /* It does go back. */
  enj_ledger_enter (self->ledger, stanza, now);
  enj_porter_bounce (self, stanza, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait", TEXT_RESTARTED, now);
}

gboolean
enj_porter_send (EnjPorter *self, const char *component, EnjStanza *stanza, gint64 now)
{
  if (!enj_router_may_send (component, stanza))
    return FALSE;
  /* One that is not written down goes all the same: its service ends when we do. */
  (void) enj_keeper_write (&self->keeper, ENJ_ORIGIN_SERVICE, component, 0, stanza);
  self->counters->sent++;
  route (self, ENJ_ORIGIN_SERVICE, stanza, now);
  return TRUE;
}

void
enj_porter_hand_on (EnjPorter *self, const char *component, EnjStanza *stanza, gint64 now)
{
  /* One that is not written down goes all the same: it is lost only where we are killed. */
  (void) enj_keeper_write (&self->keeper, ENJ_ORIGIN_SERVICE, component, 0, stanza);
  self->counters->sent++;
  switch (enj_guests_send (self->guests, component, stanza, now))
    {
    case ENJ_GUESTS_TAKEN:
      break;
    case ENJ_GUESTS_FULL:
      enj_porter_bounce (self, stanza, ENJ_STANZA_RESOURCE_CONSTRAINT, "wait", TEXT_QUEUE_FULL,
                         now);
      break;
    case ENJ_GUESTS_AWAY:
      if (!enj_keeper_hold (&self->keeper, ENJ_KEEPER_FOR_HOSTED, stanza))
        enj_porter_bounce (self, stanza, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait",
                           enj_guests_explain (self->guests, component), now);
      break;
    }
}

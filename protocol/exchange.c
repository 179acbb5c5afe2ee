#include "config.h"

#include "protocol/exchange.h"

#include "protocol/arrivals.h"
#include "protocol/budget.h"
#include "protocol/faces.h"
#include "protocol/porter.h"
#include "protocol/report.h"

/* Why a stanza waits no longer; for its sender. */
#define TEXT_STOPPING "the bridge is going down"
#define TEXT_LINK_AWAY "the local server is not connected"
#define TEXT_LINK_LOST "the connection to the local server broke: it may have arrived"
#define TEXT_TOO_LARGE "larger than the local server takes"
#define TEXT_HOSTED_LOST "the connection to the component broke: it may have arrived"
#define TEXT_HOSTED_TOO_LARGE "larger than the component is given"

struct EnjExchange
{
  EnjSettings *settings;
  EnjLedger *ledger;
  EnjCounters *counters; /* the ledger's */
  EnjWake wake;
  EnjPeers *peers;
  EnjArrivals *arrivals;
  EnjTrunks *trunks;
  EnjGuests *guests;
  EnjFaces *faces;
  EnjWays *ways;
  EnjExchangeEventQueue events;
  EnjPorter *porter;
  EnjReport *report;
  gboolean is_dirty; /* one of those has something to tell */
  gboolean stopping;
};

static void
mark_dirty (gpointer data)
{
  EnjExchange *self = data;

  self->is_dirty = TRUE;
  enj_wake (self->wake);
}

static EnjExchangeEvent *
push_event (EnjExchange *self, EnjExchangeEventType type, const char *local, const char *remote)
{
  return enj_exchange_event_queue_push (&self->events, type, local, remote);
}

/* ---- Trunks and arrivals ------------------------------------------------------- */

static void
process_trunk (EnjExchange *self, const char *domain, EnjTrunkEvent *event, gint64 now)
{
  switch (event->type)
    {
    case ENJ_TRUNK_UP:
      enj_report_note_link_up (self->report, domain, now);
      enj_exchange_event_queue_pass_link_up (&self->events, domain, event->header, event->end);
      break;
    case ENJ_TRUNK_DOWN:
      enj_report_note_link_down (self->report, domain, event->error, now);
      enj_exchange_event_queue_pass_link_down (&self->events, domain, event->was_up, event->error);
      break;
    case ENJ_TRUNK_STANZA:
      enj_porter_take_over (self->porter, ENJ_ORIGIN_LINK, domain, event->end, event->stanza, now);
      break;
    case ENJ_TRUNK_TOO_LARGE:
      enj_porter_bounce (self->porter, event->stanza, ENJ_STANZA_POLICY_VIOLATION, "modify",
                         TEXT_TOO_LARGE, now);
      break;
    case ENJ_TRUNK_EXPIRED:
    case ENJ_TRUNK_LOST:
      enj_porter_bounce (self->porter, event->stanza, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait",
                         event->type == ENJ_TRUNK_LOST ? TEXT_LINK_LOST
                         : self->stopping ? TEXT_STOPPING : TEXT_LINK_AWAY, now);
      break;
    }
  enj_stanza_unref (event->stanza);
}

static void
process_guest (EnjExchange *self, const char *domain, EnjTrunkEvent *event, gint64 now)
{
  switch (event->type)
    {
    case ENJ_TRUNK_UP:
      enj_report_note_hosted (self->report, domain, TRUE, NULL, now);
      push_event (self, ENJ_EXCHANGE_HOSTED_UP, domain, NULL);
      break;
    case ENJ_TRUNK_DOWN:
      enj_report_note_hosted (self->report, domain, FALSE, event->error, now);
      push_event (self, ENJ_EXCHANGE_HOSTED_DOWN, domain, NULL)->error = event->error;
      break;
    case ENJ_TRUNK_STANZA:
      enj_porter_take_over (self->porter, ENJ_ORIGIN_HOSTED, domain, 0, event->stanza, now);
      break;
    case ENJ_TRUNK_TOO_LARGE:
      enj_porter_bounce (self->porter, event->stanza, ENJ_STANZA_POLICY_VIOLATION, "modify",
                         TEXT_HOSTED_TOO_LARGE, now);
      break;
    case ENJ_TRUNK_EXPIRED:
      if (enj_keeper_hold (enj_porter_get_keeper (self->porter), ENJ_KEEPER_FOR_HOSTED,
                           event->stanza))
        break;
      enj_porter_bounce (self->porter, event->stanza, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait",
                         self->stopping ? TEXT_STOPPING
                                         : enj_guests_explain (self->guests, domain), now);
      break;
    case ENJ_TRUNK_LOST:
      enj_porter_bounce (self->porter, event->stanza, ENJ_STANZA_REMOTE_SERVER_TIMEOUT, "wait",
                         TEXT_HOSTED_LOST, now);
      break;
    }
  enj_stanza_unref (event->stanza);
}

/* An answer to a ping of ours is for nobody else. */
static void
take_from_peer (EnjExchange *self, EnjStanza *stanza, gint64 now)
{
  if (!enj_ways_take (self->ways, stanza))
    enj_porter_take_over (self->porter, ENJ_ORIGIN_PEER, "", 0, stanza, now);
}

static void
tell_up (EnjExchange *self, const char *local, const char *remote, gboolean outgoing,
         EnjProof proof, const EnjEvidence *evidence, gint64 now)
{
  EnjExchangeEvent *up = push_event (self, ENJ_EXCHANGE_STREAM_UP, local, remote);

  up->outgoing = outgoing;
  up->proof = proof;
  enj_faces_meet (self->faces, local, remote, evidence, now);
}

static void
process_news (EnjExchange *self, EnjArrival *arrival, gint64 now)
{
  EnjNews *news = &arrival->news;
  EnjQuestion question;

  switch (news->type)
    {
    case ENJ_NEWS_STANZA:
      take_from_peer (self, news->stanza, now);
      break;
    case ENJ_NEWS_QUESTION:
      question = enj_verifier_question (news);
      question.asker = arrival->session->id;
      question.source = (char *) arrival->source;
      enj_peers_verify (self->peers, &question, now);
      break;
    case ENJ_NEWS_ADMITTED:
      tell_up (self, news->local, news->remote, FALSE, news->proof, news->evidence, now);
      enj_porter_borrow (self->porter, news->local, news->remote);
      break;
    case ENJ_NEWS_READY:
    case ENJ_NEWS_UP:
    case ENJ_NEWS_REFUSED:
    case ENJ_NEWS_ANSWER:
    case ENJ_NEWS_MOVED:
      break; /* Not of a stream that a peer has opened. */
    }
}

static void
process_arrival (EnjExchange *self, EnjArrival *arrival, gint64 now)
{
  EnjRoster *roster = enj_peers_get_roster (self->peers);
  const GError *reason = arrival->session->reason;

  switch (arrival->type)
    {
    case ENJ_ARRIVAL_NEWS:
      process_news (self, arrival, now);
      break;
    case ENJ_ARRIVAL_ROOM:
      enj_roster_note_room (roster, arrival->inbound);
      break;
    case ENJ_ARRIVAL_OVER:
      enj_roster_lose_inbound (roster, arrival->inbound, now);
      push_event (self, ENJ_EXCHANGE_STREAM_DOWN, arrival->news.local, arrival->news.remote)
        ->error
        = reason ? g_error_copy (reason) : NULL;
      break;
    }
}

/* ---- Peers ----------------------------------------------------------------------- */

static void
handle_peers_event (EnjExchange *self, EnjPeersEvent *event, gint64 now)
{
  switch (event->type)
    {
    case ENJ_PEERS_LOOKUP_SRV:
    case ENJ_PEERS_LOOKUP_ADDRESSES:
    case ENJ_PEERS_LOOKUP_TLSA:
    case ENJ_PEERS_DIAL:
      enj_exchange_event_queue_pass_wish (&self->events, event);
      break;
    case ENJ_PEERS_STANZA:
      take_from_peer (self, event->stanza, now);
      break;
    case ENJ_PEERS_VERDICT:
      enj_arrivals_answer (self->arrivals, event->asker, event->local, event->remote,
                           event->answer, event->condition, event->proof, now);
      break;
    case ENJ_PEERS_UP:
      tell_up (self, event->local, event->remote, TRUE, event->proof, event->evidence, now);
      break;
    case ENJ_PEERS_DOWN:
      enj_exchange_event_queue_pass_down (&self->events, event);
      enj_porter_borrow (self->porter, event->local, event->remote);
      break;
    }
}

/* ---- Going down --------------------------------------------------------------------- */

void
enj_exchange_close (EnjExchange *self, EnjClosing what, gint64 now)
{
  self->stopping = TRUE;
  switch (what)
    {
    case ENJ_CLOSING_INBOUND:
      enj_arrivals_close_all (self->arrivals, now);
      enj_guests_shut (self->guests);
      break;
    case ENJ_CLOSING_HOSTED:
      enj_guests_close (self->guests, now);
      break;
    case ENJ_CLOSING_DOWN_LINKS:
      enj_trunks_give_up (self->trunks);
      break;
    case ENJ_CLOSING_STUCK_OUTBOUND:
      enj_peers_refuse (self->peers, TEXT_STOPPING, now);
      break;
    case ENJ_CLOSING_OUTBOUND:
      enj_peers_close (self->peers, TEXT_STOPPING, now);
      break;
    case ENJ_CLOSING_LINKS:
      enj_trunks_close (self->trunks, now);
      break;
    }
  mark_dirty (self);
}

void
enj_exchange_stand_by (EnjExchange *self, gint64 now)
{
  enj_trunks_give_up (self->trunks);
  enj_guests_stand_by (self->guests, now);
  enj_arrivals_close_all (self->arrivals, now);
  enj_calls_retire_ready (enj_peers_get_calls (self->peers), now);
  mark_dirty (self);
}

void
enj_exchange_serve (EnjExchange *self, gint64 now)
{
  enj_guests_serve (self->guests, now);
}

EnjLoad
enj_exchange_get_load (const EnjExchange *self)
{
  return (EnjLoad){ .inbound = enj_arrivals_count (self->arrivals),
                    .outbound = enj_calls_count_streams (enj_peers_get_calls (self->peers)),
                    .ending = enj_calls_count_ending (enj_peers_get_calls (self->peers)),
                    .hosted = enj_guests_count (self->guests),
                    .links = enj_trunks_count_links (self->trunks),
                    .waiting_for_peers = enj_peers_count_waiting (self->peers),
                    .waiting_for_links = enj_trunks_count_waiting (self->trunks),
                    .waiting_for_up_links = enj_trunks_count_waiting_up (self->trunks),
                    .waiting_for_components = enj_guests_count_waiting (self->guests),
                    .unproven_by_links = enj_trunks_count_unproven (self->trunks),
                    .unproven_by_components = enj_guests_count_unproven (self->guests),
                    .events = enj_exchange_event_queue_count (&self->events) };
}

static void
process (EnjExchange *self, gint64 now)
{
  EnjPeersEvent event;
  EnjTrunkEvent trunk_event;
  EnjArrival arrival;
  EnjTrunk *trunk;

  while (self->is_dirty)
    {
      self->is_dirty = FALSE;
      while (enj_trunks_next (self->trunks, &trunk, &trunk_event, now))
        process_trunk (self, enj_trunk_get_domain (trunk), &trunk_event, now);
      while (enj_guests_next (self->guests, &trunk, &trunk_event, now))
        process_guest (self, enj_trunk_get_domain (trunk), &trunk_event, now);
      while (enj_arrivals_next (self->arrivals, &arrival))
        {
          process_arrival (self, &arrival, now);
          enj_news_clear (&arrival.news);
        }
      while (enj_peers_next (self->peers, &event, now))
        {
          handle_peers_event (self, &event, now);
          enj_peers_event_clear (&event);
        }
      if (!enj_porter_return_some (self->porter, now))
        {
          mark_dirty (self);
          break;
        }
    }
}

EnjExchange *
enj_exchange_new (EnjSettings *settings, EnjWake wake)
{
  EnjExchange *self = g_new0 (EnjExchange, 1);
  const EnjWake dirty = { mark_dirty, self };

  self->settings = enj_settings_ref (settings);
  enj_budget_set_limit (settings->limits.memory);
  self->ledger = enj_ledger_new ();
  self->counters = enj_ledger_get_counters (self->ledger);
  self->wake = wake;
  self->events.wake = wake;
  self->peers = enj_peers_new (settings, self->counters, dirty);
  self->arrivals = enj_arrivals_new (settings, self->counters, dirty);
  self->faces = enj_faces_new ();
  self->trunks = enj_trunks_new (settings, self->counters, dirty);
  self->guests = enj_guests_new (settings, self->counters, dirty);
  self->ways = enj_ways_new ();
  self->porter = enj_porter_new (settings, self->ledger, self->peers, self->arrivals, self->trunks,
                                 self->guests, &self->events);
  self->report = enj_report_new (self->peers, self->trunks, self->guests);
  return self;
}

void
enj_exchange_free (EnjExchange *self)
{
  if (!self)
    return;
  self->wake = (EnjWake){ 0 };
  enj_report_free (self->report);
  enj_arrivals_free (self->arrivals);
  enj_trunks_free (self->trunks);
  enj_guests_free (self->guests);
  enj_peers_free (self->peers);
  enj_ways_free (self->ways);
  enj_exchange_event_queue_clear (&self->events);
  enj_porter_free (self->porter);
  enj_settings_unref (self->settings);
  enj_faces_free (self->faces);
  enj_ledger_free (self->ledger);
  g_free (self);
}

void
enj_exchange_set_settings (EnjExchange *self, EnjSettings *settings, gint64 now)
{
  enj_settings_unref (self->settings);
  self->settings = enj_settings_ref (settings);
  enj_budget_set_limit (settings->limits.memory);
  enj_peers_set_settings (self->peers, settings, now);
  enj_arrivals_set_settings (self->arrivals, settings, now);
  enj_trunks_set_settings (self->trunks, settings);
  enj_guests_set_settings (self->guests, settings);
  enj_porter_set_settings (self->porter, settings);
}

EnjReport *
enj_exchange_get_report (EnjExchange *self)
{
  return self->report;
}

const EnjCounters *
enj_exchange_get_counters (const EnjExchange *self)
{
  return self->counters;
}

void
enj_exchange_forbid (EnjExchange *self, const EnjAddress *address)
{
  enj_calls_forbid (enj_peers_get_calls (self->peers), address);
}

gboolean
enj_exchange_next (EnjExchange *self, EnjExchangeEvent *event, gint64 now)
{
  process (self, now);
  if (!enj_exchange_event_queue_pop (&self->events, event))
    return FALSE;
  self->counters->delivered += event->type == ENJ_EXCHANGE_DELIVER;
  return TRUE;
}

guint64
enj_exchange_count_owned (const EnjExchange *self)
{
  return (guint64) enj_peers_count_owned (self->peers) + enj_arrivals_count_owned (self->arrivals)
         + enj_trunks_count_owned (self->trunks) + enj_guests_count_owned (self->guests)
         + enj_keeper_count (enj_porter_get_keeper (self->porter))
         + enj_exchange_event_queue_count_deliveries (&self->events);
}

gint64
enj_exchange_deadline (const EnjExchange *self)
{
  if (self->is_dirty)
    return 0;
  return MIN (MIN (enj_peers_deadline (self->peers), enj_trunks_deadline (self->trunks)),
              enj_guests_deadline (self->guests));
}

void
enj_exchange_tick (EnjExchange *self, gint64 now)
{
  enj_peers_tick (self->peers, now);
  enj_trunks_tick (self->trunks, now);
  enj_guests_tick (self->guests, now);
  process (self, now);
}

static EnjSession *
enlist (EnjExchange *self, EnjSession *session)
{
  if (session)
    enj_report_add (self->report, session);
  return session;
}

/* Peers without acknowledgements can be asked on it what they have (sounding.h). */
static EnjSession *
show_ways (EnjExchange *self, EnjSession *session)
{
  if (session)
    session->ways = self->ways;
  return enlist (self, session);
}

EnjSession *
enj_exchange_accept (EnjExchange *self, const EnjAddress *address, gboolean direct_tls, gint64 now)
{
  return show_ways (self, enj_arrivals_accept (self->arrivals, address, direct_tls, now));
}

gboolean
enj_exchange_make_room (EnjExchange *self, gint64 now)
{
  return enj_arrivals_make_room (self->arrivals, now)
         || enj_guests_make_room (self->guests, now);
}

EnjSession *
enj_exchange_accept_hosted (EnjExchange *self, const char *port, const EnjAddress *address,
                            gboolean direct_tls, gint64 now)
{
  return enlist (self, enj_guests_accept (self->guests, port, address, direct_tls, now));
}

EnjSession *
enj_exchange_attach (EnjExchange *self, const char *component, const char *parent,
                     const char *secret, gint64 now)
{
  EnjTrunk *trunk = enj_trunks_find (self->trunks, component);

  if (!trunk || self->stopping)
    return NULL;
  return enlist (self, enj_trunk_attach (trunk, self->settings, parent, secret, now));
}

EnjSession *
enj_exchange_resume (EnjExchange *self, const char *component, const char *parent,
                     const EnjLinkPast *past, gint64 now)
{
  EnjTrunk *trunk = enj_trunks_find (self->trunks, component);

  return trunk ? enlist (self, enj_trunk_resume (trunk, self->settings, parent, past, now)) : NULL;
}

EnjSession *
enj_exchange_dialled (EnjExchange *self, guint64 id, guint ticket, gint64 now)
{
  return show_ways (self, enj_peers_dialled (self->peers, id, ticket, now));
}

void
enj_exchange_dial_failed (EnjExchange *self, guint64 id, guint ticket, const char *why, gint64 now)
{
  enj_peers_dial_failed (self->peers, id, ticket, why, now);
  process (self, now);
}

void
enj_exchange_closed (EnjExchange *self, EnjSession *session, gint64 now)
{
  g_return_if_fail (enj_session_is_over (session));

  process (self, now); /* What it still has to tell comes out first. */
  enj_peers_forget_asker (self->peers, session->id);
  enj_report_remove (self->report, session);
  enj_tally_note_end (&self->counters->tally, session->reason);
  if (!enj_calls_closed (enj_peers_get_calls (self->peers), session)
      && !enj_arrivals_closed (self->arrivals, session)
      && !enj_guests_closed (self->guests, session))
    enj_trunks_closed (self->trunks, session);
  enj_wake (self->wake);
}

void
enj_exchange_srv (EnjExchange *self, guint64 id, guint ticket, EnjLookupResult result,
                  gboolean secure, const EnjSrvRecord *records, guint n, gint64 now)
{
  EnjTargets *targets = enj_peers_find_targets (self->peers, id);

  if (targets)
    enj_targets_srv (targets, ticket, result, secure, records, n);
  process (self, now);
}

void
enj_exchange_addresses (EnjExchange *self, guint64 id, guint ticket, EnjLookupResult result,
                        gboolean secure, const EnjAddress *addresses, guint n, gint64 now)
{
  EnjTargets *targets = enj_peers_find_targets (self->peers, id);

  if (targets)
    enj_targets_addresses (targets, ticket, result, secure, addresses, n);
  process (self, now);
}

void
enj_exchange_tlsa (EnjExchange *self, guint64 id, guint ticket, EnjLookupResult result,
                   gboolean secure, const EnjTlsaRecord *records, guint n, gint64 now)
{
  EnjTargets *targets = enj_peers_find_targets (self->peers, id);

  if (targets)
    enj_targets_tlsa (targets, ticket, result, secure, records, n);
  process (self, now);
}

gboolean
enj_exchange_send (EnjExchange *self, const char *component, EnjStanza *stanza, gint64 now)
{
  return enj_porter_send (self->porter, component, stanza, now);
}

void
enj_exchange_hand_on (EnjExchange *self, const char *component, EnjStanza *stanza, gint64 now)
{
  enj_porter_hand_on (self->porter, component, stanza, now);
}

EnjKeeper *
enj_exchange_get_keeper (EnjExchange *self)
{
  return enj_porter_get_keeper (self->porter);
}

void
enj_exchange_take_over (EnjExchange *self, EnjOrigin origin, const char *component, guint64 end,
                        EnjStanza *stanza, gint64 now)
{
  enj_porter_take_over (self->porter, origin, component, end, stanza, now);
}

void
enj_exchange_give_back (EnjExchange *self, EnjOrigin origin, const char *component,
                        EnjStanza *stanza, gint64 now)
{
  enj_porter_give_back (self->porter, origin, component, stanza, now);
}

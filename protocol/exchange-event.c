#include "config.h"

#include "protocol/exchange-event.h"

#include <string.h>

#include "protocol/budget.h"

/* A place in the queue; with its names, which no peer makes longer than domains are. */
#define PLACE (sizeof (EnjExchangeEvent) + sizeof (GList) + 64)

/* So many wait before stanzas go back instead; and where all memory is used up.  For our users,
 * and for all peers together. */
#define ROOM 16000
#define ROOM_SCANT 100

/* The first share of a peer. */
#define PEERS ENJ_N_ORIGINS

void
enj_exchange_event_clear (EnjExchangeEvent *event)
{
  enj_stanza_unref (event->stanza);
  g_free (event->name);
  g_free (event->source);
  g_free (event->local);
  g_free (event->remote);
  g_clear_error (&event->error);
  *event = (EnjExchangeEvent){ 0 };
}

static void
event_free (gpointer data)
{
  enj_budget_release (PLACE);
  enj_exchange_event_clear (data);
  g_free (data);
}

void
enj_exchange_event_queue_clear (EnjExchangeEventQueue *self)
{
  g_queue_clear_full (&self->queue, event_free);
  memset (self->held, 0, sizeof self->held);
  self->from_peers = 0;
}

EnjExchangeEvent *
enj_exchange_event_queue_push (EnjExchangeEventQueue *self, EnjExchangeEventType type,
                               const char *local, const char *remote)
{
  EnjExchangeEvent *event = g_new0 (EnjExchangeEvent, 1);

  event->type = type;
  event->local = g_strdup (local);
  event->remote = g_strdup (remote);
  enj_budget_charge (PLACE);
  g_queue_push_tail (&self->queue, event);
  enj_wake (self->wake);
  return event;
}

void
enj_exchange_event_queue_pass_link_up (EnjExchangeEventQueue *self, const char *local,
                                       guint64 header, guint64 end)
{
  EnjExchangeEvent *event
    = enj_exchange_event_queue_push (self, ENJ_EXCHANGE_LINK_UP, local, NULL);

  event->header = header;
  event->end = end;
}

void
enj_exchange_event_queue_pass_link_down (EnjExchangeEventQueue *self, const char *local,
                                         gboolean was_up, GError *error)
{
  EnjExchangeEvent *event
    = enj_exchange_event_queue_push (self, ENJ_EXCHANGE_LINK_DOWN, local, NULL);

  event->was_up = was_up;
  event->error = error;
}

void
enj_exchange_event_queue_pass_wish (EnjExchangeEventQueue *self, EnjPeersEvent *wish)
{
  static const EnjExchangeEventType types[] = {
    [ENJ_PEERS_LOOKUP_SRV] = ENJ_EXCHANGE_LOOKUP_SRV,
    [ENJ_PEERS_LOOKUP_ADDRESSES] = ENJ_EXCHANGE_LOOKUP_ADDRESSES,
    [ENJ_PEERS_LOOKUP_TLSA] = ENJ_EXCHANGE_LOOKUP_TLSA,
    [ENJ_PEERS_DIAL] = ENJ_EXCHANGE_DIAL,
  };
  EnjExchangeEvent *event;

  g_return_if_fail (wish->type < G_N_ELEMENTS (types));
  event = enj_exchange_event_queue_push (self, types[wish->type], wish->local, wish->remote);
  event->id = wish->id;
  event->ticket = wish->ticket;
  event->name = g_steal_pointer (&wish->name);
  event->source = g_steal_pointer (&wish->source);
  event->address = wish->address;
}

void
enj_exchange_event_queue_pass_down (EnjExchangeEventQueue *self, const EnjPeersEvent *down)
{
  EnjExchangeEvent *event = enj_exchange_event_queue_push (self, ENJ_EXCHANGE_STREAM_DOWN,
                                                           down->local, down->remote);

  event->outgoing = TRUE;
  if (down->text)
    event->error = g_error_new_literal (ENJ_STREAM_ERROR, ENJ_STREAM_DISCONNECTED, down->text);
}

gboolean
enj_exchange_event_queue_pop (EnjExchangeEventQueue *self, EnjExchangeEvent *event)
{
  g_autofree EnjExchangeEvent *first = g_queue_pop_head (&self->queue);

  if (!first)
    return FALSE;
  enj_budget_release (PLACE);
  if (first->type == ENJ_EXCHANGE_DELIVER)
    {
      self->held[first->share]--;
      self->from_peers -= first->share >= PEERS;
    }
  *event = *first;
  return TRUE;
}

static gboolean
has_room (const EnjExchangeEventQueue *self, EnjOrigin origin, guint share, const EnjStanza *stanza)
{
  guint most = enj_budget_is_over () ? ROOM_SCANT : ROOM;

  if (!enj_stanza_is_answerable (stanza))
    most *= 2;
  if (origin == ENJ_ORIGIN_PEER)
    return self->from_peers < most && self->held[share] < most / 2;
  return origin == ENJ_ORIGIN_SERVICE || self->held[share] < most;
}

gboolean
enj_exchange_event_queue_deliver (EnjExchangeEventQueue *self, EnjOrigin origin,
                                  const char *local, const char *remote, EnjStanza *stanza)
{
  guint share = origin == ENJ_ORIGIN_PEER ? PEERS + g_str_hash (remote) % (ENJ_SHARES - PEERS)
                                          : (guint) origin;
  EnjExchangeEvent *event;

  if (!has_room (self, origin, share, stanza))
    return FALSE;
  event = enj_exchange_event_queue_push (self, ENJ_EXCHANGE_DELIVER, local, NULL);
  event->stanza = enj_stanza_ref (stanza);
  event->share = (guint8) share;
  self->held[share]++;
  self->from_peers += origin == ENJ_ORIGIN_PEER;
  return TRUE;
}

guint
enj_exchange_event_queue_count (const EnjExchangeEventQueue *self)
{
  return self->queue.length;
}

guint
enj_exchange_event_queue_count_deliveries (const EnjExchangeEventQueue *self)
{
  guint n = 0;

  for (const GList *item = self->queue.head; item; item = item->next)
    n += ((const EnjExchangeEvent *) item->data)->type == ENJ_EXCHANGE_DELIVER;
  return n;
}

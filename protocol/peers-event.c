#include "config.h"

#include "protocol/peers-event.h"

void
enj_peers_event_clear (EnjPeersEvent *event)
{
  enj_stanza_unref (event->stanza);
  enj_evidence_unref (event->evidence);
  g_free (event->name);
  g_free (event->source);
  g_free (event->text);
  g_free (event->local);
  g_free (event->remote);
  *event = (EnjPeersEvent){ 0 };
}

static void
event_free (gpointer data)
{
  enj_peers_event_clear (data);
  g_free (data);
}

void
enj_peers_event_queue_clear (EnjPeersEventQueue *self)
{
  g_queue_clear_full (&self->queue, event_free);
}

EnjPeersEvent *
enj_peers_event_queue_push (EnjPeersEventQueue *self, EnjPeersEventType type, const char *local,
                            const char *remote)
{
  EnjPeersEvent *event = g_new0 (EnjPeersEvent, 1);

  event->type = type;
  event->local = g_strdup (local);
  event->remote = g_strdup (remote);
  g_queue_push_tail (&self->queue, event);
  enj_wake (self->wake);
  return event;
}

void
enj_peers_event_queue_push_wish (EnjPeersEventQueue *self, guint64 id, const char *remote,
                                 const char *source, const EnjTargetsWish *wish)
{
  static const EnjPeersEventType types[] = {
    [ENJ_TARGETS_LOOKUP_SRV] = ENJ_PEERS_LOOKUP_SRV,
    [ENJ_TARGETS_LOOKUP_ADDRESSES] = ENJ_PEERS_LOOKUP_ADDRESSES,
    [ENJ_TARGETS_LOOKUP_TLSA] = ENJ_PEERS_LOOKUP_TLSA,
    [ENJ_TARGETS_CONNECT] = ENJ_PEERS_DIAL,
  };
  EnjPeersEvent *event;

  g_return_if_fail (wish->type < G_N_ELEMENTS (types));
  event = enj_peers_event_queue_push (self, types[wish->type], NULL, remote);
  event->id = id;
  event->ticket = wish->ticket;
  event->name = g_strdup (wish->name);
  event->source = g_strdup (source);
  if (wish->target)
    event->address = wish->target->address;
}

gboolean
enj_peers_event_queue_pop (EnjPeersEventQueue *self, EnjPeersEvent *event)
{
  g_autofree EnjPeersEvent *first = g_queue_pop_head (&self->queue);

  if (first)
    *event = *first;
  return first != NULL;
}

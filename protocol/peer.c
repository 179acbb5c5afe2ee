#include "config.h"

#include "protocol/peer.h"

#include <string.h>

#include "protocol/budget.h"
#include "protocol/turns.h"
#include "protocol/waiting.h"

struct EnjPeer
{
  char *key;
  char *local;
  char *remote;
  gint64 max_age;
  EnjWaiting *waiting;
  EnjCall *call;
  EnjInbound *inbound;
  gint64 lose_until; /* what streams lose is tried again; 0 while none has lost anything */
  gboolean has_retried;
};

EnjPeer *
enj_peer_new (const char *local, const char *remote, const EnjLimits *limits)
{
  EnjPeer *self = g_new0 (EnjPeer, 1);

  enj_budget_charge (ENJ_BUDGET_NAMED);
  self->key = g_strconcat (local, " ", remote, NULL);
  self->local = g_strdup (local);
  self->remote = g_strdup (remote);
  self->max_age = (gint64) limits->queue_age * ENJ_SECOND;
  self->waiting = enj_waiting_new (limits->queue_stanzas, limits->queue_bytes, self->max_age);
  return self;
}

void
enj_peer_set_limits (EnjPeer *self, const EnjLimits *limits)
{
  self->max_age = (gint64) limits->queue_age * ENJ_SECOND;
  enj_waiting_set_limits (self->waiting, limits->queue_stanzas, limits->queue_bytes,
                          self->max_age);
}

void
enj_peer_free (EnjPeer *self)
{
  if (!self)
    return;
  enj_budget_release (ENJ_BUDGET_NAMED);
  enj_waiting_free (self->waiting);
  g_free (self->key);
  g_free (self->local);
  g_free (self->remote);
  g_free (self);
}

const char *
enj_peer_get_local (const EnjPeer *self)
{
  return self->local;
}

const char *
enj_peer_get_remote (const EnjPeer *self)
{
  return self->remote;
}

const char *
enj_peer_get_key (const EnjPeer *self)
{
  return self->key;
}

/* ---- The queue ------------------------------------------------------------- */

/* All that was lost has left us since. */
static gboolean
is_clean (const EnjPeer *self)
{
  EnjOutbound *outbound = self->call ? enj_call_get_outbound (self->call) : NULL;
  const EnjSession *session = outbound        ? enj_outbound_get_session (outbound)
                              : self->inbound ? enj_inbound_get_session (self->inbound)
                                              : NULL;

  return enj_waiting_length (self->waiting) == 0
         && (!session || enj_departures_count (&session->unsent) == 0);
}

gboolean
enj_peer_push (EnjPeer *self, EnjStanza *stanza, gint64 now)
{
  if (self->lose_until > 0 && is_clean (self))
    self->lose_until = 0;
  return enj_waiting_push (self->waiting, stanza, now);
}

void
enj_peer_take_back (EnjPeer *self, EnjStanza *stanza, gint64 now)
{
  enj_waiting_push_front (self->waiting, stanza, now);
}

gboolean
enj_peer_is_losing (EnjPeer *self, gint64 now)
{
  /* Where none was lost for so long, this is another time. */
  if (self->lose_until == 0 || now - self->lose_until >= self->max_age)
    self->lose_until = now + self->max_age;
  return now >= self->lose_until;
}

EnjStanza *
enj_peer_steal (EnjPeer *self)
{
  return enj_waiting_steal (self->waiting);
}

char *
enj_peer_dup_source (const EnjPeer *self)
{
  EnjStanza *stanza = enj_waiting_peek (self->waiting);
  const char *from = stanza ? enj_stanza_get_from (stanza) : NULL;

  /* RFC 7622 3.1: what is before the resource has no slash. */
  return from ? g_strdup_printf (ENJ_TURNS_USER "%.*s", (int) strcspn (from, "/"), from) : NULL;
}

EnjStanza *
enj_peer_steal_of (EnjPeer *self, const char *source)
{
  g_autofree char *oldest = enj_peer_dup_source (self);

  return g_strcmp0 (oldest, source) == 0 ? enj_waiting_steal (self->waiting) : NULL;
}

EnjStanza *
enj_peer_steal_expired (EnjPeer *self, gint64 now)
{
  return enj_waiting_steal_expired (self->waiting, now);
}

gint64
enj_peer_deadline (const EnjPeer *self)
{
  return enj_waiting_deadline (self->waiting);
}

guint
enj_peer_count_waiting (const EnjPeer *self)
{
  return enj_waiting_length (self->waiting);
}

/* ---- The stream ------------------------------------------------------------ */

void
enj_peer_set_call (EnjPeer *self, EnjCall *call)
{
  self->call = call;
  self->inbound = NULL;
}

void
enj_peer_set_inbound (EnjPeer *self, EnjInbound *inbound)
{
  self->call = NULL;
  self->inbound = inbound;
}

EnjCall *
enj_peer_get_call (const EnjPeer *self)
{
  return self->call;
}

EnjInbound *
enj_peer_get_inbound (const EnjPeer *self)
{
  return self->inbound;
}

gboolean
enj_peer_is_up (const EnjPeer *self)
{
  if (self->inbound)
    return enj_inbound_may_send (self->inbound, self->local, self->remote);
  return self->call && enj_call_is_ready (self->call)
         && enj_outbound_is_up (enj_call_get_outbound (self->call), self->local, self->remote);
}

static EnjSend
send (EnjPeer *self, EnjStanza *stanza, gint64 now)
{
  return self->inbound ? enj_inbound_send (self->inbound, stanza, now)
                       : enj_outbound_send (enj_call_get_outbound (self->call), stanza, now);
}

gboolean
enj_peer_flush (EnjPeer *self, EnjStanza **too_large, gint64 now)
{
  EnjStanza *stanza;

  while (enj_peer_is_up (self) && (stanza = enj_waiting_peek (self->waiting)))
    switch (send (self, stanza, now))
      {
      case ENJ_SEND_DONE:
        enj_stanza_unref (enj_waiting_steal (self->waiting));
        break;
      case ENJ_SEND_FULL:
        return FALSE;
      case ENJ_SEND_TOO_LARGE:
        *too_large = enj_waiting_steal (self->waiting);
        return TRUE;
      }
  return FALSE;
}

gboolean
enj_peer_may_retry (EnjPeer *self)
{
  gboolean may_retry = !self->has_retried;

  self->has_retried = TRUE;
  return may_retry;
}

void
enj_peer_note_up (EnjPeer *self)
{
  self->has_retried = FALSE;
}

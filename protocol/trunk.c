#include "config.h"

#include "protocol/trunk.h"

#include "protocol/salvage.h"
#include "protocol/waiting.h"

struct EnjTrunk
{
  char *domain;
  EnjCounters *counters;
  EnjWake wake;
  EnjCarrier *carrier; /* until it is over */
  EnjCarrier *successor; /* of the carrier, in this turn */
  GPtrArray *dying;    /* of EnjCarrier: over, but not yet closed */
  EnjWaiting *waiting;
  GQueue refused; /* of EnjStanza: too large by now, the server would close the link */
  GQueue lost;    /* of EnjStanza: went with a link that died, and is not sent again */
  gint64 expire_before;
};

EnjTrunk *
enj_trunk_new (const char *domain, EnjSettings *settings, EnjCounters *counters, EnjWake wake)
{
  EnjTrunk *self = g_new0 (EnjTrunk, 1);
  const EnjLimits *limits = &settings->limits;

  self->domain = g_strdup (domain);
  self->counters = counters;
  self->wake = wake;
  self->dying = g_ptr_array_new_with_free_func ((GDestroyNotify) enj_carrier_free);
  self->waiting = enj_waiting_new (limits->queue_stanzas, limits->queue_bytes,
                                   (gint64) limits->queue_age * ENJ_SECOND);
  return self;
}

void
enj_trunk_set_settings (EnjTrunk *self, EnjSettings *settings)
{
  const EnjLimits *limits = &settings->limits;
  EnjSession *session = self->carrier ? &self->carrier->session : NULL;

  enj_waiting_set_limits (self->waiting, limits->queue_stanzas, limits->queue_bytes,
                          (gint64) limits->queue_age * ENJ_SECOND);
  if (!session)
    return;
  enj_settings_unref (session->settings);
  session->settings = enj_settings_ref (settings);
}

void
enj_trunk_free (EnjTrunk *self)
{
  if (!self)
    return;
  enj_carrier_free (self->carrier);
  enj_carrier_free (self->successor);
  g_ptr_array_unref (self->dying);
  enj_waiting_free (self->waiting);
  g_queue_clear_full (&self->refused, (GDestroyNotify) enj_stanza_unref);
  g_queue_clear_full (&self->lost, (GDestroyNotify) enj_stanza_unref);
  g_free (self->domain);
  g_free (self);
}

const char *
enj_trunk_get_domain (const EnjTrunk *self)
{
  return self->domain;
}

EnjSession *
enj_trunk_attach (EnjTrunk *self, EnjSettings *settings, const char *parent, const char *secret,
                  gint64 now)
{
  if (self->carrier)
    return NULL;
  self->carrier = enj_link_new (self->domain, parent, secret, settings, self->counters, self->wake,
                             now);
  return &self->carrier->session;
}

EnjSession *
enj_trunk_resume (EnjTrunk *self, EnjSettings *settings, const char *parent,
                  const EnjLinkPast *past, gint64 now)
{
  if (self->carrier)
    return NULL;
  self->carrier = enj_link_new_resumed (self->domain, parent, past, settings, self->counters,
                                     self->wake, now);
  return &self->carrier->session;
}

gboolean
enj_trunk_closed (EnjTrunk *self, EnjSession *session)
{
  for (guint i = 0; i < self->dying->len; i++)
    if (&((EnjCarrier *) self->dying->pdata[i])->session == session)
      {
        g_ptr_array_remove_index_fast (self->dying, i);
        return TRUE;
      }
  return FALSE;
}

void
enj_trunk_take (EnjTrunk *self, EnjCarrier *carrier, gint64 now)
{
  g_return_if_fail (!self->successor);

  carrier->session.wake = self->wake;
  enj_wake (self->wake);
  if (!self->carrier)
    {
      self->carrier = carrier;
      return;
    }
  self->carrier->session.now = now;
  if (enj_session_is_open (&self->carrier->session))
    enj_carrier_fail (self->carrier, ENJ_STREAM_CONFLICT, "replaced by a new connection");
  self->successor = carrier;
}

void
enj_trunk_question (EnjTrunk *self, gint64 now)
{
  if (!enj_trunk_is_up (self))
    return;
  self->carrier->session.now = now;
  enj_proving_ask (self->carrier->proving);
}

/* TRUE for one that is leaving, too: what comes meanwhile may have to be told. */
static gboolean
is_open (const EnjTrunk *self)
{
  return enj_trunk_is_up (self) || (self->carrier && enj_carrier_is_leaving (self->carrier));
}

static void
flush (EnjTrunk *self, gint64 now)
{
  EnjStanza *stanza;

  while (is_open (self) && (stanza = enj_waiting_steal (self->waiting)))
    {
      gboolean sent;

      if (!enj_carrier_may_send (self->carrier, stanza))
        {
          g_queue_push_tail (&self->refused, stanza);
          enj_wake (self->wake);
          continue;
        }
      sent = enj_carrier_send (self->carrier, stanza, now);
      if (!sent)
        enj_waiting_push_front (self->waiting, stanza, now);
      enj_stanza_unref (stanza);
      if (!sent)
        break;
    }
}

gboolean
enj_trunk_takes (const EnjTrunk *self, const EnjStanza *stanza)
{
  return enj_trunk_is_up (self) || (is_open (self) && !enj_stanza_is_answerable (stanza));
}

gboolean
enj_trunk_send (EnjTrunk *self, EnjStanza *stanza, gint64 now)
{
  if (!enj_waiting_push (self->waiting, stanza, now))
    return FALSE;
  flush (self, now);
  if (self->expire_before > now)
    enj_wake (self->wake);
  return TRUE;
}

/* For the next link, before all that waits. */
static void
put_back (EnjTrunk *self, EnjStanza *stanza, gint64 now)
{
  enj_waiting_push_front (self->waiting, stanza, now);
  enj_stanza_unref (stanza);
}

/* What the server may have. */
static void
salvage (EnjTrunk *self, gint64 now)
{
  const EnjSession *session = &self->carrier->session;
  g_autoptr (EnjSalvage) salvage = enj_salvage_new (
    enj_settings_get_on_loss (session->settings, self->domain), self->domain);
  EnjStanza *stanza;
  gint64 left;

  while ((stanza = enj_carrier_steal_unproven (self->carrier, &left)))
    enj_salvage_take (salvage, stanza, left, now);
  self->counters->dropped += enj_salvage_count_dropped (salvage);
  self->counters->tally.drops[ENJ_TALLY_DROP_OLDER] += enj_salvage_count_dropped (salvage);
  if (enj_salvage_count_again (salvage) + enj_salvage_count_lost (salvage) > 0)
    enj_log_info (&session->log, "not proved to have arrived: %u go again, %u go back",
                  enj_salvage_count_again (salvage), enj_salvage_count_lost (salvage));
  while ((stanza = enj_salvage_steal_again (salvage)))
    put_back (self, stanza, now);
  while ((stanza = enj_salvage_steal_lost (salvage)))
    g_queue_push_tail (&self->lost, stanza);
}

static void
bury (EnjTrunk *self, EnjTrunkEvent *event, gint64 now)
{
  EnjSession *session = &self->carrier->session;
  EnjStanza *stanza;

  while ((stanza = enj_session_steal_unsent (session)))
    put_back (self, stanza, now);
  salvage (self, now);
  event->type = ENJ_TRUNK_DOWN;
  event->was_up = enj_carrier_was_up (self->carrier);
  event->error = session->reason ? g_error_copy (session->reason) : NULL;
  g_ptr_array_add (self->dying, g_steal_pointer (&self->carrier));
  self->carrier = g_steal_pointer (&self->successor);
}

gboolean
enj_trunk_next (EnjTrunk *self, EnjTrunkEvent *event, gint64 now)
{
  EnjCarrierEvent carried;

  *event = (EnjTrunkEvent){ 0 };
  if (self->carrier && enj_carrier_next (self->carrier, &carried))
    {
      event->type = carried.type == ENJ_CARRIER_UP ? ENJ_TRUNK_UP : ENJ_TRUNK_STANZA;
      if (event->type == ENJ_TRUNK_UP)
        self->expire_before = 0;
      event->stanza = carried.stanza;
      event->header = carried.header;
      event->end = carried.end;
      return TRUE;
    }
  if (self->carrier && (self->successor || enj_session_is_over (&self->carrier->session)))
    {
      bury (self, event, now);
      return TRUE;
    }
  flush (self, now);
  event->type = ENJ_TRUNK_LOST;
  event->stanza = g_queue_pop_head (&self->lost);
  if (event->stanza)
    return TRUE;
  event->type = ENJ_TRUNK_TOO_LARGE;
  event->stanza = g_queue_pop_head (&self->refused);
  if (event->stanza)
    return TRUE;
  event->type = ENJ_TRUNK_EXPIRED;
  event->stanza = enj_waiting_steal_expired (self->waiting, MAX (now, self->expire_before));
  return event->stanza != NULL;
}

gint64
enj_trunk_deadline (const EnjTrunk *self)
{
  return enj_waiting_deadline (self->waiting);
}

void
enj_trunk_close (EnjTrunk *self, gint64 now)
{
  if (self->carrier)
    enj_carrier_close (self->carrier, now);
}

void
enj_trunk_expire_all (EnjTrunk *self)
{
  self->expire_before = ENJ_NEVER - 1;
  enj_wake (self->wake);
}

void
enj_trunk_expire_none (EnjTrunk *self)
{
  self->expire_before = 0;
}

gboolean
enj_trunk_is_up (const EnjTrunk *self)
{
  return self->carrier && enj_carrier_is_up (self->carrier);
}

gboolean
enj_trunk_has_session (const EnjTrunk *self)
{
  return self->carrier || self->dying->len > 0;
}

const EnjSession *
enj_trunk_get_session (const EnjTrunk *self)
{
  return self->carrier ? &self->carrier->session : NULL;
}

guint
enj_trunk_count_waiting (const EnjTrunk *self)
{
  return enj_waiting_length (self->waiting)
         + (self->carrier ? enj_departures_count (&self->carrier->session.unsent) : 0);
}

guint
enj_trunk_count_unproven (const EnjTrunk *self)
{
  return self->carrier ? enj_carrier_count_unproven (self->carrier) : 0;
}

guint
enj_trunk_count_owned (const EnjTrunk *self)
{
  return enj_trunk_count_waiting (self) + self->refused.length + self->lost.length
         + enj_trunk_count_unproven (self);
}

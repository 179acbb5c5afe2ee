#include "config.h"

#include "protocol/guests.h"

#include "protocol/budget.h"
#include "protocol/doorman.h"
#include "protocol/hosted.h"
#include "protocol/router.h"

/* Those that have proved nothing hold descriptors that nobody has counted for them. */
#define UNPROVED_MAX 32

/* Until a component that is to find another instance has heard what goes back to it at once. */
#define GRACE (2 * ENJ_SECOND)

/* One connection. */
typedef struct
{
  EnjGuests *guests;
  EnjHosted *hosted; /* NULL once a trunk has it */
  EnjSession *session;
  EnjVisit visit;
  char *source;
  gboolean is_dirty;
} Guest;

/* What there is of a domain beside its trunk. */
typedef struct
{
  gboolean is_there;
  gint64 since; /* when it went away, or we began; 0 while that is not known */
} Room;

struct EnjGuests
{
  EnjSettings *settings;
  EnjCounters *counters;
  EnjWake wake;
  EnjDoorman *doorman;
  EnjTrunks *trunks;
  GHashTable *guests; /* session id to Guest, owned */
  GHashTable *rooms;  /* domain, the trunk's, to Room, owned */
  GQueue dirty;       /* of Guest, without a trunk */
  gboolean is_shut;
  gboolean is_closed;
  gboolean stands_by;
  gint64 leave_at; /* ENJ_NEVER: all may stay, or have been told */
};

static void
mark_dirty (gpointer data)
{
  Guest *guest = data;

  if (!guest->is_dirty)
    {
      guest->is_dirty = TRUE;
      g_queue_push_tail (&guest->guests->dirty, guest);
    }
  enj_wake (guest->guests->wake);
}

static void
clean (Guest *guest)
{
  if (guest->is_dirty)
    g_queue_remove (&guest->guests->dirty, guest);
  guest->is_dirty = FALSE;
}

static void
guest_free (gpointer data)
{
  Guest *guest = data;

  clean (guest);
  enj_visit_leave (&guest->visit);
  if (guest->hosted)
    enj_carrier_free (enj_hosted_get_carrier (guest->hosted));
  g_free (guest->source);
  g_free (guest);
}

static EnjLimits
get_limits (const EnjSettings *settings)
{
  EnjLimits limits = settings->limits;

  limits.unauthenticated = MIN (limits.unauthenticated, UNPROVED_MAX);
  /* All components may be at one address, and anybody of that machine: where there are too many,
   * the oldest goes, which one that speaks at once never is; nobody is kept out. */
  limits.unauthenticated_per_address = limits.unauthenticated + 1;
  return limits;
}

EnjGuests *
enj_guests_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake)
{
  EnjGuests *self = g_new0 (EnjGuests, 1);
  const EnjLimits limits = get_limits (settings);
  const char *domain;

  self->settings = enj_settings_ref (settings);
  self->counters = counters;
  self->wake = wake;
  self->leave_at = ENJ_NEVER;
  self->doorman = enj_doorman_new (&limits);
  self->trunks = enj_trunks_new (settings, counters, wake);
  self->guests = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, guest_free);
  self->rooms = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  for (guint i = 0; (domain = enj_realm_get_component (settings->realm, i)); i++)
    g_hash_table_insert (self->rooms,
                         (gpointer) enj_trunk_get_domain (enj_trunks_find (self->trunks, domain)),
                         g_new0 (Room, 1));
  return self;
}

void
enj_guests_free (EnjGuests *self)
{
  if (!self)
    return;
  self->wake = (EnjWake){ 0 };
  g_hash_table_unref (self->guests);
  g_hash_table_unref (self->rooms);
  enj_trunks_free (self->trunks);
  enj_doorman_free (self->doorman);
  enj_settings_unref (self->settings);
  g_free (self);
}

void
enj_guests_set_settings (EnjGuests *self, EnjSettings *settings)
{
  const EnjLimits limits = get_limits (settings);
  GHashTableIter iter;
  gpointer value;

  enj_settings_unref (self->settings);
  self->settings = enj_settings_ref (settings);
  enj_doorman_set_limits (self->doorman, &limits);
  enj_trunks_set_settings (self->trunks, settings);
  g_hash_table_iter_init (&iter, self->guests);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Guest *guest = value;

      if (!guest->hosted)
        continue;
      enj_settings_unref (guest->session->settings);
      guest->session->settings = enj_settings_ref (settings);
    }
}

/* ---- Connections ------------------------------------------------------------------ */

/* XEP-0205: nothing is said.  Counted no more, so that it is not cut twice. */
static void
cut (EnjVisit *visit, gint64 now)
{
  EnjSession *session = ((const Guest *) visit->owner)->session;

  enj_visit_leave (visit);
  session->now = now;
  session->cut = TRUE;
  enj_session_drop (session, g_error_new (ENJ_STREAM_ERROR, ENJ_STREAM_RESOURCE_CONSTRAINT,
                                          "others need its place, and it has proved nothing"));
  enj_wake (session->output); /* It may have been over. */
}

gboolean
enj_guests_make_room (EnjGuests *self, gint64 now)
{
  EnjVisit *oldest = enj_doorman_get_oldest (self->doorman);

  if (oldest)
    cut (oldest, now);
  return oldest != NULL;
}

EnjSession *
enj_guests_accept (EnjGuests *self, const char *port, const EnjAddress *address,
                   gboolean direct_tls, gint64 now)
{
  g_autofree Guest *guest = g_new0 (Guest, 1);
  EnjVisit *surplus;

  guest->visit.owner = guest;
  if (self->is_shut || enj_budget_is_over ()
      || !enj_doorman_admit (self->doorman, &guest->visit, address, now))
    return NULL;
  while ((surplus = enj_doorman_get_surplus (self->doorman)))
    cut (surplus, now);

  guest->guests = self;
  guest->hosted = enj_hosted_new (port, direct_tls, self->settings, self->counters,
                                  (EnjWake){ mark_dirty, guest }, now);
  guest->session = &enj_hosted_get_carrier (guest->hosted)->session;
  guest->source = g_strdup (enj_visit_get_source (&guest->visit));
  guest->session->log.source = guest->source;
  guest->session->standing.address = *address;
  g_hash_table_insert (self->guests, &guest->session->id, guest);
  return g_steal_pointer (&guest)->session;
}

gboolean
enj_guests_closed (EnjGuests *self, EnjSession *session)
{
  const guint64 id = session->id;
  Guest *guest = g_hash_table_lookup (self->guests, &id);

  if (!guest)
    return FALSE;
  /* Its key is in the session, which goes. */
  g_hash_table_steal (self->guests, &id);
  if (!guest->hosted)
    enj_trunks_closed (self->trunks, session);
  guest_free (guest);
  return TRUE;
}

/* ---- Who has a domain --------------------------------------------------------------- */

static void
admit (Guest *guest, EnjTrunk *trunk, gint64 now)
{
  EnjHosted *hosted = g_steal_pointer (&guest->hosted);

  enj_visit_prove (&guest->visit);
  enj_hosted_admit (hosted, now);
  clean (guest); /* It wakes the trunk from now on. */
  enj_trunk_take (trunk, enj_hosted_get_carrier (hosted), now);
}

static void
decide (EnjGuests *self, Guest *guest, gint64 now)
{
  const char *domain = enj_hosted_get_wish (guest->hosted);
  EnjTrunk *trunk = enj_trunks_find (self->trunks, domain);
  EnjTerms *terms = enj_settings_get_terms (self->settings, domain);

  if (!enj_trunk_is_up (trunk) || (terms && enj_terms_replaces (terms)))
    {
      admit (guest, trunk, now);
      return;
    }
  enj_hosted_refuse (guest->hosted, now);
  /* Is the other still there?  Whoever comes next may have its place. */
  enj_trunk_question (trunk, now);
}

/* FALSE: nobody has anything to ask. */
static gboolean
decide_one (EnjGuests *self, gint64 now)
{
  Guest *guest = g_queue_pop_head (&self->dirty);

  if (!guest)
    return FALSE;
  guest->is_dirty = FALSE;
  if (enj_hosted_get_wish (guest->hosted))
    decide (self, guest, now);
  return TRUE;
}

/* ---- Stanzas -------------------------------------------------------------------------- */

static void
note (EnjGuests *self, EnjTrunk *trunk, EnjTrunkEventType type, gint64 now)
{
  Room *room = g_hash_table_lookup (self->rooms, enj_trunk_get_domain (trunk));

  if (type != ENJ_TRUNK_UP && type != ENJ_TRUNK_DOWN)
    return;
  room->is_there = type == ENJ_TRUNK_UP;
  room->since = now;
  if (!room->is_there && (self->is_shut || self->stands_by))
    enj_trunk_expire_all (trunk); /* It does not come back to us. */
}

gboolean
enj_guests_next (EnjGuests *self, EnjTrunk **trunk, EnjTrunkEvent *event, gint64 now)
{
  /* One at a time: where one takes the place of another, that has to be over first. */
  do
    if (enj_trunks_next (self->trunks, trunk, event, now))
      {
        note (self, *trunk, event->type, now);
        return TRUE;
      }
  while (decide_one (self, now));
  return FALSE;
}

/* For so long that nothing waits for it any more. */
static gboolean
is_away (const EnjGuests *self, Room *room, gint64 now)
{
  if (room->since == 0)
    room->since = now;
  return !room->is_there
         && (self->is_shut || self->stands_by
             || now - room->since >= (gint64) self->settings->limits.queue_age * ENJ_SECOND);
}

EnjGuestsOutcome
enj_guests_send (EnjGuests *self, const char *domain, EnjStanza *stanza, gint64 now)
{
  EnjTrunk *trunk = enj_trunks_find (self->trunks, domain);
  g_autoptr (EnjStanza) spelt = NULL;

  if (is_away (self, g_hash_table_lookup (self->rooms, domain), now)
      || ((self->is_closed || self->stands_by) && !enj_trunk_takes (trunk, stanza)))
    return ENJ_GUESTS_AWAY;
  spelt = enj_router_spell_to_new (domain, stanza);
  return spelt && enj_trunk_send (trunk, spelt, now)
           ? ENJ_GUESTS_TAKEN
           : ENJ_GUESTS_FULL;
}

const char *
enj_guests_explain (const EnjGuests *self, const char *domain)
{
  return enj_trunk_is_up (enj_trunks_find (self->trunks, domain))
           ? "the component does not read"
           : "the component is not connected";
}

/* ---- Time and the end ------------------------------------------------------------------- */

static void
close_all (EnjGuests *self, gint64 now)
{
  GHashTableIter iter;
  gpointer value;

  self->leave_at = ENJ_NEVER;
  enj_trunks_close (self->trunks, now);
  g_hash_table_iter_init (&iter, self->guests);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Guest *guest = value;

      guest->session->now = now;
      if (guest->hosted)
        enj_session_close (guest->session);
    }
}

gint64
enj_guests_deadline (const EnjGuests *self)
{
  return MIN (enj_trunks_deadline (self->trunks), self->leave_at);
}

void
enj_guests_tick (EnjGuests *self, gint64 now)
{
  enj_trunks_tick (self->trunks, now);
  if (now >= self->leave_at)
    close_all (self, now);
}

void
enj_guests_shut (EnjGuests *self)
{
  self->is_shut = TRUE;
  enj_trunks_give_up (self->trunks);
}

void
enj_guests_close (EnjGuests *self, gint64 now)
{
  self->is_shut = TRUE;
  self->is_closed = TRUE;
  close_all (self, now);
}

void
enj_guests_stand_by (EnjGuests *self, gint64 now)
{
  self->stands_by = TRUE;
  self->leave_at = now + GRACE;
  enj_trunks_give_up (self->trunks);
}

void
enj_guests_serve (EnjGuests *self, gint64 now)
{
  GHashTableIter iter;
  gpointer domain;
  gpointer room;

  self->stands_by = FALSE;
  self->leave_at = ENJ_NEVER;
  g_hash_table_iter_init (&iter, self->rooms);
  while (g_hash_table_iter_next (&iter, &domain, &room))
    {
      ((Room *) room)->since = now;
      enj_trunk_expire_none (enj_trunks_find (self->trunks, domain));
    }
}

EnjTrunk *
enj_guests_find (const EnjGuests *self, const char *domain)
{
  return enj_settings_get_terms (self->settings, domain)
           ? enj_trunks_find (self->trunks, domain)
           : NULL;
}

guint
enj_guests_count (const EnjGuests *self)
{
  return g_hash_table_size (self->guests);
}

guint
enj_guests_count_waiting (const EnjGuests *self)
{
  return enj_trunks_count_waiting (self->trunks);
}

guint
enj_guests_count_unproven (const EnjGuests *self)
{
  return enj_trunks_count_unproven (self->trunks);
}

guint
enj_guests_count_owned (const EnjGuests *self)
{
  return enj_trunks_count_owned (self->trunks);
}

#include "config.h"

#include "protocol/vitals.h"

#include "protocol/deadlines.h"
#include "protocol/limits.h"
#include "protocol/wall.h"

/* How often an expiry is held against the time on the wall, which may be put right meanwhile. */
#define EXPIRY_CHECK (24 * 60 * 60)

/* A peer that wants to hear from us more often than this is not worth it, in seconds. */
#define KEEPALIVE_MIN 5

void
enj_vitals_init (EnjVitals *self)
{
  *self = (EnjVitals){ .due_quiet = ENJ_NEVER, .due_idle = ENJ_NEVER, .due_expiry = ENJ_NEVER };
}

void
enj_vitals_start (EnjVitals *self, guint64 keepalive, guint64 idle_timeout,
                  const EnjStreamLimits *peer, gint64 now)
{
  /* XEP-0478 3.1: before the peer takes us for idle. */
  if (peer->idle_seconds > 0)
    keepalive = MIN (keepalive, MAX (peer->idle_seconds / 2, KEEPALIVE_MIN));
  self->interval = (gint64) keepalive * ENJ_SECOND;
  self->patience = (gint64) idle_timeout * ENJ_SECOND;
  self->stirred = now;
  self->due_quiet = now + self->interval;
  self->due_idle = now + self->patience;
}

void
enj_vitals_expire_at (EnjVitals *self, gint64 wall, gint64 now)
{
  self->expires = wall;
  self->due_expiry = now; /* Whether it has come is seen when next() looks. */
}

gint64
enj_vitals_deadline (const EnjVitals *self)
{
  return MIN (self->due_quiet, MIN (self->due_idle, self->due_expiry));
}

static gboolean
is_expired (EnjVitals *self, gint64 now)
{
  gint64 left;

  if (now < self->due_expiry)
    return FALSE;
  left = self->expires - enj_wall_now ();
  if (left <= 0)
    return TRUE;
  self->due_expiry = now + MIN (left, EXPIRY_CHECK) * ENJ_SECOND;
  return FALSE;
}

/* A stanza or a byte costs no more than to note its time: here it is looked at. */
static gboolean
is_idle (EnjVitals *self, gint64 now)
{
  if (now < self->due_idle)
    return FALSE;
  if (now >= self->stirred + self->patience)
    return TRUE;
  self->due_idle = self->stirred + self->patience;
  return FALSE;
}

static gboolean
is_quiet (EnjVitals *self, gint64 now)
{
  gboolean quiet = now >= self->said + self->interval;

  if (now < self->due_quiet)
    return FALSE;
  if (quiet)
    self->said = now;
  self->due_quiet = self->said + self->interval;
  return quiet;
}

EnjVital
enj_vitals_next (EnjVitals *self, gint64 now)
{
  if (is_expired (self, now))
    return ENJ_VITAL_EXPIRED;
  if (is_idle (self, now))
    return ENJ_VITAL_IDLE;
  return is_quiet (self, now) ? ENJ_VITAL_SPEAK : ENJ_VITAL_NONE;
}

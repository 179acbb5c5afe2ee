#include "config.h"

#include "component/readiness.h"

#include "protocol/log.h"
#include "component/notify.h"

/* Below the 90 seconds that systemd gives a start (DefaultTimeoutStartSec), and above what a
 * server that takes a connection and says nothing is given. */
#define PATIENCE (30 * G_TIME_SPAN_SECOND)

struct EnjReadiness
{
  EnjWatch *timer;
  gboolean is_told;
  gboolean is_stopped;
};

void
enj_readiness_settle (EnjReadiness *self)
{
  if (self->is_told || self->is_stopped)
    return;
  self->is_told = TRUE;
  enj_watch_set_deadline (self->timer, ENJ_NEVER);
  (void) enj_notify_ready (); /* Who does not hear it waits for nothing. */
}

static void
handle_timer (guint32 events, gint64 now, gpointer data)
{
  EnjReadiness *self = data;

  (void) events;
  (void) now;
  if (self->is_told || self->is_stopped)
    return;
  enj_log_message (NULL, "the server has not said within %d seconds whether it takes the link; "
                         "other servers may not connect before it has",
                   (int) (PATIENCE / G_TIME_SPAN_SECOND));
  (void) enj_notify_status ("waiting for the server to take the link or to refuse it");
  enj_readiness_settle (self);
}

void
enj_readiness_begin_reload (EnjReadiness *self)
{
  if (self->is_told && !self->is_stopped)
    (void) enj_notify_reloading ();
}

void
enj_readiness_end_reload (EnjReadiness *self)
{
  if (self->is_told && !self->is_stopped)
    (void) enj_notify_ready ();
}

void
enj_readiness_stop (EnjReadiness *self)
{
  self->is_stopped = TRUE;
  (void) enj_notify_stopping ();
}

EnjReadiness *
enj_readiness_new (EnjLoop *loop, GError **error)
{
  g_autoptr (EnjReadiness) self = g_new0 (EnjReadiness, 1);

  self->timer = enj_loop_watch (loop, -1, 0, handle_timer, self, error);
  if (!self->timer)
    return NULL;
  enj_watch_set_deadline (self->timer, enj_loop_now (loop) + PATIENCE);
  return g_steal_pointer (&self);
}

void
enj_readiness_free (EnjReadiness *self)
{
  if (!self)
    return;
  enj_watch_free (self->timer);
  g_free (self);
}

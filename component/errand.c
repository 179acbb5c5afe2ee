#include "config.h"

#include "component/errand.h"

struct EnjErrand
{
  GMainContext *context;
  EnjLoop *loop;
};

EnjErrand *
enj_errand_new (GError **error)
{
  EnjErrand *self = g_new0 (EnjErrand, 1);

  self->context = g_main_context_new ();
  self->loop = enj_loop_new (self->context, error);
  if (!self->loop)
    g_clear_pointer (&self, enj_errand_free);
  return self;
}

void
enj_errand_free (EnjErrand *self)
{
  if (!self)
    return;
  enj_loop_free (self->loop);
  g_main_context_unref (self->context);
  g_free (self);
}

EnjLoop *
enj_errand_get_loop (EnjErrand *self)
{
  return self->loop;
}

static void
note_too_late (guint32 events, gint64 now, gpointer data)
{
  gboolean *is_late = data;

  (void) events;
  (void) now;
  *is_late = TRUE;
}

gboolean
enj_errand_wait (EnjErrand *self, const gboolean *done, guint seconds)
{
  gboolean is_late = FALSE;
  EnjWatch *clock = enj_loop_watch (self->loop, -1, 0, note_too_late, &is_late, NULL);

  enj_watch_set_deadline (clock, enj_loop_now (self->loop)
                                     + (gint64) seconds * G_TIME_SPAN_SECOND);
  while (!*done && !is_late)
    g_main_context_iteration (self->context, TRUE);
  enj_watch_free (clock);
  return *done;
}

#include "config.h"

#include "component/signals.h"

#include <signal.h>

#include <glib-unix.h>

static gboolean
handle_stop (gpointer data)
{
  const EnjSignals *self = data;

  self->stop (self->data);
  return G_SOURCE_CONTINUE;
}

static gboolean
handle_reload (gpointer data)
{
  const EnjSignals *self = data;

  self->reload (self->data);
  return G_SOURCE_CONTINUE;
}

static gboolean
handle_hand_over (gpointer data)
{
  const EnjSignals *self = data;

  self->hand_over (self->data);
  return G_SOURCE_CONTINUE;
}

static gboolean
pass_over (gpointer data)
{
  (void) data;
  return G_SOURCE_CONTINUE;
}

static const struct
{
  int number;
  GSourceFunc handle;
} signals[] = {
  { SIGTERM, handle_stop },
  { SIGINT, handle_stop },
  { SIGHUP, handle_reload },
  { SIGUSR2, handle_hand_over },
};

void
enj_signals_heed (EnjSignals *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    (void) g_unix_signal_add (signals[i].number, signals[i].handle, self); /* found by @self */
}

/* GLib restores what a signal does by default with its last source. */
void
enj_signals_leave (EnjSignals *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    (void) g_unix_signal_add (signals[i].number, pass_over, NULL); /* for good */
  while (g_source_remove_by_user_data (self))
    ;
}

#include "config.h"

#include "component/tenure.h"

#include "protocol/log.h"
#include "component/blocklist.h"
#include "component/control.h"
#include "component/expiry.h"
#include "component/lookout.h"
#include "component/readiness.h"
#include "component/signals.h"
#include "component/thrift.h"
#include "component/vigil.h"

/* EX_TEMPFAIL of sysexits.h: to be started again at once. */
#define STATUS_HANDED_OVER 75

struct EnjTenure
{
  EnjSteward *steward;
  EnjReception *reception;
  EnjExchange *exchange;
  EnjTenureOrders orders;
  EnjStore *store;
  EnjSuccession *succession;
  GMainLoop *main_loop;

  /* From enter() to leave(). */
  EnjReadiness *readiness;
  EnjVigil *vigil;
  EnjThrift *thrift;
  EnjExpiry *expiry;
  EnjControl *control; /* or NULL */
  EnjLookout *lookout; /* the same */

  gboolean handed_over;
};

EnjTenure *
enj_tenure_new (EnjSteward *steward, EnjReception *reception, const EnjTenureOrders *orders)
{
  EnjTenure *self = g_new0 (EnjTenure, 1);
  g_autofree char *folder = enj_blocklist_dup_folder ();

  self->steward = steward;
  self->reception = reception;
  self->exchange = enj_steward_get_exchange (steward);
  self->orders = *orders;
  self->store = enj_store_new ();
  self->succession = enj_succession_new (self->store, self->exchange);
  self->main_loop = g_main_loop_new (NULL, FALSE);
  if (folder)
    enj_steward_keep_blocked (steward, folder, g_get_monotonic_time ());
  return self;
}

void
enj_tenure_leave (EnjTenure *self)
{
  g_clear_pointer (&self->lookout, enj_lookout_free);
  g_clear_pointer (&self->control, enj_control_free);
  g_clear_pointer (&self->expiry, enj_expiry_free);
  g_clear_pointer (&self->thrift, enj_thrift_free);
  g_clear_pointer (&self->vigil, enj_vigil_free);
  g_clear_pointer (&self->readiness, enj_readiness_free);
}

void
enj_tenure_free (EnjTenure *self)
{
  if (!self)
    return;
  enj_tenure_leave (self);
  g_main_loop_unref (self->main_loop);
  enj_succession_free (self->succession);
  enj_store_free (self->store);
  g_free (self);
}

EnjStore *
enj_tenure_get_store (EnjTenure *self)
{
  return self->store;
}

EnjSuccession *
enj_tenure_get_succession (EnjTenure *self)
{
  return self->succession;
}

/* Without it all goes on, only nobody can ask. */
static void
open_control (EnjTenure *self, EnjLoop *loop)
{
  const char *path = enj_steward_get_config (self->steward)->control.socket;
  g_autoptr (GError) error = NULL;

  if (!path)
    return;
  self->control = enj_control_new (loop, self->steward, self->reception, path, &error);
  if (!self->control)
    enj_log_message (NULL, "[control] socket: %s; enjambctl cannot ask this process",
                     error->message);
}

/* Asked for in so many words, but nothing that others should wait for. */
static void
look_out (EnjTenure *self, EnjLoop *loop)
{
  g_autoptr (GError) error = NULL;

  if (enj_steward_get_config (self->steward)->metrics_listen->len == 0)
    return;
  self->lookout = enj_lookout_new (loop, self->steward, &error);
  if (!self->lookout)
    enj_log_warning (NULL, "%s: there are no metrics and there is no status page",
                     error->message);
}

gboolean
enj_tenure_enter (EnjTenure *self, EnjLoop *loop, GError **error)
{
  self->readiness = enj_readiness_new (loop, error);
  if (!self->readiness)
    return FALSE;
  self->vigil = enj_vigil_new (loop, self->exchange, error);
  if (!self->vigil)
    return FALSE;
  self->thrift = enj_thrift_new (loop, enj_exchange_get_counters (self->exchange), error);
  if (!self->thrift)
    return FALSE;
  self->expiry = enj_expiry_new (loop, enj_steward_get_settings (self->steward), error);
  if (!self->expiry)
    return FALSE;
  open_control (self, loop);
  look_out (self, loop);
  return TRUE;
}

void
enj_tenure_settings_changed (EnjTenure *self)
{
  if (self->expiry)
    enj_expiry_set_settings (self->expiry, enj_steward_get_settings (self->steward));
}

void
enj_tenure_set_links (EnjTenure *self, guint up, guint all)
{
  if (self->vigil)
    enj_vigil_set_links (self->vigil, up, all);
}

void
enj_tenure_settle (EnjTenure *self)
{
  if (self->readiness)
    enj_readiness_settle (self->readiness);
}

void
enj_tenure_begin_reload (EnjTenure *self)
{
  if (self->readiness)
    enj_readiness_begin_reload (self->readiness);
}

void
enj_tenure_end_reload (EnjTenure *self)
{
  if (self->readiness)
    enj_readiness_end_reload (self->readiness);
}

void
enj_tenure_stopping (EnjTenure *self)
{
  if (self->readiness)
    enj_readiness_stop (self->readiness);
}

/* ---- Signals ----------------------------------------------------------------------- */

static void
handle_stop_signal (gpointer data)
{
  EnjTenure *self = data;

  self->orders.stop (self->orders.data);
}

static void
handle_reload_signal (gpointer data)
{
  EnjTenure *self = data;

  (void) enj_steward_reload (self->steward, NULL); /* The log has what came of it. */
}

static void
handle_hand_over_signal (gpointer data)
{
  EnjTenure *self = data;

  if (!enj_succession_is_possible (self->succession))
    enj_log_warning (NULL, "nothing is handed over: no service manager keeps descriptors for us");
  else if (self->orders.hand_over (self->orders.data))
    self->handed_over = TRUE;
}

/* ---- Running ------------------------------------------------------------------------ */

/* The unit starts us again at that status. */
static int
hand_over (EnjTenure *self)
{
  if (!enj_succession_wait (self->succession))
    enj_log_warning (NULL, "the service manager has not said that it keeps all");
  return STATUS_HANDED_OVER;
}

int
enj_tenure_run (EnjTenure *self)
{
  EnjSignals signals = { .stop = handle_stop_signal,
                         .reload = handle_reload_signal,
                         .hand_over = handle_hand_over_signal,
                         .data = self };
  guint n_left;

  enj_signals_heed (&signals);
  g_main_loop_run (self->main_loop);
  enj_signals_leave (&signals);
  enj_vigil_sum_up (self->vigil);
  n_left = enj_keeper_count (enj_exchange_get_keeper (self->exchange));
  if (n_left > 0)
    enj_log_message (NULL, "%u stanzas are left to the successor", n_left);
  return self->handed_over ? hand_over (self) : 0;
}

void
enj_tenure_quit (EnjTenure *self)
{
  g_main_loop_quit (self->main_loop);
}

/* tenure.h - what a bridge has where the process is its own.
 *
 * A main loop, the signals, a service manager that hears how it is and keeps descriptors for
 * whoever is started next, an eye on certificates near their end, a socket for operators,
 * pages for those who look, and a heap to give back.  None of it belongs to a program that uses
 * the library with a loop of its own.
 *
 * Decides nothing: the bridge says what the signals do. */
#pragma once

#include "component/reception.h"
#include "component/steward.h"

typedef struct EnjTenure EnjTenure;

/* What signals ask of the bridge; a reload is asked of the steward. */
typedef struct
{
  void (*stop) (gpointer data);
  gboolean (*hand_over) (gpointer data); /* FALSE where it is too late for that */
  gpointer data;
} EnjTenureOrders;

/* Takes over what a predecessor left.  @steward and @reception are borrowed. */
EnjTenure *enj_tenure_new (EnjSteward *steward, EnjReception *reception,
                           const EnjTenureOrders *orders);

/* After leave().  What has not ended by now is the successor's. */
void enj_tenure_free (EnjTenure *self);

EnjStore *enj_tenure_get_store (EnjTenure *self);
EnjSuccession *enj_tenure_get_succession (EnjTenure *self);

/* From here on it lives on @loop, which is in the default context; leave() comes before the end
 * of that.  G_FILE_ERROR as enj_loop_watch(). */
gboolean enj_tenure_enter (EnjTenure *self, EnjLoop *loop, GError **error);
void enj_tenure_leave (EnjTenure *self);

/* The steward has others: their certificates may be near their end. */
void enj_tenure_settings_changed (EnjTenure *self);

/* @up of @all links, for the service manager. */
void enj_tenure_set_links (EnjTenure *self, guint up, guint all);

/* What the service manager hears of, as readiness.h says: that it is settled whether other
 * servers may connect, a reload, and the end. */
void enj_tenure_settle (EnjTenure *self);
void enj_tenure_begin_reload (EnjTenure *self);
void enj_tenure_end_reload (EnjTenure *self);
void enj_tenure_stopping (EnjTenure *self);

/* Until quit(): the exit status of the process. */
int enj_tenure_run (EnjTenure *self);
void enj_tenure_quit (EnjTenure *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTenure, enj_tenure_free)

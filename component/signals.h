/* signals.h - what the operator and the service manager ask of the process.
 *
 * In the default context; one for the process at a time. */
#pragma once

#include <glib.h>

typedef void (*EnjSignalFunc) (gpointer data);

typedef struct
{
  EnjSignalFunc stop;      /* TERM, INT */
  EnjSignalFunc reload;    /* HUP */
  EnjSignalFunc hand_over; /* USR2 */
  gpointer data;
} EnjSignals;

/* @self is borrowed until leave(). */
void enj_signals_heed (EnjSignals *self);

/* From now on they are passed over, and none ends the process, which is about to end itself. */
void enj_signals_leave (EnjSignals *self);

/* wake.h - the one signal that goes up: "I have something for you."
 *
 * The receiver notes it and comes back from the main loop; it does nothing
 * else inside, so nobody is freed under their own feet. */
#pragma once

#include <glib.h>

typedef struct
{
  void (*func) (gpointer data);
  gpointer data;
} EnjWake;

static inline void
enj_wake (EnjWake wake)
{
  if (wake.func)
    wake.func (wake.data);
}

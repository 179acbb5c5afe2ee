/* thrift.h - what a flood has left free in the heap goes back to the kernel.
 *
 * The heap of the C library shrinks by itself at its end only: one stanza that stays behind
 * a thousand others keeps their pages.  Every ten seconds in which anything has happened
 * here, what is free is given back; that costs a few milliseconds in a heap of 100 MB.
 *
 * For a process of its own: a library leaves the heap of its program alone.  Does nothing
 * without the GNU C library. */
#pragma once

#include "protocol/counters.h"
#include "component/loop.h"

typedef struct EnjThrift EnjThrift;

/* @counters tell that something has happened; borrowed.  G_FILE_ERROR as enj_loop_watch(). */
EnjThrift *enj_thrift_new (EnjLoop *loop, const EnjCounters *counters, GError **error);
void enj_thrift_free (EnjThrift *self);

/* vigil.h - what the service manager and the log hear of a bridge that runs.
 *
 * That it lives, as often as the manager wants (the watchdog), but not while the loop comes
 * round five seconds late or more; how it is, in a line, when
 * that has changed and at most every ten seconds; and at the end the books (law.h), with a
 * warning where they do not balance.
 *
 * Does not know what the links are: it is told how many are up. */
#pragma once

#include "protocol/exchange.h"
#include "component/loop.h"

typedef struct EnjVigil EnjVigil;

/* @exchange is borrowed.  G_FILE_ERROR as enj_loop_watch(). */
EnjVigil *enj_vigil_new (EnjLoop *loop, const EnjExchange *exchange, GError **error);
void enj_vigil_free (EnjVigil *self);

/* @up of @all. */
void enj_vigil_set_links (EnjVigil *self, guint up, guint all);

/* The end: the books go to the log. */
void enj_vigil_sum_up (const EnjVigil *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjVigil, enj_vigil_free)

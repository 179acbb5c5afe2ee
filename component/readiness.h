/* readiness.h - when the service manager hears that we are ready.
 *
 * Not before it is settled whether other servers may connect (gate.h), so that whatever the
 * manager starts behind us finds the ports open, or the instance that has them.  Where the
 * server is silent all the same, after 30 seconds, with a word about it: a manager that has
 * heard nothing would take us for dead.
 *
 * Does not know what settles it: it is told. */
#pragma once

#include "component/loop.h"

typedef struct EnjReadiness EnjReadiness;

/* The 30 seconds begin.  G_FILE_ERROR as enj_loop_watch(). */
EnjReadiness *enj_readiness_new (EnjLoop *loop, GError **error);
void enj_readiness_free (EnjReadiness *self);

/* It is settled, or still is: the manager hears it once. */
void enj_readiness_settle (EnjReadiness *self);

/* Around a reload, which is nobody's business before we have been ready. */
void enj_readiness_begin_reload (EnjReadiness *self);
void enj_readiness_end_reload (EnjReadiness *self);

/* Stopping: nothing makes us ready any more. */
void enj_readiness_stop (EnjReadiness *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjReadiness, enj_readiness_free)

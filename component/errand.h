/* errand.h - a loop of one's own, for a program that asks something and waits for the answer.
 *
 * So that what the daemon does beside everything else (look up, connect, negotiate) can be done
 * once, in order, by a command.  Not for the daemon. */
#pragma once

#include "component/loop.h"

typedef struct EnjErrand EnjErrand;

/* G_FILE_ERROR as enj_loop_new(). */
EnjErrand *enj_errand_new (GError **error);

/* After all that uses its loop. */
void enj_errand_free (EnjErrand *self);

EnjLoop *enj_errand_get_loop (EnjErrand *self);

/* Runs the loop until *@done; FALSE where that has not come in @seconds. */
gboolean enj_errand_wait (EnjErrand *self, const gboolean *done, guint seconds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjErrand, enj_errand_free)

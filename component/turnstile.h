/* turnstile.h - so many at once; the others wait in a row.
 *
 * For TLS handshakes of peers that connect: each costs us a signature, and thousands
 * that begin at once must not take the time of all streams (limits.tls-handshakes).
 *
 * Does not know what anybody does inside, nor for how long. */
#pragma once

#include "protocol/wake.h"

typedef struct EnjTurnstile EnjTurnstile;

typedef enum
{
  ENJ_PASS_OUTSIDE,
  ENJ_PASS_WAITING,
  ENJ_PASS_INSIDE
} EnjPassState;

/* Kept by who passes; zeroed to start with. */
typedef struct
{
  EnjPassState state;
  EnjWake admitted; /* it was waiting, and is inside now */
  EnjTurnstile *turnstile; /* while it is not outside */
  GList link;
} EnjPass;

EnjTurnstile *enj_turnstile_new (void);

/* After all have left. */
void enj_turnstile_free (EnjTurnstile *self);

/* At most so many inside; 0 until it is set.  Those inside stay. */
void enj_turnstile_set_limit (EnjTurnstile *self, guint64 limit);

/* From outside; waits where it is full. */
void enj_pass_enter (EnjPass *pass, EnjTurnstile *turnstile);

/* Out of the row as well; one that is outside stays there. */
void enj_pass_leave (EnjPass *pass);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTurnstile, enj_turnstile_free)

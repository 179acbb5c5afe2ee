/* turns.h - whose look-up may run, of many that wait.
 *
 * So many run at once, in all and for each source: those that others have caused, by the
 * address that they come from, and those of our own users, by who they are.  Neither kind
 * ever has all places, so that no flood of the one keeps out the other; nor has one user
 * more than he leaves to all others.  One that takes long gives its place to the next, a
 * bounded number of times; the newest of a source is the first, for under a flood the
 * oldest are those that nobody needs any more.
 *
 * Does not know what a look-up is, nor the time. */
#pragma once

#include <glib.h>

/* What the names of our own users begin with, and no address does. */
#define ENJ_TURNS_USER "user "

typedef struct EnjTurns EnjTurns;
typedef struct EnjTurnsSource EnjTurnsSource;

typedef enum
{
  ENJ_TURN_OUTSIDE,
  ENJ_TURN_WAITING,
  ENJ_TURN_RUNNING,
  ENJ_TURN_SLOW
} EnjTurnState;

/* Kept by who takes part; zeroed to start with. */
typedef struct
{
  EnjTurnState state;
  gpointer owner;
  EnjTurnsSource *source; /* while it is not outside */
  GList link;
} EnjTurn;

EnjTurns *enj_turns_new (guint64 in_all, guint64 per_source);

/* After all have left. */
void enj_turns_free (EnjTurns *self);

/* For those that start from now on. */
void enj_turns_set_limits (EnjTurns *self, guint64 in_all, guint64 per_source);

/* From outside; @source NULL is ourselves.  Where too many of another server's wait, its one that
 * has waited longest is outside again, and returned; of our own, that of who has most of them. */
EnjTurn *enj_turns_wait (EnjTurns *self, EnjTurn *turn, const char *source);

/* The next that may run, and does now; NULL where none may. */
EnjTurn *enj_turns_next (EnjTurns *self);

/* Of one that runs: it takes long. */
void enj_turn_slow_down (EnjTurn *turn);

/* In any state; one that is outside stays there. */
void enj_turn_leave (EnjTurn *turn);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTurns, enj_turns_free)

/* acts.h - what the words of a transcript do: the other side, our program, the
 * scene, and what is to be seen.
 *
 * One step at a time; the order of steps and the ways of playing are the
 * player's. */
#pragma once

#include "tests/support/stage.h"

/* Made of zeros, then stage and actor are initialised, and @names is given. */
typedef struct
{
  EnjTestStage stage;
  EnjTestActor actor;
  GHashTable *names; /* name to text: what was kept, and what every transcript may name */
  char *scope;       /* our newest stream tag */
} EnjTestPlayer;

/* What is wrong, or NULL.  A word that does not exist aborts. */
char *enj_test_act (EnjTestPlayer *self, const EnjTestStep *step);

/* Has all that we said, and all that came out, been expected? */
char *enj_test_check_silence (EnjTestPlayer *self);

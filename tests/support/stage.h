/* stage.h - what a transcript says before anybody speaks: who we are, what we
 * want of whom, our limits.  Builds the settings and the machine from it. */
#pragma once

#include "tests/support/actor.h"
#include "tests/support/script.h"

typedef struct
{
  char **role; /* words of the line */
  EnjPeerPolicy fallback;
  GPtrArray *peers;  /* of char **, words of the line */
  GPtrArray *locals; /* of char *, patterns */
  EnjLimits limits;
  char *secret;
  gboolean has_certificates;
} EnjTestStage;

void enj_test_stage_init (EnjTestStage *self);
void enj_test_stage_clear (EnjTestStage *self);

/* FALSE where the word is none of: role, policy, local, limit, secret, certificates. */
gboolean enj_test_stage_take (EnjTestStage *self, const EnjTestStep *step);

/* Makes the machine. */
void enj_test_stage_enter (const EnjTestStage *self, EnjTestActor *actor);

/* Something that nobody trusts, made once for each domain.  Borrowed. */
EnjCredentials *enj_test_stage_get_credentials (const char *domain);

/* returns.h - stanzas on their way back to their senders, each with why.
 *
 * In the order in which they came.  Makes no errors of them: whoever fetches them does. */
#pragma once

#include "protocol/failures.h"
#include "protocol/stanza.h"

/* The receiver owns stanza and text. */
typedef struct
{
  EnjStanza *stanza;
  EnjStanzaCondition condition;
  const char *error_type; /* NULL takes the condition's own */
  char *text;
} EnjReturn;

/* All zero is empty. */
typedef struct
{
  GQueue queue;
} EnjReturns;

void enj_returns_clear (EnjReturns *self);

/* Takes @stanza. */
void enj_returns_push_take (EnjReturns *self, EnjStanza *stanza, const EnjReason *reason);

/* FALSE when there are none. */
gboolean enj_returns_next (EnjReturns *self, EnjReturn *item);
guint enj_returns_count (const EnjReturns *self);

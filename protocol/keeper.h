/* keeper.h - stanzas written down for whoever comes after us.
 *
 * Lets somebody write down each stanza that is taken over, and strike it out at its
 * end.  When we end, what can go nowhere any more is held here: it has not ended, and
 * the successor finds it written down.
 *
 * Without anybody who writes there is nothing to hold: that is for the owner. */
#pragma once

#include "protocol/router.h"
#include "protocol/stanza.h"

/* FALSE where @stanza cannot be written down.  @receipt, new, is for its end all the same; or
 * NULL.  @component is whose link or service it came from, "" for a peer; @end its position in
 * the link (link.h), 0 elsewhere. */
typedef gboolean (*EnjKeeperFunc) (EnjOrigin origin, const char *component, guint64 end,
                                   EnjStanza *stanza, EnjReceipt **receipt, gpointer data);

typedef enum
{
  ENJ_KEEPER_PASSES,
  ENJ_KEEPER_HOLDS_FOR_HOSTED, /* all but the components that connect to us goes on */
  ENJ_KEEPER_HOLDS_FOR_PEERS,  /* the links go on */
  ENJ_KEEPER_HOLDS_FOR_OTHERS, /* streams to peers go on */
  ENJ_KEEPER_HOLDS_ALL
} EnjKeeperMode;

/* Where a stanza would go. */
typedef enum
{
  ENJ_KEEPER_FOR_PEER,
  ENJ_KEEPER_FOR_LINK,
  ENJ_KEEPER_FOR_HOSTED,
  ENJ_KEEPER_FOR_SENDER /* back, as an error: it may have arrived */
} EnjKeeperGoal;

/* All zero writes nothing and holds nothing. */
typedef struct
{
  EnjKeeperFunc write;
  gpointer data;
  EnjKeeperMode mode;
  gboolean has_missed; /* one was not written down: what is held might be that */
  GQueue held;     /* of EnjStanza: have not left */
  GQueue doubtful; /* of EnjStanza: those for their senders */
} EnjKeeper;

/* They come to their ends: what has not left, and all the others. */
void enj_keeper_clear_held (EnjKeeper *self);
void enj_keeper_clear (EnjKeeper *self);

/* Before anybody else has it.  Not for one that its peer still answers for (XEP-0198), nor for
 * one that descends from another: who has a receipt is known already.  FALSE: nobody would know
 * of it after us, so it goes back at once. */
gboolean enj_keeper_write (EnjKeeper *self, EnjOrigin origin, const char *component, guint64 end,
                           EnjStanza *stanza);

/* TRUE where the mode says so: takes a reference.  Never again once one was not written down,
 * for nobody would have it then. */
gboolean enj_keeper_hold (EnjKeeper *self, EnjKeeperGoal goal, EnjStanza *stanza);
guint enj_keeper_count (const EnjKeeper *self); /* what is held */

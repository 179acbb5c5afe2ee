/* keeper.h - stanzas written down for whoever comes after us.
 *
 * Lets somebody write down each stanza that is taken over, and strike it out at its
 * end.  Once we hand over, what would go to peers is held here: it has not ended, and
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

/* All zero writes nothing and holds nothing. */
typedef struct
{
  EnjKeeperFunc write;
  gpointer data;
  gboolean is_handing_over;
  gboolean has_missed; /* one was not written down: what is held might be that */
  GQueue held; /* of EnjStanza */
} EnjKeeper;

void enj_keeper_clear (EnjKeeper *self);

/* Before anybody else has it.  Not for one that its peer still answers for (XEP-0198), nor for
 * one that descends from another: who has a receipt is known already.  FALSE: nobody would know
 * of it after us, so it goes back at once. */
gboolean enj_keeper_write (EnjKeeper *self, EnjOrigin origin, const char *component, guint64 end,
                           EnjStanza *stanza);

/* TRUE while we hand over: takes a reference.  Never again once one was not written down, for
 * nobody would have it then. */
gboolean enj_keeper_hold (EnjKeeper *self, EnjStanza *stanza);

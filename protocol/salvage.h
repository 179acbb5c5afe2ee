/* salvage.h - what becomes of stanzas that had left us by a link or stream that died
 * before anything proved that they had arrived.
 *
 * By kind: an iq set goes back, for it may have been done; of presence the newest for
 * each pair of addresses goes again, older ones are dropped; all else goes again, as do
 * subscriptions, answers and errors.  Messages say when they left first (XEP-0203).
 * Nothing goes for a third time, but for answers and errors: nobody could be told that
 * those are lost, and behind an error is somebody who takes it that his message arrived.
 *
 * Sends nothing and bounces nothing: its owner takes out what goes again, and what goes
 * back.  Both are in the order in which they left. */
#pragma once

#include "protocol/settings.h"
#include "protocol/stanza.h"

typedef struct EnjSalvage EnjSalvage;

/* @domain, the component, is whom the delay is told from; borrowed. */
EnjSalvage *enj_salvage_new (EnjOnLoss on_loss, const char *domain);
void enj_salvage_free (EnjSalvage *self);

/* Takes @stanza, which left at @left; the oldest first. */
void enj_salvage_take (EnjSalvage *self, EnjStanza *stanza, gint64 left, gint64 now);

/* The newest that goes again, the oldest that goes back; owned by the caller, NULL when
 * there is none. */
EnjStanza *enj_salvage_steal_again (EnjSalvage *self);
EnjStanza *enj_salvage_steal_lost (EnjSalvage *self);

/* Of one that left for another server @age microseconds ago: what goes to it again, new; NULL
 * where it goes back.  Only what nobody could be told of, unless all is to go again. */
EnjStanza *enj_salvage_between_servers_new (EnjOnLoss on_loss, const char *domain,
                                            EnjStanza *stanza, gint64 age);
guint enj_salvage_count_again (const EnjSalvage *self);
guint enj_salvage_count_lost (const EnjSalvage *self);
guint enj_salvage_count_dropped (const EnjSalvage *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjSalvage, enj_salvage_free)

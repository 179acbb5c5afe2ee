/* trunks.h - the trunks (trunk.h) of all our components.
 *
 * Hands up what they have to tell, and keeps the time for them. */
#pragma once

#include "protocol/trunk.h"

typedef struct EnjTrunks EnjTrunks;

/* One for each component of @settings.  @wake: next() has something to tell. */
EnjTrunks *enj_trunks_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake);
void enj_trunks_free (EnjTrunks *self);
void enj_trunks_set_settings (EnjTrunks *self, EnjSettings *settings);

/* NULL where there is no such component. */
EnjTrunk *enj_trunks_find (const EnjTrunks *self, const char *component);

/* The connection is closed; nothing where the session is none of these. */
void enj_trunks_closed (EnjTrunks *self, EnjSession *session);

/* @trunk, borrowed, is whose event it is.  FALSE when there are none. */
gboolean enj_trunks_next (EnjTrunks *self, EnjTrunk **trunk, EnjTrunkEvent *event, gint64 now);

gint64 enj_trunks_deadline (const EnjTrunks *self);
void enj_trunks_tick (EnjTrunks *self, gint64 now);

/* What waits where there is no link expires now, and what comes until there is one. */
void enj_trunks_give_up (EnjTrunks *self);

/* The same for all, and the links are closed in order. */
void enj_trunks_close (EnjTrunks *self, gint64 now);

/* Links, over or not; stanzas that wait for any, and of these for those that are up. */
guint enj_trunks_count_links (const EnjTrunks *self);
guint enj_trunks_count_waiting (const EnjTrunks *self);
guint enj_trunks_count_waiting_up (const EnjTrunks *self);
guint enj_trunks_count_unproven (const EnjTrunks *self); /* left, and not proved to have arrived */

/* Stanzas that wait for any, up or not, or go back. */
guint enj_trunks_count_owned (const EnjTrunks *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTrunks, enj_trunks_free)

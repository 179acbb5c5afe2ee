/* guests.h - the components that connect to us (hosted.h), and the stanzas for them.
 *
 * Lets connections in by address (doorman.h), decides which of two has a domain, and keeps a
 * trunk for each domain that has terms: what is under way when a component goes waits there
 * for its return, or comes out as lost.  While one has been away for longer than queue-age,
 * nothing more waits for it.
 *
 * Does not listen, route or bounce. */
#pragma once

#include "protocol/address.h"
#include "protocol/trunks.h"

typedef struct EnjGuests EnjGuests;

typedef enum
{
  ENJ_GUESTS_TAKEN, /* written, or waits */
  ENJ_GUESTS_FULL,  /* too much waits */
  ENJ_GUESTS_AWAY   /* for so long that nothing waits any more */
} EnjGuestsOutcome;

/* @wake: next() has something to tell. */
EnjGuests *enj_guests_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake);
void enj_guests_free (EnjGuests *self);
void enj_guests_set_settings (EnjGuests *self, EnjSettings *settings);

/* Somebody has connected to the listener of that name, from @address; all zeros for a Unix
 * socket.  The session to drive, until closed(); NULL where it is to be turned away.  Another
 * that has proved nothing may be cut for it. */
EnjSession *enj_guests_accept (EnjGuests *self, const char *port, const EnjAddress *address,
                               gboolean direct_tls, gint64 now);

/* Cuts the oldest that has proved nothing; FALSE where there is none. */
gboolean enj_guests_make_room (EnjGuests *self, gint64 now);

/* FALSE where the session is none of these. */
gboolean enj_guests_closed (EnjGuests *self, EnjSession *session);

/* For the component of @domain, which has terms. */
EnjGuestsOutcome enj_guests_send (EnjGuests *self, const char *domain, EnjStanza *stanza,
                                  gint64 now);

/* Why a stanza has waited for nothing; for its sender. */
const char *enj_guests_explain (const EnjGuests *self, const char *domain);

/* What trunks tell; @trunk, borrowed, has the domain.  FALSE when there is nothing. */
gboolean enj_guests_next (EnjGuests *self, EnjTrunk **trunk, EnjTrunkEvent *event, gint64 now);

gint64 enj_guests_deadline (const EnjGuests *self);
void enj_guests_tick (EnjGuests *self, gint64 now);

/* For good: nobody is let in any more, and nothing waits for those that are away. */
void enj_guests_shut (EnjGuests *self);

/* That, and all streams end in order; what can still be written to them is. */
void enj_guests_close (EnjGuests *self, gint64 now);

/* Components are to find another instance: nothing waits, and streams end in order, in two seconds:
 * so long they hear what goes back to them.  Then they are to come to us, and what comes before
 * them waits again. */
void enj_guests_stand_by (EnjGuests *self, gint64 now);
void enj_guests_serve (EnjGuests *self, gint64 now);

/* NULL where there is no such domain. */
EnjTrunk *enj_guests_find (const EnjGuests *self, const char *domain);

/* Connections, those that are being closed among them. */
guint enj_guests_count (const EnjGuests *self);

/* Stanzas that wait for any. */
guint enj_guests_count_waiting (const EnjGuests *self);

/* Those that left, and are not proved to have arrived. */
guint enj_guests_count_unproven (const EnjGuests *self);

/* All these, and what goes back. */
guint enj_guests_count_owned (const EnjGuests *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjGuests, enj_guests_free)

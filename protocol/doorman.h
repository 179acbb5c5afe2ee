/* doorman.h - who may come in, by address (XEP-0205).
 *
 * Counts the connections of peers, all and those that have proved nothing yet, for
 * each source: an IPv4 address, an IPv6 /64, or this machine, for Unix sockets.  A source over
 * its own limits, or that comes too often, is refused (not so a Unix socket: its mode says who
 * may come, and as often as they like); where there are too many unproved ones in all, the
 * oldest of them is to make room.
 *
 * Forgets a source of which nothing is open and whose rate is as if it had never come.
 * Does not close anything, and counts no connections that we have opened. */
#pragma once

#include "protocol/address.h"
#include "protocol/limits.h"

typedef struct EnjDoorman EnjDoorman;
typedef struct EnjDoormanSource EnjDoormanSource;

/* One connection, kept by whoever serves it; zeroed to start with. */
typedef struct
{
  EnjDoormanSource *source; /* NULL while it is outside */
  gboolean is_proved;
  gpointer owner;
  GList link; /* among those that are not proved, the oldest first */
} EnjVisit;

EnjDoorman *enj_doorman_new (const EnjLimits *limits);

/* After the last visit has left. */
void enj_doorman_free (EnjDoorman *self);

/* For those who come from now on; those inside stay. */
void enj_doorman_set_limits (EnjDoorman *self, const EnjLimits *limits);

/* @address is all zeros for a Unix socket.  FALSE: turn it away without a word.  TRUE: it is
 * inside until it leaves; look at get_surplus() then. */
gboolean enj_doorman_admit (EnjDoorman *self, EnjVisit *visit, const EnjAddress *address,
                            gint64 now);

/* The oldest of those that have proved nothing; NULL where there is none.  The surplus is the
 * same while they are too many. */
EnjVisit *enj_doorman_get_oldest (const EnjDoorman *self);
EnjVisit *enj_doorman_get_surplus (const EnjDoorman *self);

/* It has proved who it is; once more changes nothing. */
void enj_visit_prove (EnjVisit *visit);

/* It is gone; from outside nothing happens. */
void enj_visit_leave (EnjVisit *visit);

/* "192.0.2.1", "2001:db8:1:2::/64", "Unix socket"; NULL outside. */
const char *enj_visit_get_source (const EnjVisit *visit);

/* Sources that are remembered. */
guint enj_doorman_count (const EnjDoorman *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjDoorman, enj_doorman_free)

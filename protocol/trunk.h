/* trunk.h - one component's way to its server: the link, when there is one,
 * and the stanzas that wait for it.
 *
 * What was not written as a whole when a link ends waits for the next one, in
 * order, until it is too old.  Before it goes what was written and not proved, or it
 * comes out as lost: salvage.h knows which.  Does not connect and does not bounce. */
#pragma once

#include "protocol/counters.h"
#include "protocol/link.h"
#include "protocol/session.h"

typedef struct EnjTrunk EnjTrunk;

typedef enum
{
  ENJ_TRUNK_UP,
  ENJ_TRUNK_DOWN,   /* error, was_up */
  ENJ_TRUNK_STANZA, /* stanza: from the server */
  ENJ_TRUNK_EXPIRED,   /* stanza: for the server, has waited too long */
  ENJ_TRUNK_TOO_LARGE, /* stanza: for the server, and the limits have shrunk since it came */
  ENJ_TRUNK_LOST /* stanza: for the server, which may have it; the link is gone */
} EnjTrunkEventType;

/* The receiver owns stanza and error. */
typedef struct
{
  EnjTrunkEventType type;
  EnjStanza *stanza;
  GError *error; /* NULL for an end in order */
  gboolean was_up;
  guint64 header; /* UP and STANZA: positions, as link.h has them */
  guint64 end;
} EnjTrunkEvent;

/* @domain: the component, canonical. */
EnjTrunk *enj_trunk_new (const char *domain, EnjSettings *settings, EnjCounters *counters,
                         EnjWake wake);
void enj_trunk_free (EnjTrunk *self);

/* For a link that is up, too. */
void enj_trunk_set_settings (EnjTrunk *self, EnjSettings *settings);
const char *enj_trunk_get_domain (const EnjTrunk *self);

/* A connection to the server is there: the session to drive, NULL while there
 * is another.  Given back by closed(); FALSE for one that is not of here. */
EnjSession *enj_trunk_attach (EnjTrunk *self, EnjSettings *settings, const char *parent,
                              const char *secret, gint64 now);

/* The same for a link that another process left; @past is borrowed for the call. */
EnjSession *enj_trunk_resume (EnjTrunk *self, EnjSettings *settings, const char *parent,
                              const EnjLinkPast *past, gint64 now);
gboolean enj_trunk_closed (EnjTrunk *self, EnjSession *session);

/* A component has come to us: takes @carrier, which is accepted.  Another that is still there
 * ends with a conflict, and what it had goes on with the new one. */
void enj_trunk_take (EnjTrunk *self, EnjCarrier *carrier, gint64 now);

/* Asks the other side whether it is there (proving.h). */
void enj_trunk_question (EnjTrunk *self, gint64 now);

/* FALSE when too much waits already. */
gboolean enj_trunk_send (EnjTrunk *self, EnjStanza *stanza, gint64 now);

/* FALSE when there are none. */
gboolean enj_trunk_next (EnjTrunk *self, EnjTrunkEvent *event, gint64 now);

gint64 enj_trunk_deadline (const EnjTrunk *self);

/* Closes the link in order, behind the proof that the server has all. */
void enj_trunk_close (EnjTrunk *self, gint64 now);

/* Nothing waits any longer, until a link is up: all expires now. */
void enj_trunk_expire_all (EnjTrunk *self);

/* What comes waits again. */
void enj_trunk_expire_none (EnjTrunk *self);

/* It can be written to now; one that is leaving is for errors and results only. */
gboolean enj_trunk_takes (const EnjTrunk *self, const EnjStanza *stanza);

gboolean enj_trunk_is_up (const EnjTrunk *self);
gboolean enj_trunk_has_session (const EnjTrunk *self);

/* Of the one that is there; NULL for none. */
const EnjSession *enj_trunk_get_session (const EnjTrunk *self);

/* Stanzas that wait or have not left us as a whole. */
guint enj_trunk_count_waiting (const EnjTrunk *self);
guint enj_trunk_count_unproven (const EnjTrunk *self);

/* Those, what is not proved, and what goes back. */
guint enj_trunk_count_owned (const EnjTrunk *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjTrunk, enj_trunk_free)

/* daybook.h - the stanzas that we answer for, until their ends, in memory that outlives us.
 *
 * Each is written down when it is taken over and struck out at its end.  What was not
 * struck out by a process that is gone is carried on by the next; whether it had been
 * handed over already is not known then, but for what is marked as held.
 *
 * Takes 64 MiB, and moves what is left together when most is struck out: 32 MiB have
 * room at any time, and what does not go in is not kept.  Its stanzas count in the budget
 * once more.  Does not route and does not bounce. */
#pragma once

#include "protocol/router.h"
#include "protocol/stanza.h"

typedef struct EnjDaybook EnjDaybook;

/* Whence a stanza came. */
typedef struct
{
  EnjOrigin origin;
  const char *component; /* whose link, or whose service; "" for a peer */
  guint64 link;          /* the id of the connection (keepsake.h); 0 for none */
  guint64 position;      /* behind it, in that connection's input */
  guint64 wall;          /* seconds since 1970: when it was taken over */
  gboolean was_held;     /* carried on: it has not left us */
  guint tries;           /* carried on: so many processes have ended over it, without it held */
} EnjDaybookEntry;

/* TRUE: it stays, under its number, until it is struck out. */
typedef gboolean (*EnjDaybookFunc) (const EnjDaybookEntry *entry, guint64 number,
                                    EnjStanza *stanza, gpointer data);

/* NULL where such memory is not to be had. */
EnjDaybook *enj_daybook_new (void);

/* What another process left: takes @memory.  NULL with a G_FILE_ERROR that says what is
 * wrong with it. */
EnjDaybook *enj_daybook_open (int memory, GError **error);
void enj_daybook_free (EnjDaybook *self);
int enj_daybook_get_memory (const EnjDaybook *self);

/* The number to strike it out by; 0 where it is not kept. */
guint64 enj_daybook_enter (EnjDaybook *self, const EnjDaybookEntry *entry, EnjStanza *stanza);
void enj_daybook_strike (EnjDaybook *self, guint64 number);

/* It has not left, and does not leave this process any more. */
void enj_daybook_hold (EnjDaybook *self, guint64 number);

/* The greatest position written down for that connection, struck out or not; 0 for none. */
guint64 enj_daybook_get_position (const EnjDaybook *self, guint64 link);

/* Each that another process has not struck out, in order; it is not held any more.  One that
 * has had too many tries is given up unseen, with a warning.  How many @func has had. */
guint enj_daybook_carry_on (EnjDaybook *self, EnjDaybookFunc func, gpointer data);
guint enj_daybook_count (const EnjDaybook *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjDaybook, enj_daybook_free)

/* ways.h - the ways by which remote domains can answer us, and which of them have.
 *
 * An answer to a ping comes over whatever stream its sender may write to us on, and nobody
 * is to open one for it.  So it is known here which pairs have such a stream, who waits for
 * which answer, and what domains have ever answered (of the last 4096 that did).
 *
 * Asks nothing and keeps no time: sounding.h does. */
#pragma once

#include "protocol/stanza.h"

typedef struct EnjWays EnjWays;

EnjWays *enj_ways_new (void);
void enj_ways_free (EnjWays *self);

/* On @stream, the id of a session, @remote may write to @local from now on; then it ends. */
void enj_ways_open (EnjWays *self, guint64 stream, const char *local, const char *remote);
void enj_ways_leave (EnjWays *self, guint64 stream);

/* Is there any such stream now? */
gboolean enj_ways_lead_back (const EnjWays *self, const char *local, const char *remote);

/* @func runs once, when @remote answers the ping @id of @local; not after forget(). */
typedef void (*EnjWaysFunc) (gpointer user_data, const char *id);
void enj_ways_expect (EnjWays *self, const char *id, const char *local, const char *remote,
                      EnjWaysFunc func, gpointer user_data);
void enj_ways_forget (EnjWays *self, const char *id);

/* TRUE: it is the answer to a ping, and nobody else's.  A result or an error, from whom it was
 * asked of (RFC 6120 8.2.3), to whom has asked; or one from domain to domain that comes when
 * the ping is forgotten. */
gboolean enj_ways_take (EnjWays *self, const EnjStanza *stanza);

/* Its answers are to be expected; until it has left us without. */
gboolean enj_ways_has_answered (const EnjWays *self, const char *remote);
void enj_ways_note_silence (EnjWays *self, const char *remote);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjWays, enj_ways_free)

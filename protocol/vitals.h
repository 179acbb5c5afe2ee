/* vitals.h - when a stream that is up has to say something, and when it ends of itself.
 *
 * White space or better while it is quiet (RFC 6120 4.6), the end when it has
 * carried no stanza for long (4.6.3), the end when the certificate that proved
 * the peer ends (13.7.2.3).
 *
 * Writes nothing and ends nothing: next() tells the session what is due. */
#pragma once

#include "protocol/stream-limits.h"

typedef struct
{
  gint64 said;     /* when something was last written: set by the session */
  gint64 stirred;  /* when the last stanza came or went: set by the session */
  gint64 interval; /* of silence; 0 before start() */
  gint64 patience; /* without a stanza */
  gint64 expires;  /* on the wall */
  gint64 due_quiet;
  gint64 due_idle;
  gint64 due_expiry;
} EnjVitals;

typedef enum
{
  ENJ_VITAL_NONE,
  ENJ_VITAL_SPEAK,
  ENJ_VITAL_IDLE,
  ENJ_VITAL_EXPIRED
} EnjVital;

/* At rest: nothing is due. */
void enj_vitals_init (EnjVitals *self);

/* @keepalive and @idle_timeout in seconds; @peer may want to hear more often (XEP-0478 3.1). */
void enj_vitals_start (EnjVitals *self, guint64 keepalive, guint64 idle_timeout,
                       const EnjStreamLimits *peer, gint64 now);

/* @wall in seconds since 1970. */
void enj_vitals_expire_at (EnjVitals *self, gint64 wall, gint64 now);

gint64 enj_vitals_deadline (const EnjVitals *self);

/* What is due now; after SPEAK something has been said.  NONE may be the answer
 * to a deadline: it looks, and waits on. */
EnjVital enj_vitals_next (EnjVitals *self, gint64 now);

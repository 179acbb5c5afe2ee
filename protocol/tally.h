/* tally.h - what happened, sorted: why stanzas went back or were dropped, how streams with other
 * servers came up, and why conversations ended.
 *
 * Stands beside the counters (counters.h), of which the sums are. */
#pragma once

#include "protocol/condition.h"

#define ENJ_TALLY_DROPS(X)                                                       \
  X (UNTOLD, "untold")   /* an error or a result, of which nobody is told */     \
  X (FOREIGN, "foreign") /* a service sent it from a domain that is not ours */  \
  X (TRANSIT, "transit") /* from one remote server to another */                 \
  X (OLDER, "older")     /* presence; newer presence went again in its place */

#define ENJ_TALLY_ENCRYPTIONS(X) \
  X (NONE, "none")               \
  X (TLS12, "TLS1.2")            \
  X (TLS13, "TLS1.3")

typedef enum
{
#define X(name, word) ENJ_TALLY_DROP_##name,
  ENJ_TALLY_DROPS (X)
#undef X
  ENJ_TALLY_N_DROPS
} EnjTallyDrop;

typedef enum
{
#define X(name, word) ENJ_TALLY_ENCRYPTION_##name,
  ENJ_TALLY_ENCRYPTIONS (X)
#undef X
  ENJ_TALLY_N_ENCRYPTIONS
} EnjTallyEncryption;

#define ENJ_TALLY_N_BOUNCES (ENJ_STANZA_UNEXPECTED_REQUEST + 1)
#define ENJ_TALLY_N_FAILURES (ENJ_STREAM_DISCONNECTED + 1)
#define ENJ_TALLY_N_PROOFS 6

/* Streams that have come up, those of one direction. */
typedef struct
{
  guint64 encryptions[ENJ_TALLY_N_ENCRYPTIONS];
  guint64 proofs[ENJ_TALLY_N_PROOFS]; /* by EnjProof of the calling side, for the first pair */
  guint64 bidi;
} EnjTallyStreams;

typedef struct
{
  guint64 bounces[ENJ_TALLY_N_BOUNCES]; /* by EnjStanzaCondition */
  guint64 drops[ENJ_TALLY_N_DROPS];
  guint64 turned_away; /* connections that were not let in */
  EnjTallyStreams in;
  EnjTallyStreams out;
  guint64 closed;                         /* conversations that ended in order */
  guint64 failures[ENJ_TALLY_N_FAILURES]; /* and those that did not, by EnjStreamCondition */
} EnjTally;

/* @version is that of TLS, NULL in clear; @proof an EnjProof. */
void enj_tally_note_up (EnjTallyStreams *self, const char *version, guint proof,
                        gboolean has_bidi);

/* A conversation has ended; @reason NULL: in order. */
void enj_tally_note_end (EnjTally *self, const GError *reason);

const char *enj_tally_format_drop (EnjTallyDrop drop);
const char *enj_tally_format_encryption (EnjTallyEncryption encryption);

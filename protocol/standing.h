/* standing.h - where one conversation leads, and who has proved himself on it.
 *
 * Kept for those who look, and for the line of the log that says so.  Names of domains are
 * shared between streams, for there are many.  Decides nothing: what may pass on a stream
 * the stream itself knows. */
#pragma once

#include "protocol/address.h"
#include "protocol/log.h"
#include "protocol/milestones.h"

/* All zero but for the direction, and when it was CONNECTED, is one that has just begun. */
typedef struct
{
  const char *direction; /* "in", "out", "link", "hosted"; static */
  EnjAddress address;    /* of the peer; length 0 where there is none */
  EnjMilestones milestones;
  const char *peer_proof; /* static: "EXTERNAL", "dialback"...; NULL for none */
  const char *own_proof;
  gboolean direct_tls;
  gboolean has_bidi;
  gboolean is_acknowledged;
  GArray *pairs; /* those that were ever up; NULL for none */
} EnjStanding;

void enj_standing_clear (EnjStanding *self);

/* The stream begins anew: nobody has proved anything. */
void enj_standing_reset (EnjStanding *self);

/* One more pair is up: @tls is the encryption, @peer what is known of who we have called, or NULL.
 * Says so in a line about the pair.  TRUE: nobody had proved himself before. */
gboolean enj_standing_add_pair (EnjStanding *self, const EnjLog *log, const char *local,
                                const char *remote, const char *tls, const char *proof,
                                const char *peer, gint64 now);

guint enj_standing_count_pairs (const EnjStanding *self);

/* The oldest; FALSE where there is none. */
gboolean enj_standing_get_pair (const EnjStanding *self, const char **local, const char **remote);

/* Is there a pair of both?  NULL is any. */
gboolean enj_standing_has (const EnjStanding *self, const char *local, const char *remote);

/* faces.h - the certificates by which remote domains were last known.
 *
 * The operator hears of one that is another than before (RFC 7590 3.6): who stands in the
 * way, with one that an authority should not have signed, is known by nothing else.
 * Where the key is kept it is a renewal, and nothing is said; nor more often than once an
 * hour of one domain, which may have several servers.
 *
 * Of 1024 domains, those that were met last; forgotten with the process.  Judges nothing. */
#pragma once

#include "protocol/evidence.h"

typedef struct EnjFaces EnjFaces;

EnjFaces *enj_faces_new (void);
void enj_faces_free (EnjFaces *self);

/* A stream for the pair is up, and there @remote has shown @evidence; NULL is in clear. */
void enj_faces_meet (EnjFaces *self, const char *local, const char *remote,
                     const EnjEvidence *evidence, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjFaces, enj_faces_free)

/* census.h - what the elements that are read consist of, counted against limits.
 *
 * Elements of one child of the stream and how deep they stand; of each element its attributes, the
 * namespaces that it declares, and the bytes of the longest of both.  Fed while expat reads.
 *
 * Does not count the bytes of a whole: that is the reader's. */
#pragma once

#include <glib.h>

/* All zero but for the limits is a new one. */
typedef struct
{
  guint max_elements;
  guint max_depth;
  guint max_attributes; /* declarations are attributes, too */
  guint max_declared;   /* 0: as many as attributes */
  gsize max_value;      /* 0: as long as the reader takes them */

  /* Private. */
  guint elements;
  guint declared; /* by the tag that comes */
  gsize longest;  /* of what it declares */
} EnjCensus;

/* A child of the stream has ended: what the next one declares comes before its tag. */
void enj_census_restart (EnjCensus *self);

/* The tag that comes declares @ns, which may be NULL. */
void enj_census_declare (EnjCensus *self, const char *ns);

/* An element within @depth others, the stream's own being 0, with @atts as expat gives them.
 * FALSE with an ENJ_STREAM_ERROR, policy-violation, where that is too much of something. */
gboolean enj_census_enter (EnjCensus *self, guint depth, const char *const *atts, GError **error);

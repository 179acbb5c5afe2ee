/* prep.h - stringprep (RFC 3454) fit for hostile text.
 *
 * The profiles of XMPP, in place, in time and memory that grow with the text
 * and no faster.  Refuses what implementations normalise differently, so that
 * a prepared text is the same to Prosody, and the same when prepared again.
 *
 * Knows nothing of addresses, labels and lengths on the wire: see jid.h. */
#pragma once

#include <glib.h>

/* The longest text in bytes, a whole address (RFC 7622 3.1). */
#define ENJ_PREP_MAX 3071

typedef enum
{
  ENJ_PREP_NODE,        /* RFC 6122 appendix A */
  ENJ_PREP_RESOURCE,    /* RFC 6122 appendix B */
  ENJ_PREP_NAME_MAPPING /* of nameprep (RFC 3491) the mapping and normalisation only */
} EnjPrepProfile;

/* Prepares the text in @buffer, which ends with a NUL.  Unassigned code points
 * pass.  FALSE where it cannot be: @why is a static text, @buffer is void. */
gboolean enj_prep_run (char buffer[ENJ_PREP_MAX + 1], EnjPrepProfile profile, const char **why);

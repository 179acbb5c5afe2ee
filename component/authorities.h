/* authorities.h - from PEM files to those whom we believe, and whom not any more.
 *
 * The authorities of the system are read once for the process, and are the
 * same for all who ask for no more than them.  Everything else is read at each
 * call, so that a reload sees what has changed.
 *
 * Judges nothing, and looks nothing up: a revocation list that is old is told
 * to the operator, not fetched anew. */
#pragma once

#include "protocol/trust.h"

/* @path is a PEM file; NULL stands for the system's, which is the one that $SSL_CERT_FILE
 * names, where it is set.  Where there is none nobody is believed, which is told.  NULL with an
 * error that names the file. */
EnjTrust *enj_authorities_new (const char *path, GError **error);

/* A PEM file of revocation lists.  Before sharing. */
gboolean enj_authorities_add_crl (EnjTrust *trust, const char *path, GError **error);

/* Both together; @crls are paths.  @wall is the time in seconds since 1970. */
EnjTrust *enj_authorities_load_new (const char *path, const char *const *crls, gint64 wall,
                                    GError **error);

/* certificates.h - from a folder of PEM files to credentials.
 *
 * Looks for DOMAIN.crt with DOMAIN.key, then for DOMAIN/fullchain.pem with
 * DOMAIN/privkey.pem; DOMAIN in A-labels first, then in U-labels.  The first
 * pair of which one half is there is the one that counts.
 *
 * Judges neither names nor dates, and keeps nothing: a reload loads again. */
#pragma once

#include "protocol/credentials.h"

/* @domain is canonical.  NULL without an error where the folder, or the pair in
 * it, does not exist; NULL with one that names the file and what to do where a
 * half is missing, unreadable, or does not fit the other. */
EnjCredentials *enj_certificates_find_new (const char *folder, const char *domain, GError **error);

/* The same, but a self-signed certificate and a warning where there is none.
 * @wall is the time in seconds since 1970. */
EnjCredentials *enj_certificates_load_new (const char *folder, const char *domain, gint64 wall,
                                           GError **error);

/* credentials.h - the key and certificate chain that prove one of our domains.
 *
 * Immutable, counted.  Opens no file: PEM text comes in.  Requests, but never
 * requires, a certificate of the peer; judging it is the caller's business. */
#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

typedef struct EnjCredentials EnjCredentials;

/* PEM texts.  NULL with a GError of G_FILE_ERROR_INVAL where they do not parse or do not match. */
EnjCredentials *enj_credentials_new (const char *certificate_pem, const char *key_pem,
                                     GError **error);

/* A P-256 key and a certificate for @domain (canonical) that nobody trusts.
 * @wall is the time in seconds since 1970. */
EnjCredentials *enj_credentials_new_self_signed (const char *domain, gint64 wall, GError **error);

EnjCredentials *enj_credentials_ref (EnjCredentials *self);
void enj_credentials_unref (EnjCredentials *self);

gnutls_certificate_credentials_t enj_credentials_get (const EnjCredentials *self);
gboolean enj_credentials_is_self_signed (const EnjCredentials *self);

/* When the leaf certificate ends, seconds since 1970. */
gint64 enj_credentials_get_expiry (const EnjCredentials *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjCredentials, enj_credentials_unref)

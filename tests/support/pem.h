/* pem.h - keys and self-signed certificates as PEM text, made for a test. */
#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

/* The certificate for @domain ends at @expiry, seconds since 1970.  New strings. */
void enj_test_pem_new (gnutls_pk_algorithm_t algorithm, const char *domain, gint64 expiry,
                       char **certificate, char **key);

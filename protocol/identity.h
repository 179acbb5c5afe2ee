/* identity.h - which domains a certificate names.
 *
 * id-on-xmppAddr, SRVName for xmpp-server and DNS names (RFC 6120 13.7.1.2),
 * one-label wildcards of the latter two, compared as A-labels; never the common
 * name (RFC 9525).  An extended key usage, where there is one, must fit (E18).
 *
 * Does not look at who signed it, nor at dates: trust.h does. */
#pragma once

#include <glib.h>
#include <gnutls/x509.h>

/* @domain is canonical. */
gboolean enj_identity_names (gnutls_x509_crt_t leaf, const char *domain);

/* No extended key usage, or one that servers may have: serverAuth, clientAuth,
 * any, id-on-xmppAddr. */
gboolean enj_identity_fits (gnutls_x509_crt_t leaf);

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

/* Do the authorities of @chain, which are behind the leaf, in DER, allow @domain?  Limits of a
 * DNS name (RFC 5280 4.2.1.10) are meant for the two other kinds as well: an authority that may
 * certify b.example only must not give out an address at a.example. */
gboolean enj_identity_is_allowed (const gnutls_datum_t *chain, guint n, const char *domain);

/* No extended key usage, or one that servers may have: serverAuth, clientAuth,
 * any, id-on-xmppAddr. */
gboolean enj_identity_fits (gnutls_x509_crt_t leaf);

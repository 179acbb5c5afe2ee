/* identity.h - which domains a certificate names.
 *
 * id-on-xmppAddr, SRVName for xmpp-server and DNS names (RFC 6120 13.7.1.2),
 * one-label wildcards of the latter two, compared as A-labels; never the common
 * name (RFC 9525).  An extended key usage, where there is one, must fit (E18).
 *
 * Does not look at who signed it, nor at dates: trust.h does; nor at what that one
 * may certify: bounds.h does. */
#pragma once

#include <glib.h>
#include <gnutls/x509.h>

/* All that @leaf names, as it stands there; no data where there is nothing.  gnutls_free() is for
 * the data. */
gnutls_datum_t enj_identity_read (gnutls_x509_crt_t leaf);

/* @names: of read().  @domain is canonical. */
gboolean enj_identity_names (const gnutls_datum_t *names, const char *domain);

/* No extended key usage, or one that servers may have: serverAuth, clientAuth,
 * any, id-on-xmppAddr. */
gboolean enj_identity_fits (gnutls_x509_crt_t leaf);

/* jid.h - addresses (RFC 7622), canonical domains, XEP-0106.
 *
 * Canonical means: what Prosody would take for the same name is the same
 * string here.  A domain is prepared (trailing dot off, nameprep, A-labels to
 * U-labels, every dot-like character a dot), checked label by label as a host
 * name through ToASCII, and kept as lower-case U-labels; IP literals are kept
 * as they are.  Does not resolve anything.  Parsing, joining and escaping are
 * public: enjamb.h. */
#pragma once

#include "protocol/enjamb.h"

#define ENJ_JID_PART_MAX 1023
#define ENJ_JID_DOMAIN_SIZE (ENJ_JID_PART_MAX + 1)

/* The canonical form of a domain met on the wire; NULL with
 * ENJ_STANZA_JID_MALFORMED.  New string. */
char *enj_jid_domain_new (const char *domain, GError **error);

/* The same for a name from the configuration: no unassigned code points. */
char *enj_jid_domain_new_strict (const char *domain, GError **error);

/* The A-label form of a canonical domain, for DNS, SNI and certificates. */
char *enj_jid_domain_new_ascii (const char *canonical);

/* "192.0.2.1", "[2001:db8::1]": valid in addresses, refused for S2S (N06). */
gboolean enj_jid_domain_is_ip (const char *canonical);

/* The prepared address as one string, or NULL with an error.  New string. */
char *enj_jid_prepare_new (const char *jid, GError **error);

/* Where the domain starts and ends in @jid, split at the first '/', then the
 * first '@' (RFC 7622 3.2); nothing is prepared or checked. */
const char *enj_jid_find_domain (const char *jid, gsize *len);

/* The canonical domain of a whole address into @buffer, which it returns; NULL
 * where it is none.  The rest of the address is not looked at. */
const char *enj_jid_fill_domain (const char *jid, char buffer[ENJ_JID_DOMAIN_SIZE]);

/* check-certificate.h - is the certificate of a domain one that other servers believe?
 *
 * Reads the pair as the daemon does (certificates.h), and judges key, name, purpose, chain and
 * dates; says which TLSA record belongs to it, and whether those in the DNS fit (RFC 7673).
 * Looks nothing up. */
#pragma once

#include "protocol/trust.h"
#include "component/configuration.h"
#include "component/findings.h"
#include "component/zone.h"

/* @domain is canonical.  @zone may be NULL: nothing is known of the DNS.  @trust: whom the
 * configuration believes.  @wall is the time in seconds since 1970.  What the daemon would show:
 * NULL where there is no such certificate. */
EnjCredentials *enj_check_certificate_judge_new (const EnjConfigFederation *federation,
                                                 const char *domain, const EnjZone *zone,
                                                 EnjTrust *trust, gint64 wall,
                                                 EnjFindings *findings);

/* check-zone.h - is what the DNS says of a domain right for how enjamb listens?
 *
 * Compares the facts of zone.h with [federation] listen and listen-tls, and tells of each
 * difference which records to add.  Asks nobody. */
#pragma once

#include "component/configuration.h"
#include "component/findings.h"
#include "component/zone.h"

/* @own: EnjAddress elements, those of this machine, whose ports do not count.  @validating: the
 * name server passes on what DNSSEC needs. */
void enj_check_zone_judge (const EnjZone *zone, const EnjConfigFederation *federation,
                           const GArray *own, gboolean validating, EnjFindings *findings);

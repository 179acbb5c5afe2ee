/* check-listener.h - does each port where enjamb listens answer as it should?
 *
 * Visits them on this machine, for each domain: whether something listens, speaks, knows the
 * domain, and shows the certificate that is in the files.  What is between here and the world it
 * cannot tell. */
#pragma once

#include "protocol/settings.h"
#include "component/configuration.h"
#include "component/errand.h"
#include "component/findings.h"

/* @credentials: what the files hold for @domain, or NULL.  @excuse: why it is no problem where
 * nothing listens, and what to do; NULL where it is one. */
void enj_check_listener_judge (EnjErrand *errand, EnjSettings *settings,
                               const EnjConfigFederation *federation, const char *domain,
                               const EnjCredentials *credentials, const char *excuse,
                               EnjFindings *findings);

/* check-link.h - does the server take the link of a component?
 *
 * Logs in as the daemon would, and closes in order.  Not while the daemon has the link: a server
 * set to kick_old would throw that out. */
#pragma once

#include "protocol/settings.h"
#include "component/configuration.h"
#include "component/errand.h"
#include "component/findings.h"
#include "component/resolver.h"

/* @component has a server. */
void enj_check_link_judge (EnjErrand *errand, EnjResolver *resolver, EnjSettings *settings,
                           const EnjConfigComponent *component, EnjFindings *findings);

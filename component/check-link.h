/* check-link.h - does the server take the link of a component?
 *
 * Logs in as the daemon would, answers what comes meanwhile with errors, and closes in order.
 * Not while the daemon has the link: a server set to kick_old would throw that out. */
#pragma once

#include "protocol/settings.h"
#include "component/configuration.h"
#include "component/errand.h"
#include "component/findings.h"
#include "component/resolver.h"

typedef enum
{
  ENJ_CHECK_LOGIN_TAKEN,
  ENJ_CHECK_LOGIN_OCCUPIED, /* somebody has the component, which is as it should be on stand-by */
  ENJ_CHECK_LOGIN_REFUSED   /* or there is nobody to take it */
} EnjCheckLogin;

/* @component has a server. */
EnjCheckLogin enj_check_link_judge (EnjErrand *errand, EnjResolver *resolver,
                                    EnjSettings *settings, const EnjConfigComponent *component,
                                    EnjFindings *findings);

/* survey.h - which hosts does the server behind a link have that the
 * configuration does not know of?
 *
 * A host that `local-domains` does not cover would be looked for by
 * server-to-server streams, which that server refuses.  Only asks and tells:
 * the configuration alone decides. */
#pragma once

#include "protocol/enjamb.h"
#include "protocol/realm.h"

/* disco#items of @parent (XEP-0030 4.1), without an id. */
EnjStanza *enj_survey_new_question (const char *component, const char *parent);

/* Warns of each host in @answer that is not covered; the number of them. */
guint enj_survey_report (EnjRealm *realm, const char *component, EnjStanza *answer);

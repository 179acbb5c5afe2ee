/* meeting.h - two ends shake hands, and one remembers what it has seen.
 *
 *   g_autoptr (EnjEvidence) evidence = enj_test_meet_new (shown, ours, trust);
 *
 * Whatever does not work ends the test. */
#pragma once

#include "protocol/evidence.h"

/* What a server with the certificate @ours sees of a client with @shown, which may be
 * NULL, and makes of it with @trust, which may be NULL, too. */
EnjEvidence *enj_test_meet_new (EnjCredentials *shown, EnjCredentials *ours, EnjTrust *trust);

/* settings.h - settings for tests.
 *
 * comp.local.test has a link, by which local.test and all below it are
 * reached; alone.test has none, and other.test, which it keeps for itself, is
 * reached by nobody.  denied.test is refused, secret.test must use TLS,
 * proven.test must show a certificate, the rest of the world may do as it likes. */
#pragma once

#include "protocol/settings.h"

EnjSettings *enj_test_settings_new (void);

/* The same, with other limits, or with TLS asked of everybody. */
EnjSettings *enj_test_settings_new_full (const EnjLimits *limits, EnjEncryption encryption);

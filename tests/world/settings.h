/* settings.h - what a server of a world wants of the others.
 *
 * denied.example is denied to it, and proven.example has to show a certificate. */
#pragma once

#include "protocol/settings.h"

/* @domain has a link, behind which home.@domain is. */
EnjSettings *enj_world_settings_new (const char *domain, EnjEncryption encryption,
                                     const EnjLimits *limits);

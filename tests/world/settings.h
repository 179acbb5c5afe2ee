/* settings.h - what a server of a world wants of the others.
 *
 * denied.example is denied to it, and proven.example has to show a certificate.
 * Where encryption is optional there is no certificate, and so no TLS. */
#pragma once

#include "protocol/settings.h"

/* @domain has a link, behind which home.@domain is. */
EnjSettings *enj_world_settings_new (const char *domain, EnjEncryption encryption,
                                     const EnjLimits *limits);

/* prosody.h - what Prosody's configuration needs for a component of ours.
 *
 * The block of data/prosody-component.cfg.lua, with the domain and the secret: whoever prints it
 * shows that. */
#pragma once

#include "component/configuration.h"

/* NULL for a component without a server.  New string. */
char *enj_prosody_block_new (const EnjConfigComponent *component);

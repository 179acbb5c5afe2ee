/* setup.h - from the configuration to what the protocol needs of it.
 *
 * Loads the certificates that the configuration names, or makes what is
 * missing.  Changes nothing in the world. */
#pragma once

#include "protocol/settings.h"
#include "component/configuration.h"

/* The time on the wall is known (wall.h).  @key is used unless the configuration has a dialback
 * secret: a key made at start must outlive a reload.  NULL with an error that names the file. */
EnjSettings *enj_setup_new (const EnjConfig *config, EnjDialbackKey *key, GError **error);

/* An address of the server behind the link of @component that answers pings;
 * newly allocated. */
char *enj_setup_parent_new (const EnjConfigComponent *component);

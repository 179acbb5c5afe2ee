/* reload.h - what of a configuration can change while we run. */
#pragma once

#include "component/configuration.h"

/* FALSE with an error that names the first key that cannot. */
gboolean enj_reload_is_possible (const EnjConfig *old, const EnjConfig *fresh, GError **error);

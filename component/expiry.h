/* expiry.h - certificates that end soon are warned of once a day, from 14 days before.
 *
 * Looks at those that are in use, at the start, after each reload and every day.  Does not renew
 * them, and does not look at the files. */
#pragma once

#include "protocol/settings.h"
#include "component/loop.h"

typedef struct EnjExpiry EnjExpiry;

/* Warned of: @end is less than 14 days after @wall, or before it; both seconds since 1970. */
gboolean enj_expiry_is_near (gint64 end, gint64 wall);

/* G_FILE_ERROR as enj_loop_watch(). */
EnjExpiry *enj_expiry_new (EnjLoop *loop, EnjSettings *settings, GError **error);
void enj_expiry_free (EnjExpiry *self);

/* Those of a new configuration are looked at right away. */
void enj_expiry_set_settings (EnjExpiry *self, EnjSettings *settings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjExpiry, enj_expiry_free)

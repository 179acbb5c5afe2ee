/* uplinks.h - the links of all components that have one.
 *
 * An uplink for each, by its domain, and how many of them are up.  What can be done
 * with one alone is in uplink.h. */
#pragma once

#include "component/uplink.h"

typedef struct EnjUplinks EnjUplinks;

/* One uplink for each component of @config with a server, as enj_uplink_new(). */
EnjUplinks *enj_uplinks_new (EnjLoop *loop, EnjResolver *resolver, EnjExchange *exchange,
                             EnjSuccession *succession, const EnjConfig *config, GError **error);
void enj_uplinks_free (EnjUplinks *self);

/* NULL for a domain that has none. */
EnjUplink *enj_uplinks_find (const EnjUplinks *self, const char *domain);

/* @func runs when an attempt has come to no connection. */
void enj_uplinks_set_missed (EnjUplinks *self, EnjUplinkFunc func, gpointer data);

/* What the exchange tells of a link: LINK_UP or LINK_DOWN. */
void enj_uplinks_handle (EnjUplinks *self, const EnjExchangeEvent *event, gint64 now);

guint enj_uplinks_count (const EnjUplinks *self);
guint enj_uplinks_count_up (const EnjUplinks *self);

/* As of one. */
void enj_uplinks_set_limits (EnjUplinks *self, const EnjLimits *limits);
void enj_uplinks_stop (EnjUplinks *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjUplinks, enj_uplinks_free)

/* uplink.h - keeps the link of one component to its server.
 *
 * Looks up, connects, attaches, and comes back by itself, as comeback.h says:
 * after 1 s, then twice as long each time up to link-retry-max, with jitter.
 * Tells the operator what he must mend. */
#pragma once

#include "protocol/exchange.h"
#include "component/configuration.h"
#include "component/resolver.h"
#include "component/succession.h"

typedef struct EnjUplink EnjUplink;

/* Goes on with the link that @succession has, or connects in the next turn.  All is borrowed
 * but @component and @limits, which are copied; @succession may be NULL. */
EnjUplink *enj_uplink_new (EnjLoop *loop, EnjResolver *resolver, EnjExchange *exchange,
                           EnjSuccession *succession, const EnjConfigComponent *component,
                           const EnjLimits *limits, GError **error);
void enj_uplink_free (EnjUplink *self);

/* @func runs when an attempt has come to no connection. */
typedef void (*EnjUplinkFunc) (const char *domain, gpointer data);
void enj_uplink_set_missed (EnjUplink *self, EnjUplinkFunc func, gpointer data);

/* What the exchange tells of our link. */
void enj_uplink_came_up (EnjUplink *self, guint64 header, guint64 end, gint64 now);
void enj_uplink_went_down (EnjUplink *self, const GError *error, gboolean was_up, gint64 now);

/* Limits of a new configuration, from the next attempt on. */
void enj_uplink_set_limits (EnjUplink *self, const EnjLimits *limits);

/* No new connections. */
void enj_uplink_stop (EnjUplink *self);

/* uplink.h - keeps the link of one component to its server.
 *
 * Looks up, connects, attaches, and comes back by itself: after 1 s, then
 * twice as long each time up to link-retry-max, with jitter; anew from 1 s once
 * a link has been up for a minute.  Tells the operator what only he can mend:
 * a wrong secret at once, a host that stays unknown after five minutes. */
#pragma once

#include "protocol/exchange.h"
#include "component/configuration.h"
#include "component/resolver.h"

typedef struct EnjUplink EnjUplink;

/* Connects in the next turn.  All is borrowed but @component and @limits,
 * which are copied. */
EnjUplink *enj_uplink_new (EnjLoop *loop, EnjResolver *resolver, EnjExchange *exchange,
                           const EnjConfigComponent *component, const EnjLimits *limits,
                           GError **error);
void enj_uplink_free (EnjUplink *self);

/* What the exchange tells of our link. */
void enj_uplink_came_up (EnjUplink *self, gint64 now);
void enj_uplink_went_down (EnjUplink *self, const GError *error, gboolean was_up, gint64 now);

/* No new connections. */
void enj_uplink_stop (EnjUplink *self);

/* hosting.h - where components connect to us: the listeners, and the wires of those who came.
 *
 * One listener for each port (port.h) that any component of the configuration names, for as long
 * as the gate says.  Who may come in there the exchange decides. */
#pragma once

#include "protocol/exchange.h"
#include "component/configuration.h"
#include "component/loop.h"

typedef struct EnjHosting EnjHosting;

/* Listens nowhere yet.  G_FILE_ERROR_INVAL with a port that means nothing.  All but @config is
 * borrowed. */
EnjHosting *enj_hosting_new (EnjLoop *loop, EnjExchange *exchange, const EnjConfig *config,
                             GError **error);
void enj_hosting_free (EnjHosting *self);

/* Nothing where no component is hosted.  G_FILE_ERROR with the port that cannot be had; those
 * before it are. */
gboolean enj_hosting_listen (EnjHosting *self, GError **error);

/* Would it succeed?  With @is_shared also where somebody listens there already. */
gboolean enj_hosting_may_listen (const EnjHosting *self, gboolean is_shared, GError **error);

/* Those who have come stay. */
void enj_hosting_stop_listening (EnjHosting *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjHosting, enj_hosting_free)

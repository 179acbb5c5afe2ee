/* hosting.h - where components connect to us: the listeners, and the wires of those who came.
 *
 * One listener for each port (port.h) that any component of the configuration names.  Who may
 * come in there the exchange decides. */
#pragma once

#include "protocol/exchange.h"
#include "component/configuration.h"
#include "component/loop.h"

typedef struct EnjHosting EnjHosting;

/* Listens at once; nothing where no component is hosted.  G_FILE_ERROR with the port that cannot
 * be had.  All but @config is borrowed. */
EnjHosting *enj_hosting_new (EnjLoop *loop, EnjExchange *exchange, const EnjConfig *config,
                             GError **error);
void enj_hosting_free (EnjHosting *self);

/* Those who have come stay. */
void enj_hosting_stop_listening (EnjHosting *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjHosting, enj_hosting_free)

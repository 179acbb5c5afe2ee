/* gateway.h - the server-to-server side of the world: listens, looks up, dials.
 *
 * Fulfils the wishes of the exchange and owns the wires of its inbound and
 * outbound streams.  The first connection that is taken for an id ends the other
 * attempts for it.  Decides nothing about protocol. */
#pragma once

#include "protocol/exchange.h"
#include "component/configuration.h"
#include "component/resolver.h"
#include "component/store.h"

typedef struct EnjGateway EnjGateway;

/* Listens at once, on sockets out of @store and kept there, where that is not NULL: who waits in
 * them waits through a restart.  @resolver may be NULL where the federation is switched off.
 * G_FILE_ERROR with the address that cannot be had. */
EnjGateway *enj_gateway_new (EnjLoop *loop, EnjResolver *resolver, EnjExchange *exchange,
                             const EnjConfig *config, EnjStore *store, GError **error);
void enj_gateway_free (EnjGateway *self);

/* One of the LOOKUPs, or a DIAL. */
void enj_gateway_fulfil (EnjGateway *self, const EnjExchangeEvent *wish, gint64 now);

/* Limits of a new configuration, for what comes from now on. */
void enj_gateway_set_limits (EnjGateway *self, const EnjLimits *limits);

void enj_gateway_stop_listening (EnjGateway *self);

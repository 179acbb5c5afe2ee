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

/* @store may be NULL.  @resolver may be NULL where the federation is switched off.
 * G_FILE_ERROR where `listen` names no address. */
EnjGateway *enj_gateway_new (EnjLoop *loop, EnjResolver *resolver, EnjExchange *exchange,
                             const EnjConfig *config, EnjStore *store, GError **error);
void enj_gateway_free (EnjGateway *self);

/* Listens on sockets out of the store and kept there, where there is one: who waits in them waits
 * through a restart.  G_FILE_ERROR with the address that cannot be had; those before it are. */
gboolean enj_gateway_listen (EnjGateway *self, GError **error);

/* Is such a socket left in the store? */
gboolean enj_gateway_was_listening (const EnjGateway *self);

/* Would it succeed?  With @is_shared also where somebody listens there already. */
gboolean enj_gateway_may_listen (EnjGateway *self, gboolean is_shared, GError **error);

/* One of the LOOKUPs, or a DIAL. */
void enj_gateway_fulfil (EnjGateway *self, const EnjExchangeEvent *wish, gint64 now);

/* Limits of a new configuration, for what comes from now on. */
void enj_gateway_set_limits (EnjGateway *self, const EnjLimits *limits);

/* What is in the store is a successor's; or nobody's, for another instance listens now. */
void enj_gateway_stop_listening (EnjGateway *self);
void enj_gateway_give_ports_up (EnjGateway *self);

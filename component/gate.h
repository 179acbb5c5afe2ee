/* gate.h - opens and shuts the ports for other servers and for components, as standby.h says.
 *
 * While another instance has our place at the server nothing listens, streams are
 * closed in order, and what waits for the link goes back: other servers find that
 * instance, and so do components that connect to us.  A port that is still in use when
 * we are to serve is tried again each second, with one warning.  Decides nothing itself. */
#pragma once

#include "protocol/standby.h"
#include "component/gateway.h"
#include "component/hosting.h"

typedef struct EnjGate EnjGate;

/* Listens at once where no link has to be waited for, or a predecessor did.  All but @config is
 * borrowed.  G_FILE_ERROR with an address that cannot be had; one in use can, where other
 * instances share our dialback secret. */
EnjGate *enj_gate_new (EnjLoop *loop, EnjGateway *gateway, EnjHosting *hosting,
                       EnjExchange *exchange, const EnjConfig *config, GError **error);
void enj_gate_free (EnjGate *self);

/* How it stands with the link of @domain, as in standby.h. */
void enj_gate_link_missed (EnjGate *self, const char *domain);
void enj_gate_link_up (EnjGate *self, const char *domain);
void enj_gate_link_down (EnjGate *self, const char *domain, const GError *error, gboolean was_up);

EnjStandbyState enj_gate_get_state (const EnjGate *self);
const EnjStandby *enj_gate_get_standby (const EnjGate *self);

/* For good: sockets in the store are a successor's. */
void enj_gate_close (EnjGate *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjGate, enj_gate_free)

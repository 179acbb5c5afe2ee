/* reception.h - who takes a stanza for one of our domains.
 *
 * In this order: a request that waits for just this answer; what the bridge's own address answers,
 * commands of administrators (XEP-0050) among it; the program's handler; the service of the
 * configuration.  An iq without an id or a type comes to nobody.  What nobody
 * takes is answered with service-unavailable, presence not at all. */
#pragma once

#include "protocol/enjamb.h"
#include "component/configuration.h"
#include "component/steward.h"

typedef struct EnjReception EnjReception;

/* Sends in the name of @component. */
typedef void (*EnjReceptionSend) (const char *component, EnjStanza *stanza, gpointer user_data);

/* Hands @stanza on to the component of @component that connects to us. */
typedef void (*EnjReceptionHandOn) (const char *component, EnjStanza *stanza, gpointer user_data);

/* @bridge is what handlers are called with, @steward, borrowed, what commands are given to. */
EnjReception *enj_reception_new (EnjBridge *bridge, EnjSteward *steward, EnjConfig *config,
                                 EnjReceptionSend send, gpointer user_data, gint64 now);

/* For services that are hosted, with the data of new(); before anything comes. */
void enj_reception_set_hand_on (EnjReception *self, EnjReceptionHandOn hand_on);

/* Requests end without an answer, handlers with their destroy function. */
void enj_reception_free (EnjReception *self);

/* Services made anew from @config; handlers and requests stay. */
void enj_reception_set_config (EnjReception *self, EnjConfig *config);

/* FALSE for a domain without a component.  In the place of the one before,
 * whose @destroy runs when it has returned. */
gboolean enj_reception_register (EnjReception *self, const char *domain, EnjHandler handler,
                                 gpointer user_data, GDestroyNotify destroy);
void enj_reception_unregister (EnjReception *self, const char *domain);

void enj_reception_handle (EnjReception *self, const char *component, EnjStanza *stanza,
                           gint64 now);

/* Sends @iq, which is from @component, under a fresh id; @handler gets its
 * answer, or NULL when there is none in time.  FALSE where it is no request. */
gboolean enj_reception_request (EnjReception *self, const char *component, EnjStanza *iq,
                                EnjAnswerHandler handler, gpointer user_data, gint64 now);

/* Those that wait for their answer. */
guint enj_reception_count_requests (const EnjReception *self);

gint64 enj_reception_deadline (const EnjReception *self);
void enj_reception_tick (EnjReception *self, gint64 now);

/* relay.h - lets people on the two sides meet although neither server talks
 * to the other.
 *
 * An address on the other side is written into the localpart, escaped by
 * XEP-0106: romeo\40remote.example@bridge.example.com.  Local to remote and
 * remote to local only: never an open relay, never a loop.  Addresses inside
 * the content are not rewritten. */
#pragma once

#include "protocol/enjamb.h"
#include "protocol/realm.h"

typedef struct EnjRelay EnjRelay;
typedef void (*EnjRelaySend) (EnjStanza *stanza, gpointer user_data);

/* @domain is the bridge.  The lists say who may use it: "*", canonical domains,
 * "*.example.com"; they are copied. */
EnjRelay *enj_relay_new (const char *domain, EnjRealm *realm, const char *const *allow_local,
                         const char *const *allow_remote, EnjRelaySend send, gpointer user_data);
void enj_relay_free (EnjRelay *self);

void enj_relay_handle (EnjRelay *self, EnjStanza *stanza);

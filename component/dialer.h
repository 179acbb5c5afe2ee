/* dialer.h - one attempt to connect.
 *
 * Tells the end from the loop, never from inside new().  Does not resolve
 * names, choose among addresses or try again. */
#pragma once

#include "protocol/address.h"
#include "component/loop.h"

typedef struct EnjDialer EnjDialer;

/* Once.  @fd, non-blocking, is the receiver's; or -1 and @why, after a colon. */
typedef void (*EnjDialerFunc) (int fd, const char *why, gpointer data);

/* @source, whose port does not count, is NULL for the system's choice, and of no
 * effect on addresses of the other family.  @timeout in seconds. */
EnjDialer *enj_dialer_new (EnjLoop *loop, const EnjAddress *address, const EnjAddress *source,
                           guint64 timeout, EnjDialerFunc func, gpointer data);

/* Gives up, where it has not ended; inside its function too. */
void enj_dialer_free (EnjDialer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjDialer, enj_dialer_free)

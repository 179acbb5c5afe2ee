/* listener.h - one port, or one Unix socket, on which connections are accepted.
 *
 * Hands out descriptors that are non-blocking and closed on exec.  When there
 * are no more of them it turns away who waits, by one that it keeps in reserve,
 * tells of it and rests for a moment: nothing spins and nothing aborts.
 *
 * Does not count connections, and keeps none. */
#pragma once

#include <sys/types.h>

#include "protocol/address.h"
#include "protocol/wake.h"
#include "component/loop.h"

typedef struct EnjListener EnjListener;

/* @fd is the receiver's.  A Unix socket has no address: @peer is all zeros. */
typedef void (*EnjListenerFunc) (int fd, const EnjAddress *peer, gpointer data);

/* Port 0 is any that is free.  "::" takes IPv4 too, and is 0.0.0.0, with one
 * message in the log, where there is no IPv6.  G_FILE_ERROR with the address in
 * the message. */
EnjListener *enj_listener_new (EnjLoop *loop, const EnjAddress *address, EnjListenerFunc func,
                               gpointer data, GError **error);

/* At @path, with a file of that mode, as sockfile.h says; the file is removed at the end. */
EnjListener *enj_listener_new_unix (EnjLoop *loop, const char *path, mode_t mode,
                                    EnjListenerFunc func, gpointer data, GError **error);

/* What would stand in the way of that, as errno; 0 for nothing.  Nobody can connect meanwhile. */
int enj_listener_try (const EnjAddress *address);

/* That errno in words for an operator. */
const char *enj_listener_explain (int code);

/* Takes the listening socket @fd, which somebody else has made. */
EnjListener *enj_listener_new_taken (EnjLoop *loop, int fd, EnjListenerFunc func, gpointer data,
                                     GError **error);

/* Inside its function too. */
void enj_listener_free (EnjListener *self);

/* Where it listens in truth; all zeros for a Unix socket. */
const EnjAddress *enj_listener_get_address (const EnjListener *self);

/* Still the listener's. */
int enj_listener_get_socket (const EnjListener *self);

/* @scarce runs each time that descriptors are out: whoever keeps some can give one back.  It
 * must not free the listener. */
void enj_listener_set_scarce (EnjListener *self, EnjWake scarce);

/* While it is paused, connections wait in the kernel. */
void enj_listener_set_paused (EnjListener *self, gboolean paused);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjListener, enj_listener_free)

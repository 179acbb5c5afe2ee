/* store.h - descriptors that the service manager keeps while we are gone.
 *
 * A copy of each goes to the manager (FDSTORE=1 of sd_notify(3)), who gives all of
 * them to the process that it starts next.  What that takes is checked; what nobody
 * takes is closed, and the manager told to let go of it.
 *
 * Without a manager, or with one that keeps none, there is nothing to take, and
 * nothing is kept.  Does not look at what the descriptors carry. */
#pragma once

#include "protocol/address.h"

typedef struct EnjStore EnjStore;

/* Takes over what was passed to this process, once (sd_listen_fds(3)). */
EnjStore *enj_store_new (void);
void enj_store_free (EnjStore *self);

/* Is there somebody who keeps what we give him? */
gboolean enj_store_is_kept (const EnjStore *self);

/* The next that was kept by a name that begins with @kind and a hyphen: the caller's, with
 * @name, a new string.  -1 for none. */
int enj_store_take (EnjStore *self, const char *kind, char **name);

/* The socket that listens at @address, under whatever name; @name as above. */
int enj_store_take_listening (EnjStore *self, const EnjAddress *address, char **name);
gboolean enj_store_has_listening (const EnjStore *self, const EnjAddress *address);

/* Closes what nobody has taken. */
void enj_store_discard (EnjStore *self);

/* A copy of @fd from now on; the name, "KIND-" and some letters, is new and for forget().
 * NULL where nobody keeps it. */
char *enj_store_keep_new (EnjStore *self, const char *kind, int fd);
void enj_store_forget (EnjStore *self, const char *name);

/* Waits, five seconds at the most, until the manager has read all that we have said. */
gboolean enj_store_wait (const EnjStore *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjStore, enj_store_free)

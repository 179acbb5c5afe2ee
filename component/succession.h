/* succession.h - links and stanzas that outlive this process.
 *
 * Where a service manager keeps descriptors (store.h), each link is kept there with
 * its keepsake, and the stanzas with the daybook.  Who is started next, after an
 * upgrade or a crash, goes on with the same connections: no byte is lost or doubled
 * on them, and no stanza that was taken over is forgotten.
 *
 * What cannot be gone on with is closed, with a warning; the link then comes up anew. */
#pragma once

#include "protocol/exchange.h"
#include "component/configuration.h"
#include "component/keepsake.h"
#include "component/store.h"

typedef struct EnjSuccession EnjSuccession;

/* Reads what the predecessor left in @store, which outlives it, and sets the keeper of
 * @exchange.  Where nobody keeps descriptors it does nothing, in all that follows. */
EnjSuccession *enj_succession_new (EnjStore *store, EnjExchange *exchange);

/* Nothing is struck out any more: what is not ended by now is the successor's. */
void enj_succession_free (EnjSuccession *self);

/* The link of @domain to @server, made with @secret, that is left, the caller's: @past is borrowed
 * until the keepsake is changed, which stays here.  -1 for none. */
int enj_succession_take_link (EnjSuccession *self, const char *domain, const char *server,
                              const char *secret, EnjLinkPast *past);

/* For a fresh connection; NULL where there is to be none. */
EnjKeepsake *enj_succession_note_link (EnjSuccession *self, const char *domain, const char *server,
                                       const char *secret, int fd);
EnjKeepsake *enj_succession_get_keepsake (const EnjSuccession *self, const char *domain);

/* It is up: positions as in link.h.  It is gone, or closes: its keepsake is freed. */
void enj_succession_link_up (EnjSuccession *self, const char *domain, int fd, guint64 header,
                             guint64 end);
void enj_succession_link_gone (EnjSuccession *self, const char *domain);

/* Takes over what the predecessor had not ended, once the links are there; tells how much.
 * Links that nobody has taken are closed. */
void enj_succession_carry_on (EnjSuccession *self, EnjConfig *config, gint64 now);

/* May this process hand over?  And all is with the manager. */
gboolean enj_succession_is_possible (const EnjSuccession *self);
gboolean enj_succession_wait (const EnjSuccession *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjSuccession, enj_succession_free)

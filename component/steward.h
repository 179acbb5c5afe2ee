/* steward.h - what every front end needs to tell and to do.
 *
 * The control socket, commands over XMPP and the status page ask it alone.  What it tells is a
 * GVariant: it goes over D-Bus as it is; json.h makes JSON of it, and tables.h text for people.
 * Names are words with hyphens, those that end in -us are times in microseconds.
 *
 * Does not listen, and does not ask who is asking. */
#pragma once

#include "component/configuration.h"
#include "component/gate.h"
#include "component/uplinks.h"

typedef struct EnjSteward EnjSteward;

/* What the bridge does for it.  Each line of the error of a reload is one problem. */
typedef struct
{
  gboolean (*reload) (gpointer data, GError **error);
  gpointer data;
} EnjStewardBridge;

/* Borrows @exchange, takes a reference of the rest.  @now is when the bridge begins to live. */
EnjSteward *enj_steward_new (EnjExchange *exchange, EnjConfig *config, EnjSettings *settings,
                             const EnjStewardBridge *bridge, gint64 now);
void enj_steward_free (EnjSteward *self);

/* In force from now on, but for what is blocked.  @settings are those of @config. */
void enj_steward_set_config (EnjSteward *self, EnjConfig *config, EnjSettings *settings,
                             gint64 now);

/* The links, borrowed, NULL while there are none. */
void enj_steward_set_uplinks (EnjSteward *self, EnjUplinks *uplinks);

/* Whether other servers may connect, borrowed; NULL while it is not known. */
void enj_steward_set_gate (EnjSteward *self, const EnjGate *gate);

/* Another instance has the link, and nothing listens. */
gboolean enj_steward_stands_by (const EnjSteward *self);

/* Borrowed. */
const EnjConfig *enj_steward_get_config (const EnjSteward *self);
EnjSettings *enj_steward_get_settings (const EnjSteward *self);
EnjExchange *enj_steward_get_exchange (const EnjSteward *self);
EnjUplinks *enj_steward_get_uplinks (const EnjSteward *self);
gint64 enj_steward_get_uptime (const EnjSteward *self, gint64 now);

/* ---- To tell: floating ------------------------------------------------------------- */

/* a{sv}; org.enjamb.Control1.xml has the names. */
GVariant *enj_steward_status (const EnjSteward *self, gint64 now);

/* aa{sv}, as listing.h.  Any address of theirs, or a domain, does as @remote; NULL with
 * ENJ_STANZA_JID_MALFORMED for what is none.  "" is all. */
GVariant *enj_steward_streams (const EnjSteward *self, const char *remote, guint64 after,
                               guint max, guint64 *next, gint64 now, GError **error);
GVariant *enj_steward_remotes (const EnjSteward *self, const char *remote, const char *after,
                               guint max, char **next, gint64 now, GError **error);
GVariant *enj_steward_routes (const EnjSteward *self, gint64 now);

/* ---- To do ------------------------------------------------------------------------- */

/* All or nothing, and the log has what came of it. */
gboolean enj_steward_reload (EnjSteward *self, GError **error);

/* Ends the streams with other servers between @local and @remote in order, @n of them: each an
 * address, a domain, or "*" for any.  By pages as enj_report_close_streams(): those below *@place,
 * which comes where to go on, 0 at the start and at the end.  FALSE for what is neither, and where
 * @local is not ours. */
gboolean enj_steward_close (EnjSteward *self, const char *local, const char *remote,
                            guint64 *place, guint *n, gint64 now, GError **error);

/* A domain, or "*.domain" for all below, with whom nothing is exchanged from now on: streams end.
 * It lies over the configuration and outlives a reload.  ENJ_STANZA_JID_MALFORMED for what is no
 * domain, G_FILE_ERROR for what cannot be done (blocklist.h). */
gboolean enj_steward_block (EnjSteward *self, const char *domain, gint64 now, GError **error);
gboolean enj_steward_unblock (EnjSteward *self, const char *domain, gint64 now, GError **error);

/* Those alone, NULL-terminated. */
gboolean enj_steward_set_blocked (EnjSteward *self, const char *const *domains, gint64 now,
                                  GError **error);

/* In order of their spelling, NULL-terminated; borrowed until the next change. */
const char *const *enj_steward_get_blocked (const EnjSteward *self);

/* FALSE where the last change ends with this process, for it could not be kept. */
gboolean enj_steward_keeps_blocked (const EnjSteward *self);

/* What is blocked is kept below @folder; what was so before is blocked again. */
void enj_steward_keep_blocked (EnjSteward *self, const char *folder, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjSteward, enj_steward_free)

/* administration.h - what an administrator can ask and do over XMPP.
 *
 * Status, streams, close, reload, block and unblock as commands (commands.h) of those who are
 * among `admins`, and the list of blocked domains under the name that XEP-0133 has for it.
 * Each that is given is in the log.
 *
 * All of it is done by the steward. */
#pragma once

#include "component/commands.h"
#include "component/steward.h"

/* What of the steward is used: tests have hands of their own. */
typedef struct
{
  GVariant *(*status) (const EnjSteward *steward, gint64 now);
  GVariant *(*streams) (const EnjSteward *steward, const char *remote, guint64 after, guint max,
                        guint64 *next, gint64 now, GError **error);
  gboolean (*close) (EnjSteward *steward, const char *local, const char *remote, guint64 *place,
                     guint *n, gint64 now, GError **error);
  gboolean (*reload) (EnjSteward *steward, GError **error);
  gboolean (*block) (EnjSteward *steward, const char *domain, gint64 now, GError **error);
  gboolean (*unblock) (EnjSteward *steward, const char *domain, gint64 now, GError **error);
  gboolean (*set_blocked) (EnjSteward *steward, const char *const *domains, gint64 now,
                           GError **error);
  const char *const *(*get_blocked) (const EnjSteward *steward);
  gboolean (*keeps_blocked) (const EnjSteward *steward);
} EnjAdministrationHands;

typedef struct EnjAdministration EnjAdministration;

/* Both are borrowed; NULL as @hands takes those of steward.h. */
EnjAdministration *enj_administration_new (EnjSteward *steward,
                                           const EnjAdministrationHands *hands);
void enj_administration_free (EnjAdministration *self);

/* To be told of who may, and asked: it has the sessions. */
EnjCommands *enj_administration_get_commands (EnjAdministration *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjAdministration, enj_administration_free)

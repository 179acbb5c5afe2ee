/* realm.h - which domains are ours, which are behind a link, which are not.
 *
 * Immutable and counted once it is built.  Names are canonical domains; no
 * name that is ours or behind a link may ever be claimed from outside. */
#pragma once

#include <glib.h>

typedef enum
{
  ENJ_REALM_REMOTE,
  ENJ_REALM_OURS, /* a [component] */
  ENJ_REALM_LOCAL /* served by the server behind a link */
} EnjRealmKind;

typedef struct EnjRealm EnjRealm;

EnjRealm *enj_realm_new (void);
EnjRealm *enj_realm_ref (EnjRealm *self);
void enj_realm_unref (EnjRealm *self);

/* Before sharing only.  @pattern is exact, or "*.example.com" for all below,
 * not example.com itself.  Each @domain once, and before its local domains; those
 * of a component without a link are nobody else's either, but not reached. */
void enj_realm_add_component (EnjRealm *self, const char *domain, gboolean has_link);
void enj_realm_add_local (EnjRealm *self, const char *component, const char *pattern);

/* Exact component first, then the local domains; a domain below a component
 * counts only by a pattern. */
EnjRealmKind enj_realm_classify (const EnjRealm *self, const char *domain);

/* Does the link of @component reach @domain?  Never a component of ours. */
gboolean enj_realm_is_local_to (const EnjRealm *self, const char *component, const char *domain);
gboolean enj_realm_has_link (const EnjRealm *self, const char *component);

/* The component domains, sorted; NULL past the end. */
const char *enj_realm_get_component (const EnjRealm *self, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnjRealm, enj_realm_unref)

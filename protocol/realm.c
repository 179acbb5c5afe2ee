#include "config.h"

#include "protocol/realm.h"

#include <string.h>

typedef struct
{
  GHashTable *exact; /* set of domains */
  GHashTable *below; /* set of what stands behind "*." */
} Patterns;

typedef struct
{
  gboolean has_link;
  Patterns local;
} Component;

struct EnjRealm
{
  GHashTable *components; /* domain -> Component */
  GPtrArray *names;       /* its keys, sorted, borrowed */
  Patterns local;         /* of all components together */
};

static void
patterns_init (Patterns *patterns)
{
  patterns->exact = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  patterns->below = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static void
patterns_clear (Patterns *patterns)
{
  g_hash_table_unref (patterns->exact);
  g_hash_table_unref (patterns->below);
}

static void
patterns_add (Patterns *patterns, const char *pattern)
{
  if (g_str_has_prefix (pattern, "*."))
    g_hash_table_add (patterns->below, g_strdup (pattern + 2));
  else
    g_hash_table_add (patterns->exact, g_strdup (pattern));
}

static gboolean
patterns_match (const Patterns *patterns, const char *domain)
{
  if (g_hash_table_contains (patterns->exact, domain))
    return TRUE;

  for (const char *dot = strchr (domain, '.'); dot; dot = strchr (dot + 1, '.'))
    if (g_hash_table_contains (patterns->below, dot + 1))
      return TRUE;

  return FALSE;
}

static void
component_free (gpointer data)
{
  Component *component = data;

  patterns_clear (&component->local);
  g_free (component);
}

static void
clear (gpointer data)
{
  EnjRealm *self = data;

  g_ptr_array_unref (self->names);
  g_hash_table_unref (self->components);
  patterns_clear (&self->local);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

EnjRealm *
enj_realm_new (void)
{
  EnjRealm *self = g_rc_box_new0 (EnjRealm);

  self->components = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, component_free);
  self->names = g_ptr_array_new ();
  patterns_init (&self->local);
  return self;
}

EnjRealm *
enj_realm_ref (EnjRealm *self)
{
  return g_rc_box_acquire (self);
}

void
enj_realm_unref (EnjRealm *self)
{
  g_rc_box_release_full (self, clear);
}

void
enj_realm_add_component (EnjRealm *self, const char *domain, gboolean has_link)
{
  Component *component;
  char *name;

  g_return_if_fail (!g_hash_table_contains (self->components, domain));

  component = g_new0 (Component, 1);
  component->has_link = has_link;
  patterns_init (&component->local);
  name = g_strdup (domain);
  g_hash_table_insert (self->components, name, component);
  g_ptr_array_add (self->names, name);
  g_ptr_array_sort (self->names, compare_names);
}

void
enj_realm_add_local (EnjRealm *self, const char *component, const char *pattern)
{
  Component *found = g_hash_table_lookup (self->components, component);

  g_return_if_fail (found);

  patterns_add (&found->local, pattern);
  patterns_add (&self->local, pattern);
}

EnjRealmKind
enj_realm_classify (const EnjRealm *self, const char *domain)
{
  if (g_hash_table_contains (self->components, domain))
    return ENJ_REALM_OURS;
  if (patterns_match (&self->local, domain))
    return ENJ_REALM_LOCAL;
  return ENJ_REALM_REMOTE;
}

gboolean
enj_realm_is_local_to (const EnjRealm *self, const char *component, const char *domain)
{
  const Component *found = g_hash_table_lookup (self->components, component);

  return found && found->has_link && !g_hash_table_contains (self->components, domain)
         && patterns_match (&found->local, domain);
}

gboolean
enj_realm_has_link (const EnjRealm *self, const char *component)
{
  const Component *found = g_hash_table_lookup (self->components, component);

  return found && found->has_link;
}

const char *
enj_realm_get_component (const EnjRealm *self, guint index)
{
  return index < self->names->len ? g_ptr_array_index (self->names, index) : NULL;
}

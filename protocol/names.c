#include "config.h"

#include "protocol/names.h"

void
enj_names_clear (EnjNames *self)
{
  g_clear_pointer (&self->set, g_hash_table_unref);
}

void
enj_names_add_take (EnjNames *self, char *name)
{
  if (!self->set)
    self->set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (self->set, name);
}

gboolean
enj_names_remove (EnjNames *self, const char *name)
{
  if (!self->set || !g_hash_table_remove (self->set, name))
    return FALSE;
  if (g_hash_table_size (self->set) == 0)
    enj_names_clear (self);
  return TRUE;
}

gboolean
enj_names_has (const EnjNames *self, const char *name)
{
  return self->set && g_hash_table_contains (self->set, name);
}

guint
enj_names_count (const EnjNames *self)
{
  return self->set ? g_hash_table_size (self->set) : 0;
}

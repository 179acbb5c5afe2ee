#include "config.h"

#include "protocol/memory.h"

typedef struct
{
  char *name;
  gpointer value;
  GList link; /* in order of age */
} Record;

struct EnjMemory
{
  guint max;
  GDestroyNotify free_value;
  GHashTable *records; /* name to Record; neither is owned */
  GQueue order;        /* of Record, owned, the oldest first */
};

EnjMemory *
enj_memory_new (guint max, GDestroyNotify free_value)
{
  EnjMemory *self = g_new0 (EnjMemory, 1);

  self->max = max;
  self->free_value = free_value;
  self->records = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

void
enj_memory_free (EnjMemory *self)
{
  if (!self)
    return;
  enj_memory_forget_all (self);
  g_hash_table_unref (self->records);
  g_free (self);
}

static void
drop (EnjMemory *self, Record *record)
{
  g_hash_table_remove (self->records, record->name);
  g_queue_unlink (&self->order, &record->link);
  if (self->free_value)
    self->free_value (record->value);
  g_free (record->name);
  g_free (record);
}

void
enj_memory_put_take (EnjMemory *self, const char *name, gpointer value)
{
  Record *record = g_new0 (Record, 1);

  record->name = g_strdup (name); /* It may be that of what goes. */
  record->value = value;
  record->link.data = record;
  enj_memory_forget (self, record->name);
  while (self->order.length >= self->max)
    drop (self, g_queue_peek_head (&self->order));
  g_hash_table_insert (self->records, record->name, record);
  g_queue_push_tail_link (&self->order, &record->link);
}

gpointer
enj_memory_find (const EnjMemory *self, const char *name)
{
  const Record *record = g_hash_table_lookup (self->records, name);

  return record ? record->value : NULL;
}

void
enj_memory_renew (EnjMemory *self, const char *name)
{
  Record *record = g_hash_table_lookup (self->records, name);

  if (!record)
    return;
  g_queue_unlink (&self->order, &record->link);
  g_queue_push_tail_link (&self->order, &record->link);
}

void
enj_memory_forget (EnjMemory *self, const char *name)
{
  Record *record = g_hash_table_lookup (self->records, name);

  if (record)
    drop (self, record);
}

void
enj_memory_forget_all (EnjMemory *self)
{
  Record *record;

  while ((record = g_queue_peek_head (&self->order)))
    drop (self, record);
}

guint
enj_memory_count (const EnjMemory *self)
{
  return self->order.length;
}

#include "config.h"

#include "protocol/marks.h"

void
enj_marks_clear (EnjMarks *self)
{
  g_clear_pointer (&self->set, g_hash_table_unref);
  g_queue_clear_full (&self->queue, g_free);
}

void
enj_marks_add (EnjMarks *self, const char *name)
{
  if (!self->set)
    self->set = g_hash_table_new (g_str_hash, g_str_equal);
  if (g_hash_table_contains (self->set, name))
    return;
  g_queue_push_tail (&self->queue, g_strdup (name));
  g_hash_table_add (self->set, self->queue.tail->data);
}

char *
enj_marks_steal (EnjMarks *self)
{
  char *name = g_queue_pop_head (&self->queue);

  if (name)
    g_hash_table_remove (self->set, name);
  return name;
}

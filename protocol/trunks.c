#include "config.h"

#include "protocol/trunks.h"

#include "protocol/deadlines.h"

/* A trunk, and whether it has events for us. */
typedef struct
{
  EnjTrunks *trunks;
  EnjTrunk *trunk;
  gboolean is_dirty;
} Line;

struct EnjTrunks
{
  EnjWake wake;
  GHashTable *lines; /* component domain to Line, owned */
  GQueue dirty;      /* of Line */
};

static void
line_free (gpointer data)
{
  Line *line = data;

  enj_trunk_free (line->trunk);
  g_free (line);
}

static void
mark_dirty (gpointer data)
{
  Line *line = data;

  if (!line->is_dirty)
    {
      line->is_dirty = TRUE;
      g_queue_push_tail (&line->trunks->dirty, line);
    }
  enj_wake (line->trunks->wake);
}

EnjTrunks *
enj_trunks_new (EnjSettings *settings, EnjCounters *counters, EnjWake wake)
{
  EnjTrunks *self = g_new0 (EnjTrunks, 1);
  const char *domain;

  self->wake = wake;
  self->lines = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, line_free);
  for (guint i = 0; (domain = enj_realm_get_component (settings->realm, i)); i++)
    {
      Line *line = g_new0 (Line, 1);

      line->trunks = self;
      line->trunk = enj_trunk_new (domain, settings, counters, (EnjWake){ mark_dirty, line });
      g_hash_table_insert (self->lines, (gpointer) enj_trunk_get_domain (line->trunk), line);
    }
  return self;
}

void
enj_trunks_free (EnjTrunks *self)
{
  if (!self)
    return;
  self->wake = (EnjWake){ 0 };
  g_hash_table_unref (self->lines);
  g_queue_clear (&self->dirty);
  g_free (self);
}

void
enj_trunks_set_settings (EnjTrunks *self, EnjSettings *settings)
{
  GHashTableIter iter;
  gpointer line;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line))
    enj_trunk_set_settings (((Line *) line)->trunk, settings);
}

EnjTrunk *
enj_trunks_find (const EnjTrunks *self, const char *component)
{
  const Line *line = g_hash_table_lookup (self->lines, component);

  return line ? line->trunk : NULL;
}

void
enj_trunks_closed (EnjTrunks *self, EnjSession *session)
{
  GHashTableIter iter;
  gpointer line;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line)
         && !enj_trunk_closed (((Line *) line)->trunk, session))
    continue;
}

gboolean
enj_trunks_next (EnjTrunks *self, EnjTrunk **trunk, EnjTrunkEvent *event, gint64 now)
{
  Line *line;

  while ((line = g_queue_peek_head (&self->dirty)))
    {
      if (enj_trunk_next (line->trunk, event, now))
        {
          *trunk = line->trunk;
          return TRUE;
        }
      line->is_dirty = FALSE;
      g_queue_remove (&self->dirty, line);
    }
  return FALSE;
}

gint64
enj_trunks_deadline (const EnjTrunks *self)
{
  gint64 due = ENJ_NEVER;
  GHashTableIter iter;
  gpointer line;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line))
    due = MIN (due, enj_trunk_deadline (((Line *) line)->trunk));
  return due;
}

void
enj_trunks_tick (EnjTrunks *self, gint64 now)
{
  GHashTableIter iter;
  gpointer line;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line))
    if (enj_trunk_deadline (((Line *) line)->trunk) <= now)
      mark_dirty (line);
}

void
enj_trunks_give_up (EnjTrunks *self)
{
  GHashTableIter iter;
  gpointer line;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line))
    if (!enj_trunk_is_up (((Line *) line)->trunk))
      enj_trunk_expire_all (((Line *) line)->trunk);
}

void
enj_trunks_close (EnjTrunks *self, gint64 now)
{
  GHashTableIter iter;
  gpointer line;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line))
    {
      enj_trunk_expire_all (((Line *) line)->trunk);
      enj_trunk_close (((Line *) line)->trunk, now);
    }
}

guint
enj_trunks_count_links (const EnjTrunks *self)
{
  GHashTableIter iter;
  gpointer line;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line))
    n += enj_trunk_has_session (((Line *) line)->trunk);
  return n;
}

guint
enj_trunks_count_waiting (const EnjTrunks *self)
{
  GHashTableIter iter;
  gpointer line;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line))
    n += enj_trunk_count_waiting (((Line *) line)->trunk);
  return n;
}

guint
enj_trunks_count_waiting_up (const EnjTrunks *self)
{
  GHashTableIter iter;
  gpointer line;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line))
    if (enj_trunk_is_up (((Line *) line)->trunk))
      n += enj_trunk_count_waiting (((Line *) line)->trunk);
  return n;
}

guint
enj_trunks_count_unproven (const EnjTrunks *self)
{
  GHashTableIter iter;
  gpointer line;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line))
    n += enj_trunk_count_unproven (((Line *) line)->trunk);
  return n;
}

guint
enj_trunks_count_owned (const EnjTrunks *self)
{
  GHashTableIter iter;
  gpointer line;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line))
    n += enj_trunk_count_owned (((Line *) line)->trunk);
  return n;
}

#include "config.h"

#include "protocol/verifier.h"

#include "protocol/deadlines.h"

typedef struct
{
  guint64 asker;
  char *stream_id;
  char *key;
  gint64 due;
  gboolean put;
} Entry;

struct EnjVerifier
{
  GQueue entries; /* oldest first, so the first to be due is in front */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->stream_id);
  g_free (entry->key);
  g_free (entry);
}

static guint64
steal_link (EnjVerifier *self, GList *link)
{
  Entry *entry = link->data;
  guint64 asker = entry->asker;

  g_queue_delete_link (&self->entries, link);
  entry_free (entry);
  return asker;
}

EnjVerifier *
enj_verifier_new (void)
{
  return g_new0 (EnjVerifier, 1);
}

void
enj_verifier_free (EnjVerifier *self)
{
  if (!self)
    return;
  g_queue_clear_full (&self->entries, entry_free);
  g_free (self);
}

void
enj_verifier_add (EnjVerifier *self, guint64 asker, const char *stream_id, const char *key,
                  gint64 due)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->asker = asker;
  entry->stream_id = g_strdup (stream_id);
  entry->key = g_strdup (key);
  entry->due = due;
  g_queue_push_tail (&self->entries, entry);
}

gboolean
enj_verifier_next (EnjVerifier *self, EnjQuestion *question)
{
  for (GList *link = self->entries.head; link; link = link->next)
    {
      Entry *entry = link->data;

      if (entry->put)
        continue;
      entry->put = TRUE;
      *question = (EnjQuestion){ entry->asker, entry->stream_id, entry->key };
      return TRUE;
    }
  return FALSE;
}

guint64
enj_verifier_steal (EnjVerifier *self, const char *stream_id)
{
  for (GList *link = self->entries.head; link; link = link->next)
    {
      const Entry *entry = link->data;

      if (g_str_equal (entry->stream_id, stream_id))
        return steal_link (self, link);
    }
  return 0;
}

guint64
enj_verifier_steal_due (EnjVerifier *self, gint64 now, char **stream_id)
{
  Entry *entry = g_queue_peek_head (&self->entries);

  if (!entry || entry->due > now)
    return 0;
  if (stream_id)
    *stream_id = g_steal_pointer (&entry->stream_id);
  return steal_link (self, self->entries.head);
}

void
enj_verifier_rewind (EnjVerifier *self)
{
  for (GList *link = self->entries.head; link; link = link->next)
    ((Entry *) link->data)->put = FALSE;
}

gint64
enj_verifier_deadline (const EnjVerifier *self)
{
  const Entry *entry = g_queue_peek_head ((GQueue *) &self->entries);

  return entry ? entry->due : ENJ_NEVER;
}

guint
enj_verifier_length (const EnjVerifier *self)
{
  return self->entries.length;
}

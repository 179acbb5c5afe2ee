#include "config.h"

#include "protocol/ways.h"

#include "protocol/barrier.h"
#include "protocol/jid.h"
#include "protocol/memory.h"

#define ANSWERERS_MAX 4096

typedef struct
{
  char *local;
  char *remote;
  EnjWaysFunc func;
  gpointer user_data;
} Question;

struct EnjWays
{
  GHashTable *pairs;    /* "local remote", owned, to how many streams */
  GHashTable *streams;  /* id to GPtrArray of its keys in pairs */
  GHashTable *asked;    /* ping id, owned, to Question, owned */
  EnjMemory *answerers; /* remote domains */
};

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->local);
  g_free (question->remote);
  g_free (question);
}

EnjWays *
enj_ways_new (void)
{
  EnjWays *self = g_new0 (EnjWays, 1);

  self->pairs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->streams = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                         (GDestroyNotify) g_ptr_array_unref);
  self->asked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, question_free);
  self->answerers = enj_memory_new (ANSWERERS_MAX, NULL);
  return self;
}

void
enj_ways_free (EnjWays *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->pairs);
  g_hash_table_unref (self->streams);
  g_hash_table_unref (self->asked);
  enj_memory_free (self->answerers);
  g_free (self);
}

/* ---- Streams ---------------------------------------------------------------- */

static void
add (EnjWays *self, const char *key, int change)
{
  int n = GPOINTER_TO_INT (g_hash_table_lookup (self->pairs, key)) + change;

  if (n > 0)
    g_hash_table_replace (self->pairs, g_strdup (key), GINT_TO_POINTER (n));
  else
    g_hash_table_remove (self->pairs, key);
}

void
enj_ways_open (EnjWays *self, guint64 stream, const char *local, const char *remote)
{
  GPtrArray *keys = g_hash_table_lookup (self->streams, &stream);
  char *key = g_strconcat (local, " ", remote, NULL);

  if (!keys)
    {
      keys = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (self->streams, g_memdup2 (&stream, sizeof stream), keys);
    }
  g_ptr_array_add (keys, key);
  add (self, key, 1);
}

void
enj_ways_leave (EnjWays *self, guint64 stream)
{
  const GPtrArray *keys = g_hash_table_lookup (self->streams, &stream);

  for (guint i = 0; keys && i < keys->len; i++)
    add (self, keys->pdata[i], -1);
  g_hash_table_remove (self->streams, &stream);
}

gboolean
enj_ways_lead_back (const EnjWays *self, const char *local, const char *remote)
{
  g_autofree char *key = g_strconcat (local, " ", remote, NULL);

  return g_hash_table_contains (self->pairs, key);
}

/* ---- Answers ------------------------------------------------------------------ */

void
enj_ways_expect (EnjWays *self, const char *id, const char *local, const char *remote,
                 EnjWaysFunc func, gpointer user_data)
{
  Question *question = g_new (Question, 1);

  *question = (Question){ .local = g_strdup (local),
                          .remote = g_strdup (remote),
                          .func = func,
                          .user_data = user_data };
  g_hash_table_replace (self->asked, g_strdup (id), question);
}

void
enj_ways_forget (EnjWays *self, const char *id)
{
  g_hash_table_remove (self->asked, id);
}

static gboolean
is_domain (const char *jid)
{
  gsize len;

  return jid && enj_jid_find_domain (jid, &len) == jid && jid[len] == '\0';
}

/* Nobody waits for it any more, and no service has ever asked. */
static gboolean
is_too_late (const EnjStanza *stanza)
{
  return enj_barrier_is_form_of_id (enj_stanza_get_id (stanza))
         && is_domain (enj_stanza_get_from (stanza)) && is_domain (enj_stanza_get_to (stanza));
}

gboolean
enj_ways_take (EnjWays *self, const EnjStanza *stanza)
{
  const char *id = enj_stanza_get_id (stanza);
  const Question *question = id ? g_hash_table_lookup (self->asked, id) : NULL;
  EnjWaysFunc func;
  gpointer user_data;

  if (enj_stanza_get_kind (stanza) != ENJ_STANZA_IQ || enj_stanza_is_answerable (stanza))
    return FALSE;
  if (!question)
    return is_too_late (stanza);
  if (g_strcmp0 (enj_stanza_get_from (stanza), question->remote) != 0
      || g_strcmp0 (enj_stanza_get_to (stanza), question->local) != 0)
    return FALSE;
  enj_memory_put_take (self->answerers, question->remote, self);
  func = question->func;
  user_data = question->user_data;
  enj_ways_forget (self, id);
  func (user_data, id);
  return TRUE;
}

gboolean
enj_ways_has_answered (const EnjWays *self, const char *remote)
{
  return enj_memory_find (self->answerers, remote) != NULL;
}

void
enj_ways_note_silence (EnjWays *self, const char *remote)
{
  enj_memory_forget (self->answerers, remote);
}

#include "config.h"

#include "protocol/salvage.h"

#include "protocol/ns.h"
#include "protocol/wall.h"

/* One that the server died of would kill it so often, and no oftener. */
#define AGAIN_MAX 1
#define ANSWERS_AGAIN_MAX 8

struct EnjSalvage
{
  EnjOnLoss on_loss;
  const char *domain;
  GQueue again; /* of EnjStanza, oldest first */
  GQueue lost;  /* the same */
  guint dropped;
  GHashTable *presence; /* "from to" to its place in again */
};

EnjSalvage *
enj_salvage_new (EnjOnLoss on_loss, const char *domain)
{
  EnjSalvage *self = g_new0 (EnjSalvage, 1);

  self->on_loss = on_loss;
  self->domain = domain;
  self->presence = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
enj_salvage_free (EnjSalvage *self)
{
  if (!self)
    return;
  g_queue_clear_full (&self->again, (GDestroyNotify) enj_stanza_unref);
  g_queue_clear_full (&self->lost, (GDestroyNotify) enj_stanza_unref);
  g_hash_table_unref (self->presence);
  g_free (self);
}

/* XEP-0203 2, XEP-0082 3.2. */
static EnjElement *
delay_new (const char *domain, gint64 age)
{
  gint64 wall = enj_wall_now () - age / ENJ_SECOND;
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (wall);
  g_autofree char *stamp = g_date_time_format (date, "%Y-%m-%dT%H:%M:%SZ");
  EnjElementBuilder *builder = enj_element_builder_new (ENJ_NS_DELAY, "delay");

  enj_element_builder_attribute (builder, NULL, "from", domain);
  enj_element_builder_attribute (builder, NULL, "stamp", stamp);
  return enj_element_builder_end_new (builder);
}

/* @again, or NULL, goes once oftener than @stanza did. */
static void
count (EnjStanza *again, const EnjStanza *stanza)
{
  for (guint i = 0; again && i <= enj_stanza_count_again (stanza); i++)
    enj_stanza_mark_again (again);
}

/* NULL when memory cannot be had. */
static EnjStanza *
again_new (const char *domain, EnjStanza *stanza, gint64 age)
{
  g_autoptr (EnjElement) delay = NULL;
  EnjStanza *again;

  /* The first one tells already when it left. */
  if (enj_stanza_get_kind (stanza) == ENJ_STANZA_MESSAGE && enj_stanza_count_again (stanza) == 0)
    delay = delay_new (domain, age);
  again = delay ? enj_stanza_new_added (stanza, delay)
                : enj_stanza_new_headed (stanza, enj_stanza_get_head (stanza));
  count (again, stanza);
  return again;
}

/* Says whether somebody is there: only the last word counts.  Subscriptions, probes and errors
 * each say something of their own. */
static gboolean
is_availability (const EnjStanza *stanza)
{
  const char *type = enj_stanza_get_type (stanza);

  return enj_stanza_get_kind (stanza) == ENJ_STANZA_PRESENCE
         && (!type || g_strcmp0 (type, "unavailable") == 0);
}

static gboolean
has_been_often (const EnjStanza *stanza)
{
  guint most = enj_stanza_is_answerable (stanza) ? AGAIN_MAX : ANSWERS_AGAIN_MAX;

  return enj_stanza_count_again (stanza) >= most;
}

static gboolean
goes_again (const EnjSalvage *self, const EnjStanza *stanza)
{
  if (has_been_often (stanza))
    return FALSE;

  switch (self->on_loss)
    {
    case ENJ_ON_LOSS_BY_KIND:
      return enj_stanza_get_kind (stanza) != ENJ_STANZA_IQ
             || g_strcmp0 (enj_stanza_get_type (stanza), "set") != 0;
    case ENJ_ON_LOSS_RESEND:
      return TRUE;
    case ENJ_ON_LOSS_BOUNCE:
      return FALSE;
    }
  return FALSE;
}

/* @place is that of a newer one. */
static void
drop_older (EnjSalvage *self, const EnjStanza *stanza, GList *place)
{
  /* A newline is in no address. */
  char *key = g_strdup_printf ("%s\n%s", enj_stanza_get_from (stanza), enj_stanza_get_to (stanza));
  GList *older = g_hash_table_lookup (self->presence, key);

  if (older)
    {
      enj_stanza_unref (older->data);
      g_queue_delete_link (&self->again, older);
      self->dropped++;
    }
  g_hash_table_replace (self->presence, key, place);
}

void
enj_salvage_take (EnjSalvage *self, EnjStanza *stanza, gint64 left, gint64 now)
{
  g_autoptr (EnjStanza) taken = stanza;
  EnjStanza *again
    = goes_again (self, stanza) ? again_new (self->domain, stanza, now - left) : NULL;

  if (!again)
    {
      g_queue_push_tail (&self->lost, g_steal_pointer (&taken));
      return;
    }
  g_queue_push_tail (&self->again, again);
  if (self->on_loss == ENJ_ON_LOSS_BY_KIND && is_availability (again))
    drop_older (self, again, self->again.tail);
}

EnjStanza *
enj_salvage_between_servers_new (EnjOnLoss on_loss, const char *domain, EnjStanza *stanza,
                                 gint64 age)
{
  gboolean is_silent = on_loss == ENJ_ON_LOSS_BY_KIND && !enj_stanza_is_answerable (stanza);

  if ((!is_silent && on_loss != ENJ_ON_LOSS_RESEND) || has_been_often (stanza))
    return NULL;
  return again_new (domain, stanza, age);
}

EnjStanza *
enj_salvage_steal_again (EnjSalvage *self)
{
  return g_queue_pop_tail (&self->again);
}

EnjStanza *
enj_salvage_steal_lost (EnjSalvage *self)
{
  return g_queue_pop_head (&self->lost);
}

guint
enj_salvage_count_again (const EnjSalvage *self)
{
  return self->again.length;
}

guint
enj_salvage_count_lost (const EnjSalvage *self)
{
  return self->lost.length;
}

guint
enj_salvage_count_dropped (const EnjSalvage *self)
{
  return self->dropped;
}

#include "config.h"

#include "protocol/doorman.h"

#include "protocol/log.h"
#include "protocol/rate.h"

/* Sources of which nothing is open; a /64 for each connection is cheap for an attacker. */
#define IDLE_MAX 16384

/* Idle sources are looked at by the way, more of them than one visit can add. */
#define SWEPT_AT_ONCE 4

#define LOG_INTERVAL (10 * G_TIME_SPAN_SECOND)

struct EnjDoormanSource
{
  EnjDoorman *doorman;
  char name[ENJ_ADDRESS_STRING];
  gboolean is_local; /* a Unix socket */
  guint64 n_open;
  guint64 n_unproved;
  EnjRate rate;
  GList idle; /* while nothing is open */
  guint64 n_refused; /* since the last line in the log */
  gint64 next_line;
};

struct EnjDoorman
{
  EnjLimits limits;
  GHashTable *sources; /* name to EnjDoormanSource, owned */
  GQueue idle;         /* of EnjDoormanSource, the longest first */
  GQueue unproved;     /* of EnjVisit, the oldest first */
};

static void
init_rate (EnjDoormanSource *source, gint64 now)
{
  guint64 rate = source->is_local ? 0 : source->doorman->limits.accept_rate_per_address;

  enj_rate_init (&source->rate, rate, 2 * rate, now);
}

static void
forget (EnjDoormanSource *source)
{
  g_queue_unlink (&source->doorman->idle, &source->idle);
  g_hash_table_remove (source->doorman->sources, source->name);
}

/* One that differs from a stranger in nothing need not be remembered. */
static void
sweep (EnjDoorman *self, gint64 now)
{
  for (guint i = 0; i < SWEPT_AT_ONCE && self->idle.length > 0; i++)
    {
      EnjDoormanSource *source = self->idle.head->data;

      if (!enj_rate_is_full (&source->rate, now) && self->idle.length <= IDLE_MAX)
        return;
      forget (source);
    }
}

static EnjDoormanSource *
find_source (EnjDoorman *self, const EnjAddress *address, gint64 now)
{
  const gboolean is_local = address->length == 0;
  char buffer[ENJ_ADDRESS_STRING];
  const char *name = is_local ? "Unix socket" : enj_address_format_source (address, buffer);
  EnjDoormanSource *source = g_hash_table_lookup (self->sources, name);

  if (source)
    return source;
  source = g_new0 (EnjDoormanSource, 1);
  source->doorman = self;
  g_strlcpy (source->name, name, sizeof source->name);
  source->is_local = is_local;
  source->idle.data = source;
  source->next_line = now;
  init_rate (source, now);
  g_hash_table_insert (self->sources, source->name, source);
  g_queue_push_tail_link (&self->idle, &source->idle);
  return source;
}

/* NULL for one that may come in; it has paid for that then. */
static const char *
find_fault (EnjDoormanSource *source, gint64 now)
{
  const EnjLimits *limits = &source->doorman->limits;

  if (source->n_open >= limits->connections_per_address)
    return "it has too many connections";
  if (source->n_unproved >= limits->unauthenticated_per_address)
    return "it has too many connections that prove nothing";
  if (!enj_rate_try (&source->rate, 1, now))
    return "it connects too often";
  return NULL;
}

static void
refuse (EnjDoormanSource *source, const char *fault, gint64 now)
{
  source->n_refused++;
  if (now < source->next_line)
    return;
  enj_log_info (NULL, "%s: %" G_GUINT64_FORMAT " connections turned away: %s", source->name,
                source->n_refused, fault);
  source->n_refused = 0;
  source->next_line = now + LOG_INTERVAL;
}

EnjDoorman *
enj_doorman_new (const EnjLimits *limits)
{
  EnjDoorman *self = g_new0 (EnjDoorman, 1);

  self->limits = *limits;
  self->sources = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  return self;
}

void
enj_doorman_free (EnjDoorman *self)
{
  if (!self)
    return;
  g_return_if_fail (self->unproved.length == 0);
  g_hash_table_unref (self->sources);
  g_free (self);
}

void
enj_doorman_set_limits (EnjDoorman *self, const EnjLimits *limits)
{
  gboolean is_other_rate
    = limits->accept_rate_per_address != self->limits.accept_rate_per_address;
  GHashTableIter iter;
  gpointer value;

  self->limits = *limits;
  g_hash_table_iter_init (&iter, self->sources);
  while (is_other_rate && g_hash_table_iter_next (&iter, NULL, &value))
    init_rate (value, ((EnjDoormanSource *) value)->rate.last);
}

gboolean
enj_doorman_admit (EnjDoorman *self, EnjVisit *visit, const EnjAddress *address, gint64 now)
{
  EnjDoormanSource *source;
  const char *fault;

  g_return_val_if_fail (!visit->source, FALSE);

  sweep (self, now);
  source = find_source (self, address, now);
  fault = find_fault (source, now);
  if (fault)
    {
      refuse (source, fault, now);
      return FALSE;
    }

  if (source->n_open == 0)
    g_queue_unlink (&self->idle, &source->idle);
  source->n_open++;
  source->n_unproved++;
  visit->source = source;
  visit->is_proved = FALSE;
  visit->link = (GList){ .data = visit };
  g_queue_push_tail_link (&self->unproved, &visit->link);
  return TRUE;
}

EnjVisit *
enj_doorman_get_oldest (const EnjDoorman *self)
{
  return self->unproved.head ? self->unproved.head->data : NULL;
}

EnjVisit *
enj_doorman_get_surplus (const EnjDoorman *self)
{
  return self->unproved.length > self->limits.unauthenticated ? enj_doorman_get_oldest (self)
                                                              : NULL;
}

void
enj_visit_prove (EnjVisit *visit)
{
  if (!visit->source || visit->is_proved)
    return;
  visit->is_proved = TRUE;
  visit->source->n_unproved--;
  g_queue_unlink (&visit->source->doorman->unproved, &visit->link);
}

void
enj_visit_leave (EnjVisit *visit)
{
  EnjDoormanSource *source = visit->source;

  enj_visit_prove (visit); /* It is one of the unproved no more. */
  visit->source = NULL;
  if (source && --source->n_open == 0)
    g_queue_push_tail_link (&source->doorman->idle, &source->idle);
}

const char *
enj_visit_get_source (const EnjVisit *visit)
{
  return visit->source ? visit->source->name : NULL;
}

guint
enj_doorman_count (const EnjDoorman *self)
{
  return g_hash_table_size (self->sources);
}

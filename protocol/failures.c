#include "config.h"

#include "protocol/failures.h"

#include "protocol/backoff.h"
#include "protocol/condition.h"

#define RECORDS_MAX 4096

/* How long a failure is remembered, in microseconds. */
#define MEMORY (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

/* Seconds for which a name that the DNS does not tell is not asked for again. */
#define UNKNOWN_REST 60

typedef struct
{
  EnjFailure failure; /* its text is owned */
  char *name;
  EnjBackoff backoff;
  GList link; /* in order of the last failure */
} Record;

struct EnjFailures
{
  GHashTable *records; /* name to Record, owned */
  GQueue order;        /* of Record, the oldest first */
};

EnjReason
enj_reason_of_stream (const GError *error, gboolean is_breach)
{
  gboolean is_unknown = g_error_matches (error, ENJ_STREAM_ERROR, ENJ_STREAM_HOST_UNKNOWN);
  EnjStanzaCondition condition
    = is_unknown ? ENJ_STANZA_REMOTE_SERVER_NOT_FOUND : ENJ_STANZA_REMOTE_SERVER_TIMEOUT;

  return (EnjReason){
    .condition = condition,
    .error_type = is_unknown || is_breach ? "cancel" : "wait",
    .text = is_unknown ? "the remote server does not serve this domain"
                       : "the stream to the remote server could not be set up",
    .verdict = condition, /* XEP-0220 2.5 */
  };
}

/* D33: who cannot be reached is remote-server-not-found, for good; not so where it is we, or the
 * DNS for the moment, that the fault lies with. */
static EnjStanzaCondition
get_verdict (const GError *error, gboolean is_final)
{
  if (error->code == ENJ_STANZA_RESOURCE_CONSTRAINT)
    return ENJ_STANZA_RESOURCE_CONSTRAINT;
  return error->code == ENJ_STANZA_REMOTE_SERVER_NOT_FOUND && !is_final
           ? ENJ_STANZA_REMOTE_SERVER_TIMEOUT
           : ENJ_STANZA_REMOTE_SERVER_NOT_FOUND;
}

EnjReason
enj_reason_of_targets (const GError *error, gboolean is_final)
{
  return (EnjReason){
    .condition = (EnjStanzaCondition) error->code,
    .error_type = is_final ? "cancel" : "wait",
    .text = error->message,
    .verdict = get_verdict (error, is_final),
    .rest = error->code == ENJ_STANZA_REMOTE_SERVER_NOT_FOUND ? UNKNOWN_REST : 0,
  };
}

gboolean
enj_reason_is_ours (const EnjReason *self)
{
  return self->condition == ENJ_STANZA_RESOURCE_CONSTRAINT;
}

static void
record_free (gpointer data)
{
  Record *record = data;

  g_free ((char *) record->failure.reason.text);
  g_free (record->name);
  g_free (record);
}

EnjFailures *
enj_failures_new (void)
{
  EnjFailures *self = g_new0 (EnjFailures, 1);

  self->records = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, record_free);
  g_queue_init (&self->order);
  return self;
}

void
enj_failures_free (EnjFailures *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->records);
  g_free (self);
}

static void
drop (EnjFailures *self, Record *record)
{
  g_queue_unlink (&self->order, &record->link);
  g_hash_table_remove (self->records, record->name);
}

/* The names come from the peers: what is old makes room. */
static void
make_room (EnjFailures *self, gint64 now)
{
  Record *oldest;

  while ((oldest = g_queue_peek_head (&self->order))
         && (self->order.length >= RECORDS_MAX
             || (oldest->failure.at + MEMORY <= now && oldest->failure.rest_until <= now)))
    drop (self, oldest);
}

static Record *
add_record (EnjFailures *self, const char *name, guint64 max)
{
  Record *record = g_new0 (Record, 1);

  record->name = g_strdup (name);
  record->link.data = record;
  enj_backoff_init (&record->backoff, max);
  g_queue_push_tail_link (&self->order, &record->link);
  g_hash_table_insert (self->records, record->name, record);
  return record;
}

void
enj_failures_note (EnjFailures *self, const char *name, const EnjReason *reason, guint64 max,
                   gint64 now)
{
  /* It may be that of a record that goes. */
  EnjReason kept = { reason->condition, reason->error_type, g_strdup (reason->text),
                     reason->verdict, reason->rest };
  gint64 least = (gint64) MIN (kept.rest, max) * G_USEC_PER_SEC;
  Record *record;
  gint64 rest;

  make_room (self, now);
  record = g_hash_table_lookup (self->records, name);
  if (!record)
    record = add_record (self, name, max);
  g_queue_unlink (&self->order, &record->link);
  g_queue_push_tail_link (&self->order, &record->link);

  g_free ((char *) record->failure.reason.text);
  record->failure.reason = kept;
  record->failure.at = now;
  record->failure.attempts++;
  record->backoff.max = MAX (max, 1);
  rest = enj_backoff_next (&record->backoff);
  record->failure.rest_until = now + MAX (rest, least);
}

void
enj_failures_forget (EnjFailures *self, const char *name)
{
  Record *record = g_hash_table_lookup (self->records, name);

  if (record)
    drop (self, record);
}

const EnjFailure *
enj_failures_find (const EnjFailures *self, const char *name)
{
  const Record *record = g_hash_table_lookup (self->records, name);

  return record ? &record->failure : NULL;
}

const EnjFailure *
enj_failures_find_resting (const EnjFailures *self, const char *name, gint64 now)
{
  const EnjFailure *failure = enj_failures_find (self, name);

  return failure && failure->rest_until > now ? failure : NULL;
}

guint
enj_failures_count (const EnjFailures *self)
{
  return self->order.length;
}

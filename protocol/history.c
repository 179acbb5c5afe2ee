#include "config.h"

#include "protocol/history.h"

#include <string.h>

#include "protocol/budget.h"
#include "protocol/log.h"

/* The names come from users and peers. */
#define RECORDS_MAX 2048

/* How long a domain is remembered, in microseconds. */
#define MEMORY (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

typedef struct
{
  char *domain;
  gint64 touched;
  GList link; /* in that order */
  EnjAttempt attempts[ENJ_HISTORY_ATTEMPTS]; /* a ring; reasons are owned, or "" */
  guint next;
  guint n;
} Record;

struct EnjHistory
{
  GTree *records; /* by domain, to Record, owned */
  GQueue order;   /* of Record, the one that was touched the longest ago first */
};

static void
attempt_clear (EnjAttempt *attempt)
{
  if (!attempt->reason || !*attempt->reason)
    return;
  enj_budget_release (strlen (attempt->reason));
  g_free ((char *) attempt->reason);
}

static void
record_free (gpointer data)
{
  Record *record = data;

  for (guint i = 0; i < record->n; i++)
    attempt_clear (&record->attempts[i]);
  enj_budget_release (sizeof *record + ENJ_BUDGET_NAMED);
  g_free (record->domain);
  g_free (record);
}

static int
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  (void) data;
  return strcmp (a, b);
}

EnjHistory *
enj_history_new (void)
{
  EnjHistory *self = g_new0 (EnjHistory, 1);

  self->records = g_tree_new_full (compare, NULL, NULL, record_free);
  return self;
}

void
enj_history_free (EnjHistory *self)
{
  if (!self)
    return;
  g_tree_unref (self->records);
  g_free (self);
}

static void
make_room (EnjHistory *self, gint64 now)
{
  Record *oldest;

  while ((oldest = g_queue_peek_head (&self->order))
         && (self->order.length > RECORDS_MAX || oldest->touched + MEMORY <= now
             || (self->order.length > 1 && enj_budget_is_over ())))
    {
      g_queue_unlink (&self->order, &oldest->link);
      g_tree_remove (self->records, oldest->domain);
    }
}

static Record *
touch (EnjHistory *self, const char *domain, gint64 now)
{
  Record *record = g_tree_lookup (self->records, domain);

  if (record)
    {
      g_queue_unlink (&self->order, &record->link);
    }
  else
    {
      record = g_new0 (Record, 1);
      enj_budget_charge (sizeof *record + ENJ_BUDGET_NAMED);
      record->domain = g_strdup (domain);
      record->link.data = record;
      g_tree_insert (self->records, record->domain, record);
    }
  record->touched = now;
  g_queue_push_tail_link (&self->order, &record->link);
  make_room (self, now);
  return record;
}

void
enj_history_begin (EnjHistory *self, const char *domain, gint64 now)
{
  (void) touch (self, domain, now);
}

/* The first that was not reached. */
static const char *
get_step (const EnjMilestones *milestones)
{
  static const char *const steps[ENJ_N_MILESTONES] = {
    [ENJ_MILESTONE_START] = "DNS",
    [ENJ_MILESTONE_RESOLVED] = "DNS",
    [ENJ_MILESTONE_CONNECTED] = "TCP",
    [ENJ_MILESTONE_ENCRYPTED] = "TLS",
    [ENJ_MILESTONE_AUTHENTICATED] = "authentication",
  };

  for (guint i = ENJ_MILESTONE_RESOLVED; i < ENJ_N_MILESTONES; i++)
    if (!milestones->at[i])
      return steps[i];
  return steps[ENJ_MILESTONE_AUTHENTICATED];
}

void
enj_history_note (EnjHistory *self, const char *domain, const EnjMilestones *milestones,
                  const char *reason, gint64 now)
{
  Record *record = touch (self, domain, now);
  EnjAttempt *attempt = &record->attempts[record->next];

  attempt_clear (attempt);
  *attempt = (EnjAttempt){ .at = now,
                           .succeeded = !reason,
                           .step = reason ? get_step (milestones) : "",
                           .reason = reason && *reason ? enj_log_quote (reason) : "",
                           .milestones = *milestones };
  enj_budget_charge (strlen (attempt->reason));
  record->next = (record->next + 1) % ENJ_HISTORY_ATTEMPTS;
  record->n = MIN (record->n + 1, ENJ_HISTORY_ATTEMPTS);
}

guint
enj_history_find (const EnjHistory *self, const char *domain,
                  EnjAttempt attempts[ENJ_HISTORY_ATTEMPTS])
{
  const Record *record = g_tree_lookup (self->records, domain);

  if (!record)
    return 0;
  for (guint i = 0; i < record->n; i++)
    attempts[i]
      = record->attempts[(record->next + ENJ_HISTORY_ATTEMPTS - 1 - i) % ENJ_HISTORY_ATTEMPTS];
  return record->n;
}

guint
enj_history_list (const EnjHistory *self, const char *after, const char **domains, guint max)
{
  GTreeNode *node = after ? g_tree_upper_bound (self->records, after)
                          : g_tree_node_first (self->records);
  guint n = 0;

  for (; node && n < max; node = g_tree_node_next (node))
    domains[n++] = g_tree_node_key (node);
  return n;
}

guint
enj_history_count (const EnjHistory *self)
{
  return self->order.length;
}
